import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type EntityTag,
  formatEntityTag,
  isStrongMatch,
  isWeakMatch,
  parseEntityTag,
  parseEntityTags,
} from "./etag.ts";

const strong = (opaque: string): EntityTag => ({ isWeak: false, opaque });
const weak = (opaque: string): EntityTag => ({ isWeak: true, opaque });

const tags: [text: string, tag: EntityTag | undefined][] = [
  ['"xyzzy"', strong('"xyzzy"')],
  ['W/"xyzzy"', weak('"xyzzy"')],
  ['""', strong('""')],
  ['W/""', weak('""')],
  ['"a,b"', strong('"a,b"')],
  ['"a\\"', strong('"a\\"')],
  ['"\xe9\x80\xff"', strong('"\xe9\x80\xff"')],
  ['"!#~*"', strong('"!#~*"')],
  ["", undefined],
  ["xyzzy", undefined],
  ["*", undefined],
  ['w/"xyzzy"', undefined],
  ['W"xyzzy"', undefined],
  ['W/ "xyzzy"', undefined],
  ["W/xyzzy", undefined],
  ['"', undefined],
  ['"a', undefined],
  ['a"', undefined],
  ['"a"b"', undefined],
  ['"a b"', undefined],
  ['"a\tb"', undefined],
  ['"a\x7f"', undefined],
  ['"\u0161"', undefined],
  [' "a"', undefined],
  ['"a"\n', undefined],
  ['"a", "b"', undefined],
];
for (const [text, tag] of tags) {
  test(`parseEntityTag() reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseEntityTag(text), tag));
}

const lists: [value: string, found: "*" | EntityTag[] | undefined][] = [
  ["*", "*"],
  ['"xyzzy"', [strong('"xyzzy"')]],
  ['"xyzzy", "r2d2xxxx", "c3piozzzz"', [strong('"xyzzy"'), strong('"r2d2xxxx"'), strong('"c3piozzzz"')]],
  ['W/"xyzzy", W/"r2d2xxxx"', [weak('"xyzzy"'), weak('"r2d2xxxx"')]],
  ['"a,b" , "c"', [strong('"a,b"'), strong('"c"')]],
  ['"a\\","b"', [strong('"a\\"'), strong('"b"')]],
  [',"a",, \t,"b",', [strong('"a"'), strong('"b"')]],
  ['"a"\t,\t"b"\t', [strong('"a"'), strong('"b"')]],
  ['"*"', [strong('"*"')]],
  ["", []],
  [" , ", []],
  ["*, *", undefined],
  ['*, "a"', undefined],
  ['"a", *', undefined],
  ['"a" "b"', undefined],
  ['"a""b"', undefined],
  ["a, b", undefined],
  ['"a", b', undefined],
  ['"a", "b', undefined],
  ['"a" x', undefined],
  ['"a"; x', undefined],
  ['w/"a"', undefined],
  ['"a b"', undefined],
];
for (const [value, found] of lists) {
  test(`parseEntityTags() reads ${JSON.stringify(value)}`, () => assert.deepEqual(parseEntityTags(value), found));
}

const hostile: [what: string, value: string][] = [
  ["spaces", `${" ".repeat(60_000)}x`],
  ["spaces behind a tag", `"a"${" ".repeat(60_000)}x`],
  ["open quotes", `${'"a",'.repeat(20_000)}"`],
  ["commas", `${" ,".repeat(30_000)}x`],
];
for (const [what, value] of hostile) {
  // A quadratic scan of this much would take the whole run with it; a linear one is over in a millisecond.
  test(`parseEntityTags() ends in time on ${what}`, () => assert.equal(parseEntityTags(value), undefined));
}

// The table of RFC 9110 §8.8.3.2.
const comparisons: [a: string, b: string, isStrong: boolean, isWeak: boolean][] = [
  ['W/"1"', 'W/"1"', false, true],
  ['W/"1"', 'W/"2"', false, false],
  ['W/"1"', '"1"', false, true],
  ['"1"', '"1"', true, true],
  ['"1"', '"2"', false, false],
  ['"a"', '"A"', false, false],
];
for (const [a, b, isStrong, isWeak] of comparisons) {
  test(`isStrongMatch() is ${isStrong} and isWeakMatch() ${isWeak} for ${a} and ${b}, either way round`, () => {
    const [first, second] = [parseEntityTag(a)!, parseEntityTag(b)!];
    assert.equal(isStrongMatch(first, second), isStrong);
    assert.equal(isStrongMatch(second, first), isStrong);
    assert.equal(isWeakMatch(first, second), isWeak);
    assert.equal(isWeakMatch(second, first), isWeak);
  });
}

const etagChar = fc.oneof(
  fc.constantFrom(..."!#,\\/W*~"),
  fc.integer({ min: 0x23, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
);
const anyTag = fc.record(
  {
    isWeak: fc.boolean(),
    opaque: fc.string({ unit: etagChar }).map((text) => `"${text}"`),
  },
  { noNullPrototype: true },
);

test("parseEntityTag() reads what formatEntityTag() writes", () => {
  fc.assert(fc.property(anyTag, (tag) => assert.deepEqual(parseEntityTag(formatEntityTag(tag)), tag)));
});

test("parseEntityTags() reads any list of tags, with any commas and white space between them", () => {
  const comma = fc.constantFrom(",", ", ", "\t,", " , ,", ",,");
  fc.assert(
    fc.property(fc.array(anyTag, { minLength: 1 }), comma, (list, separator) => {
      assert.deepEqual(parseEntityTags(list.map(formatEntityTag).join(separator)), list);
    }),
  );
});
