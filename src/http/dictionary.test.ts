import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { makeRequest } from "../../test/support/request.ts";
import { isReadable, parseAvailableDictionary, parseDictionaryId, writeUseAsDictionary } from "./dictionary.ts";

const HASH = createHash("sha256").update("a dictionary").digest();
const BASE64 = HASH.toString("base64");

test("parseAvailableDictionary() gives the hash in hexadecimal digits", () => {
  assert.equal(parseAvailableDictionary(`:${BASE64}:`), HASH.toString("hex"));
});

const malformed: readonly [what: string, value: string][] = [
  ["nothing", ""],
  ["a token", BASE64],
  ["an unclosed sequence", `:${BASE64}`],
  ["a sequence with a parameter", `:${BASE64}:;a=1`],
  ["two sequences", `:${BASE64}:, :${BASE64}:`],
  ["31 bytes", `:${HASH.subarray(1).toString("base64")}:`],
  ["33 bytes", `:${Buffer.concat([HASH, Buffer.from("a")]).toString("base64")}:`],
  ["base64url", `:${"-_".repeat(21)}8=:`],
  ["bits that are not zero behind the last byte", `:${"A".repeat(42)}B=:`],
  ["a missing pad", `:${BASE64.slice(0, -1)}:`],
  ["a line end", `:${BASE64}:\n`],
];
for (const [what, value] of malformed) {
  test(`parseAvailableDictionary() refuses ${what}`, () => {
    assert.equal(parseAvailableDictionary(value), undefined);
  });
}

const ids: readonly [value: string | undefined, id: string | undefined][] = [
  ['"app-BxK3f9aZ.js"', "app-BxK3f9aZ.js"],
  ['"a \\"b\\" \\\\"', 'a "b" \\'],
  ['""', ""],
  [undefined, undefined],
  ["app", undefined],
  ['"a\\b"', undefined],
  ['"a" "b"', undefined],
  ['"ä"', undefined],
  [`"${"a".repeat(3000)}"`, undefined],
];
for (const [value, id] of ids) {
  test(`parseDictionaryId() takes ${value?.slice(0, 30)} for ${id}`, () => {
    assert.equal(parseDictionaryId(value), id);
  });
}

test("writeUseAsDictionary() quotes what it writes", () => {
  assert.equal(writeUseAsDictionary({ match: "/a-*.js", id: 'a"\\', matchDest: [] }), 'match="/a-*.js", id="a\\"\\\\"');
  assert.equal(
    writeUseAsDictionary({ match: "/*", id: "pages", matchDest: ["document", "frame"] }),
    'match="/*", match-dest=("document" "frame"), id="pages"',
  );
});

const FRIEND = "https://friend.example";
const readable: readonly [fields: Record<string, string>, expected: boolean][] = [
  [{}, true],
  [{ "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors" }, true],
  [{ "sec-fetch-site": "cross-site" }, true],
  [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, true],
  [{ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }, false],
  [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", origin: FRIEND }, false],
  [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }, false],
  [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", origin: FRIEND }, true],
  [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", origin: "https://foe.example" }, false],
  [{ "sec-fetch-site": "", "sec-fetch-mode": "" }, false],
];
for (const [fields, expected] of readable) {
  test(`isReadable() says ${expected} for ${JSON.stringify(fields)}`, () => {
    assert.equal(
      isReadable(makeRequest("GET", "/", fields), (origin) => origin === FRIEND),
      expected,
    );
  });
}
