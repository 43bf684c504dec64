// Replies, read back by the client of the tests, and calls that a transport must not make.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DATE, Dialogue, emptyReply, streamReply, textReply } from "../../test/support/http1.ts";
import type { Block, Reply } from "../http/message.ts";
import { OutputBuffer } from "../http/output-buffer.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import { HeadWriter } from "./head-writer.ts";

const requests = {
  GET: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  HEAD: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET of 1.0": "GET / HTTP/1.0\r\n\r\n",
  "GET of 1.0 with keep-alive": "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  "GET with close": "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
};

const DATED = `Date: ${DATE}\r\n`;

const replies: { to: keyof typeof requests; what: string; reply: () => Reply; written: string; persists: boolean }[] = [
  {
    to: "GET",
    what: "text",
    reply: () => textReply(200, "hello", "A: b\r\n"),
    written: `HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n${DATED}\r\nhello`,
    persists: true,
  },
  {
    to: "GET",
    what: "no text",
    reply: () => textReply(404, ""),
    written: `HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n${DATED}\r\n`,
    persists: true,
  },
  {
    to: "GET",
    what: "a status that nobody has named",
    reply: () => textReply(299, "x"),
    written: `HTTP/1.1 299 \r\nContent-Length: 1\r\n${DATED}\r\nx`,
    persists: true,
  },
  {
    to: "GET",
    what: "a stream",
    reply: () => streamReply(200),
    written: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${DATED}\r\n5\r\nsome \r\n6\r\nchunks\r\n0\r\n\r\n`,
    persists: true,
  },
  {
    to: "GET",
    what: "204",
    reply: () => emptyReply(204, "Allow: GET\r\n"),
    written: `HTTP/1.1 204 No Content\r\nAllow: GET\r\n${DATED}\r\n`,
    persists: true,
  },
  {
    to: "GET",
    what: "304",
    reply: () => emptyReply(304),
    written: `HTTP/1.1 304 Not Modified\r\n${DATED}\r\n`,
    persists: true,
  },
  {
    to: "HEAD",
    what: "text",
    reply: () => textReply(200, "hello"),
    written: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${DATED}\r\n`,
    persists: true,
  },
  {
    to: "HEAD",
    what: "a stream",
    reply: () => streamReply(200),
    written: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${DATED}\r\n`,
    persists: true,
  },
  {
    to: "HEAD",
    what: "304",
    reply: () => emptyReply(304),
    written: `HTTP/1.1 304 Not Modified\r\n${DATED}\r\n`,
    persists: true,
  },
  {
    to: "GET of 1.0",
    what: "text",
    reply: () => textReply(200, "hello"),
    written: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${DATED}Connection: close\r\n\r\nhello`,
    persists: false,
  },
  {
    to: "GET of 1.0",
    what: "a stream",
    reply: () => streamReply(200),
    written: `HTTP/1.1 200 OK\r\n${DATED}Connection: close\r\n\r\nsome chunks`,
    persists: false,
  },
  {
    to: "GET of 1.0 with keep-alive",
    what: "text",
    reply: () => textReply(200, "hello"),
    written: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${DATED}Connection: keep-alive\r\n\r\nhello`,
    persists: true,
  },
  {
    to: "GET of 1.0 with keep-alive",
    what: "204",
    reply: () => emptyReply(204),
    written: `HTTP/1.1 204 No Content\r\n${DATED}Connection: keep-alive\r\n\r\n`,
    persists: true,
  },
  {
    to: "GET of 1.0 with keep-alive",
    what: "a stream",
    reply: () => streamReply(200),
    written: `HTTP/1.1 200 OK\r\n${DATED}Connection: close\r\n\r\nsome chunks`,
    persists: false,
  },
  {
    to: "GET with close",
    what: "text",
    reply: () => textReply(200, "hello"),
    written: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${DATED}Connection: close\r\n\r\nhello`,
    persists: false,
  },
  {
    to: "GET with close",
    what: "a stream",
    reply: () => streamReply(200),
    written: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${DATED}Connection: close\r\n\r\n5\r\nsome \r\n6\r\nchunks\r\n0\r\n\r\n`,
    persists: false,
  },
];
for (const { to, what, reply, written, persists } of replies) {
  test(`HeadWriter replies to ${to} with ${what}`, () => {
    const dialogue = new Dialogue({ reply }).receive(requests[to]);
    assert.equal(dialogue.text, written);
    assert.equal(dialogue.replies.length, 1, "a client reads it as one reply");
    assert.equal(dialogue.events.includes("finish"), !persists);
  });
}

test("HeadWriter keeps a reply as it is sent from its third use in one second on, and writes Date when the second changes", () => {
  const writer = new HeadWriter();
  const reply = textReply(200, "hello");
  const writeAt = (wallMs: number, connection?: "close") => {
    const out = new OutputBuffer();
    writer.setTime(wallMs);
    const headEnd = writer.write(reply, "length", connection, true, out);
    assert.equal(out.view().toString("latin1", headEnd), "hello");
    return out.take().toString("latin1", 0, headEnd);
  };
  assert.match(writeAt(0), /Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n$/);
  for (const wallMs of [1000, 1500, 2000, 2500, 3000, 3400]) {
    writeAt(wallMs);
    assert.equal(reply.written?.block, undefined);
  }
  assert.match(writeAt(3999), /00:00:03 GMT\r\n\r\n$/);
  const block = reply.written?.block as Block | undefined;
  assert.match(writeAt(4000), /00:00:04 GMT\r\n\r\n$/);
  assert.match(writeAt(5000, "close"), /00:00:05 GMT\r\nConnection: close\r\n\r\n$/);
  assert.ok(block?.bytes.includes("00:00:05 GMT\r\n\r\nhello"));
  assert.equal(reply.written?.block, block);
});

test("HeadWriter does not use what another has kept", () => {
  const reply = textReply(200, "hello");
  const outs = [new HeadWriter(), new HeadWriter()].map((writer) => {
    const out = new OutputBuffer();
    writer.setTime(0);
    for (let use = 0; use < 3; use++) writer.write(reply, "length", undefined, true, out);
    return [out.take().toString("latin1"), reply.written?.writer === writer];
  });
  assert.deepEqual(outs[0], outs[1]);
});

test("HeadWriter keeps nothing of a reply whose framing depends on the peer", () => {
  const reply = streamReply(200);
  for (const to of ["GET", "GET of 1.0", "GET"] as const) {
    const dialogue = new Dialogue({ reply: () => reply }).receive(requests[to]);
    assert.equal(dialogue.replies[0]?.framing, to === "GET" ? "chunked" : "close");
  }
});

// Our own mistakes throw, and write nothing.

const { GET } = requests;
const hello = Buffer.from("hello");
const misuses: { what: string; before: string; act: (dialogue: Dialogue) => void }[] = [
  { what: "a reply that nobody asked for", before: "", act: (dialogue) => dialogue.sendReply(textReply(200, "")) },
  { what: "a reply in the middle of a head", before: "GET", act: (dialogue) => dialogue.sendReply(textReply(200, "")) },
  {
    what: "a second reply",
    before: GET,
    act: ({ connection, out }) => {
      connection.sendHead(textReply(200, "hello"), out, 0);
      out.clear();
      connection.sendHead(textReply(200, "hello"), out, 0);
    },
  },
  {
    what: "a reply while lingering",
    before: requests["GET with close"],
    act: (dialogue) => {
      dialogue.reply(textReply(200, ""));
      dialogue.sendReply(textReply(200, ""));
    },
  },
  ...([204, 304] as const).map((status) => ({
    what: `${status} with content`,
    before: GET,
    act: (dialogue: Dialogue) => dialogue.sendReply(textReply(status, "hello")),
  })),
  {
    what: "200 without content",
    before: GET,
    act: (dialogue) => dialogue.sendReply({ status: 200, fields: "", content: undefined }),
  },
  { what: "content before its head", before: GET, act: ({ connection, out }) => connection.sendContent(hello, out) },
  {
    what: "content beyond its length",
    before: GET,
    act: ({ connection, out }) => {
      connection.sendHead(textReply(200, "hell"), out, 0);
      out.clear();
      connection.sendContent(hello, out);
    },
  },
  {
    what: "content behind its end",
    before: GET,
    act: (dialogue) => {
      dialogue.sendReply(textReply(200, "hello"));
      dialogue.out.clear();
      dialogue.connection.sendContent(hello, dialogue.out);
    },
  },
  {
    what: "content behind the end of a stream",
    before: GET,
    act: (dialogue) => {
      dialogue.sendReply(streamReply(200));
      dialogue.out.clear();
      dialogue.connection.sendContent(hello, dialogue.out);
    },
  },
  {
    what: "content behind the head of a reply to HEAD",
    before: requests.HEAD,
    act: (dialogue) => {
      dialogue.sendReply(textReply(200, "hello"));
      dialogue.out.clear();
      dialogue.connection.countContent(5);
    },
  },
  {
    what: "the end of content that is announced and missing",
    before: GET,
    act: ({ connection, out }) => {
      connection.sendHead(textReply(200, "hello"), out, 0);
      out.clear();
      connection.sendEnd(out);
    },
  },
  {
    what: "a second end",
    before: GET,
    act: (dialogue) => {
      dialogue.sendReply(streamReply(200));
      dialogue.out.clear();
      dialogue.connection.sendEnd(dialogue.out);
    },
  },
  { what: "an end before a head", before: GET, act: ({ connection, out }) => connection.sendEnd(out) },
  {
    what: "an interim reply before a request",
    before: "",
    act: ({ connection, out }) => connection.sendInterim(103, "", out),
  },
  {
    what: "100 (Continue) behind a final reply",
    before: "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    act: (dialogue) => {
      dialogue.sendReply(textReply(200, "hello"));
      dialogue.out.clear();
      dialogue.connection.acceptContent(dialogue.out);
    },
  },
];
for (const { what, before, act } of misuses) {
  test(`Connection throws for ${what}, and writes nothing`, () => {
    const dialogue = new Dialogue({ answers: "never" }).receive(before);
    assert.throws(() => act(dialogue), ProtocolMisuseError);
    assert.equal(dialogue.out.length, 0);
  });
}

test("Connection takes no bytes of content for nothing, wherever it stands", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET);
  const { connection, out } = dialogue;
  connection.sendHead(streamReply(200), out, 0);
  for (const text of ["", "a", ""]) connection.sendContent(Buffer.from(text), out);
  connection.sendEnd(out);
  connection.sendContent(Buffer.alloc(0), out);
  assert.equal(dialogue.turn().replies[0]?.content, "a");
});

test("Connection counts content that the transport writes itself", () => {
  const dialogue = new Dialogue({ answers: "never" }).receive(GET);
  dialogue.connection.sendHead(textReply(200, "hello"), dialogue.out, 0);
  dialogue.connection.countContent(2);
  assert.equal(dialogue.connection.wantsContent, true);
  assert.equal(dialogue.connection.isContentFramed, false);
  dialogue.connection.countContent(3);
  assert.equal(dialogue.connection.wantsContent, false);
});
