import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AcceptedTypes } from "../../http/negotiation.ts";
import { alternatesOf, chooseAlternate } from "./alternates.ts";

const ALL = { markdown: "negotiate", images: "negotiate" } as const;
const names: [file: string, types: Record<string, readonly string[]> | undefined][] = [
  ["/a.html", { "text/markdown; charset=utf-8": ["/a.md"] }],
  ["/a.jpg", { "image/avif": ["/a.jpg.avif", "/a.avif"], "image/webp": ["/a.jpg.webp", "/a.webp"] }],
  ["/b/a.JPEG", { "image/avif": ["/b/a.JPEG.avif", "/b/a.avif"], "image/webp": ["/b/a.JPEG.webp", "/b/a.webp"] }],
  ["/a.png", { "image/avif": ["/a.png.avif", "/a.avif"], "image/webp": ["/a.png.webp", "/a.webp"] }],
  ["/a.gif", undefined],
  ["/a.webp", undefined],
  ["/a.jpg.avif", undefined],
  ["/jpg", undefined],
];
for (const [file, types] of names) {
  test(`alternatesOf() says what ${file} may have beside it`, () => {
    const found = alternatesOf(file, ALL)?.types.map(({ mediaType, urls }) => [mediaType, urls]);
    assert.deepEqual(found && Object.fromEntries(found), types);
    assert.equal(alternatesOf(file, { markdown: "off", images: "off" }), undefined);
  });
}

for (const [file, rivals] of [
  ["/a.html", []],
  ["/a.jpg", [".jpeg", ".png", ".JPEG", ".PNG"]],
  ["/a.JPEG", [".jpg", ".png", ".JPG", ".PNG"]],
  ["/a.png", [".jpg", ".jpeg", ".JPG", ".JPEG"]],
] as const) {
  test(`alternatesOf() says which files may have what is named as ${file}`, () => {
    assert.deepEqual(alternatesOf(file, ALL)?.rivals, rivals);
  });
}

test("alternatesOf() knows each option apart", () => {
  assert.equal(alternatesOf("/a.jpg", { ...ALL, images: "off" }), undefined);
  assert.equal(alternatesOf("/a.html", { ...ALL, markdown: "off" }), undefined);
});

const JPEG = { mediaType: "image/jpeg", sizeBytes: 100 };
const AVIF = { mediaType: "image/avif", sizeBytes: 40 };
const WEBP = { mediaType: "image/webp", sizeBytes: 60 };
const HTML = { mediaType: "text/html; charset=utf-8", sizeBytes: 10 };
const MARKDOWN = { mediaType: "text/markdown; charset=utf-8", sizeBytes: 100 };

function chosen(accept: string | undefined, original = JPEG, found = [AVIF, WEBP]): string {
  const amongEquals = original === HTML ? "alternate" : "smallest";
  return (chooseAlternate(new AcceptedTypes(accept), original, found, amongEquals) ?? original).mediaType;
}

// For an image, by MDN's "List of default Accept values" (2026); Safari 17: h2o #3248.
const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
const SAFARI =
  "image/webp,image/avif,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
const SAFARI_14 = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5";
const SAFARI_13 = "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5";
// A picture that is opened in a tab.
const CHROME_TAB =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
const FIREFOX_TAB = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const images: [who: string, accept: string | undefined, type: string][] = [
  ["Chrome 121 and later, Edge", CHROME, "image/avif"],
  ["Chrome, a tab", CHROME_TAB, "image/avif"],
  ["Firefox 128 and later", FIREFOX, "image/avif"],
  ["Firefox 132 and later, a tab", FIREFOX_TAB, "image/jpeg"],
  ["Firefox 92 to 127", "image/avif,image/webp,*/*", "image/avif"],
  ["Firefox 65 to 91", "image/webp,*/*", "image/webp"],
  ["Firefox 47 to 63", "*/*", "image/jpeg"],
  ["Safari 17 and later", SAFARI, "image/avif"],
  ["Safari 14 to 16.3", SAFARI_14, "image/webp"],
  ["Safari 13", SAFARI_13, "image/jpeg"],
  ["curl", "*/*", "image/jpeg"],
  ["a client that says nothing", undefined, "image/jpeg"],
  ["a malformed field", "image/avif;q=high", "image/jpeg"],
  ["a type that is ruled out", "image/avif;q=0,image/webp,*/*", "image/webp"],
  ["all that is there ruled out", "image/avif;q=0,image/webp;q=0,image/jpeg;q=0", "image/jpeg"],
  ["a type that is less welcome", "image/webp;q=0.9,image/jpeg", "image/jpeg"],
  ["quality before size", "image/avif;q=0.8,image/webp;q=0.9,image/*;q=0.1", "image/webp"],
  ["a wildcard alone", "image/*", "image/jpeg"],
];
for (const [who, accept, type] of images) {
  test(`chooseAlternate() takes ${type} for ${who}: ${JSON.stringify(accept)}`, () => {
    assert.equal(chosen(accept), type);
  });
}

