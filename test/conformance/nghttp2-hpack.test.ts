// HPACK against nghttp2, both ways: what its encoder writes, our decoder reads, and what ours writes, its decoder reads.
// Blocks that were changed at random are read by both decoders: both refuse, or both find the same fields. The tables of
// all four live through many lists. HEDDLE_HPACK_LISTS=1000000 makes the run a long one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HpackDecoder } from "../../src/hpack/decoder.ts";
import { HpackEncoder } from "../../src/hpack/encoder.ts";
import { FieldSection } from "../../src/hpack/field-section.ts";
import { dateField, prepareFields } from "../../src/hpack/prepared-fields.ts";
import { HPACK_PROBLEMS, type HpackProblem } from "../../src/hpack/problem.ts";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import { type Field, fieldsOf, randomField, randomText, sectionOrder } from "../support/field-lists.ts";
import { Random } from "../support/request-generator.ts";

const LIST_COUNT = Number(process.env["HEDDLE_HPACK_LISTS"] ?? 9_000);
const SEED = 20_260_402;

/** Lists that the tables of one pair live through. */
const LISTS_PER_PAIR = 200;

const skip = process.platform !== "linux" && "node:ffi is used on Linux";
const { Deflater, Inflater } = skip ? ({} as never) : await import("../support/nghttp2-hpack.ts");

const section = new FieldSection(64 * 1024, 100);

test(`HpackDecoder reads what nghttp2 writes: ${LIST_COUNT} lists of seed ${SEED}`, { skip }, (t) => {
  const random = new Random(SEED);
  let byteCount = 0;
  let textLength = 0;
  for (let count = 0; count < LIST_COUNT; count += LISTS_PER_PAIR) {
    const [deflater, decoder] = [new Deflater(), new HpackDecoder()];
    for (let list = 0; list < LISTS_PER_PAIR; list++) {
      if (random.once(20)) deflater.changeTableSize(random.pick([0, 64, 200, 1000, 4096]));
      const fields = Array.from({ length: random.below(12) }, () => randomField(random));
      const block = deflater.deflate(fields, () => random.once(10));
      assert.equal(decoder.decode(block, 0, block.length, section), undefined);
      assert.deepEqual(fieldsOf(section), sectionOrder(fields));
      byteCount += block.length;
      textLength += lengthOf(fields);
    }
    deflater.close();
  }
  t.diagnostic(`${textLength} bytes of text in ${byteCount}`);
});

test(`nghttp2 reads what HpackEncoder writes: ${LIST_COUNT} lists of seed ${SEED}`, { skip }, (t) => {
  const random = new Random(SEED);
  const out = new OutputBuffer();
  let byteCount = 0;
  let textLength = 0;
  for (let count = 0; count < LIST_COUNT; count += LISTS_PER_PAIR) {
    const [inflater, encoder] = [new Inflater(), new HpackEncoder()];
    const replies = Array.from({ length: 6 }, () => randomReply(random));
    for (let list = 0; list < LISTS_PER_PAIR; list++) {
      if (random.once(20)) changeTableSize(random, inflater, encoder);
      const reply = random.once(4) ? randomReply(random) : random.pick(replies);
      const date = random.once(8) ? undefined : `Sun, 29 Nov 2026 15:00:${10 + random.below(3)} GMT`;
      const start = random.once(2) ? 0 : out.length;
      if (start === 0 || start > 100_000) out.clear();
      const from = out.length;
      encoder.encode(reply.prepared, date === undefined ? undefined : dateField(date), out);
      const block = Buffer.from(out.view().subarray(from));
      const wanted = date === undefined ? reply.fields : [...reply.fields, ["date", date] as const];
      assert.deepEqual(byName(inflater.inflate(block)!), byName(wanted));
      byteCount += block.length;
      textLength += lengthOf(wanted);
    }
    inflater.close();
  }
  t.diagnostic(`${textLength} bytes of text in ${byteCount}`);
  assert.ok(byteCount < textLength * 0.8, "the table was hardly used");
});

/** What nghttp2 accepts, and we refuse. */
const DIFFERENCES: readonly HpackProblem[] = [
  // RFC 7541 §4.2: an encoder needs two at most. nghttp2 does not count them.
  "TABLE_SIZE_REPEATED",
];

