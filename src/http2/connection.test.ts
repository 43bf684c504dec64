// Dialogues that go beyond one rule: how a connection ends, floods, deadlines, flow control and turns. rfc9113.test.ts has
// the rules, a row for each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyReply, streamReply, textReply } from "../../test/support/http1.ts";
import {
  continuation,
  Dialogue,
  type DialogueOptions,
  data,
  frame,
  GET,
  HELLO,
  headers,
  lastData,
  ping,
  post,
  rstStream,
  settings,
  WELCOME,
  windowUpdate,
} from "../../test/support/http2.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import { ERROR_CODE, FLAG, FRAME, PREFACE } from "./frames.ts";
import { SETTING } from "./settings.ts";

const begin = (options: DialogueOptions = {}) => new Dialogue(options).receive(HELLO);
const after = (dialogue: Dialogue, count: number = WELCOME.length) => dialogue.frames.slice(count);
const content = (length: number) => textReply(200, "x".repeat(length));
const times = (count: number, make: (index: number) => Buffer) =>
  Array.from({ length: count }, (_, index) => make(index));

// The beginning: RFC 9113 §3.4.

for (const [what, bytes] of [
  ["HTTP/1.1", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a preface that is wrong at its end", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\n\n")],
] as const) {
  test(`Http2Connection refuses ${what} in place of the preface`, () => {
    for (const dialogue of [new Dialogue().receive(bytes), new Dialogue().receiveBytewise(bytes)]) {
      assert.deepEqual(dialogue.frames, ["SETTINGS", "GOAWAY 0 PROTOCOL_ERROR"]);
      assert.deepEqual(dialogue.events, ["finish"]);
      assert.equal(dialogue.connection.problem, "PREFACE_MALFORMED");
    }
  });
}

for (const [what, first] of [
  ["PING", ping()],
  ["an acknowledgement", frame(FRAME.SETTINGS, FLAG.ACK, 0)],
  ["HEADERS", headers(1)],
] as const) {
  test(`Http2Connection refuses ${what} in place of the first SETTINGS`, () => {
    const dialogue = new Dialogue().receive(PREFACE, first);
    assert.deepEqual(dialogue.frames, ["SETTINGS", "GOAWAY 0 PROTOCOL_ERROR"]);
    assert.equal(dialogue.connection.problem, "SETTINGS_MISSING");
  });
}

// The end.

test("Http2Connection is drained in two steps: all streams are welcome for a round trip, then no further one", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1));
  dialogue.connection.drain();
  dialogue.turn();
  assert.deepEqual(after(dialogue), [`GOAWAY ${0x7fffffff} NO_ERROR`, "PING draining"]);
  dialogue.receive(headers(3), ping("draining", FLAG.ACK), headers(5));
  assert.deepEqual(after(dialogue, 4), ["GOAWAY 3 NO_ERROR"]);
  dialogue.reply(1).reply(3);
  assert.deepEqual(dialogue.events, ["1 head GET /", "1 end", "3 head GET /", "3 end", "finish"]);
  assert.equal(dialogue.frames.at(-1), "DATA 3 2 END_STREAM");
  assert.deepEqual(dialogue.end().events.at(-1), "closed");
});

test("Http2Connection takes the second step of a drain without an answer to its PING, after headTimeoutMs", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1));
  dialogue.connection.drain();
  dialogue.turn().wait();
  assert.equal(dialogue.now, 10_000);
  assert.deepEqual(after(dialogue, 4), ["GOAWAY 1 NO_ERROR"]);
});

test("Http2Connection ends when it is drained while idle, and was not asked within the time", () => {
  for (const withinMs of [0, 1000]) {
    const dialogue = begin().receive(headers(1));
    dialogue.connection.drain(withinMs);
    dialogue.connection.drain(withinMs);
    dialogue.turn();
    if (withinMs > 0) assert.equal(dialogue.connection.deadline, withinMs);
    dialogue.connection.expire(withinMs);
    assert.deepEqual(dialogue.turn().events.slice(2), ["finish"]);
    assert.equal(dialogue.frames.at(-1), "GOAWAY 1 NO_ERROR");
  }
});

