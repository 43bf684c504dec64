// Dialogues: the acts of one side, what the other side sees, and in which order. The tests of the parts show what a
// single head or content may look like.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DATE,
  Dialogue,
  emptyReply,
  streamReply,
  testAccepted,
  testRefused,
  textReply,
} from "../../test/support/http1.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CLOSING_GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const POST_HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
const EXCHANGE = ["head GET /", "end"];

test("Connection answers a peer that has sent its request and ended its half", () => {
  const dialogue = new Dialogue().receive(GET).end();
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish", "closed"]);
  assert.equal(dialogue.replies[0]?.content, "ok");
});

test("Connection says where both sides stand", () => {
  const dialogue = new Dialogue({ answers: "never" });
  const { connection } = dialogue;
  assert.deepEqual(connection.states, { peer: "idle", self: "idle" });
  dialogue.receive("GET / HT");
  assert.deepEqual(connection.states, { peer: "head", self: "idle" });
  dialogue.receive("TP/1.1\r\nHost: a\r\n\r\n");
  assert.deepEqual(connection.states, { peer: "done", self: "owed" });
});

test("Connection does not close under a reply that is on its way when the peer ends its half", () => {
  const dialogue = new Dialogue();
  dialogue.isStuck = true;
  dialogue.receive(GET).end();
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish"]);
  dialogue.isStuck = false;
  assert.deepEqual(dialogue.turn().events, [...EXCHANGE, "finish", "closed"]);
});

test("Connection does not close under a reply that is on its way when it is drained", () => {
  const dialogue = new Dialogue();
  dialogue.isStuck = true;
  dialogue.receive(GET).connection.drain();
  assert.deepEqual(dialogue.turn().events, [...EXCHANGE, "finish"]);
  dialogue.isStuck = false;
  assert.deepEqual(dialogue.end().events, [...EXCHANGE, "finish", "closed"]);
});

test("Connection is idle only when its last reply is out", () => {
  const dialogue = new Dialogue({
    limits: { minimumRateBytesPerSecond: 0, idleTimeoutMs: 1000, writeTimeoutMs: 5000 },
  });
  dialogue.isStuck = true;
  dialogue.receive(GET);
  assert.equal(dialogue.connection.isIdle, false);
  dialogue.wait(900).wait(1800);
  assert.deepEqual(dialogue.events, EXCHANGE);
  dialogue.isStuck = false;
  dialogue.wait(1900);
  assert.equal(dialogue.connection.isIdle, true);
  assert.deepEqual(dialogue.wait(2800).events, [...EXCHANGE, "closed"]);
});

test("Connection has no deadline once it is over", () => {
  const dialogue = new Dialogue({ answers: "never" });
  dialogue.connection.abort();
  dialogue.isStuck = true;
  assert.deepEqual(dialogue.turn().events, ["closed"]);
  assert.equal(dialogue.connection.deadline, Number.POSITIVE_INFINITY);
});

test("Connection takes empty lines between requests for nothing: they are not refused and have no deadline of a head", () => {
  const ways = [new Dialogue().receive(`${GET}\r\n\r\n\r`), new Dialogue().receiveBytewise(`${GET}\r\n\r\n\r`)];
  for (const dialogue of ways) {
    assert.equal(dialogue.connection.wantsInput, true);
    assert.equal(dialogue.connection.deadline, 60_000);
    assert.deepEqual(dialogue.end().events, [...EXCHANGE, "finish", "closed"]);
    assert.equal(dialogue.replies.length, 1);
  }
});

const refusedHeads = [
  { what: "its fields", bytes: "HEAD / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n" },
  { what: "its Host", bytes: "HEAD / HTTP/1.1\r\n\r\n" },
  { what: "its framing", bytes: "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n" },
  { what: "its content", bytes: "HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n" },
];
for (const { what, bytes } of refusedHeads) {
  test(`Connection refuses HEAD for ${what} without content, as a client expects`, () => {
    for (const dialogue of [new Dialogue().receive(bytes), new Dialogue().receiveBytewise(bytes)]) {
      assert.match(dialogue.text, /^HTTP\/1\.1 400 .*Content-Length: 7\r\n.*\r\n\r\n$/s);
    }
  });
}