test(`HpackDecoder and nghttp2 agree about ${LIST_COUNT} changed blocks of seed ${SEED}`, { skip }, (t) => {
  const random = new Random(SEED);
  const counts = new Map<string, number>();
  let [deflater, inflater, decoder] = [new Deflater(), new Inflater(), new HpackDecoder()];
  for (let count = 0; count < LIST_COUNT; count++) {
    const fields = Array.from({ length: random.below(6) }, () => randomField(random));
    const written = deflater.deflate(fields, () => random.once(10));
    const block = mutate(random, written);
    const ours = decoder.decode(block, 0, block.length, section);
    const theirs = inflater.inflate(block);
    counts.set(ours ?? "accepted", (counts.get(ours ?? "accepted") ?? 0) + 1);
    if (ours === undefined) {
      assert.deepEqual(theirs && sectionOrder(theirs), fieldsOf(section), block.toString("hex"));
      // The encoder's table is another one now, so what it writes later is a random block, too.
      continue;
    }
    if (!DIFFERENCES.includes(ours)) assert.equal(theirs, undefined, `${ours}: ${block.toString("hex")}`);
    deflater.close();
    inflater.close();
    [deflater, inflater, decoder] = [new Deflater(), new Inflater(), new HpackDecoder()];
  }
  for (const [what, count] of counts) t.diagnostic(`${count} × ${what}`);
  assert.equal(counts.size, Object.keys(HPACK_PROBLEMS).length + 1, "some problem was never seen");
});

/** A reply whose fields come again in others, and its fields as they must arrive. */
function randomReply(random: Random) {
  const status = random.pick([200, 204, 206, 304, 404, 418, 500]);
  const length = random.once(3) ? undefined : random.below(100_000);
  const lines = Array.from({ length: random.below(10) }, () => randomLine(random));
  const fields: Field[] = [[":status", String(status)]];
  if (length !== undefined) fields.push(["content-length", String(length)]);
  fields.push(...lines.map(([name, value]): Field => [name.toLowerCase(), value]));
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return { prepared: prepareFields(status, text, length), fields };
}

const NAMES = ["Content-Type", "Cache-Control", "Vary", "ETag", "Set-Cookie", "Link", "X-A", "x-b", "Age"];
const VALUES = ["", "text/html; charset=utf-8", "public, max-age=31536000, immutable", '"abc"', "é"];

function randomLine(random: Random): Field {
  const value = random.once(3) ? randomText(random, random.once(30) ? 3000 : 50) : random.pick(VALUES);
  const legal = value.replace(/[^\t -~\x80-\xff]/g, "x").replace(/^[\t ]+|[\t ]+$/g, "");
  return [random.once(8) ? `X-${random.below(300)}` : random.pick(NAMES), legal];
}

/** The peer changes its limit up to three times before the next block. */
function changeTableSize(
  random: Random,
  inflater: { changeTableSize(sizeBytes: number): void },
  encoder: HpackEncoder,
): void {
  for (let times = 1 + random.below(3); times > 0; times--) {
    const sizeBytes = random.pick([0, 64, 200, 1000, 4096, 65_536]);
    inflater.changeTableSize(sizeBytes);
    encoder.setTableLimit(sizeBytes);
  }
}

function lengthOf(fields: readonly Field[]): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

/** Fields of one name stay in their order. */
function byName(fields: readonly Field[]): Field[] {
  return fields.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}

/** Bytes that begin or end something: forms, longest integers, EOS. */
const ODD_BYTES: readonly (readonly number[])[] = [
  [0x20],
  [0x3f],
  [0x3f, 0xe1, 0x1f],
  [0x7f],
  [0x80],
  [0xbe],
  [0xff, 0x80, 0x80],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x00, 0x84, 0xff, 0xff, 0xff, 0xff],
];

function mutate(random: Random, block: Buffer): Buffer {
  const bytes = [...block];
  for (let times = random.below(3); times > 0; times--) {
    const at = random.below(bytes.length + 1);
    const change = random.below(5);
    if (change === 0) bytes[at] = random.below(256);
    else if (change === 1) bytes.splice(at, 1);
    else if (change === 2) bytes.splice(at, 0, random.below(256), random.below(256));
    else if (change === 3) bytes.splice(at, 0, ...random.pick(ODD_BYTES));
    else bytes.length = at;
  }
  if (random.once(10)) bytes.unshift(...[0x20, 0x3f, 0x20, 0x3f].slice(random.below(4)));
  return Buffer.from(bytes);
}