test("Http2Connection that is drained answers a peer that asks again, and knows by its PING when it knows", () => {
  const dialogue = begin().receive(headers(1));
  dialogue.connection.drain(1000);
  dialogue.turn().receive(headers(3), ping("draining", FLAG.ACK));
  assert.deepEqual(dialogue.events.slice(2), ["3 head GET /", "3 end", "finish"]);
  assert.equal(dialogue.frames.at(-1), "GOAWAY 3 NO_ERROR");
});

test("Http2Connection answers the first request of a peer that has just connected when it is drained", () => {
  const dialogue = new Dialogue();
  dialogue.connection.drain(1000);
  assert.deepEqual(dialogue.turn().events, []);
  assert.equal(dialogue.connection.deadline, 1000);
  dialogue.receive(HELLO, headers(1), ping("draining", FLAG.ACK));
  assert.deepEqual(dialogue.events, ["1 head GET /", "1 end", "finish"]);
  const silent = new Dialogue();
  silent.connection.drain(1000);
  assert.deepEqual(silent.turn().wait().events, ["closed"]);
});

test("Http2Connection answers what is complete when the peer ends its half, and gives up what is not", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1), post(3)).end();
  assert.deepEqual(dialogue.events.slice(2), ["3 head POST /", "3 cancelled"]);
  assert.deepEqual(dialogue.reply(1).events.slice(4), ["finish", "closed"]);
});

test("Http2Connection tells each open stream that it is over when it is cut off, and writes nothing", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1), post(3));
  dialogue.connection.abort();
  assert.deepEqual(dialogue.turn().events.slice(3), ["1 cancelled", "3 cancelled", "closed"]);
  assert.deepEqual(after(dialogue), []);
  assert.equal(dialogue.connection.deadline, Number.POSITIVE_INFINITY);
});

test("Http2Connection tells nothing of a stream whose reply is complete when the rest of its request is given up", () => {
  for (const act of [rstStream(1), data(0, "a"), windowUpdate(1, 0)]) {
    const dialogue = begin({ answers: "head" }).receive(post(1)).receive(act);
    assert.equal(dialogue.events.includes("1 cancelled"), false);
  }
});

test("Http2Connection resets what is unfinished before GOAWAY, when the peer breaks the protocol", () => {
  const dialogue = begin({ reply: () => content(100_000) }).receive(headers(1));
  dialogue.receive(data(0, "a"));
  assert.deepEqual(dialogue.frames.slice(-2), ["RST_STREAM 1 PROTOCOL_ERROR", "GOAWAY 1 PROTOCOL_ERROR"]);
  assert.deepEqual(dialogue.events.slice(2), ["1 cancelled", "finish"]);
  assert.equal(dialogue.wait().events.at(-1), "closed");
});

test("Http2Connection reads on after its end for lingerTimeoutMs, and up to discardLimitBytes", () => {
  const limits = { discardLimitBytes: 10 };
  assert.deepEqual(begin({ limits }).receive(data(0, "a")).receive(Buffer.alloc(11)).events, ["finish", "closed"]);
  const lingering = begin({ limits }).receive(data(0, "a")).receive(Buffer.alloc(10));
  assert.equal(lingering.connection.deadline, 2000);
  assert.deepEqual(lingering.wait().events, ["finish", "closed"]);
});

// Floods: RFC 9113 §10.5. Each ends within its budget, and what the peer gets in return is bounded.

