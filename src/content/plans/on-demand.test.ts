import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { makeRequest } from "../../../test/support/request.ts";
import type { FileStat } from "../../files/opener.ts";
import { hashTarget, type OpenFile, type Reply } from "../../http/message.ts";
import { answer } from "../answer.ts";
import type { Encoded, Encoder, EncodingJob, EncodingSource } from "../codings/encoder.ts";
import { Encodings } from "./on-demand.ts";
import { type FilePlan, planFile, representCoded } from "./plan.ts";
import { PLAN_OVERHEAD_BYTES, PlanCache } from "./plan-cache.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const SIZE_BYTES = 4000;
const BROWSER = { "Accept-Encoding": "gzip, deflate, br, zstd" };

const STAT: FileStat = {
  type: "file",
  sizeBytes: SIZE_BYTES,
  mtimeNs: 1_000_000_000_000_000n,
  ctimeNs: 1_000_000_000_000_000n,
  ino: 1n,
  dev: 1n,
};

/** An encoder whose jobs the test finishes, in their order. */
class HeldEncoder implements Encoder {
  readonly jobs: { readonly job: EncodingJob; readonly source: EncodingSource; settle(encoded: Encoded): void }[] = [];

  encode(job: EncodingJob, source: EncodingSource): Promise<Encoded> {
    const { promise, resolve } = Promise.withResolvers<Encoded>();
    this.jobs.push({ job, source, settle: resolve });
    return promise;
  }

  get names(): string[] {
    return this.jobs.map(({ job: { coding, effort } }) => `${coding} ${effort}`);
  }

  async finish(encoded: Encoded): Promise<void> {
    this.jobs.shift()!.settle(encoded);
    await setImmediate();
  }
}

class CountedFile implements OpenFile {
  readonly fd = -1;
  userCount = 1;

  retain(): void {
    this.userCount++;
  }

  release(): void {
    this.userCount--;
  }
}

function coded(sizeBytes: number, effort: "quick" | "best" = "quick"): Encoded {
  return { kind: "coded", bytes: new SharedArrayBuffer(sizeBytes), opaque: `"${sizeBytes}"`, effort };
}

function makeThread({ limitBytes = 1_000_000, cacheLimitBytes = 1_000_000 } = {}) {
  const encoder = new HeldEncoder();
  const clock = { ms: NOW_MS };
  const encodings = new Encodings(encoder, limitBytes, () => clock.ms);
  const cache = new PlanCache(cacheLimitBytes);
  const keep = (path: string, source: Buffer | OpenFile = Buffer.alloc(SIZE_BYTES, path), stat = STAT): FilePlan => {
    const plan = planFile({ path, source, stat, nowMs: NOW_MS });
    encodings.attach(plan);
    cache.keep(Buffer.from(path), plan);
    return plan;
  };
  const ask = (plan: FilePlan, fields: Record<string, string> = BROWSER): Reply =>
    answer(plan, makeRequest("GET", "/", fields), clock.ms);
  return { encoder, encodings, cache, clock, keep, ask };
}

const codingOf = ({ fields }: Reply): string | undefined => /^Content-Encoding: (.*)\r$/m.exec(fields)?.[1];
const tagOf = ({ fields }: Reply): string => /^ETag: (.*)\r$/m.exec(fields)![1]!;
const lengthOf = ({ content }: Reply): number => (content?.kind === "content" ? content.length : -1);

test("Encodings gives the first request the file as it is, later ones what was encoded quickly, then well", async () => {
  const { encoder, keep, ask } = makeThread();
  const plan = keep("a.js");
  assert.equal(codingOf(ask(plan)), undefined);
  ask(plan);
  assert.deepEqual(encoder.names, ["br quick"]);
  await encoder.finish(coded(900));
  assert.equal(codingOf(ask(plan)), "br");
  assert.equal(lengthOf(ask(plan)), 900);
  assert.deepEqual(encoder.names, ["br best"]);
  await encoder.finish(coded(800, "best"));
  assert.equal(lengthOf(ask(plan)), 800);
  assert.equal(tagOf(ask(plan)), tagOfCoded(plan, 800));
  assert.deepEqual(encoder.names, []);
});