test("Connection refuses with content after HEAD was answered, and when it cannot know the method", () => {
  const head = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
  assert.match(new Dialogue().receive(`${head}G\0T / HTTP/1.1\r\n`).text, /refused$/);
  assert.match(new Dialogue().receive(`${head}HEAD`).end().text, /refused$/);
});

// RFC 9112 §9.3.
const connectionOptions: { value: string; http11: boolean; http10: boolean }[] = [
  { value: "A: b", http11: true, http10: false },
  { value: "Connection: close", http11: false, http10: false },
  { value: "Connection: CLOSE", http11: false, http10: false },
  { value: "Connection: keep-alive", http11: true, http10: true },
  { value: "Connection: Keep-Alive", http11: true, http10: true },
  { value: "Connection: keep-alive, close", http11: false, http10: false },
  { value: "Connection: close, keep-alive", http11: false, http10: false },
  { value: "Connection: keep-alive\r\nConnection: close", http11: false, http10: false },
  { value: "Connection: close\r\nConnection: keep-alive", http11: false, http10: false },
  { value: "Connection: a, keep-alive", http11: true, http10: true },
  { value: "Connection: ,, close ,", http11: false, http10: false },
  { value: "Connection:", http11: true, http10: false },
  { value: "Connection: closed", http11: true, http10: false },
  { value: "Connection: upgrade\r\nUpgrade: websocket", http11: true, http10: false },
  { value: "Upgrade: h2c", http11: true, http10: false },
  { value: "Proxy-Connection: keep-alive", http11: true, http10: false },
];
for (const version of ["1.1", "1.0"] as const) {
  testAccepted(
    "Connection",
    connectionOptions.map(({ value, http11, http10 }) => ({
      what: `HTTP/${version} with ${JSON.stringify(value)}`,
      bytes: `GET / HTTP/${version}\r\nHost: a\r\n${value}\r\n\r\n`,
      persists: version === "1.1" ? http11 : http10,
    })),
  );
}

testRefused(
  "Connection",
  ["a b", "close;a", '"close"', "close\xe4", "a=b", "keep-alive; close"].map((value) => ({
    what: `Connection: ${JSON.stringify(value)}`,
    bytes: `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${value}\r\n\r\n`,
    as: "400 CONNECTION_MALFORMED",
  })),
);

const toldPersistence = [
  { version: "1.1", option: "", told: undefined },
  { version: "1.1", option: "Connection: close\r\n", told: "close" },
  { version: "1.0", option: "", told: "close" },
  { version: "1.0", option: "Connection: keep-alive\r\n", told: "keep-alive" },
];
for (const { version, option, told } of toldPersistence) {
  test(`Connection tells HTTP/${version} with ${JSON.stringify(option)} the option ${told}`, () => {
    const dialogue = new Dialogue().receive(`GET / HTTP/${version}\r\n${option}Host: a\r\n\r\n`);
    assert.equal(dialogue.replies[0]?.fields.get("connection"), told);
  });
}

// Pipelining.

const request = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const echo = { reply: ({ target }: { target: string }) => textReply(200, target) };

test("Connection answers pipelined requests in their order", () => {
  const dialogue = new Dialogue(echo).receive(request("/1") + request("/2") + request("/3"));
  assert.deepEqual(
    dialogue.replies.map((reply) => reply.content),
    ["/1", "/2", "/3"],
  );
});

test("Connection begins no request before the last one is answered, and wants no more input meanwhile", () => {
  const dialogue = new Dialogue({ answers: "never" });
  assert.equal(dialogue.connection.wantsInput, true);
  dialogue.receive(request("/1"));
  assert.equal(dialogue.connection.wantsInput, true);
  dialogue.receive(request("/2") + request("/3").slice(0, 9));
  assert.deepEqual(dialogue.events, ["head GET /1", "end"]);
  assert.equal(dialogue.connection.wantsInput, false);
  dialogue.reply(textReply(200, "1"));
  assert.deepEqual(dialogue.events.slice(2), ["head GET /2", "end"]);
  assert.equal(dialogue.connection.wantsInput, false);
  dialogue.reply(textReply(200, "2"));
  assert.equal(dialogue.connection.wantsInput, true);
  dialogue.receive(request("/3").slice(9));
  assert.deepEqual(dialogue.events.slice(4), ["head GET /3", "end"]);
});

