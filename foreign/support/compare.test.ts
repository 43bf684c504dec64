// The comparison itself, so that a suite that compares nothing cannot pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertNamed, assertRows, differencesOf } from "./compare.ts";

const questions = ["/a", "/b", "/c"].map((path) => ({ rules: "/a /x", path }));
const ours = ({ path }: { path: string }): string => (path === "/b" ? "301 /x" : "404");

test("differencesOf() lists where two sides differ", async () => {
  assert.deepEqual(await differencesOf(questions, ours, () => "404"), [
    { question: questions[1], ours: "301 /x", theirs: "404" },
  ]);
});

test("assertNamed() refuses a difference that no class covers, and shows it", async () => {
  const differences = await differencesOf(questions, ours, () => "404");
  assert.throws(() => assertNamed(differences, []), /1 differences[\s\S]*\/b: here 301 \/x, there 404, for \/a \/x/);
  assert.doesNotThrow(() => assertNamed(differences, [{ row: "", covers: () => true }]));
});

test("assertRows() refuses a class that the page does not name, or that no difference belongs to", async () => {
  const differences = await differencesOf(questions, ours, () => "404");
  assert.throws(() => assertRows(differences, [{ row: "no such row", covers: () => true }]), /no row with the words/);
  assert.throws(() => assertRows(differences, [{ row: "`_redirects`", covers: () => false }]), /nothing differs/);
  assert.doesNotThrow(() => assertRows(differences, [{ row: "`_redirects`", covers: () => true }]));
});
