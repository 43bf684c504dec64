// Inputs that are worth keeping: shapes by which requests are smuggled, and what machines have found
// (test/conformance/). Each file of test/corpus/ is a list of { why, input, events }, in Latin-1.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Dialogue } from "../../test/support/http1.ts";

interface Kept {
  readonly why: string;
  readonly input: string;
  /** What the engine makes of it, to the end. Missing in what a machine has just found: decide, and fill it in. */
  readonly events?: readonly string[];
}

const CORPUS = new URL("../../test/corpus/", import.meta.url);
const kept = globSync("*.json", { cwd: CORPUS }).flatMap(
  (name) => JSON.parse(readFileSync(new URL(name, CORPUS), "utf8")) as Kept[],
);

for (const { why, input, events } of kept) {
  test(`Connection reads the corpus: ${why}`, () => {
    assert.ok(events !== undefined, "nobody has decided yet what is right");
    const half = input.length >> 1;
    const ways = [
      new Dialogue().receive(input),
      new Dialogue().receiveBytewise(input),
      new Dialogue().receive(input.slice(0, half)).receive(input.slice(half)),
    ];
    for (const way of ways) {
      assert.deepEqual(way.end().events, events);
      assert.equal(
        way.replies.length,
        events.filter((event) => /^(?:head|rejected)/.test(event)).length - unanswered(events),
      );
    }
  });
}

/** Requests whose reply is the refusal of their content. */
function unanswered(events: readonly string[]): number {
  return events.filter((event) => event.startsWith("head")).length - events.filter((event) => event === "end").length;
}