const limits = { resetLimitCount: 10, controlFrameLimitCount: 20, windowUpdateLimitCount: 30 };
const floods: { what: string; budget: number; make: (index: number) => Buffer; problem: string }[] = [
  {
    what: "requests that are reset at once",
    budget: 10,
    make: (index) => Buffer.concat([post(2 * index + 1), rstStream(2 * index + 1)]),
    problem: "RESETS_TOO_MANY",
  },
  {
    what: "requests that provoke resets by us",
    budget: 10,
    make: (index) => Buffer.concat([post(2 * index + 1), windowUpdate(2 * index + 1, 0)]),
    problem: "RESETS_TOO_MANY",
  },
  { what: "malformed requests", budget: 10, make: (index) => headers(2 * index + 1, []), problem: "RESETS_TOO_MANY" },
  { what: "SETTINGS", budget: 20, make: () => settings(), problem: "CONTROL_FLOOD" },
  { what: "PING", budget: 20, make: () => ping(), problem: "CONTROL_FLOOD" },
  { what: "PRIORITY", budget: 20, make: () => frame(FRAME.PRIORITY, 0, 1, Buffer.alloc(5)), problem: "CONTROL_FLOOD" },
  {
    what: "PRIORITY_UPDATE",
    budget: 20,
    make: (index) => frame(FRAME.PRIORITY_UPDATE, 0, 0, Buffer.of(0, 0, index >> 8, index | 1)),
    problem: "CONTROL_FLOOD",
  },
  { what: "unknown frames", budget: 20, make: () => frame(0x66, 0, 0), problem: "CONTROL_FLOOD" },
  {
    what: "empty DATA",
    budget: 20,
    make: (index) => Buffer.concat([index === 0 ? post(1) : Buffer.alloc(0), data(1, "")]),
    problem: "CONTROL_FLOOD",
  },
  {
    what: "DATA of padding alone",
    budget: 20,
    make: (index) => Buffer.concat([index === 0 ? post(1) : Buffer.alloc(0), data(1, "\x02\0\0", FLAG.PADDED)]),
    problem: "CONTROL_FLOOD",
  },
  { what: "WINDOW_UPDATE", budget: 30, make: () => windowUpdate(0, 1), problem: "WINDOW_UPDATE_FLOOD" },
];
for (const { what, budget, make, problem } of floods) {
  test(`Http2Connection bears ${what} within a budget by the second, and then ends with ENHANCE_YOUR_CALM`, () => {
    const dialogue = new Dialogue({ limits, answers: "never" }).receive(PREFACE, settings());
    dialogue.wait(1000);
    for (let index = 0; index < budget; index++) dialogue.receive(make(index));
    assert.equal(dialogue.connection.problem, undefined);
    dialogue.wait(2000);
    for (let index = budget; index < 2 * budget; index++) dialogue.receive(make(index));
    assert.equal(dialogue.connection.problem, undefined);
    const frameCount = dialogue.frames.length;
    dialogue.receive(...times(1000, (index) => make(2 * budget + index)));
    assert.equal(dialogue.connection.problem, problem);
    assert.match(dialogue.frames.at(-1)!, /^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
    assert.ok(dialogue.frames.length - frameCount < 5);
    assert.equal(dialogue.events.at(-1), "finish");
  });
}

test("Http2Connection takes more than windowUpdateLimitCount updates where content was sent for them", () => {
  const dialogue = begin({ limits, reply: () => content(200_000) }).receive(headers(1));
  while (dialogue.contents.get(1)!.length < 200_000) dialogue.receive(windowUpdate(0, 1024), windowUpdate(1, 1024));
  assert.equal(dialogue.connection.problem, undefined);
});

for (const [what, fragment] of [
  ["of few bytes", Buffer.alloc(1)],
  ["that are empty", Buffer.alloc(0)],
] as const) {
  test(`Http2Connection takes continuationLimitCount frames of CONTINUATION ${what}, and no more`, () => {
    const dialogue = begin().receive(frame(FRAME.HEADERS, FLAG.END_STREAM, 1));
    dialogue.receive(...times(8, () => continuation(1, fragment)));
    assert.equal(dialogue.connection.problem, undefined);
    assert.equal(dialogue.connection.isInHead, true);
    dialogue.receive(continuation(1, fragment));
    assert.equal(dialogue.connection.problem, "CONTINUATIONS_TOO_MANY");
    assert.deepEqual(after(dialogue), ["GOAWAY 0 ENHANCE_YOUR_CALM"]);
  });
}

// Who may have to go when the server has no place: transport/room.ts.

test("Http2Connection is in a head while a frame is incomplete and no stream is open", () => {
  const dialogue = begin();
  assert.deepEqual([dialogue.connection.isIdle, dialogue.connection.isInHead], [true, false]);
  dialogue.receive(headers(1).subarray(0, 12));
  assert.deepEqual([dialogue.connection.isIdle, dialogue.connection.isInHead], [false, true]);
  assert.equal(dialogue.connection.deadline, 10_000);
});

test("Http2Connection is in no head while a stream is open: what it is owed would be lost", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1), frame(FRAME.HEADERS, 0, 3));
  assert.deepEqual([dialogue.connection.isIdle, dialogue.connection.isInHead], [false, false]);
});

