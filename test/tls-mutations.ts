// Mutated handshakes and records by the hundred thousand, for a run by hand:
//
//   node test/tls-mutations.ts handshakes kernel 100000
//   node test/tls-mutations.ts records portable 10000 --first 4711
//   node test/tls-mutations.ts full kernel 100000      (handshakes that are right; or "resumed")
//
// Prints how the connections have ended, memory and descriptors on the way, and every complaint with the numbers of its cases.
// tls-mutations.test.ts runs a few of each.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runMutations, type Subject } from "./support/mutations.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { first: { type: "string", default: "0" }, width: { type: "string", default: "8" } },
});
const [subject = "handshakes", transport = "kernel", count = "10000"] = positionals;
const root = mkdtempSync(join(tmpdir(), "heddle-mutations-"));
writeFileSync(join(root, "index.html"), "secure");
const begun = performance.now();
const { endings, complaints, measures } = await runMutations({
  subject: subject as Subject,
  transport: transport as "kernel" | "portable",
  root,
  count: Number(count),
  first: Number(values.first),
  width: Number(values.width),
  measureCount: 20,
});
rmSync(root, { recursive: true });
console.log(`${count} ${subject}, ${transport} transport: ${Math.round((performance.now() - begun) / 1000)} s`);
for (const [ending, number] of [...endings].sort(([, a], [, b]) => b - a)) console.log(`  ${ending}: ${number}`);
for (const { count, residentMiB, descriptorCount } of measures)
  console.log(`  after ${count}: ${residentMiB.toFixed(1)} MiB, ${descriptorCount} descriptors`);
for (const [complaint, numbers] of complaints)
  console.log(`  WRONG, ${numbers.length} times: ${complaint} (cases ${numbers.slice(0, 8).join(", ")})`);
process.exitCode = complaints.size > 0 ? 1 : 0;