const favourites: [acceptEncoding: string | undefined, names: string[]][] = [
  ["gzip", ["gzip quick"]],
  ["gzip, zstd", ["zstd quick"]],
  ["br;q=0, gzip;q=0.5", ["gzip quick"]],
  ["gzip, br;q=0.9", ["gzip quick"]],
  ["*", ["br quick"]],
  ["identity, br;q=0.9", []],
  ["deflate", []],
  ["", []],
  [undefined, []],
];
for (const [acceptEncoding, names] of favourites) {
  test(`Encodings takes from ${JSON.stringify(acceptEncoding)} that ${names[0] ?? "nothing"} is wanted`, () => {
    const { encoder, keep, ask } = makeThread();
    ask(keep("a.js"), acceptEncoding === undefined ? {} : { "Accept-Encoding": acceptEncoding });
    assert.deepEqual(encoder.names, names);
  });
}

const unworthy: [what: string, path: string, sizeBytes: number, stat?: Partial<FileStat>][] = [
  ["a type that is compressed in itself", "a.png", 4000],
  ["less than 1 KiB", "a.js", 1023],
  ["more than 10 MiB", "a.js", 10 * 1024 * 1024 + 1],
  ["an open file that was changed just now", "a.js", 4000, { ctimeNs: BigInt(NOW_MS) * 1_000_000n }],
];
for (const [what, path, sizeBytes, stat] of unworthy) {
  test(`Encodings does not encode ${what}`, () => {
    const { encoder, keep, ask } = makeThread();
    ask(keep(path, new CountedFile(), { ...STAT, sizeBytes, ...stat }));
    assert.deepEqual(encoder.names, []);
  });
}

test("Encodings does not encode what the cache does not keep", () => {
  const { encoder, keep, ask } = makeThread({ cacheLimitBytes: 0 });
  ask(keep("a.js"));
  assert.deepEqual(encoder.names, []);
});

test("Encodings leaves alone a coding that there is a sidecar of", () => {
  const { encoder, encodings, cache, ask } = makeThread();
  const plan = planFile({ path: "a.js", source: Buffer.alloc(SIZE_BYTES), stat: STAT, nowMs: NOW_MS });
  plan.coded = [representCoded(plan, "br", { source: Buffer.alloc(100), stat: STAT }, NOW_MS)];
  encodings.attach(plan);
  cache.keep(Buffer.from("a"), plan);
  ask(plan);
  assert.deepEqual(encoder.names, []);
  ask(plan, { "Accept-Encoding": "gzip" });
  assert.deepEqual(encoder.names, ["gzip quick"]);
});

test("Encodings asks again a second after a refusal, and never for what gets no smaller", async () => {
  const { encoder, clock, keep, ask } = makeThread();
  const plan = keep("a.js");
  ask(plan);
  await encoder.finish({ kind: "refused" });
  ask(plan);
  assert.deepEqual(encoder.names, []);
  clock.ms += 1000;
  ask(plan);
  await encoder.finish({ kind: "useless" });
  clock.ms += 1_000_000;
  ask(plan);
  assert.deepEqual(encoder.names, []);
});

test("Encodings asks for the better one again when that was refused", async () => {
  const { encoder, clock, keep, ask } = makeThread();
  const plan = keep("a.js");
  ask(plan);
  await encoder.finish(coded(900));
  await encoder.finish({ kind: "refused" });
  clock.ms += 1000;
  assert.equal(lengthOf(ask(plan)), 900);
  assert.deepEqual(encoder.names, ["br best"]);
});

test("Encodings keeps the quick one where the better one is no smaller", async () => {
  const { encoder, encodings, keep, ask } = makeThread();
  const plan = keep("a.js");
  ask(plan);
  await encoder.finish(coded(900));
  await encoder.finish(coded(901, "best"));
  assert.equal(lengthOf(ask(plan)), 900);
  assert.equal(encodings.keptBytes, 900 + PLAN_OVERHEAD_BYTES);
});

test("Encodings stays within its bound, and lets go first of what nobody asks for", async () => {
  const limitBytes = 2 * (900 + PLAN_OVERHEAD_BYTES);
  const { encoder, encodings, clock, keep, ask } = makeThread({ limitBytes });
  const [a, b, c] = [keep("a.js"), keep("b.js"), keep("c.js")];
  for (const plan of [a, b, c]) {
    ask(plan);
    await encoder.finish(coded(900, "best"));
    ask(a);
  }
  assert.equal(encodings.keptBytes, limitBytes);
  assert.deepEqual(
    [a, b, c].map((plan) => codingOf(ask(plan))),
    ["br", undefined, "br"],
  );
  assert.deepEqual(encoder.names, [], "what had to make room is not encoded again at once");
  clock.ms += 30_000;
  ask(b);
  assert.deepEqual(encoder.names, ["br quick"]);
});

