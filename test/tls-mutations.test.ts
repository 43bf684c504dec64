// A few mutated handshakes and records, the same in each run, against a server in a process: tls-mutations.ts makes many.
// What such runs have found stands in test/tls.test.ts and src/tls/record-layer.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runMutations, type Subject } from "./support/mutations.ts";
import { TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const COUNTS: readonly (readonly [subject: Subject, count: number])[] = [
  ["handshakes", 200],
  ["records", 100],
];

// Memory and descriptors are read from /proc.
const isLinux = process.platform === "linux";

for (const transport of isLinux ? TRANSPORTS : []) {
  for (const [subject, count] of COUNTS) {
    test(`${count} mutated ${subject} end as they should on the ${transport} transport`, {
      timeout: 60_000,
    }, async (t) => {
      const root = makeSite(t, { "index.html": "secure" });
      const found = await runMutations({ subject, transport, root, count, first: 0, width: 4, measureCount: 2 });
      assert.deepEqual([...found.complaints], []);
      const [before, after] = found.measures;
      // A file that is looked at once a second comes and goes.
      assert.ok(after!.descriptorCount <= before!.descriptorCount + 2, `${after!.descriptorCount} descriptors`);
    });
  }
}
