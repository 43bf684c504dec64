// Inputs that are worth keeping: forms by which requests are smuggled, and findings of fuzzers (test/conformance/).
// Each file of test/corpus/ is a list of { why, input, events }, in Latin-1.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Dialogue } from "../../test/support/http1.ts";

interface Kept {
  readonly why: string;
  readonly input: string;
  /** The events that the engine reports. Missing in an input that a fuzzer has just found: decide, and fill it in. */
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
