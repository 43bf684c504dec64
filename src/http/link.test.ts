import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLinks } from "./link.ts";

const values: readonly (readonly [value: string, links: readonly (readonly [text: string, ...rel: string[]])[]])[] = [
  ["</app.css>; rel=preload; as=style", [["</app.css>; rel=preload; as=style", "preload"]]],
  [
    "</a.css>;rel=preload , <https://b.example/>; rel=preconnect",
    [
      ["</a.css>;rel=preload", "preload"],
      ["<https://b.example/>; rel=preconnect", "preconnect"],
    ],
  ],
  ["</font.woff2>; crossorigin; rel=preload", [["</font.woff2>; crossorigin; rel=preload", "preload"]]],
  ['</a>; rel="next PRELOAD"', [['</a>; rel="next PRELOAD"', "next", "preload"]]],
  ["</a>; REL = preload", [["</a>; REL = preload", "preload"]]],
  // RFC 8288 §3.3: "occurrences after the first MUST be ignored by parsers".
  ["</a>; rel=next; rel=preload", [["</a>; rel=next; rel=preload", "next"]]],
  ["</a,b;rel=preload>; rel=next", [["</a,b;rel=preload>; rel=next", "next"]]],
  ['</a>; title="x, </b>; rel=preload"; rel=next', [['</a>; title="x, </b>; rel=preload"; rel=next', "next"]]],
  ['</a>; title="\\"; rel=preload"; rel=next', [['</a>; title="\\"; rel=preload"; rel=next', "next"]]],
  ["</a>", [["</a>"]]],
  ["</a>; rel=", [["</a>; rel="]]],
  ["", []],
  ["/app.css; rel=preload", []],
  ["<>; rel=preload", [["<>; rel=preload", "preload"]]],
];
for (const [value, links] of values) {
  test(`parseLinks() reads ${JSON.stringify(value)}`, () => {
    const found = parseLinks(value).map(({ text, rel }) => [text, ...rel]);
    assert.deepEqual(found, links);
  });
}