test("Http2Connection that is idle has only the deadline of its idleness, whatever its last streams had", () => {
  const dialogue = begin({ reply: () => content(70_000) }).receive(headers(1));
  assert.equal(dialogue.connection.deadline, 30_000);
  dialogue.wait(5000).receive(windowUpdate(0, 100_000), windowUpdate(1, 100_000));
  assert.equal(dialogue.connection.isIdle, true);
  assert.equal(dialogue.connection.deadline, 65_000);
});

test("Http2Connection holds no more than four times headLimitBytes of a head", () => {
  const dialogue = begin({ limits: { headLimitBytes: 1000 } }).receive(frame(FRAME.HEADERS, 0, 1, Buffer.alloc(3000)));
  dialogue.receive(continuation(1, Buffer.alloc(1000)));
  assert.equal(dialogue.connection.problem, undefined);
  assert.equal(dialogue.receive(continuation(1, Buffer.alloc(1))).connection.problem, "BLOCK_TOO_LARGE");
});

test("Http2Connection unfolds a header bomb to no more than headLimitBytes, and answers 431", () => {
  // One field of 4,000 bytes in the table, and then 10,000 times its index.
  const name = Buffer.from("\x40\x01a\x7f\xa1\x1e", "latin1");
  const bomb = Buffer.concat([name, Buffer.alloc(4000, "b"), Buffer.alloc(10_000, 0xbe)]);
  const dialogue = begin().receive(frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1, bomb), headers(3));
  assert.deepEqual(dialogue.events, ["1 rejected 431 HEAD_TOO_LARGE", "3 head GET /", "3 end"]);
  assert.ok(dialogue.context.section.bytes.length < 64 * 1024);
});

test("Http2Connection takes no further request while much output waits, and goes on when it has left", () => {
  const dialogue = new Dialogue();
  const { connection, out } = dialogue;
  connection.receive(Buffer.concat([HELLO, ...times(1000, (index) => headers(2 * index + 1))]), 0);
  let count = 0;
  for (let event = connection.next(out); event !== undefined; event = connection.next(out)) {
    if (event.kind !== "head") continue;
    connection.sendReply(event.stream, emptyReply(204, `Link: <${count}${"x".repeat(1000)}>\r\n`), out, 0);
    count++;
  }
  assert.ok(count < 300, `${count} replies`);
  assert.ok(out.length < 258 * 1024);
  assert.equal(connection.wantsInput, false);
  out.clear();
  assert.notEqual(connection.next(out), undefined);
  assert.equal(connection.wantsInput, true);
});

// Deadlines.