test("chooseAlternate() takes the smallest of what is equally welcome, and the original on a tie", () => {
  const sized = (avif: number, webp: number): string =>
    chosen(CHROME, JPEG, [
      { ...AVIF, sizeBytes: avif },
      { ...WEBP, sizeBytes: webp },
    ]);
  assert.equal(sized(70, 60), "image/webp");
  assert.equal(sized(60, 60), "image/avif");
  assert.equal(sized(101, 100), "image/jpeg");
  assert.equal(sized(101, 99), "image/webp");
  // Firefox likes a JPEG less.
  assert.equal(chosen(FIREFOX, JPEG, [{ ...AVIF, sizeBytes: 101 }]), "image/avif");
  assert.equal(chosen(FIREFOX, { mediaType: "image/png", sizeBytes: 100 }, [{ ...AVIF, sizeBytes: 101 }]), "image/png");
});

const markdown: [accept: string | undefined, isPreferred: boolean][] = [
  [undefined, false],
  ["", false],
  ["*/*", false],
  ["text/*", false],
  ["text/html, */*;q=0.1", false],
  [CHROME_TAB, false],
  [FIREFOX_TAB, false],
  ["text/markdown", true],
  ["Text/Markdown; Charset=UTF-8", true],
  ["text/markdown, text/html, */*", true],
  ["text/markdown;q=0.5, text/html;q=0.5", true],
  ["text/markdown;q=0.4, text/html;q=0.5", false],
  ["text/markdown;q=0.9, */*", false],
  ["text/markdown;q=1.0, text/x-markdown;q=0.9, text/plain;q=0.8, text/html;q=0.7, */*;q=0.1", true],
  ["text/markdown;q=0", false],
  ["text/markdown;q=0, */*;q=0", false],
  ["text/markdown;q=2", false],
  ["text/markdown;variant=CommonMark", false],
  ["text/markdowns", false],
];
for (const [accept, isPreferred] of markdown) {
  test(`chooseAlternate() takes ${isPreferred ? "Markdown" : "the page"} for ${JSON.stringify(accept)}`, () => {
    assert.equal(chosen(accept, HTML, [MARKDOWN]), (isPreferred ? MARKDOWN : HTML).mediaType);
  });
}

/** In thousandths. */
type Element = readonly [range: string, quality: number];

const element: fc.Arbitrary<Element> = fc.tuple(
  fc.constantFrom("image/avif", "image/webp", "image/jpeg", "image/*", "*/*", "text/html"),
  fc.integer({ min: 0, max: 1000 }),
);
const size = fc.integer({ min: 0, max: 3 });

/** RFC 9110 §12.5.1, without parameters: the most specific range decides, and the first of two that are the same. */
function qualityIn(elements: readonly Element[], type: string): number {
  const ranges = [type, "image/*", "*/*"].map((name) => elements.find(([range]) => range === name));
  return ranges.find((range) => range !== undefined)?.[1] ?? 0;
}

test("chooseAlternate() never sends what Accept does not name, or likes less than another", () => {
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 6 }),
      size,
      size,
      size,
      fc.subarray([0, 1]),
      (elements, j, a, w, there) => {
        const accept = elements.map(([range, quality]) => `${range};q=${(quality / 1000).toFixed(3)}`).join(", ");
        const jpeg = { ...JPEG, sizeBytes: j };
        const both = [
          { ...AVIF, sizeBytes: a },
          { ...WEBP, sizeBytes: w },
        ];
        const found = there.map((index) => both[index]!);
        const named = found.filter(({ mediaType }) => elements.some(([range]) => range === mediaType));
        const sendable = [jpeg, ...named.filter(({ mediaType }) => qualityIn(elements, mediaType) > 0)];
        const sent = chooseAlternate(new AcceptedTypes(accept), jpeg, found, "smallest") ?? jpeg;
        assert.ok(sendable.includes(sent));
        const quality = qualityIn(elements, sent.mediaType);
        for (const other of sendable) {
          const others = qualityIn(elements, other.mediaType);
          assert.ok(quality > others || (quality === others && sent.sizeBytes <= other.sizeBytes));
        }
      },
    ),
  );
});
