import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { SiteNumbers } from "./site-numbers.ts";

function sites(...hosts: string[]): ResolvedOptions["sites"] {
  return hosts.map((host) => ({ host })) as unknown as ResolvedOptions["sites"];
}

test("SiteNumbers keeps the number of a name, whatever comes and goes", () => {
  const numbers = new SiteNumbers(8);
  assert.deepEqual(numbers.of(sites("a", "b")), [1, 2]);
  assert.deepEqual(numbers.of(sites("c", "b")), [3, 2]);
  assert.deepEqual(numbers.of(sites("a")), [1]);
  assert.deepEqual(numbers.names, ["default", "a", "b", "c"]);
});

test("SiteNumbers gives one number to all that find no room", () => {
  const numbers = new SiteNumbers(4);
  assert.deepEqual(numbers.of(sites("a", "b", "c", "d")), [1, 2, 3, 3]);
  assert.deepEqual(numbers.names, ["default", "a", "b", "other"]);
});