const LONG = { minimumRateBytesPerSecond: 0 };
const cases: { what: string; make: () => Dialogue; at: number; frames?: string[]; events: string[] }[] = [
  { what: "a peer that never sends the preface", make: () => new Dialogue(), at: 60_000, events: ["closed"] },
  {
    what: "half a preface",
    make: () => new Dialogue().receive(PREFACE.subarray(0, 9)),
    at: 10_000,
    events: ["closed"],
  },
  { what: "an idle connection", make: () => begin(), at: 60_000, frames: ["GOAWAY 0 NO_ERROR"], events: ["finish"] },
  {
    what: "half a frame",
    make: () => begin().receive(ping().subarray(0, 12)),
    at: 10_000,
    frames: ["GOAWAY 0 ENHANCE_YOUR_CALM"],
    events: ["finish"],
  },
  {
    what: "half a head",
    make: () => begin().receive(frame(FRAME.HEADERS, FLAG.END_STREAM, 1)),
    at: 10_000,
    frames: ["GOAWAY 0 ENHANCE_YOUR_CALM"],
    events: ["finish"],
  },
  {
    what: "content that does not come",
    make: () => begin({ answers: "end" }).receive(post(1)),
    at: 30_000,
    frames: ["HEADERS 1 408", "DATA 1 7 END_STREAM"],
    events: ["1 head POST /", "1 rejected 408 CONTENT_TIMEOUT"],
  },
  {
    what: "content that does not come behind its reply",
    make: () => begin({ answers: "head" }).receive(post(1)),
    at: 30_000,
    frames: ["HEADERS 1 200", "DATA 1 2 END_STREAM", "RST_STREAM 1 CANCEL"],
    events: ["1 head POST /"],
  },
  {
    what: "a window of a stream that does not open",
    make: () => begin({ reply: () => content(10_000) }).receive(settings([SETTING.INITIAL_WINDOW_SIZE, 0]), headers(1)),
    at: 30_000,
    frames: ["SETTINGS ACK", "HEADERS 1 200", "RST_STREAM 1 CANCEL"],
    events: ["1 head GET /", "1 end", "1 cancelled"],
  },
];
for (const { what, make, at, frames = [], events } of cases) {
  test(`Http2Connection ends ${what} in time`, () => {
    const dialogue = make();
    assert.equal(dialogue.connection.deadline, at);
    dialogue.wait();
    assert.deepEqual(after(dialogue), frames);
    assert.deepEqual(dialogue.events, events);
  });
}

test("Http2Connection ends a stream whose window opens byte by byte", () => {
  const dialogue = begin({ reply: () => content(10_000) });
  dialogue.receive(settings([SETTING.INITIAL_WINDOW_SIZE, 0]), headers(1));
  for (let now = 1000; now < 30_000; now += 1000) dialogue.wait(now).receive(windowUpdate(1, 1));
  assert.equal(dialogue.events.includes("1 cancelled"), false);
  assert.equal(dialogue.wait(30_000).frames.at(-1), "RST_STREAM 1 CANCEL");
});

test("Http2Connection ends a connection whose window opens byte by byte", () => {
  const dialogue = begin({ reply: () => content(100_000) });
  dialogue.receive(windowUpdate(1 - 1, 1), settings([SETTING.INITIAL_WINDOW_SIZE, 1_000_000]), headers(1));
  for (let now = 1000; now <= 60_000; now += 1000) dialogue.wait(now).receive(windowUpdate(0, 1));
  assert.equal(dialogue.connection.problem, "CONNECTION_UNREAD");
  assert.deepEqual(dialogue.frames.slice(-2), ["RST_STREAM 1 ENHANCE_YOUR_CALM", "GOAWAY 1 ENHANCE_YOUR_CALM"]);
});

