import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import { fileStatOf } from "../../files/opener.ts";
import { SharedFile } from "../../files/shared-file.ts";
import { digestOf } from "./digest.ts";
import { type FilePlan, planFile } from "./plan.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A plan that sends the file by its descriptor. */
function planOf(t: TestContext, text: string): { plan: FilePlan; path: string } {
  const path = join(makeSite(t, { "a.js": text }), "a.js");
  const fd = openSync(path, "r");
  t.after(() => closeSync(fd));
  const stat = fileStatOf(statSync(path, { bigint: true }));
  return { plan: planFile({ path: "a.js", source: new SharedFile(fd), stat, nowMs: Date.now() }), path };
}

test("digestOf() hashes what is in memory at once", () => {
  const stat = fileStatOf(statSync(import.meta.filename, { bigint: true }));
  const plan = planFile({ path: "a.js", source: Buffer.from("text"), stat, nowMs: Date.now() });
  assert.equal(digestOf(plan), sha256("text"));
});

test("digestOf() hashes open files, each once", async (t) => {
  const plans = ["one", "two", "three"].map((text) => planOf(t, text).plan);
  const digests = plans.map(digestOf);
  assert.equal(digestOf(plans[0]!), digests[0]);
  assert.deepEqual(await Promise.all(digests), ["one", "two", "three"].map(sha256));
  assert.equal(digestOf(plans[0]!), sha256("one"), "and knows it from then on");
});

test("digestOf() has nothing for a file that has changed", async (t) => {
  const { plan, path } = planOf(t, "before");
  writeFileSync(path, "behind");
  assert.equal(await digestOf(plan), undefined);
});
