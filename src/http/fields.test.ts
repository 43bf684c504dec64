import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  FIELD_BIT,
  FIELD_VALUE_BYTES,
  isToken,
  KNOWN_FIELDS,
  knownFieldAt,
  parseParameters,
  parseQuotedString,
  parseTokenList,
  quote,
  splitList,
  TOKEN_BYTES,
  trimWhitespace,
} from "./fields.ts";

const TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";
const latin1Text = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) });
const isPrintable = (text: string) => !text.includes("\x7f");

/** The index of the name when it lies in the middle of other bytes. */
function indexOf(name: string): number {
  const memory = Buffer.from(`x: y\r\n${name}: z`, "latin1");
  return knownFieldAt(memory, 6, 6 + name.length);
}

for (const [index, name] of KNOWN_FIELDS.entries()) {
  test(`knownFieldAt() finds ${name} in any case and nothing longer or shorter`, () => {
    assert.equal(indexOf(name), index);
    assert.equal(indexOf(name.toUpperCase()), index);
    assert.equal(indexOf(name[0]!.toUpperCase() + name.slice(1)), index);
    assert.equal(indexOf(name.slice(0, -1)), -1);
    assert.equal(indexOf(`${name}s`), -1);
    assert.equal(indexOf(`x${name}`), -1);
  });
}

test("knownFieldAt() finds no name in which any one byte is another token byte", () => {
  for (const name of KNOWN_FIELDS) {
    for (let place = 0; place < name.length; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const char = String.fromCharCode(byte);
        if (TOKEN_BYTES[byte] !== 1 || char.toLowerCase() === name[place]) continue;
        assert.equal(indexOf(name.slice(0, place) + char + name.slice(place + 1)), -1);
      }
    }
  }
});

test("knownFieldAt() agrees with a search through the list for any token", () => {
  const token = fc.string({ unit: fc.constantFrom(..."abcdefIMT-hostrange"), maxLength: 34 });
  fc.assert(
    fc.property(fc.oneof(token, fc.constantFrom(...KNOWN_FIELDS)), (name) => {
      assert.equal(indexOf(name), (KNOWN_FIELDS as readonly string[]).indexOf(name.toLowerCase()));
    }),
  );
});

test("FIELD_BIT gives every known field a positive bit of its own", () => {
  const bits = KNOWN_FIELDS.map((name) => FIELD_BIT[name]);
  assert.ok(KNOWN_FIELDS.length <= 31);
  assert.deepEqual(
    bits,
    KNOWN_FIELDS.map((_, index) => 2 ** index),
  );
});

test("TOKEN_BYTES is exactly tchar of RFC 9110 §5.6.2", () => {
  for (let byte = 0; byte < 256; byte++) {
    const char = String.fromCharCode(byte);
    const isLetterOrDigit = byte < 0x80 && /^[a-z0-9]$/i.test(char);
    assert.equal(TOKEN_BYTES[byte], isLetterOrDigit || TOKEN_PUNCTUATION.includes(char) ? 1 : 0, `byte ${byte}`);
  }
});

test("FIELD_VALUE_BYTES leaves out exactly the controls but HTAB", () => {
  const refused = [...FIELD_VALUE_BYTES.keys()].filter((byte) => FIELD_VALUE_BYTES[byte] !== 1);
  assert.deepEqual(refused, [...Array(9).keys(), ...Array.from({ length: 22 }, (_, index) => index + 10), 0x7f]);
});

const tokens: [text: string, isOne: boolean][] = [
  ["GET", true],
  [TOKEN_PUNCTUATION, true],
  ["", false],
  ["a b", false],
  ["a:", false],
  ["a/b", false],
  ['"a"', false],
  ["é", false],
  ["a\u0161", false],
  ["a\0", false],
];
for (const [text, isOne] of tokens) {
  test(`isToken() is ${isOne} for ${JSON.stringify(text)}`, () => assert.equal(isToken(text), isOne));
}

const lists: [value: string, elements: string[]][] = [
  ["", []],
  [" \t ", []],
  ["a", ["a"]],
  ["foo , ,bar,charlie", ["foo", "bar", "charlie"]],
  [",a,,\t,b\t,", ["a", "b"]],
  [",", []],
  ['"a,b",c', ['"a,b"', "c"]],
  ['"a\\",b",c', ['"a\\",b"', "c"]],
  ['x="a\\\\",b', ['x="a\\\\"', "b"]],
  ['a, "b, c', ["a", '"b, c']],
  ['"\\', ['"\\']],
  ["a\\,b", ["a\\", "b"]],
  ['a\\",b', ['a\\",b']],
  ["\u00a0a", ["\u00a0a"]],
];
for (const [value, elements] of lists) {
  test(`splitList() takes ${JSON.stringify(value)} apart`, () => assert.deepEqual(splitList(value), elements));
}