test("Http2Connection lets a stream live whose window opens quickly enough, or whose content is not at hand", () => {
  const dialogue = begin({ reply: () => content(100_000) });
  dialogue.receive(settings([SETTING.INITIAL_WINDOW_SIZE, 0]), headers(1));
  for (let now = 1000; now <= 60_000; now += 1000) dialogue.wait(now).receive(windowUpdate(1, 300));
  assert.equal(dialogue.events.includes("1 cancelled"), false);
  const held = begin({ answers: "never" }).receive(headers(1));
  held.connection.sendReply(1, streamReply(200), held.out, 0);
  assert.deepEqual(held.wait(30_000).wait(60_000).events, ["1 head GET /", "1 end"]);
});

test("Http2Connection lets content live that comes quickly enough", () => {
  const dialogue = begin({ content: "discard" }).receive(post(1));
  for (let now = 1000; now <= 60_000; now += 1000) dialogue.wait(now).receive(data(1, "x".repeat(250)));
  assert.deepEqual(dialogue.receive(lastData(1, "")).events, ["1 head POST /", "1 end"]);
});

test("Http2Connection closes a connection whose output nobody takes", () => {
  const dialogue = begin({ limits: LONG });
  dialogue.isStuck = true;
  dialogue.receive(headers(1)).wait(30_000);
  assert.deepEqual(dialogue.events.slice(2), ["closed"]);
});

test("Http2Connection is not kept alive by PING", () => {
  const dialogue = begin();
  for (let now = 1000; now < 60_000; now += 1000) dialogue.wait(now).receive(ping());
  assert.deepEqual(dialogue.wait(60_000).events, ["finish"]);
});

// Replies.

test("Http2Connection opens its own windows again as content arrives, and not for what it wants no more of", () => {
  const dialogue = begin({ content: "discard", answers: "never" }).receive(post(1));
  for (let count = 0; count < 4; count++) dialogue.receive(data(1, "x".repeat(16_000)));
  assert.deepEqual(after(dialogue), ["WINDOW_UPDATE 0 48000", "WINDOW_UPDATE 1 48000"]);
});

test("Http2Connection refuses content beyond the window of its stream", () => {
  const dialogue = begin({ content: "discard", answers: "never", limits: { discardLimitBytes: 0 } });
  dialogue.receive(post(1), ...times(4, () => data(1, "x".repeat(16_384))));
  assert.ok(dialogue.frames.includes("RST_STREAM 1 FLOW_CONTROL_ERROR"));
});

test("Http2Connection cuts a head that does not fit into one frame", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1));
  const fields = Array.from({ length: 20 }, (_, index) => `Link: <${String(index).repeat(1500)}>\r\n`).join("");
  dialogue.connection.sendReply(1, emptyReply(204, fields), dialogue.out, 0);
  const output = dialogue.out.take();
  const frames: { type: number; flags: number; length: number }[] = [];
  for (let at = 0; at < output.length; at += 9 + output.readUIntBE(at, 3)) {
    frames.push({ type: output[at + 3]!, flags: output[at + 4]!, length: output.readUIntBE(at, 3) });
  }
  assert.deepEqual(
    frames.map(({ type, flags }) => [type, flags]),
    [
      [FRAME.HEADERS, FLAG.END_STREAM],
      ...frames.slice(1, -1).map(() => [FRAME.CONTINUATION, 0]),
      [FRAME.CONTINUATION, FLAG.END_HEADERS],
    ],
  );
  assert.ok(frames.every(({ length }) => length <= 16_384));
});

test("Http2Connection sends five interim answers and no more", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1));
  for (let count = 0; count < 6; count++) dialogue.connection.sendInterim(1, 103, "Link: </a>\r\n", dialogue.out);
  dialogue.reply(1);
  assert.deepEqual(after(dialogue), [...Array(5).fill("HEADERS 1 103"), "HEADERS 1 200", "DATA 1 2 END_STREAM"]);
});

