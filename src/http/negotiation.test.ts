import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AcceptedTypes, acceptsCoding, parseQualities, prefersMediaType, qualityOf } from "./negotiation.ts";

const read: [value: string, found: [value: string, quality: number][]][] = [
  ["", []],
  [" , ,", []],
  ["gzip", [["gzip", 1000]]],
  [
    "compress;q=0.5, gzip;q=1.0",
    [
      ["compress", 500],
      ["gzip", 1000],
    ],
  ],
  [
    "GZIP;Q=0.001 ,, *;q=0",
    [
      ["gzip", 1],
      ["*", 0],
    ],
  ],
  ["br \t;\t q=0.25", [["br", 250]]],
  ["br;q=0.", [["br", 0]]],
  ["br;q=1.", [["br", 1000]]],
  ["br;q=1.000", [["br", 1000]]],
  ["br;q=0.29", [["br", 290]]],
  ["br;q=0.999", [["br", 999]]],
  ["br;", [["br", 1000]]],
  [
    "da, en-gb;q=0.8",
    [
      ["da", 1000],
      ["en-gb", 800],
    ],
  ],
  [
    "text/*;q=0.3, Text/HTML;level=2;q=0.4",
    [
      ["text/*", 300],
      ["text/html", 400],
    ],
  ],
  ["text/html;q=0.4;level=2", [["text/html", 400]]],
  ['text/html;a="b,c;q=0";q=0.4', [["text/html", 400]]],
  ['br;q="0.5"', [["br", 500]]],
];
for (const [value, found] of read) {
  test(`parseQualities() reads ${JSON.stringify(value)}`, () => {
    const preferences = parseQualities(value)?.map((preference) => [preference.value, preference.quality]);
    assert.deepEqual(preferences, found);
  });
}

test("parseQualities() keeps the parameters of a media range apart from its weight", () => {
  const [preference] = parseQualities('text/html;Level=1;q=0.5;b="c d"')!;
  assert.deepEqual(preference?.parameters, new Map(Object.entries({ level: "1", b: "c d" })));
});

const malformed = [
  "gzip;q=",
  "gzip;q",
  "gzip;q=.5",
  "gzip;q=-0",
  "gzip;q=+1",
  "gzip;q=2",
  "gzip;q=1.001",
  "gzip;q=0.0001",
  "gzip;q=1.0000",
  "gzip;q=1e0",
  "gzip;q=x",
  "gzip;q = 1",
  "gzip;q=1;q=0",
  "gzip q=1",
  "gzip deflate",
  ";q=1",
  "=",
  '"gzip"',
  "gz(ip",
  "a/b/c",
  "/b",
  "a/",
  "br, gzip;q=x",
];
for (const value of malformed) {
  test(`parseQualities() refuses ${JSON.stringify(value)}`, () => assert.equal(parseQualities(value), undefined));
}

test("parseQualities() reads every qvalue of three digits exactly", () => {
  for (let quality = 0; quality < 1000; quality++) {
    const value = `br;q=0.${String(quality).padStart(3, "0")}`;
    assert.equal(parseQualities(value)?.[0]?.quality, quality);
  }
});

const named: [value: string, token: string, quality: number | undefined][] = [
  ["gzip;q=0.5, *;q=0.1", "gzip", 500],
  ["*;q=0.1, gzip;q=0.5", "gzip", 500],
  ["gzip;q=0.5, *;q=0.1", "br", 100],
  ["gzip;q=0, *", "gzip", 0],
  ["gzip", "br", undefined],
  ["gzip;q=0.2, gzip;q=0.8", "gzip", 200],
];
for (const [value, token, quality] of named) {
  test(`qualityOf() gives ${quality} to ${token} in "${value}"`, () => {
    assert.equal(qualityOf(parseQualities(value)!, token), quality);
  });
}

test("qualityOf() takes another wildcard", () => {
  assert.equal(qualityOf(parseQualities("text/*;q=0.3")!, "text/css", "text/*"), 300);
});

const codings: [acceptEncoding: string | undefined, expected: Record<string, number>][] = [
  [undefined, { identity: 1000, gzip: 0, br: 0 }],
  ["", { identity: 1, gzip: 0 }],
  ["compress, gzip", { gzip: 1000, compress: 1000, br: 0, identity: 1 }],
  ["*", { gzip: 1000, identity: 1000 }],
  ["compress;q=0.5, gzip;q=1.0", { gzip: 1000, compress: 500, identity: 1 }],
  ["gzip;q=1.0, identity; q=0.5, *;q=0", { gzip: 1000, identity: 500, br: 0 }],
  ["gzip, deflate, br, zstd", { gzip: 1000, br: 1000, zstd: 1000, identity: 1 }],
  ["identity;q=0", { identity: 0, gzip: 0 }],
  ["*;q=0", { identity: 0, gzip: 0 }],
  ["*;q=0, identity", { identity: 1000, gzip: 0 }],
  ["identity;q=0.2, *;q=0", { identity: 200, gzip: 0 }],
  ["gzip;q=0", { identity: 1, gzip: 0 }],
  ["gzip;q=0, *", { identity: 1000, gzip: 0, br: 1000 }],
  ["GZip", { gzip: 1000 }],
  ["x-gzip;q=0.7", { gzip: 700, identity: 1 }],
  ["x-gzip;q=0.7, gzip;q=0.2", { gzip: 200 }],
  ["x-gzip;q=0.7, *;q=0.1", { gzip: 700, compress: 100 }],
  ["x-compress", { compress: 1000, gzip: 0 }],
  ["gzip;q=2", { identity: 1000, gzip: 0 }],
  ["gzipped, xgzip", { identity: 1, gzip: 0 }],
];
for (const [acceptEncoding, expected] of codings) {
  for (const [coding, quality] of Object.entries(expected)) {
    test(`acceptsCoding() gives ${coding} ${quality} for ${JSON.stringify(acceptEncoding)}`, () => {
      assert.equal(acceptsCoding(acceptEncoding, coding), quality);
    });
  }
}