test("splitList() gives back the quoted strings that were joined, whatever they say", () => {
  fc.assert(
    fc.property(fc.array(latin1Text.filter(isPrintable)), fc.constantFrom(",", ", ", " ,\t, "), (texts, comma) => {
      const elements = texts.map(quote);
      assert.deepEqual(splitList(elements.join(comma)), elements);
    }),
  );
});

const tokenLists: [value: string, found: string[] | undefined][] = [
  ["close", ["close"]],
  ["Keep-Alive, , TE", ["keep-alive", "te"]],
  ["", []],
  ["close;q=1", undefined],
  ["a b", undefined],
  ['"close"', undefined],
];
for (const [value, found] of tokenLists) {
  test(`parseTokenList() reads ${JSON.stringify(value)}`, () => assert.deepEqual(parseTokenList(value), found));
}

const quotedStrings: [text: string, said: string | undefined][] = [
  ['""', ""],
  ['"a b\tc"', "a b\tc"],
  ['"say \\"hi\\""', 'say "hi"'],
  ['"\\a\\\\"', "a\\"],
  ['"\xe9\\\xe9"', "\xe9\xe9"],
  ['"a"b"', undefined],
  ['"a', undefined],
  ['a"', undefined],
  ['"', undefined],
  ['"\\"', undefined],
  ["a", undefined],
  [' "a"', undefined],
  ['"a\x7f"', undefined],
  ['"a\0"', undefined],
  ['"a\n"', undefined],
  ['"a"\n', undefined],
  ['"\u0161"', undefined],
];
for (const [text, said] of quotedStrings) {
  test(`parseQuotedString() reads ${JSON.stringify(text)}`, () => assert.equal(parseQuotedString(text), said));
}

test("quote() writes what parseQuotedString() reads", () => {
  fc.assert(fc.property(latin1Text.filter(isPrintable), (text) => assert.equal(parseQuotedString(quote(text)), text)));
});

for (const text of ["a\nb", "\0", "\x7f", "\u0161"]) {
  test(`quote() refuses ${JSON.stringify(text)}`, () => assert.throws(() => quote(text), RangeError));
}

const parameters: [text: string, found: Record<string, string> | undefined][] = [
  ["", {}],
  [";", {}],
  ["; ;", {}],
  [';a=b; C="d"', { a: "b", c: "d" }],
  [" ;\ta=b\t ; charset=UTF-8;", { a: "b", charset: "UTF-8" }],
  [';a="x;y=\\"z\\""', { a: 'x;y="z"' }],
  [';a=""', { a: "" }],
  [";__proto__=1", Object.fromEntries([["__proto__", "1"]])],
  ["a=b", undefined],
  [";a", undefined],
  [";a=", undefined],
  [";a =b", undefined],
  [";a= b", undefined],
  [";a=b c", undefined],
  [";a=b/c", undefined],
  [';a="b', undefined],
  [';a="b"c', undefined],
  [";a=1;A=1", undefined],
];
for (const [text, found] of parameters) {
  test(`parseParameters() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseParameters(text), found && new Map(Object.entries(found)));
  });
}

const hostileValues: [what: string, text: string][] = [
  ["spaces", `;${" ".repeat(60_000)}x`],
  ["semicolons", `${";".repeat(60_000)}x`],
  ["an open quote", `;a="${"\\".repeat(60_001)}`],
  ["commas and quotes", `${'",'.repeat(30_000)}`],
];
for (const [what, text] of hostileValues) {
  // A quadratic scan of this much would take the whole run with it; a linear one is over in a millisecond.
  test(`parseParameters() and splitList() end in time on ${what}`, () => {
    assert.equal(parseParameters(text), undefined);
    assert.ok(splitList(text).length > 0);
  });
}

test("trimWhitespace() takes SP and HTAB, and no other white space", () => {
  assert.equal(trimWhitespace(" \t a b \t"), "a b");
  assert.equal(trimWhitespace(" \t "), "");
  assert.equal(trimWhitespace("\u00a0\v\f"), "\u00a0\v\f");
});
