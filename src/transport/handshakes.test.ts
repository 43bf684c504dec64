import assert from "node:assert/strict";
import { test } from "node:test";
import { type HandshakePeer, Handshakes } from "./handshakes.ts";

function handshakesOf(connectionLimitCount: number): { handshakes: Handshakes; log: string[] } {
  const log: string[] = [];
  const onFailure = (reason: string): void => void log.push(reason);
  return { handshakes: new Handshakes({ connectionLimitCount, idleTimeoutMs: 60_000, onFailure }), log };
}

function peerWho(destroy: () => void): HandshakePeer {
  return { address: "192.0.2.1", listener: 0, destroy };
}

test("Handshakes: of too many at once, the oldest gives way", () => {
  const { handshakes, log } = handshakesOf(4);
  const peers = ["first", "second", "third"].map((name) => peerWho(() => void log.push(name)));
  for (const peer of peers) handshakes.begin(peer, 1000);
  assert.deepEqual(log, ["crowded", "first"]);
  handshakes.end(peers[1]!);
  handshakes.begin(
    peerWho(() => void log.push("fourth")),
    2000,
  );
  assert.equal(log.length, 2);
  assert.equal(handshakes.deadlineOf(peers[0]!), Number.POSITIVE_INFINITY);
  assert.equal(handshakes.deadlineOf(peers[2]!), 11_000);
});

test("Handshakes counts only the first reason", () => {
  const { handshakes, log } = handshakesOf(4);
  const peer = peerWho(() => {});
  handshakes.begin(peer, 0);
  handshakes.fail(peer, "timeout");
  handshakes.fail(peer, "abandoned");
  assert.deepEqual(log, ["timeout"]);
});
