// Dialogues: what one side does, what the other sees of it, and in which order. What a single head or content
// may look like is in the tests of the parts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dialogue } from "../../test/support/http1.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const EXCHANGE = ["head GET /", "end"];

test("Connection answers a peer that has sent its request and ended its half", () => {
  const dialogue = new Dialogue().receive(GET).end();
  assert.deepEqual(dialogue.events, [...EXCHANGE, "finish", "closed"]);
  assert.equal(dialogue.replies[0]?.content, "ok");
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