test("Encodings keeps nothing that has no room at all", async () => {
  const { encoder, encodings, keep, ask } = makeThread({ limitBytes: 1000 });
  const plan = keep("a.js");
  ask(plan);
  await encoder.finish(coded(900));
  assert.equal(codingOf(ask(plan)), undefined);
  assert.equal(encodings.keptBytes, 0);
  assert.deepEqual(encoder.names, []);
});

test("Encodings lets go of what was encoded with the last place of its plan in the cache", async () => {
  const { encoder, encodings, cache, keep, ask } = makeThread();
  const plan = keep("a.js");
  cache.keep(Buffer.from("/also"), plan);
  ask(plan);
  await encoder.finish(coded(900, "best"));
  const kept = cache.find(Buffer.from("a.js"), 0, 4, hashTarget(Buffer.from("a.js"), 0, 4));
  assert.equal(kept, plan);
  keep("a.js", Buffer.alloc(SIZE_BYTES, "new"));
  assert.equal(codingOf(ask(plan)), "br", "it is kept under another name still");
  cache.close();
  assert.equal(encodings.keptBytes, 0);
  assert.equal(codingOf(ask(plan)), undefined);
  assert.deepEqual(encoder.names, []);
});

test("Encodings does not give a new version of a file what the former became", async () => {
  const { encoder, keep, ask } = makeThread();
  const former = keep("a.js");
  ask(former);
  const current = keep("a.js", Buffer.alloc(SIZE_BYTES, "new"));
  assert.equal(codingOf(ask(current)), undefined);
  await encoder.finish(coded(900));
  assert.equal(codingOf(ask(current)), undefined);
  assert.equal(codingOf(ask(former)), undefined, "and it is not kept for nobody");
  await encoder.finish(coded(700));
  assert.equal(tagOf(ask(current)), tagOfCoded(current, 700));
});

test("Encodings holds an open file for as long as it is being encoded, and names its version", async () => {
  const { encoder, cache, keep, ask } = makeThread();
  const file = new CountedFile();
  const plan = keep("a.js", file);
  assert.equal(file.userCount, 2);
  file.release();
  ask(plan).content;
  assert.deepEqual(encoder.jobs[0]!.source, { fd: -1, stat: STAT });
  const sent = 1;
  cache.close();
  assert.equal(file.userCount, 1 + sent);
  await encoder.finish(coded(900));
  assert.equal(file.userCount, sent);
});

/** The tag of a plan, encoded to so many bytes. */
const tagOfCoded = (plan: FilePlan, sizeBytes: number, coding = "br"): string =>
  `${plan.etag.slice(0, -1)}-${coding}-${sizeBytes}"`;

const equivalents: [
  known: "identity" | "quick" | "best" | "zstd" | "other",
  fields: Record<string, string>,
  status: number,
][] = [
  ["best", BROWSER, 304],
  ["quick", BROWSER, 304],
  ["identity", BROWSER, 304],
  ["other", BROWSER, 200],
  // Of another thread, which has encoded it for others.
  ["zstd", BROWSER, 304],
  ["zstd", { "Accept-Encoding": "br" }, 200],
  // RFC 9111 §4.3.1: a cache may ask with the tag of what this request cannot take.
  ["identity", { "Accept-Encoding": "br, identity;q=0" }, 200],
  ["best", {}, 200],
  ["quick", {}, 200],
  ["quick", { ...BROWSER, "If-Match": '"x"' }, 412],
];
for (const [known, fields, status] of equivalents) {
  test(`answer() gives ${status} to ${JSON.stringify(fields)} with the tag of ${known}`, async () => {
    const { encoder, keep, ask } = makeThread();
    const plan = keep("a.js");
    ask(plan);
    await encoder.finish(coded(900));
    await encoder.finish(coded(800, "best"));
    const [quick, best, zstd] = [tagOfCoded(plan, 900), tagOfCoded(plan, 800), tagOfCoded(plan, 700, "zstd")];
    const tag = { identity: plan.etag, quick, best, zstd, other: '"x"' }[known];
    const reply = ask(plan, { ...fields, "If-None-Match": tag });
    assert.equal(reply.status, status);
    // RFC 9111 §4.3.4: a cache finds what is still right by the tag.
    if (status === 304) assert.equal(tagOf(reply), tag);
  });
}