const RFC_ACCEPT = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5";
const HTML_AND_JSON = ["text/html", "application/json"];

const mediaTypes: [accept: string | undefined, offers: string[], preferred: string | undefined][] = [
  [undefined, HTML_AND_JSON, "text/html"],
  ["", HTML_AND_JSON, "text/html"],
  ["text/html;q=x", HTML_AND_JSON, "text/html"],
  ["*/*", HTML_AND_JSON, "text/html"],
  ["application/json", HTML_AND_JSON, "application/json"],
  ["Application/JSON", HTML_AND_JSON, "application/json"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML_AND_JSON, "text/html"],
  ["application/json, text/html;q=0.9", HTML_AND_JSON, "application/json"],
  ["application/*;q=0.9, text/html;q=0.8", HTML_AND_JSON, "application/json"],
  ["text/html;q=0, */*;q=0.1", HTML_AND_JSON, "application/json"],
  ["text/*, text/html;q=0", HTML_AND_JSON, undefined],
  ["*/*;q=0", HTML_AND_JSON, undefined],
  ["image/png", HTML_AND_JSON, undefined],
  ["text", HTML_AND_JSON, undefined],
  ["text/htm", HTML_AND_JSON, undefined],
  ["text/html", [], undefined],
  [undefined, [], undefined],
  ["text/html;charset=UTF-8", ["text/html; charset=utf-8"], "text/html; charset=utf-8"],
  ["text/html;level=1", HTML_AND_JSON, undefined],
  ["text/html", ["text/html; charset=utf-8"], "text/html; charset=utf-8"],
  // The table of RFC 9110 §12.5.1, as far as it orders
  [RFC_ACCEPT, ["text/html", "text/plain"], "text/plain"],
  [RFC_ACCEPT, ["text/html", "image/jpeg"], "image/jpeg"],
  [RFC_ACCEPT, ["text/plain;format=fixed", "image/jpeg"], "image/jpeg"],
  [RFC_ACCEPT, ["text/html", "text/plain;format=fixed"], "text/plain;format=fixed"],
  [RFC_ACCEPT, ["text/plain", "text/plain;format=flowed"], "text/plain;format=flowed"],
];
for (const [accept, offers, preferred] of mediaTypes) {
  test(`prefersMediaType() takes ${preferred} of ${offers.join(" and ")} for ${JSON.stringify(accept)}`, () => {
    assert.equal(prefersMediaType(accept, offers), preferred);
  });
}

const qualities: [accept: string | undefined, mediaType: string, quality: number, named: number][] = [
  [undefined, "image/avif", 0, 0],
  ["", "image/avif", 0, 0],
  ["*/*", "image/avif", 1000, 0],
  ["image/*;q=0.5", "image/avif", 500, 0],
  ["image/avif;q=0.5, image/*", "image/avif", 500, 500],
  ["IMAGE/AVIF", "image/avif", 1000, 1000],
  ["image/avif;q=0, */*", "image/avif", 0, 0],
  ["image/avif;q=2", "image/avif", 0, 0],
  ["image/avifs", "image/avif", 0, 0],
  ["image/avif;level=1", "image/avif", 0, 0],
  ["Text/Markdown; Charset=UTF-8", "text/markdown; charset=utf-8", 1000, 1000],
  ["text/markdown;variant=CommonMark", "text/markdown; charset=utf-8", 0, 0],
];
for (const [accept, mediaType, quality, named] of qualities) {
  test(`AcceptedTypes gives ${mediaType} ${quality}, and ${named} by name, for ${JSON.stringify(accept)}`, () => {
    const accepted = new AcceptedTypes(accept);
    for (const round of ["read", "remembered"]) {
      assert.equal(accepted.qualityOf(mediaType), quality, round);
      assert.equal(accepted.namedQualityOf(mediaType), named, round);
    }
  });
}

test("prefersMediaType() throws for an offer that is no media type", () => {
  assert.throws(() => prefersMediaType("*/*", ["text/html "]), TypeError);
});

test("acceptsCoding() and prefersMediaType() give an answer to any text", () => {
  const text = fc.string({ unit: fc.constantFrom(...'gzip*/;=q01.,\t "\\x-') });
  fc.assert(
    fc.property(text, (value) => {
      const quality = acceptsCoding(value, "gzip");
      assert.ok(Number.isInteger(quality) && quality >= 0 && quality <= 1000);
      assert.ok([undefined, ...HTML_AND_JSON].includes(prefersMediaType(value, HTML_AND_JSON)));
    }),
    { numRuns: 1000 },
  );
});