test("Connection begins no request before the reply to the last one is complete", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(request("/1") + request("/2"));
  const { connection, out } = dialogue;
  connection.sendHead(streamReply(200), out, 0);
  connection.sendContent(Buffer.from("a"), out);
  assert.deepEqual(dialogue.turn().events, ["head GET /1", "end"]);
  connection.sendEnd(out);
  assert.deepEqual(dialogue.turn().events, ["head GET /1", "end", "head GET /2", "end"]);
});

test("Connection ignores what is pipelined behind Connection: close", () => {
  const dialogue = new Dialogue().receive(CLOSING_GET + request("/2"));
  assert.deepEqual(dialogue.receive(request("/3")).end().events, [...EXCHANGE, "finish", "closed"]);
});

test("Connection forgets everything about a request when the next one begins", () => {
  const expecting = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  const dialogue = new Dialogue({ content: "accept" });
  dialogue
    .receive(`${expecting}hello`)
    .receive("HEAD /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    .receive(request("/3"));
  const [interim, first, second, third] = dialogue.replies;
  assert.deepEqual([interim?.status, first?.status, second?.status, third?.status], [100, 200, 200, 200]);
  assert.equal(second?.fields.get("connection"), "keep-alive");
  assert.equal(third?.fields.get("connection"), undefined);
  assert.deepEqual([first?.content, second?.content, third?.content], ["ok", "", "ok"]);
});

// Expect: 100-continue, RFC 9110 §10.1.1.

const expecting = (version: string, value = "100-continue") =>
  `POST / HTTP/${version}\r\nHost: a\r\nContent-Length: 5\r\nExpect: ${value}\r\n\r\n`;

test("Connection sends 100 (Continue) when the content is accepted, once", () => {
  const dialogue = new Dialogue({ content: "accept" }).receive(expecting("1.1"));
  assert.equal(dialogue.text, "HTTP/1.1 100 Continue\r\n\r\n");
  dialogue.connection.acceptContent(dialogue.out);
  dialogue.receive("hello");
  assert.deepEqual(
    dialogue.replies.map((reply) => reply.status),
    [100, 200],
  );
  assert.equal(dialogue.replies[1]?.fields.has("connection"), false);
});

test("Connection sends interim replies before the reply, and none to HTTP/1.0", () => {
  for (const [version, expected] of [
    ["1.1", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"],
    ["1.0", ""],
  ] as const) {
    const dialogue = new Dialogue({ answers: "never" });
    dialogue.receive(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    const isSent = dialogue.connection.sendInterim(103, "Link: </a>; rel=preload\r\n", dialogue.out);
    assert.deepEqual([isSent, dialogue.out.view().toString("latin1")], [expected !== "", expected]);
  }
});

const notContinued = [
  { what: "the request expects nothing", bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" },
  { what: "it is HTTP/1.0", bytes: expecting("1.0") },
  { what: "there is no content", bytes: "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n" },
  {
    what: "the content is of no length",
    bytes: "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
  },
];
for (const { what, bytes } of notContinued) {
  test(`Connection sends no 100 (Continue) when ${what}`, () => {
    const dialogue = new Dialogue({ content: "accept" }).receive(bytes).receive("hello");
    assert.equal(dialogue.replies[0]?.status, 200);
  });
}

test("Connection sends no 100 (Continue) when content came before it was accepted", () => {
  const dialogue = new Dialogue().receive(expecting("1.1")).receive("he");
  dialogue.connection.acceptContent(dialogue.out);
  dialogue.receive("llo");
  assert.deepEqual(
    dialogue.replies.map((reply) => [reply.status, reply.fields.get("connection")]),
    [[200, undefined]],
  );
});

for (const received of ["", "hel", "hello"]) {
  test(`Connection finishes after a final reply in place of 100 (Continue), with ${JSON.stringify(received)} received`, () => {
    const dialogue = new Dialogue({ answers: "head", content: "discard" }).receive(expecting("1.1") + received);
    assert.deepEqual(dialogue.events, ["head POST /", "finish"]);
    assert.equal(dialogue.replies[0]?.fields.get("connection"), "close");
    assert.deepEqual(dialogue.receive(`hello${GET}`).end().events, ["head POST /", "finish", "closed"]);
  });
}

test("Connection waits for content that was on its way when the final reply was given", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(`${expecting("1.1")}he`).reply(textReply(200, "ok"));
  dialogue.receive("llo").receive(GET);
  assert.deepEqual(dialogue.events, ["head POST /", "content hello", "end", ...EXCHANGE]);
  assert.equal(dialogue.replies[0]?.fields.has("connection"), false);
});

test("Connection sends no 100 (Continue) once the request is refused", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(expecting("1.1"));
  dialogue.connection.expire(dialogue.connection.deadline);
  dialogue.connection.acceptContent(dialogue.out);
  dialogue.turn();
  assert.deepEqual(
    dialogue.replies.map((reply) => reply.status),
    [408],
  );
});

testAccepted(
  "Connection",
  ["100-continue", "100-Continue", " 100-CONTINUE\t"].map((value) => ({
    what: `Expect: ${JSON.stringify(value)}`,
    bytes: `${expecting("1.1", value)}hello`,
    sees: { method: "POST", content: "hello" },
  })),
);

testRefused(
  "Connection",
  ["", "100", "100-continue, 100-continue", "100-continue;a=b", "x"].map((value) => ({
    what: `Expect: ${JSON.stringify(value)}`,
    bytes: expecting("1.1", value),
    as: "417 EXPECTATION_FAILED",
  })),
);

test("Connection sends no 100 (Continue) when there is no content, whatever the request before had", () => {
  const dialogue = new Dialogue({ content: "accept" }).receive(`${POST_HEAD}hello`);
  dialogue.receive("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
  assert.deepEqual(
    dialogue.replies.map((reply) => reply.status),
    [200, 200],
  );
});

// Half-close: the peer has sent all that it will, RFC 9112 §9.6.

const CHUNKED_HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const halfCloses = [
  { at: "before anything", bytes: "", events: ["finish", "closed"] },
  { at: "between requests", bytes: GET, events: [...EXCHANGE, "finish", "closed"] },
  { at: "behind a byte of a head", bytes: "G", events: ["rejected 400 HEAD_INCOMPLETE", "finish", "closed"] },
  {
    at: "before the last byte of a head",
    bytes: GET.slice(0, -1),
    events: ["rejected 400 HEAD_INCOMPLETE", "finish", "closed"],
  },
  {
    at: "in the second head",
    bytes: GET + GET.slice(0, 20),
    events: [...EXCHANGE, "rejected 400 HEAD_INCOMPLETE", "finish", "closed"],
  },
  {
    at: "behind a mistake in a line that has no end",
    bytes: "G\0T",
    events: ["rejected 400 HEAD_INCOMPLETE", "finish", "closed"],
  },
  {
    at: "before content",
    bytes: POST_HEAD,
    events: ["head POST /", "rejected 400 CONTENT_INCOMPLETE", "finish", "closed"],
  },
  {
    at: "in content",
    bytes: `${POST_HEAD}hell`,
    events: ["head POST /", "content hell", "rejected 400 CONTENT_INCOMPLETE", "finish", "closed"],
  },
  {
    at: "behind the last chunk, before the empty line",
    bytes: `${CHUNKED_HEAD}5\r\nhello\r\n0\r\n`,
    events: ["head POST /", "content hello", "rejected 400 CONTENT_INCOMPLETE", "finish", "closed"],
  },
  {
    at: "behind content",
    bytes: `${POST_HEAD}hello`,
    events: ["head POST /", "content hello", "end", "finish", "closed"],
  },
];
for (const { at, bytes, events } of halfCloses) {
  test(`Connection answers a peer that ends its half ${at}`, () => {
    assert.deepEqual(new Dialogue().receive(bytes).end().events, events);
    assert.deepEqual(new Dialogue().receiveBytewise(bytes).end().events, events);
    assert.equal(new Dialogue().receive(bytes).end().replies.at(-1)?.fields.get("connection"), closing(events));
  });
}

/** The Connection field of the last reply. Only refusals are sent after the peer's end is known. */
function closing(events: readonly string[]): string | undefined {
  return events.some((event) => event.startsWith("rejected")) ? "close" : undefined;
}

test("Connection goes on with a reply, and with pipelined requests, after the peer has ended its half", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(request("/1") + request("/2")).end();
  dialogue.connection.sendHead(textReply(200, "12"), dialogue.out, 0);
  dialogue.connection.sendContent(Buffer.from("1"), dialogue.out);
  assert.deepEqual(dialogue.turn().events, ["head GET /1", "end"]);
  dialogue.connection.sendContent(Buffer.from("2"), dialogue.out);
  assert.deepEqual(dialogue.turn().events.slice(2), ["head GET /2", "end"]);
  assert.deepEqual(dialogue.reply(textReply(200, "3")).events.slice(4), ["finish", "closed"]);
});

test("Connection cuts a reply off when the content of its request turns out to be malformed", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(CHUNKED_HEAD);
  dialogue.connection.sendHead(streamReply(200), dialogue.out, 0);
  dialogue.receive("x");
  assert.deepEqual(dialogue.events, ["head POST /", "closed"]);
});

test("Connection lets a complete reply stand when the content of its request turns out to be malformed", () => {
  const dialogue = new Dialogue({ answers: "head" }).receive(CHUNKED_HEAD).receive("x\r\n").receive(GET);
  assert.deepEqual(dialogue.events, ["head POST /", "finish"]);
  assert.deepEqual(
    dialogue.replies.map((reply) => reply.status),
    [200],
  );
});

// Content that is discarded.

test("Connection discards content up to discardLimitBytes, and the connection stays", () => {
  const limits = { discardLimitBytes: 10 };
  const dialogue = new Dialogue({ content: "discard", answers: "head", limits });
  dialogue
    .receive(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n`)
    .receiveBytewise("1234567890")
    .receive(GET);
  assert.deepEqual(dialogue.events, ["head POST /", "end", ...EXCHANGE]);
});

test("Connection discards up to discardLimitBytes of each request, and nothing of one that somebody reads", () => {
  const dialogue: Dialogue = new Dialogue({
    limits: { discardLimitBytes: 5 },
    reply: ({ target }) => {
      if (target !== "/read") dialogue.connection.discardContent();
      return textReply(200, "ok");
    },
  });
  const post = (target: string) => `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`;
  dialogue.receive(post("/1") + post("/2") + post("/read"));
  assert.deepEqual(dialogue.events, [
    "head POST /1",
    "end",
    "head POST /2",
    "end",
    "head POST /read",
    "content hello",
    "end",
  ]);
});

for (const answers of ["head", "end"] as const) {
  test(`Connection discards content beyond discardLimitBytes only to close, replying at the ${answers}`, () => {
    const limits = { discardLimitBytes: 10 };
    const dialogue = new Dialogue({ content: "discard", answers, limits });
    dialogue.receive(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n`).receiveBytewise("12345678901");
    assert.equal(dialogue.connection.wantsInput, true);
    dialogue.receive("2GET /");
    if (answers === "end") {
      assert.equal(dialogue.connection.wantsInput, false);
      dialogue.reply(textReply(413, "much"));
      assert.equal(dialogue.replies[0]?.fields.get("connection"), "close");
    }
    assert.deepEqual(dialogue.events, ["head POST /", "finish"]);
    assert.equal(dialogue.replies.length, 1);
  });
}

