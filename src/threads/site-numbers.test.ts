import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { SiteNumbers } from "./site-numbers.ts";

function withSites(...hosts: string[]): ResolvedOptions {
  return { sites: hosts.map((host) => ({ host })) } as unknown as ResolvedOptions;
}

test("SiteNumbers keeps the number of a name, whatever comes and goes", () => {
  const numbers = new SiteNumbers(8);
  assert.deepEqual(numbers.number(withSites("a", "b")).siteNumbers, [1, 2]);
  assert.deepEqual(numbers.number(withSites("c", "b")).siteNumbers, [3, 2]);
  assert.deepEqual(numbers.number(withSites("a")).siteNumbers, [1]);
  assert.deepEqual(numbers.names, ["default", "a", "b", "c"]);
});

test("SiteNumbers gives one number to all that find no room", () => {
  const numbers = new SiteNumbers(4);
  assert.deepEqual(numbers.number(withSites("a", "b", "c", "d")).siteNumbers, [1, 2, 3, 3]);
  assert.deepEqual(numbers.names, ["default", "a", "b", "other"]);
});
