import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileSlice } from "./message.ts";
import {
  formatContentRange,
  formatUnsatisfiedRange,
  type ParsedRanges,
  parseRanges,
  RANGE_LIMIT_COUNT,
} from "./range.ts";

const IGNORED = "ignored";
const UNSATISFIABLE = "unsatisfiable";
const FAR = "99999999999999999999999999";
const TOO_MANY = Array.from({ length: RANGE_LIMIT_COUNT + 1 }, (_, index) => `${2 * index}-${2 * index}`).join();

type Expected = typeof IGNORED | typeof UNSATISFIABLE | [start: number, end: number][];

const cases: [value: string, size: number, expected: Expected][] = [
  // The examples of RFC 9110 §14.1.2
  ["bytes=0-499", 10_000, [[0, 500]]],
  ["bytes=500-999", 10_000, [[500, 1000]]],
  ["bytes=-500", 10_000, [[9500, 10_000]]],
  ["bytes=9500-", 10_000, [[9500, 10_000]]],
  [
    "bytes=0-0,-1",
    10_000,
    [
      [0, 1],
      [9999, 10_000],
    ],
  ],
  [
    "bytes= 0-999, 4500-5499, -1000",
    10_000,
    [
      [0, 1000],
      [4500, 5500],
      [9000, 10_000],
    ],
  ],
  ["bytes=500-600,601-999", 10_000, [[500, 1000]]],
  ["bytes=500-700,601-999", 10_000, [[500, 1000]]],

  // Clipping
  ["bytes=0-", 10, [[0, 10]]],
  ["bytes=0-9", 10, [[0, 10]]],
  ["bytes=0-10", 10, [[0, 10]]],
  ["bytes=9-9", 10, [[9, 10]]],
  ["bytes=9-100", 10, [[9, 10]]],
  ["bytes=-10", 10, [[0, 10]]],
  ["bytes=-11", 10, [[0, 10]]],
  ["bytes=0007-0008", 10, [[7, 9]]],
  [`bytes=0-${FAR}`, 10, [[0, 10]]],
  [`bytes=-${FAR}`, 10, [[0, 10]]],
  [`bytes=-${"9".repeat(400)}`, 10, [[0, 10]]],
  [`bytes=5-${"9".repeat(400)}`, 10, [[5, 10]]],
  ["bytes=0-9007199254740991", 2 ** 53 - 1, [[0, 2 ** 53 - 1]]],

  // Nothing within the size
  ["bytes=10-", 10, UNSATISFIABLE],
  ["bytes=10-10", 10, UNSATISFIABLE],
  ["bytes=10-20,30-", 10, UNSATISFIABLE],
  ["bytes=-0", 10, UNSATISFIABLE],
  ["bytes=-000", 10, UNSATISFIABLE],
  ["bytes=-0,10-", 10, UNSATISFIABLE],
  [`bytes=${FAR}-`, 10, UNSATISFIABLE],
  [`bytes=${FAR}-${FAR}`, 10, UNSATISFIABLE],
  [`bytes=${"9".repeat(400)}-${"9".repeat(400)}`, 10, UNSATISFIABLE],
  ["bytes=0-", 0, IGNORED],
  ["bytes=0-0", 0, IGNORED],
  ["bytes=-0", 0, IGNORED],
  ["bytes=5-9", 0, IGNORED],
  ["bytes=-5", 0, IGNORED],
  ["bytes=-1", 0, IGNORED],
  ["bytes=0-,-1", 0, IGNORED],
  ["bytes=-0,10-,3-4", 10, [[3, 5]]],

  // Joining and order
  [
    "bytes=8-9,0-1",
    10,
    [
      [8, 10],
      [0, 2],
    ],
  ],
  ["bytes=4-5,0-1,2-3", 10, [[0, 6]]],
  ["bytes=0-,0-,0-", 10, [[0, 10]]],
  ["bytes=-1,-2,-3", 10, [[7, 10]]],
  ["bytes=2-8,4-5", 10, [[2, 9]]],
  [
    "bytes=6-6,8-8,0-0,2-2,9-9",
    10,
    [
      [6, 7],
      [8, 10],
      [0, 1],
      [2, 3],
    ],
  ],
  [
    "bytes=0-1,3-4",
    10,
    [
      [0, 2],
      [3, 5],
    ],
  ],

  // Spelling
  ["BYTES=0-0", 10, [[0, 1]]],
  [
    "bytes=,0-0 ,,\t5-5 ,",
    10,
    [
      [0, 1],
      [5, 6],
    ],
  ],
  ["", 10, IGNORED],
  ["bytes", 10, IGNORED],
  ["bytes=", 10, IGNORED],
  ["bytes= , ", 10, IGNORED],
  ["bytes=-", 10, IGNORED],
  ["bytes=0", 10, IGNORED],
  ["bytes=a-b", 10, IGNORED],
  ["bytes=0-b", 10, IGNORED],
  ["bytes=0x0-0x1", 10, IGNORED],
  ["bytes=+0-1", 10, IGNORED],
  ["bytes=0--1", 10, IGNORED],
  ["bytes=--1", 10, IGNORED],
  ["bytes=0 - 1", 10, IGNORED],
  ["bytes=0- 1", 10, IGNORED],
  ["bytes=0.0-1", 10, IGNORED],
  ["bytes=1e0-2", 10, IGNORED],
  ["bytes=0-1;2-3", 10, IGNORED],
  ["bytes=0-1\n", 10, IGNORED],
  ['bytes="0-1"', 10, IGNORED],
  ["bytes=\u0661-", 10, IGNORED],
  ["bytes =0-1", 10, IGNORED],
  [" bytes=0-1", 10, IGNORED],
  ["bytes:0-1", 10, IGNORED],
  ["byte=0-1", 10, IGNORED],
  ["lines=0-1", 10, IGNORED],
  ["none", 10, IGNORED],
  ["bytes=5-4", 10, IGNORED],
  ["bytes=0-1,5-4", 10, IGNORED],
  ["bytes=20-15", 10, IGNORED],
  ["bytes=0-1,x", 10, IGNORED],
  ["bytes=0-1,lines=2-3", 10, IGNORED],
  [`bytes=${TOO_MANY}`, 10_000, IGNORED],
  [`bytes=${Array(1000).fill("0-").join()}`, 10_000, IGNORED],
  [`bytes=${Array(RANGE_LIMIT_COUNT).fill("0-").join()}`, 10_000, [[0, 10_000]]],
];
for (const [value, size, expected] of cases) {
  const shown = value.length > 60 ? `${value.slice(0, 50)}… (${value.length} characters)` : value;
  test(`parseRanges() takes ${JSON.stringify(shown)} of ${size} as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(parseRanges(value, size), rangesOf(expected));
  });
}

function rangesOf(expected: Expected): ParsedRanges {
  if (typeof expected === "string") return { kind: expected };
  return { kind: "ranges", slices: expected.map(([start, end]) => ({ start, end })) };
}

test("formatContentRange() writes the inclusive last byte", () => {
  assert.equal(formatContentRange({ start: 0, end: 2 }, 10), "bytes 0-1/10");
  assert.equal(formatContentRange({ start: 9, end: 10 }, 10), "bytes 9-9/10");
});

test("formatUnsatisfiedRange() writes the size alone", () => {
  assert.equal(formatUnsatisfiedRange(10), "bytes */10");
  assert.equal(formatUnsatisfiedRange(0), "bytes */0");
});

const position = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.maxSafeNat());
const spec = fc.oneof(
  fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  position.map((first) => `${first}-`),
  position.map((length) => `-${length}`),
);
const specs = fc.array(spec, { minLength: 1, maxLength: RANGE_LIMIT_COUNT });
const size = fc.integer({ min: 0, max: 48 });

/** The bytes that a valid spec asks for, one by one, from the prose of RFC 9110 §14.1.2. */
function bytesOf(text: string, length: number): number[] {
  const [first, last] = text.split("-") as [string, string];
  return [...Array(length).keys()].filter((byte) => {
    if (first === "") return byte >= length - Number(last);
    return byte >= Number(first) && (last === "" || byte <= Number(last));
  });
}

function slicesOf(parsed: ParsedRanges): readonly FileSlice[] {
  return parsed.kind === "ranges" ? parsed.slices : [];
}

test("parseRanges() covers each byte that was asked for once, and no other", () => {
  fc.assert(
    fc.property(specs, size, (list, length) => {
      const wanted = new Set(list.flatMap((text) => bytesOf(text, length)));
      const covered = slicesOf(parseRanges(`bytes=${list.join(", ")}`, length)).flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, index) => start + index),
      );
      assert.deepEqual(
        covered.toSorted((a, b) => a - b),
        [...wanted].sort((a, b) => a - b),
      );
    }),
  );
});

test("parseRanges() keeps the order of first appearance, and leaves a gap between any two slices", () => {
  fc.assert(
    fc.property(specs, fc.integer({ min: 1, max: 48 }), (list, length) => {
      const slices = slicesOf(parseRanges(`bytes=${list.join()}`, length));
      const appearance = slices.map(({ start, end }) =>
        list.findIndex((text) => bytesOf(text, length).some((byte) => byte >= start && byte < end)),
      );
      assert.deepEqual(
        appearance,
        appearance.toSorted((a, b) => a - b),
      );
      const sorted = slices.toSorted((a, b) => a.start - b.start);
      for (const [index, slice] of sorted.entries()) {
        assert.ok(slice.start < slice.end && slice.end <= length);
        assert.ok(index === 0 || sorted[index - 1]!.end < slice.start);
      }
    }),
  );
});

test("parseRanges() never covers more than the size, whatever the text", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789-, \tx=\"'") }).map((tail) => `bytes=${tail}`);
  fc.assert(
    fc.property(text, fc.maxSafeNat(), (value, length) => {
      let sum = 0;
      for (const { start, end } of slicesOf(parseRanges(value, length))) sum += end - start;
      assert.ok(sum <= length);
    }),
    { numRuns: 2000 },
  );
});

test("parseRanges() reads back the single range that formatContentRange() names", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      const slice = { start: Math.min(a, b), end: Math.max(a, b) + 1 };
      const [, value] = /^bytes (\d+-\d+)\/\d+$/.exec(formatContentRange(slice, Number.MAX_SAFE_INTEGER))!;
      const clipped = { start: slice.start, end: Math.min(slice.end, Number.MAX_SAFE_INTEGER) };
      fc.pre(clipped.start < clipped.end);
      assert.deepEqual(slicesOf(parseRanges(`bytes=${value}`, Number.MAX_SAFE_INTEGER)), [clipped]);
    }),
  );
});
