// Generated and mutated sequences of frames, read by us and by nghttp2, the HTTP/2 of Node, in a process of its own: after each
// frame, both have sent the same answers, the same content, and the same errors, of streams and of the connection. What remains
// different is listed in nghttp2-differences.ts and in docs/differences-nghttp2.md, each with the section that justifies
// ours. A difference that is not listed fails the test, is made small, and is kept in test/corpus/ until somebody has decided
// what it is. HEDDLE_HTTP2_SEQUENCES=1000000 makes the run a long one.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { readOurs } from "../support/engine-reading.ts";
import { generateSequence } from "../support/frame-generator.ts";
import { compare } from "../support/frame-parting.ts";
import { stepsOf } from "../support/frame-steps.ts";
import { Nghttp2Child } from "../support/nghttp2-child.ts";
import { DIFFERENCES, type Difference } from "../support/nghttp2-differences.ts";
import { Random } from "../support/request-generator.ts";

const SEQUENCE_COUNT = Number(process.env["HEDDLE_HTTP2_SEQUENCES"] ?? 20_000);
const SEED = Number(process.env["HEDDLE_HTTP2_SEED"] ?? 20_260_403);
const LONG_RUN_COUNT = 1_000_000;
const BATCH_COUNT = 250;

const skip = process.platform !== "linux" && "node:ffi is used on Linux";
const nghttp2 = skip ? undefined : new Nghttp2Child();
after(() => nghttp2?.close());

test(`Http2Connection and nghttp2 agree about ${SEQUENCE_COUNT} sequences of seed ${SEED}, but for the listed differences`, {
  skip,
}, async (t) => {
  const random = new Random(SEED);
  const counts = new Map<Difference, number>(DIFFERENCES.map((difference) => [difference, 0]));
  const found = { accepted: 0, refused: 0 };
  for (let index = 0; index < SEQUENCE_COUNT; index += BATCH_COUNT) {
    const sequences = Array.from({ length: BATCH_COUNT }, () => generateSequence(random));
    const theirs = nghttp2!.read(sequences);
    const ours = sequences.map(readOurs);
    for (const [at, reading] of (await theirs).entries()) {
      const outcome = compare(sequences[at]!, ours[at]!, reading);
      if (typeof outcome === "string") found[outcome]++;
      else {
        const difference = DIFFERENCES.find(({ is }) => is(outcome));
        if (difference === undefined) await failWith(sequences[at]!, index + at);
        else counts.set(difference, counts.get(difference)! + 1);
      }
    }
  }
  t.diagnostic(`both went on to the end ${found.accepted}, both ended the connection ${found.refused}`);
  for (const [{ what, section }, count] of counts) t.diagnostic(`${count} × ${what} ${section}`);
  for (const [{ what, isRare = false }, count] of counts) {
    assert.ok(count > 0 || (isRare && SEQUENCE_COUNT < LONG_RUN_COUNT), `never seen: ${what}`);
  }
  assert.ok(found.accepted > SEQUENCE_COUNT / 5, "few sequences were read to the end");
  assert.ok(found.refused > SEQUENCE_COUNT / 5, "few connections were ended");
});

test("docs/differences-nghttp2.md lists these differences, and no other", () => {
  const page = readFileSync(new URL("../../docs/differences-nghttp2.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (\S.*?) +\| (RFC .*?) +\|$/gm)].map(([, what, section]) => [what, section]);
  assert.deepEqual(
    rows,
    DIFFERENCES.map(({ what, section }) => [what, section]),
  );
});

/** How both label it, or undefined for what is no difference, or a listed one. */
async function unlisted(bytes: Buffer): Promise<string | undefined> {
  const [theirs] = await nghttp2!.read([bytes]);
  const parting = compare(bytes, readOurs(bytes), theirs!);
  if (typeof parting === "string" || DIFFERENCES.some(({ is }) => is(parting))) return undefined;
  return `we: ${parting.ours}; nghttp2: ${parting.theirs}`;
}

/** Keeps the sequence, as small as it can be made, for whoever decides what this difference is. */
async function failWith(bytes: Buffer, index: number): Promise<never> {
  const why = await unlisted(bytes);
  const small = await minimise(bytes, why);
  const file = new URL(`../corpus/frames-${SEED}-${index}.json`, import.meta.url);
  const frames = stepsOf(small).map(({ bytes: part }) => part.toString("hex"));
  writeFileSync(file, `${JSON.stringify([{ why, frames }], null, 2)}\n`);
  assert.fail(`a difference that is not listed (${why}), kept in ${file.pathname}:\n${frames.join("\n")}`);
}

/** Without the steps that the same difference does not need. */
async function minimise(bytes: Buffer, why: string | undefined): Promise<Buffer> {
  let steps = stepsOf(bytes).map(({ bytes: part }) => part);
  for (let at = steps.length - 1; at > 0; at--) {
    const fewer = steps.toSpliced(at, 1);
    if ((await unlisted(Buffer.concat(fewer))) === why) steps = fewer;
  }
  return Buffer.concat(steps);
}