test("Http2Connection ends content of unknown length by an empty frame, and leaves it out while it is held", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1));
  const { connection, out } = dialogue;
  assert.equal(connection.sendReply(1, streamReply(200), out, 0), true);
  assert.equal(connection.nextStream(), 0);
  connection.resumeStream(1);
  assert.equal(connection.nextStream(), 1);
  assert.equal(connection.owesContent(1), true);
  connection.sendData(1, Buffer.from("abc"), out);
  connection.holdStream(1);
  connection.endContent(1, out);
  assert.deepEqual(after(dialogue.turn()), ["HEADERS 1 200", "DATA 1 3", "DATA 1 0 END_STREAM"]);
  assert.equal(connection.owesContent(1), false);
});

test("Http2Connection gives a reply up by resetStream, and goes on", () => {
  const dialogue = begin({ answers: "never" }).receive(headers(1));
  dialogue.connection.sendReply(1, streamReply(200), dialogue.out, 0);
  dialogue.connection.resetStream(1, ERROR_CODE.INTERNAL_ERROR, dialogue.out);
  dialogue.receive(headers(3)).reply(3);
  assert.deepEqual(after(dialogue).slice(1), ["RST_STREAM 1 INTERNAL_ERROR", "HEADERS 3 200", "DATA 3 2 END_STREAM"]);
});

const misuses: { what: string; act: (dialogue: Dialogue) => void }[] = [
  { what: "a reply to nothing", act: ({ connection, out }) => connection.sendReply(3, textReply(200, "a"), out, 0) },
  { what: "a second reply", act: (dialogue) => dialogue.reply(1, content(100_000)).reply(1) },
  { what: "a 304 with content", act: (dialogue) => dialogue.reply(1, { ...textReply(200, "a"), status: 304 }) },
  { what: "content before a reply", act: ({ connection, out }) => connection.sendData(1, Buffer.of(1), out) },
  {
    what: "more content than a window allows",
    act: (dialogue) => dialogue.reply(1, content(100_000)).connection.writeDataHead(1, 1, dialogue.out),
  },
  {
    what: "an end before the announced length",
    act: (dialogue) => dialogue.reply(1, content(100_000)).connection.endContent(1, dialogue.out),
  },
];
for (const { what, act } of misuses) {
  test(`Http2Connection throws at ${what}`, () => {
    assert.throws(() => act(begin({ answers: "never" }).receive(headers(1))), ProtocolMisuseError);
  });
}

test("Http2Connection sends what is urgent first, and lets the rest of one and the same take turns", () => {
  const dialogue = begin({ answers: "never" });
  const ask = (id: number, priority: string) => headers(id, [...GET, ["priority", priority]]);
  dialogue.receive(settings([SETTING.INITIAL_WINDOW_SIZE, 1_000_000]));
  dialogue.receive(ask(1, "u=5"), ask(3, "u=1, i"), ask(5, "u=1, i"), ask(7, "u=1"), ask(9, "u=1"));
  for (const id of [1, 3, 5, 7, 9]) dialogue.sendReply(id, content(20_000));
  dialogue.receive(windowUpdate(0, 1_000_000));
  const order = after(dialogue)
    .filter((line) => line.startsWith("DATA"))
    .map((line) => Number(line.split(" ")[1]));
  assert.deepEqual(order, [3, 5, 7, 3, 5, 7, 9, 9, 1, 1]);
});

test("Http2Connection obeys PRIORITY_UPDATE, also for a stream that is not open yet", () => {
  const update = (id: number, value: string) =>
    frame(FRAME.PRIORITY_UPDATE, 0, 0, Buffer.concat([Buffer.of(0, 0, 0, id), Buffer.from(value)]));
  const dialogue = begin({ answers: "never" }).receive(
    update(3, "u=0"),
    headers(1),
    headers(3),
    headers(5),
    update(5, "u=1"),
  );
  for (const id of [1, 3, 5]) dialogue.sendReply(id, content(20_000));
  const order = after(dialogue.turn())
    .filter((line) => line.startsWith("DATA"))
    .map((line) => Number(line.split(" ")[1]));
  assert.deepEqual(order, [3, 3, 5, 5, 1, 1]);
});
