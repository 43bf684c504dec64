import assert from "node:assert/strict";
import { test } from "node:test";
import { PEER_TRANSITIONS, type PeerState, type PeerStep } from "../../http1/state.ts";
import { movesBetween } from "./moves.ts";

const cases: [before: PeerState, after: PeerState, isMoved: boolean, moves: PeerStep[]][] = [
  ["idle", "idle", false, []],
  ["idle", "done", false, ["begin", "message", "end"]],
  ["done", "idle", false, ["cycle"]],
  ["done", "done", true, ["cycle", "begin", "message", "end"]],
  ["content", "closed", false, ["close"]],
  ["closed", "idle", false, []],
];

for (const [before, after, isMoved, moves] of cases) {
  test(`movesBetween() goes from ${before} to ${after} by ${moves.join(", ") || "no step"}`, () => {
    assert.deepEqual(movesBetween(PEER_TRANSITIONS, before, after, { isMoved }), moves);
  });
}

test("movesBetween() leaves a step out that was not taken", () => {
  const table = { a: { one: "b", two: "b" }, b: {} } as const;
  assert.deepEqual(movesBetween<"a" | "b", "one" | "two">(table, "a", "b", { isMoved: true, without: "one" }), ["two"]);
});
