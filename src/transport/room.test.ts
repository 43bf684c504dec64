import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../http1/connection.ts";
import { DEFAULT_LIMITS } from "../http1/limits.ts";
import { type Guest, makeRoom, whoCanGo } from "./room.ts";

const NOW = 100_000;

type Kind = "fresh" | "served" | "in a head" | "busy";

/** @param waitedMs how long it has waited for a request, or for the rest of one */
function guest(kind: Kind, waitedMs: number): Guest & { kind: Kind; waitedMs: number; isGone: boolean } {
  const isIdle = kind === "fresh" || kind === "served";
  const limitMs = isIdle ? DEFAULT_LIMITS.idleTimeoutMs : DEFAULT_LIMITS.headTimeoutMs;
  const deadline = kind === "busy" ? Number.POSITIVE_INFINITY : NOW - waitedMs + limitMs;
  const connection = { deadline, isFresh: kind === "fresh", isInHead: kind === "in a head" } as Connection;
  return {
    kind,
    waitedMs,
    connection,
    isIdle,
    isGone: false,
    destroy(): void {
      this.isGone = true;
    },
  };
}

const many = (kind: Kind, count: number, waitedMs: number) =>
  Array.from({ length: count }, () => guest(kind, waitedMs));

const cases: [who: string, guests: Guest[], going: Kind | "nobody"][] = [
  ["those who have asked nothing", [...many("served", 5, 9000), guest("fresh", 2000)], "fresh"],
  ["those who were served", [...many("served", 5, 2000), ...many("in a head", 4, 3000)], "served"],
  [
    "heads that do not end, when they are more",
    [...many("served", 5, 2000), ...many("in a head", 6, 3000)],
    "in a head",
  ],
  ["nobody for a flood of new heads", [...many("served", 5, 2000), ...many("in a head", 6, 10)], "nobody"],
  ["nobody who has waited for less than a second", [guest("fresh", 999), guest("served", 999)], "nobody"],
  ["nobody who is being served", many("busy", 3, 0), "nobody"],
];
for (const [who, guests, going] of cases) {
  test(`whoCanGo() lets go ${who}`, () => {
    const kinds = new Set(whoCanGo(guests, DEFAULT_LIMITS, NOW).map((one) => (one as ReturnType<typeof guest>).kind));
    assert.deepEqual([...kinds], going === "nobody" ? [] : [going]);
  });
}

test("makeRoom() closes the eight that have waited longest", () => {
  const guests = Array.from({ length: 20 }, (_, index) => guest("served", 5000 + 100 * ((index * 7) % 20)));
  assert.equal(makeRoom(guests, DEFAULT_LIMITS, NOW), true);
  const gone = guests.filter(({ isGone }) => isGone).map(({ waitedMs }) => waitedMs);
  assert.deepEqual(
    gone.sort((one, other) => one - other),
    [6200, 6300, 6400, 6500, 6600, 6700, 6800, 6900],
  );
  assert.equal(makeRoom(many("busy", 3, 0), DEFAULT_LIMITS, NOW), false);
});