test("Connection takes the default discard limit of the options: 1 MiB", () => {
  const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 ** 20}\r\n\r\n${"x".repeat(2 ** 20)}`;
  const dialogue = new Dialogue({ content: "discard", answers: "head" }).receive(post + GET);
  assert.deepEqual(dialogue.events, ["head POST /", "end", ...EXCHANGE]);
  const tooMuch = new Dialogue({ content: "discard", answers: "head" }).receive(post.replace("1048576", "1048577"));
  assert.deepEqual(tooMuch.receive(`x${GET}`).events, ["head POST /", "finish"]);
});

// Lingering close, RFC 9112 §9.6.

test("Connection lingers until the peer ends its half", () => {
  const dialogue = new Dialogue().receive(CLOSING_GET);
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish"]);
  assert.equal(dialogue.connection.wantsInput, true);
  assert.deepEqual(dialogue.receive("more").events, [...EXCHANGE, "finish"]);
  assert.deepEqual(dialogue.end().events, [...EXCHANGE, "finish", "closed"]);
});

test("Connection lingers for lingerTimeoutMs, from when the last reply is out", () => {
  const dialogue = new Dialogue({ limits: { lingerTimeoutMs: 2000 } });
  dialogue.isStuck = true;
  dialogue.receive(CLOSING_GET);
  dialogue.now = 700;
  dialogue.isStuck = false;
  dialogue.turn();
  assert.equal(dialogue.connection.deadline, 2700);
  dialogue.now = 1000;
  dialogue.receive("this does not prolong it");
  assert.equal(dialogue.connection.deadline, 2700);
  assert.deepEqual(dialogue.wait().events, [...EXCHANGE, "finish", "closed"]);
});

test("Connection says in its reply that it closes when more content is announced than it discards", () => {
  const limits = { discardLimitBytes: 4 };
  const dialogue = new Dialogue({ limits, answers: "head", content: "discard" }).receive(POST_HEAD);
  assert.equal(dialogue.replies[0]?.fields.get("connection"), "close");
});

test("Connection says in its reply that it closes to a peer that has ended its half", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET).end().reply(textReply(200, "late"));
  assert.equal(dialogue.replies[0]?.fields.get("connection"), "close");
});

test("Connection lingers for at most discardLimitBytes", () => {
  const dialogue = new Dialogue({ limits: { discardLimitBytes: 10 } }).receive(CLOSING_GET).receive("1234567890");
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish"]);
  assert.deepEqual(dialogue.receive("1").events, [...EXCHANGE, "finish", "closed"]);
});

test("Connection lingers after a mistake, whatever came along with it", () => {
  const dialogue = new Dialogue({ limits: { discardLimitBytes: 10 } }).receive(`G@T / HTTP/1.1\r\n${"x".repeat(40)}`);
  assert.deepEqual(dialogue.events, ["rejected 400 METHOD_MALFORMED", "finish"]);
});

test("Connection is over as soon as the peer ends its half of a connection that lingers", () => {
  const { connection } = new Dialogue().receive(CLOSING_GET);
  connection.receiveEnd(0);
  assert.equal(connection.next()?.kind, "closed");
});

test("Connection does not linger under output that is pending", () => {
  const dialogue = new Dialogue();
  dialogue.isStuck = true;
  dialogue.receive(CLOSING_GET).end();
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish"]);
  dialogue.isStuck = false;
  assert.deepEqual(dialogue.turn().events, [...EXCHANGE, "finish", "closed"]);
});

// RFC 9112 §9.6: lingering is for peers that may still send something.
const HTTP10_GET = "GET / HTTP/1.0\r\n\r\n";
const CLOSING_POST = POST_HEAD.replace("Content", "Connection: close\r\nContent");
const endings: { after: string; bytes: string; isDone: boolean }[] = [
  { after: "Connection: close", bytes: CLOSING_GET, isDone: true },
  { after: "close in a list", bytes: CLOSING_GET.replace("close", "a, Close"), isDone: true },
  { after: "HTTP/1.0", bytes: HTTP10_GET, isDone: true },
  { after: "a request before the last one", bytes: GET + CLOSING_GET, isDone: true },
  { after: "a last request with a pipelined one behind it", bytes: CLOSING_GET + GET, isDone: false },
  { after: "a last request with a byte behind it", bytes: `${HTTP10_GET}\n`, isDone: false },
  { after: "content, behind which an empty line may come", bytes: `${CLOSING_POST}hello`, isDone: false },
  { after: "a refusal", bytes: CLOSING_GET.replace("Host", "H@st"), isDone: false },
  { after: "a refusal for framing", bytes: CLOSING_POST.replace("5", "-5"), isDone: false },
];
for (const { after, bytes, isDone } of endings) {
  test(`Connection ${isDone ? "need not linger" : "lingers"} after ${after}`, () => {
    for (const dialogue of [new Dialogue().receive(bytes), new Dialogue().receiveBytewise(bytes)]) {
      assert.equal(dialogue.events.at(-1), "finish");
      assert.equal(dialogue.connection.isPeerDone, isDone);
    }
  });
}

test("Connection lingers where the server ends it, and the peer said nothing about that", () => {
  const drained = new Dialogue({ answers: "never" }).receive(GET);
  drained.connection.drain();
  const unknown = new Dialogue({ reply: () => streamReply(200) }).receive(
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  );
  for (const { events, connection } of [drained.reply(textReply(200, "last")), unknown]) {
    assert.equal(events.at(-1), "finish");
    assert.equal(connection.isPeerDone, false);
  }
});

test("Connection lingers when bytes come behind the last request, before or after the reply", () => {
  const late = new Dialogue({ answers: "never" }).receive(CLOSING_GET).receive("x").reply(textReply(200, "ok"));
  for (const dialogue of [late, new Dialogue().receive(CLOSING_GET).receive("x")]) {
    assert.equal(dialogue.connection.isPeerDone, false);
  }
});

test("Connection need not linger for a peer that has ended its half", () => {
  assert.equal(new Dialogue({ answers: "never" }).receive(GET).end().connection.isPeerDone, true);
});

// Drain.

test("Connection closes at once when it is drained while idle", () => {
  const fresh = new Dialogue();
  fresh.connection.drain();
  assert.deepEqual(fresh.turn().events, ["closed"]);
  const used = new Dialogue().receive(GET);
  used.connection.drain();
  assert.deepEqual(used.turn().events, [...EXCHANGE, "closed"]);
});

test("Connection answers one more request after the last call, and says that it is the last", () => {
  for (const dialogue of [new Dialogue(), new Dialogue().receive(GET)]) {
    const before = dialogue.events.length;
    dialogue.connection.lastCall();
    assert.deepEqual(dialogue.turn().events.slice(before), []);
    dialogue.receive(GET + GET);
    assert.deepEqual(dialogue.events.slice(before), [...EXCHANGE, "finish"]);
    assert.equal(dialogue.replies.at(-1)?.fields.get("connection"), "close");
  }
});

test("Connection closes when it is drained after the last call, and was not asked within the time", () => {
  for (const withinMs of [0, 1000]) {
    const dialogue = new Dialogue().receive(GET);
    dialogue.connection.lastCall();
    dialogue.connection.drain(withinMs);
    dialogue.connection.drain(withinMs);
    if (withinMs > 0) assert.equal(dialogue.connection.deadline, withinMs);
    dialogue.connection.expire(withinMs);
    assert.deepEqual(dialogue.turn().events, [...EXCHANGE, "closed"]);
  }
});

test("Connection answers one more request after a reply that promised it, and is on its way when it is drained", () => {
  const dialogue = new Dialogue();
  dialogue.isStuck = true;
  dialogue.receive(GET).connection.drain(1000);
  dialogue.turn();
  dialogue.isStuck = false;
  dialogue.receive(GET);
  assert.deepEqual(dialogue.events, [...EXCHANGE, ...EXCHANGE, "finish"]);
  assert.equal(dialogue.replies.at(-1)?.fields.get("connection"), "close");
});

test("Connection answers one more request after a reply that promised it, and has begun when it is drained", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET);
  dialogue.connection.sendHead(streamReply(200), dialogue.out, 0);
  dialogue.connection.drain(1000);
  dialogue.wait(5000).connection.sendEnd(dialogue.out);
  assert.deepEqual(dialogue.turn().events, EXCHANGE);
  assert.equal(dialogue.connection.deadline, 6000);
  dialogue.receive(GET).reply(textReply(200, "last"));
  assert.deepEqual(dialogue.events, [...EXCHANGE, ...EXCHANGE, "finish"]);
  assert.equal(dialogue.replies.at(-1)?.fields.get("connection"), "close");
});

test("Connection that is drained answers a peer that asks again at once, and closes", () => {
  const dialogue = new Dialogue().receive(GET);
  dialogue.connection.drain(1000);
  dialogue.receive(GET);
  assert.deepEqual(dialogue.events, [...EXCHANGE, ...EXCHANGE, "finish"]);
  assert.equal(dialogue.replies.at(-1)?.fields.get("connection"), "close");
});

test("Connection that is drained waits for a first request until it is so old, and for no second", () => {
  const asked = new Dialogue();
  asked.connection.drain(1000);
  assert.equal(asked.connection.deadline, 1000);
  asked.receive(GET + GET);
  assert.deepEqual(asked.events, [...EXCHANGE, "finish"]);
  const silent = new Dialogue();
  silent.connection.drain(1000);
  silent.connection.expire(1000);
  assert.deepEqual(silent.turn().events, ["closed"]);
});

const drains = [
  { at: "in a head", before: GET.slice(0, 20), after: GET.slice(20), events: EXCHANGE },
  { at: "in content", before: `${POST_HEAD}he`, after: "llo", events: ["head POST /", "content hello", "end"] },
];
for (const { at, before, after, events } of drains) {
  test(`Connection answers the request that it is drained ${at} of, and closes`, () => {
    const dialogue = new Dialogue().receive(before);
    dialogue.connection.drain();
    dialogue.receive(after + GET);
    assert.deepEqual(dialogue.events, [...events, "finish"]);
    assert.equal(dialogue.replies[0]?.fields.get("connection"), "close");
  });
}

test("Connection answers the request that is owed a reply when it is drained, and no other", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET + GET);
  dialogue.connection.drain();
  dialogue.turn().reply(textReply(200, "last"));
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish"]);
  assert.equal(dialogue.replies[0]?.fields.get("connection"), "close");
});

test("Connection completes a reply that has begun when it is drained, and closes", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET);
  dialogue.connection.sendHead(streamReply(200), dialogue.out, 0);
  dialogue.connection.drain();
  dialogue.connection.sendEnd(dialogue.out);
  assert.deepEqual(dialogue.turn().events, [...EXCHANGE, "finish"]);
  assert.equal(dialogue.replies[0]?.fields.has("connection"), false);
});

// Abort.

test("Connection gives nothing and takes nothing after an abort", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET);
  dialogue.connection.abort();
  dialogue.connection.abort();
  assert.deepEqual(dialogue.turn().receive(GET).end().events, [...EXCHANGE, "closed"]);
  assert.equal(dialogue.text, "");
});

test("Connection parses a head that arrives byte by byte once for each of its lines, not for each of its bytes", (t) => {
  const dialogue = new Dialogue();
  const parse = t.mock.method(dialogue.context.parser, "parse");
  dialogue.receiveBytewise("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n");
  assert.deepEqual(dialogue.events, EXCHANGE);
  assert.equal(parse.mock.callCount(), 5, "at the first byte, and at four line ends");
});

test("Connection keeps what it has not used yet when its transport wants its memory back in the middle of events", () => {
  const { connection, out } = new Dialogue({ answers: "never" });
  const memory = Buffer.from(GET + GET.replace("/", "/2"));
  connection.receive(memory, 0);
  assert.equal(connection.next()?.kind, "head");
  connection.keepInput();
  memory.fill("*");
  connection.sendHead(emptyReply(204), out, 0);
  assert.equal(connection.next()?.kind, "end");
  const event = connection.next();
  assert.equal(event?.kind === "head" && event.head.target, "/2");
});

test("Connection is over from an abort on, and from the end of lingering", () => {
  const aborted = new Dialogue();
  assert.equal(aborted.connection.isOver, false);
  aborted.connection.abort();
  assert.equal(aborted.connection.isOver, true);
  const finished = new Dialogue().receive(CLOSING_GET);
  assert.equal(finished.connection.isOver, false);
  assert.equal(finished.end().connection.isOver, true);
});

test("Connection shares its parser with others without mixing what they receive", () => {
  const first = new Dialogue();
  const second = new Dialogue({ context: first.context });
  first.receive(GET.slice(0, 20));
  second.receive("HEAD /b HTTP/1.0\r\nHost: b\r\n\r\n");
  first.receive(GET.slice(20));
  assert.deepEqual(first.requests, [{ method: "GET", target: "/", authority: "a", content: "" }]);
  assert.deepEqual(second.requests, [{ method: "HEAD", target: "/b", authority: "b", content: "" }]);
  assert.equal(first.replies[0]?.fields.get("date"), DATE);
});