/** [fields, status, Content-Range, tag] of a request that accepts every coding, when one of them was made on demand. */
const partials: [fields: Record<string, string>, status: number, contentRange?: string][] = [
  [{ Range: "bytes=0-9" }, 206, "bytes 0-9/4000"],
  [{ Range: "bytes=-5" }, 206, "bytes 3995-3999/4000"],
  // Behind the end of what was encoded, and not behind the end of the file.
  [{ Range: "bytes=3000-" }, 206, "bytes 3000-3999/4000"],
  [{ Range: "bytes=4000-" }, 416, "bytes */4000"],
  [{ Range: "bytes=0-9", "If-Range": "IDENTITY" }, 206, "bytes 0-9/4000"],
  [{ Range: "bytes=0-9", "If-Match": "IDENTITY" }, 206, "bytes 0-9/4000"],
  [{ Range: "bytes=0-9", "Accept-Encoding": "br, identity;q=0" }, 206, "bytes 0-9/4000"],
  // The peer has the beginning of other bytes: it gets the whole of what would be chosen without Range.
  [{ Range: "bytes=0-9", "If-Range": "BEST" }, 200],
  [{ Range: "bytes=0-9", "If-Range": "QUICK" }, 200],
  [{ Range: "bytes=0-9", "If-Range": "MODIFIED" }, 200],
  [{ Range: "bytes=0-9", "If-Match": "BEST" }, 412],
  [{ Range: "bytes=9-0", "If-Match": "BEST" }, 200],
  [{ Range: "lines=0-9" }, 200],
  [{ Range: "bytes=0-9", "If-None-Match": "BEST" }, 304],
  [{ Range: "bytes=0-9", "If-None-Match": "IDENTITY" }, 304],
];
for (const [fields, status, contentRange] of partials) {
  test(`answer() never slices what was encoded on demand: ${status} to ${JSON.stringify(fields)}`, async () => {
    const { encoder, keep, ask } = makeThread();
    const plan = keep("a.js");
    const modified = /^Last-Modified: (.*)\r$/m.exec(plan.fields)![1]!;
    const [QUICK, BEST] = [tagOfCoded(plan, 900), tagOfCoded(plan, 800)];
    const known: Record<string, string> = { IDENTITY: plan.etag, MODIFIED: modified, QUICK, BEST };
    const asked = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, known[value] ?? value]));
    ask(plan);
    await encoder.finish(coded(900));
    await encoder.finish(coded(800, "best"));
    const reply = ask(plan, { ...BROWSER, ...asked });
    assert.equal(reply.status, status);
    assert.equal(/^Content-Range: (.*)\r$/m.exec(reply.fields)?.[1], contentRange);
    // Only the whole is coded, and only it says so.
    if (status === 200 || status === 206) assert.equal(codingOf(reply), status === 200 ? "br" : undefined);
    if (status === 206) assert.equal(tagOf(reply), plan.etag);
  });
}

test("answer() knows the tag of an encoded file where nothing is encoded, and of this content only", () => {
  const { keep, ask } = makeThread();
  const plan = keep("a.js");
  const other = keep("b.js");
  assert.equal(ask(plan, { ...BROWSER, "If-None-Match": tagOfCoded(plan, 900) }).status, 304);
  assert.equal(ask(plan, { ...BROWSER, "If-None-Match": tagOfCoded(other, 900) }).status, 200);
  assert.equal(ask(plan, { ...BROWSER, "If-None-Match": tagOfCoded(plan, 900, "deflate") }).status, 200);
  assert.equal(ask(plan, { ...BROWSER, "If-None-Match": `W/${tagOfCoded(plan, 900)}` }).status, 200);
});

test("answer() gives the same part of a file before, while and after it is encoded", async () => {
  const { encoder, keep, ask } = makeThread();
  const plan = keep("a.js");
  const part = (): Reply => ask(plan, { ...BROWSER, Range: "bytes=10-19" });
  const first = part();
  assert.equal(first.status, 206);
  await encoder.finish(coded(900));
  assert.deepEqual(part(), first);
  await encoder.finish(coded(800, "best"));
  assert.deepEqual(part(), first);
  assert.match(ask(plan, {}).fields, /^Accept-Ranges: bytes\r$/m);
  assert.doesNotMatch(ask(plan).fields, /Accept-Ranges/);
});
