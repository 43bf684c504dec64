import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { renderReadme } from "./readme-html.ts";

const cases: [string, string, string][] = [
  ["a heading, one level down", "# Usage", '<h2 id="usage">Usage</h2>\n'],
  ["the lowest heading", "###### Deep", '<h6 id="deep">Deep</h6>\n'],
  ["headings of one name", "# A b\n\n# A *b*!", '<h2 id="a-b">A b</h2>\n<h2 id="a-b-1">A <em>b</em>!</h2>\n'],
  ["a heading without a letter", "# !", "<h2>!</h2>\n"],
  ["a relative link", "[a](docs/a.md#b)", '<p><a href="docs/a.md#b">a</a></p>\n'],
  ["a link to another site", "[a](https://b/)", '<p><a href="https://b/" rel="nofollow noreferrer">a</a></p>\n'],
  ["a link without a scheme", "[a](//b/)", '<p><a href="//b/" rel="nofollow noreferrer">a</a></p>\n'],
  ["a relative picture", "![a](b.png)", '<p><img src="b.png" alt="a" loading="lazy"></p>\n'],
  [
    "a picture of another site, as a link",
    '![a<b](https://c/?d&"e)',
    '<p><a href="https://c/?d&amp;%22e" rel="nofollow noreferrer">a&lt;b</a></p>\n',
  ],
  ["a linked picture of another site, as its text", "[![a<b](https://c/)](d)", '<p><a href="d">a&lt;b</a></p>\n'],
  ["an address, as text", "https://a/", "<p>https://a/</p>\n"],
  ["HTML, as text", "<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"],
  ["a script, as text", "<script>\nalert(1)\n</script>", "<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;</p>\n"],
  [
    "a table's alignment without a style",
    "|a|\n|-:|\n|b|",
    '<table>\n<thead>\n<tr>\n<th class="right">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td class="right">b</td>\n</tr>\n</tbody>\n</table>\n',
  ],
];

for (const [what, source, html] of cases) {
  test(`renderReadme() writes ${what}`, () => assert.equal(renderReadme(source), html));
}

for (const url of ["javascript:alert(1)", "JaVaScript:x", "vbscript:x", "data:text/html,x", "file:///etc", "blob:x"]) {
  for (const source of [`[a](${url})`, `![a](${url})`, `<${url}>`, `[a]\n\n[a]: ${url}`]) {
    test(`renderReadme() makes no link of ${JSON.stringify(source)}`, () => {
      assert.doesNotMatch(renderReadme(source)!, /<a|<img/);
    });
  }
}

test("renderReadme() writes none but its own tags and attributes, whatever it is given", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "# ",
      "[a](",
      "![",
      "](",
      ")",
      "<",
      ">",
      '"',
      "'",
      "`",
      "\n",
      "|",
      "-",
      "*",
      "javascript:",
      "&#x3c;",
    ),
    fc.string({ maxLength: 4 }),
  );
  const known = /^<\/?(?:h[2-6]|p|a|img|em|strong|s|code|pre|ul|ol|li|blockquote|hr|br|table|thead|tbody|tr|t[hd])\b/;
  const attribute = / ([a-z-]+)(?:="[^"<>]*")?/g;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      for (const [tag] of renderReadme(pieces.join(""))!.matchAll(/<[^>]*>/g)) {
        assert.match(tag, known);
        for (const [, name] of tag.matchAll(attribute)) {
          assert.ok(["id", "href", "src", "alt", "title", "rel", "loading", "class", "start"].includes(name!), tag);
        }
        assert.doesNotMatch(tag, /(?:href|src)="\s*(?:javascript|data|vbscript|file):/i);
      }
    }),
    { numRuns: 2000 },
  );
});

test("renderReadme() gives up what would be too much", () => {
  const source = `[a]: http://b/${"c".repeat(10_000)}\n\n${"[a]".repeat(1000)}`;
  assert.equal(renderReadme(source), undefined);
});
