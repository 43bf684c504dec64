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
