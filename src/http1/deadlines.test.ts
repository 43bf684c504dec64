import assert from "node:assert/strict";
import { test } from "node:test";
import { Dialogue, textReply } from "../../test/support/http1.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

const limits = {
  headTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  bodyTimeoutMs: 30_000,
  writeTimeoutMs: 20_000,
  minimumRateBytesPerSecond: 100,
};

/** Moves the clock to a time, and has the peer send something then. */
function receiveAt(dialogue: Dialogue, now: number, bytes: string): Dialogue {
  return dialogue.wait(now).receive(bytes);
}

test("Deadlines give a fresh connection idleTimeoutMs, and close it without a word", () => {
  const dialogue = new Dialogue({ limits });
  assert.equal(dialogue.connection.deadline, 60_000);
  assert.deepEqual(dialogue.wait(59_999).events, []);
  assert.deepEqual(dialogue.wait(60_000).events, ["closed"]);
  assert.equal(dialogue.text, "");
  assert.equal(dialogue.connection.deadline, Number.POSITIVE_INFINITY);
});

test("Deadlines give the time between requests idleTimeoutMs, from the last reply on", () => {
  const dialogue = receiveAt(new Dialogue({ limits }), 5000, GET);
  assert.equal(dialogue.connection.deadline, 65_000);
  receiveAt(dialogue, 64_000, GET);
  assert.equal(dialogue.connection.deadline, 124_000);
  assert.equal(dialogue.wait().events.at(-1), "closed");
});

test("Deadlines give a head headTimeoutMs from its first byte, however it goes on, and answer 408", () => {
  const dialogue = receiveAt(new Dialogue({ limits }), 50_000, "G");
  assert.equal(dialogue.connection.deadline, 60_000);
  receiveAt(dialogue, 59_000, "ET / HTTP/1.1\r\nHost: a\r\n");
  assert.equal(dialogue.connection.deadline, 60_000);
  assert.deepEqual(dialogue.wait(59_999).events, []);
  assert.deepEqual(dialogue.wait(60_000).events, ["rejected 408 HEAD_TIMEOUT", "finish"]);
  assert.equal(dialogue.replies[0]?.status, 408);
  assert.deepEqual(dialogue.receive("\r\n").end().events, ["rejected 408 HEAD_TIMEOUT", "finish", "closed"]);
});

test("Deadlines give a pipelined head headTimeoutMs from when the reply before it is done", () => {
  const dialogue = new Dialogue({ answers: "never", limits }).receive(`${GET}GET`);
  assert.equal(dialogue.connection.deadline, Number.POSITIVE_INFINITY, "the peer is waiting for us");
  dialogue.now = 100_000;
  dialogue.reply(textReply(200, ""));
  assert.equal(dialogue.connection.deadline, 110_000);
});

test("Deadlines give content a window, and the next when enough arrived in it", () => {
  const dialogue = receiveAt(new Dialogue({ limits }), 1000, POST);
  assert.equal(dialogue.connection.deadline, 31_000);
  receiveAt(dialogue, 20_000, "x".repeat(2999)).receive("x");
  assert.equal(dialogue.connection.deadline, 31_000);
  dialogue.wait(31_000);
  assert.equal(dialogue.connection.deadline, 61_000);
  receiveAt(dialogue, 60_999, "x".repeat(2999));
  const { events } = dialogue.wait(61_000);
  assert.deepEqual(events.slice(-2), ["rejected 408 CONTENT_TIMEOUT", "finish"]);
});

test("Deadlines ask with a minimum rate of 0 for a single byte in a window", () => {
  const dialogue = new Dialogue({ limits: { ...limits, minimumRateBytesPerSecond: 0 } }).receive(POST);
  receiveAt(dialogue, 29_000, "x").wait(30_000);
  assert.equal(dialogue.connection.deadline, 60_000);
  assert.equal(dialogue.wait(60_000).events.at(-2), "rejected 408 CONTENT_TIMEOUT");
});

test("Deadlines end with the content, and nobody hurries the reply", () => {
  const dialogue = new Dialogue({ answers: "never", limits }).receive(POST + "x".repeat(100_000));
  assert.equal(dialogue.connection.deadline, Number.POSITIVE_INFINITY);
  assert.equal(dialogue.wait(1e9).events.at(-1), "end");
});

test("Deadlines close, without another word, when content stalls behind its reply", () => {
  const dialogue = new Dialogue({ answers: "head", limits }).receive(POST);
  assert.deepEqual(dialogue.wait().events, ["head POST /", "finish"]);
  assert.equal(dialogue.replies.length, 1);
});

test("Deadlines cut a reply off when the content of its request stalls", () => {
  const dialogue = new Dialogue({ answers: "never", limits }).receive(POST);
  dialogue.connection.sendHead(textReply(200, "hello"), dialogue.out, 0);
  assert.deepEqual(dialogue.wait().events, ["head POST /", "closed"]);
});

/** A reply of 10,000 bytes that waits to be taken. `flush` tells how many bytes were taken. */
function stuckReply(): { dialogue: Dialogue; flush: (flushedBytes: number, now: number) => Dialogue } {
  const dialogue = new Dialogue({ limits, reply: () => textReply(200, "x".repeat(10_000)) });
  dialogue.isStuck = true;
  dialogue.receive(GET);
  return {
    dialogue,
    flush: (flushedBytes, now) => {
      dialogue.now = now;
      dialogue.connection.noteOutput(flushedBytes, true, now);
      if (dialogue.connection.deadline <= now) dialogue.connection.expire(now);
      for (let event = dialogue.connection.next(); event !== undefined; event = dialogue.connection.next()) {
        dialogue.events.push(event.kind);
      }
      return dialogue;
    },
  };
}

test("Deadlines give output a window, and the next when the peer took enough in it", () => {
  const { dialogue, flush } = stuckReply();
  assert.equal(dialogue.connection.deadline, 20_000);
  flush(1999, 19_000);
  flush(2000, 20_000);
  assert.equal(dialogue.connection.deadline, 40_000);
  flush(3999, 39_999);
  assert.deepEqual(flush(3999, 40_000).events, ["head GET /", "end", "closed"]);
});

test("Deadlines forget the window when the output is out, and begin another with the next", () => {
  const { dialogue } = stuckReply();
  dialogue.isStuck = false;
  dialogue.wait(15_000);
  assert.equal(dialogue.connection.deadline, 60_000, "idle");
  dialogue.isStuck = true;
  receiveAt(dialogue, 16_000, GET);
  assert.equal(dialogue.connection.deadline, 36_000);
});

test("Deadlines hold for output also while lingering", () => {
  const dialogue = new Dialogue({ limits });
  dialogue.isStuck = true;
  dialogue.receive("GET / HTTP/1.0\r\n\r\n");
  assert.equal(dialogue.events.at(-1), "finish");
  assert.equal(dialogue.connection.deadline, 20_000);
  assert.equal(dialogue.wait().events.at(-1), "closed");
});

test("Deadlines that have not come yet do nothing", () => {
  const dialogue = new Dialogue({ limits }).receive("GET");
  dialogue.connection.expire(9999);
  assert.deepEqual(dialogue.turn().events, []);
});
