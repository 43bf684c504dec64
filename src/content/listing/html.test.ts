import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { resolvePath } from "../resolve.ts";
import { type ListingEntry, PAGE_LIMIT_COUNT, pageOf, parseListingQuery } from "./entries.ts";
import { humanSize, type ListingExtras, writeListingHtml } from "./html.ts";
import { LISTING_POLICY } from "./style.ts";

function entry(name: string, sizeBytes: number = 1, modifiedMs: number = 0): ListingEntry {
  return { name, kind: "file", sizeBytes, modifiedMs };
}

function write(
  entries: readonly ListingEntry[],
  query: string = "",
  path: string = "",
  extras?: ListingExtras,
): string {
  return writeListingHtml(pageOf(path, entries, parseListingQuery(query)), extras);
}

/** Between the head of the table and its end. */
function rowsOf(html: string): string {
  return html.slice(html.indexOf("<tbody>") + 8, html.indexOf("</tbody>"));
}

/** [name, reference, text] */
const hostile: [string, string, string][] = [
  ["plain.txt", "./plain.txt", "plain.txt"],
  ["<script>alert(1)<script>", "./%3Cscript%3Ealert(1)%3Cscript%3E", "&lt;script&gt;alert(1)&lt;script&gt;"],
  ["\" onclick='x' &amp;", "./%22%20onclick=&#39;x&#39;%20&amp;amp;", "&quot; onclick=&#39;x&#39; &amp;amp;"],
  ["javascript:alert(1)", "./javascript:alert(1)", "javascript:alert(1)"],
  ["a?b#c%20d", "./a%3Fb%23c%2520d", "a?b#c%20d"],
  ["line\nbreak", "./line%0Abreak", "line\ufffdbreak"],
  ["photo\u202egpj.exe", "./photo%E2%80%AEgpj.exe", "photo\ufffdgpj.exe"],
  ["bad\ufffdbyte", "./bad%EF%BF%BDbyte", "bad\ufffdbyte"],
  ["half\ud83e", "./half%EF%BF%BD", "half\ufffd"],
  ["$&$1$`", "./$&amp;$1$%60", "$&amp;$1$`"],
  ["日本 🧵", "./%E6%97%A5%E6%9C%AC%20%F0%9F%A7%B5", "日本 🧵"],
];

for (const [name, href, text] of hostile) {
  test(`writeListingHtml() escapes ${JSON.stringify(name)} and links to it`, () => {
    const row = `<tr><th scope="row"><a href="${href}"><bdi>${text}</bdi></a></th>`;
    assert.ok(rowsOf(write([entry(name)])).startsWith(row), rowsOf(write([entry(name)])));
    const target = href.slice(1).replaceAll("&amp;", "&").replaceAll("&#39;", "'");
    assert.deepEqual(resolvePath(target, "linux"), { kind: "path", path: name.toWellFormed(), isFolder: false });
  });
  test(`writeListingHtml() escapes ${JSON.stringify(name)} as the name of the folder and of one above`, () => {
    const html = write([], "", `${name}/${name}`);
    assert.ok(html.includes(`<title>${text}/</title>`));
    assert.ok(html.includes(`<h1><bdi>${text}/</bdi></h1>`));
    assert.ok(html.includes(`<li><a href="../" rel="up"><bdi>${text}</bdi></a></li>`));
  });
}

test("writeListingHtml() writes one row of the same tags whatever the name is", () => {
  const tags = rowsOf(write([entry("plain")])).match(/<[^>]*>/g)?.length;
  const name = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !/[/\0]/.test(text));
  fc.assert(
    fc.property(name, (text) => {
      const row = rowsOf(write([entry(`${text}.txt`)]));
      assert.equal(row.match(/<[^>]*>/g)?.length, tags);
      assert.match(row, /^<tr><th scope="row"><a href="[^"'<>\s]+"><bdi>[^<>"']+<\/bdi>.*<\/tr>\n$/u);
    }),
  );
});

test("writeListingHtml() writes a file's size for people and exactly, and its time in UTC", () => {
  const row = rowsOf(write([entry("a", 1_234_567, Date.UTC(2024, 4, 17, 9, 5, 59))]));
  assert.ok(row.includes('<td title="1,234,567 bytes">1.2 MiB</td>'));
  assert.ok(row.includes('<td><time datetime="2024-05-17T09:05:59.000Z">2024-05-17 09:05</time></td>'));
});

test("writeListingHtml() leaves out a folder's size and a time that no calendar has", () => {
  const row = rowsOf(write([{ name: "a b", kind: "folder", sizeBytes: 4096, modifiedMs: 1e300 }]));
  const name = '<th scope="row"><a href="./a%20b/"><bdi>a b/</bdi></a></th>';
  assert.equal(row, `<tr class="folder">${name}<td></td><td></td></tr>\n`);
});

