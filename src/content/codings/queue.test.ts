import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { makeSite } from "../../../test/support/site.ts";
import { fileStatOf } from "../../files/opener.ts";
import { opaqueOf } from "../validators.ts";
import type { Encoded, EncodingJob } from "./encoder.ts";
import { EncodingQueue } from "./queue.ts";

type Effort = EncodingJob["effort"];

const SOURCE = new Uint8Array(0);
const TEXT = "Every connection passes through a thread. ".repeat(100);

/** A queue that notes what it works on; "useless" and "broken" as keys are what they say. */
function noted({ limitBytes = 1000, keptLimitBytes = 10_000 } = {}) {
  const worked: string[] = [];
  const queue = new EncodingQueue(limitBytes, keptLimitBytes, ({ key, effort }) => {
    worked.push(`${key} ${effort}`);
    if (key === "broken") throw new Error("no memory");
    if (key === "useless") return { kind: "useless" };
    return { kind: "coded", bytes: new SharedArrayBuffer(50), opaque: `"${key}"`, effort };
  });
  const encode = (key: string, effort: Effort = "quick", sizeBytes = 100): Promise<Encoded> =>
    queue.encode({ key, coding: "br", effort, sizeBytes }, SOURCE);
  return { queue, worked, encode };
}

test("EncodingQueue works on a thing once, however many ask for it", async () => {
  const { encode, worked } = noted();
  const [a, b] = await Promise.all([encode("a"), encode("a")]);
  assert.equal(a, b);
  assert.equal(await encode("a"), a, "nor when they ask later");
  assert.deepEqual(worked, ["a quick"]);
});

test("EncodingQueue has a name for each coding of each key", async () => {
  const { queue, worked } = noted();
  const job = { key: "a", effort: "quick", sizeBytes: 100 } as const;
  await Promise.all([queue.encode({ ...job, coding: "br" }, SOURCE), queue.encode({ ...job, coding: "gzip" }, SOURCE)]);
  assert.equal(worked.length, 2);
});

test("EncodingQueue does quick jobs before best ones, also those that come while it works", async () => {
  const { encode, worked } = noted();
  const first = encode("a", "best");
  const jobs = [first, encode("b", "best"), encode("c"), first.then(() => encode("d"))];
  await Promise.all(jobs);
  assert.deepEqual(worked, ["c quick", "a best", "d quick", "b best"]);
});

test("EncodingQueue gives who asks for quick what it has done best", async () => {
  const { encode, worked } = noted();
  await encode("a", "best");
  assert.deepEqual(await encode("a", "quick"), await encode("a", "best"));
  assert.deepEqual(worked, ["a best"]);
});

test("EncodingQueue refuses what is beyond its bound, and takes it later", async () => {
  const { queue, encode, worked } = noted({ limitBytes: 250 });
  const first = [encode("a"), encode("b")];
  assert.deepEqual(await encode("c"), { kind: "refused" });
  assert.equal(queue.usage.pendingBytes, 200);
  await Promise.all(first);
  assert.equal((await encode("c")).kind, "coded");
  assert.deepEqual(worked, ["a quick", "b quick", "c quick"]);
  assert.equal(queue.usage.pendingBytes, 0);
});

test("EncodingQueue remembers what gets no smaller, but not what failed", async () => {
  const { encode, worked } = noted();
  for (let count = 0; count < 2; count++) {
    assert.deepEqual(await encode("useless"), { kind: "useless" });
    assert.deepEqual(await encode("broken"), { kind: "refused" });
  }
  assert.deepEqual(worked, ["useless quick", "broken quick", "broken quick"]);
});

test("EncodingQueue keeps what it made within a bound", async () => {
  const { queue, encode, worked } = noted({ keptLimitBytes: 1200 });
  for (const key of ["a", "b", "c"]) await encode(key);
  assert.ok(queue.usage.keptBytes <= 1200);
  await encode("a");
  assert.deepEqual(worked, ["a quick", "b quick", "c quick", "a quick"]);
});

function openText(t: TestContext): { path: string; fd: number; stat: ReturnType<typeof fileStatOf> } {
  const path = join(makeSite(t, { "a.txt": TEXT }), "a.txt");
  const fd = openSync(path, "r");
  t.after(() => closeSync(fd));
  return { path, fd, stat: fileStatOf(statSync(path, { bigint: true })) };
}

const JOB: EncodingJob = { key: "a", coding: "br", effort: "quick", sizeBytes: TEXT.length };

test("EncodingQueue encodes bytes and open files alike, into shared memory, and names the result by its hash", async (t) => {
  const { fd, stat } = openText(t);
  for (const source of [Buffer.from(TEXT), { fd, stat }]) {
    const encoded = await new EncodingQueue(10_000, 10_000).encode(JOB, source);
    assert.ok(encoded.kind === "coded" && encoded.bytes instanceof SharedArrayBuffer);
    const bytes = Buffer.from(encoded.bytes);
    assert.equal(brotliDecompressSync(Buffer.from(bytes)).toString(), TEXT);
    assert.equal(encoded.opaque, opaqueOf(bytes));
  }
});

test("EncodingQueue finds that random bytes get no smaller", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(2000));
  assert.deepEqual(await new EncodingQueue(10_000, 10_000).encode(JOB, noise), { kind: "useless" });
});

const changes: [what: string, content: string][] = [
  ["has changed", `!${TEXT.slice(1)}`],
  ["has shrunk", TEXT.slice(0, -1)],
  ["has grown", `${TEXT}!`],
];
for (const [what, content] of changes) {
  test(`EncodingQueue refuses an open file that ${what} since it was planned`, async (t) => {
    const { path, fd, stat } = openText(t);
    // Of another second, whatever the ticks of this file system are.
    const planned = { ...stat, mtimeNs: stat.mtimeNs - 2_000_000_000n };
    writeFileSync(path, content);
    assert.deepEqual(await new EncodingQueue(10_000, 10_000).encode(JOB, { fd, stat: planned }), { kind: "refused" });
  });
}
