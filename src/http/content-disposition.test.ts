import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attachment } from "./content-disposition.ts";

const names: [string, string][] = [
  ["photos.zip", 'attachment; filename="photos.zip"'],
  ["my photos (1).zip", 'attachment; filename="my photos (1).zip"'],
  ['"a\\b%.zip', `attachment; filename="_a_b_.zip"; filename*=UTF-8''%22a%5Cb%25.zip`],
  ["Ähre.zip", `attachment; filename="_hre.zip"; filename*=UTF-8''%C3%84hre.zip`],
  ["🧵'(*).zip", `attachment; filename="_'(*).zip"; filename*=UTF-8''%F0%9F%A7%B5%27%28%2A%29.zip`],
  ["a\r\nX: y", `attachment; filename="a__X: y"; filename*=UTF-8''a%0D%0AX%3A%20y`],
  ["\ud83e", `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
];

for (const [name, value] of names) {
  test(`attachment() writes ${JSON.stringify(name)}`, () => assert.equal(attachment(name), value));
}

test("attachment() writes one line of ASCII, from which every name can be read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
      const value = attachment(name);
      assert.match(value, /^attachment; filename="[ !#$&-[\]-~]*"(?:; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/);
      const [, plain, exact] = /filename="([^"]*)"(?:; filename\*=UTF-8''(.*))?$/.exec(value)!;
      assert.equal(exact === undefined ? plain : decodeURIComponent(exact), name.toWellFormed());
    }),
  );
});
