import assert from "node:assert/strict";
import { test } from "node:test";
import { type NoVarySearchOptions, writeNoVarySearch } from "./no-vary-search.ts";

const values: readonly (readonly [options: NoVarySearchOptions, value: string])[] = [
  [{ except: [] }, "params"],
  [{ except: ["id", "page"] }, 'params, except=("id" "page")'],
  [{ params: ["utm_source"] }, 'params=("utm_source")'],
  [{ params: [], anyOrder: true }, "key-order"],
  [{ anyOrder: true }, "key-order"],
  [{ anyOrder: true, except: ["q"] }, 'key-order, params, except=("q")'],
  [{ params: ['a"b\\c'] }, 'params=("a\\"b\\\\c")'],
];
for (const [options, value] of values) {
  test(`writeNoVarySearch(${JSON.stringify(options)}) is ${value}`, () => {
    assert.equal(writeNoVarySearch(options), value);
  });
}

const mistakes: readonly (readonly [options: NoVarySearchOptions, message: RegExp])[] = [
  [{}, /at least one of params \(with a name\), except and anyOrder/],
  [{ params: [] }, /at least one of/],
  [{ anyOrder: false }, /at least one of/],
  [{ params: ["a"], except: ["b"] }, /either params or except/],
  [{ params: [""] }, /percent-encoded/],
  [{ except: ["caf\u00e9"] }, /percent-encoded/],
];
for (const [options, message] of mistakes) {
  test(`writeNoVarySearch(${JSON.stringify(options)}) throws`, () => {
    assert.throws(() => writeNoVarySearch(options), message);
  });
}