const pictures: [string, number, boolean][] = [
  ["a.jpg", 1, true],
  ["a.JPEG", 2_097_152, true],
  ["a.svg", 1, true],
  ["a.jpg", 2_097_153, false],
  ["a.jpg", 0, false],
  ["a.jpg.txt", 1, false],
  ["jpg", 1, false],
  ["a.html", 1, false],
];

for (const [name, sizeBytes, isShown] of pictures) {
  test(`writeListingHtml() shows ${isShown ? "a" : "no"} thumbnail for ${name} of ${sizeBytes} bytes`, () => {
    const image = `<img src="./${name}" alt="" width="44" height="44" loading="lazy" decoding="async">`;
    assert.equal(rowsOf(write([entry(name, sizeBytes)])).includes(image), isShown);
    assert.equal(rowsOf(write([entry(name, sizeBytes)])).includes("<img"), isShown);
  });
}

test("writeListingHtml() says which column is sorted, and links to the other orders", () => {
  const html = write([entry("a")], "sort=size&order=desc");
  assert.ok(html.includes('<th scope="col"><a href="./">Name</a></th>'));
  assert.ok(html.includes('<th scope="col" aria-sort="descending"><a href="?sort=size&amp;order=asc">Size</a></th>'));
  assert.ok(html.includes('<th scope="col"><a href="?sort=time&amp;order=desc">Modified (UTC)</a></th>'));
});

test("writeListingHtml() leads up through all folders above", () => {
  const html = write([], "", "a/b/c");
  const [root, a, b] = ['<a href="../../../"><bdi>Root', '<a href="../../"><bdi>a<', '<a href="../" rel="up"><bdi>b<'];
  for (const link of [root, a, b]) assert.ok(html.includes(link!), link);
  assert.ok(!write([], "", "").includes("<nav"));
});

test("writeListingHtml() divides a large folder into pages, with links that keep the order", () => {
  const entries = Array.from({ length: PAGE_LIMIT_COUNT + 1 }, (_, index) => entry(`f${index}`));
  const first = write(entries, "sort=time&order=asc");
  assert.ok(first.includes('<a href="?sort=time&amp;order=asc&amp;page=2" rel="next">Next page</a>'));
  assert.ok(!first.includes("Previous page"));
  assert.ok(first.includes("10,001 entries, 10,000 on page 1 of 2"));
  assert.equal(rowsOf(first).split("<tr").length - 1, PAGE_LIMIT_COUNT);
  assert.ok(write(entries, "page=2").includes('<a href="./" rel="prev">Previous page</a>'));
});

test("writeListingHtml() says when a folder is empty, and when it has more than was read", () => {
  assert.ok(write([]).includes("This folder is empty."));
  assert.ok(!write([]).includes("<table"));
  const cut = writeListingHtml(pageOf("", [entry("a")], parseListingQuery(""), false));
  assert.ok(cut.includes("Only the first 1 entry of this folder, which has more"));
});

test("writeListingHtml() shows a README and the zip link when it is given them", () => {
  const readme = { name: "README.md", html: "<p>Read <b>me</b></p>\n" };
  const html = write([], "", "", { readme, zipHref: '?zip=1&a="' });
  assert.ok(html.includes('<section class="readme" aria-label="README.md">\n<p>Read <b>me</b></p>\n</section>'));
  assert.ok(html.includes('<a href="?zip=1&amp;a=&quot;">Download as zip</a>'));
  assert.ok(!write([]).includes('readme"'));
  assert.ok(!write([]).includes("zip"));
});

test("writeListingHtml() links to a README that is not shown", () => {
  const html = write([], "", "", { readme: { name: "readme.markdown", html: undefined } });
  assert.ok(html.includes('<p class="note">'));
  assert.ok(html.includes('<a href="./readme.markdown">readme.markdown</a>'));
});

for (const [tag, directive] of [
  ["style", "style-src"],
  ["script", "script-src"],
] as const) {
  test(`LISTING_POLICY allows the ${tag} of the page by its hash, and nothing else`, () => {
    const found = [...write([entry("a.png")], "", "a").matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gs"))];
    assert.equal(found.length, 1);
    const digest = createHash("sha256").update(found[0]![1]!).digest("base64");
    assert.ok(LISTING_POLICY.split("; ").includes(`${directive} 'sha256-${digest}'`));
    assert.ok(LISTING_POLICY.startsWith("default-src 'none'; "));
  });
}

const sizes: [number, string][] = [
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1.0 KiB"],
  [1024, "1.0 KiB"],
  [10_188, "9.9 KiB"],
  [10_189, "10 KiB"],
  [1_023_487, "999 KiB"],
  [1_023_488, "1.0 MiB"],
  [1_048_576, "1.0 MiB"],
  [5e9, "4.7 GiB"],
  [2 ** 53, "8.0 PiB"],
];

for (const [sizeBytes, text] of sizes) {
  test(`humanSize() writes ${sizeBytes} as "${text}"`, () => assert.equal(humanSize(sizeBytes), text));
}
