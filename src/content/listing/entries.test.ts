import assert from "node:assert/strict";
import { test } from "node:test";
import {
  displayName,
  isoTime,
  type ListingEntry,
  type ListingQuery,
  PAGE_LIMIT_COUNT,
  pageOf,
  parseListingQuery,
  resort,
  writeListingQuery,
  writePageLinks,
} from "./entries.ts";

function file(name: string, sizeBytes: number = 0, modifiedMs: number = 0): ListingEntry {
  return { name, kind: "file", sizeBytes, modifiedMs };
}

function folder(name: string, sizeBytes: number = 0, modifiedMs: number = 0): ListingEntry {
  return { name, kind: "folder", sizeBytes, modifiedMs };
}

const entries = [
  file("img10.jpg", 30, 3),
  file("img2.jpg", 20, 1),
  folder("b", 4096, 2),
  file("Ähre", 20, 2),
  file("a", 0, 2),
  folder("A", 8192, 1),
  file("Zug", 5, 9),
  folder("c", 1, 3),
];

const sorted: [string, string][] = [
  ["", "A b c a Ähre img2.jpg img10.jpg Zug"],
  ["sort=name&order=desc", "c b A Zug img10.jpg img2.jpg Ähre a"],
  // What a folder takes on the disk is not its size: by name, then.
  ["sort=size&order=asc", "A b c a Zug Ähre img2.jpg img10.jpg"],
  ["sort=size&order=desc", "A b c img10.jpg Ähre img2.jpg Zug a"],
  ["sort=time&order=asc", "A b c img2.jpg a Ähre img10.jpg Zug"],
  ["sort=time&order=desc", "c b A Zug img10.jpg a Ähre img2.jpg"],
];

for (const [query, names] of sorted) {
  test(`pageOf() sorts by "${query}", folders first, equals by name`, () => {
    const page = pageOf("", entries, parseListingQuery(query));
    assert.equal(page.entries.map(({ name }) => name).join(" "), names);
  });
}

test("pageOf() gives names that look alike one order, however they came", () => {
  const names = ["a", "A", "01", "1", "001", "é", "e\u0301", "\u200dx", "x"];
  const order = (list: readonly string[]): string[] =>
    pageOf(
      "",
      list.map((name) => file(name)),
      parseListingQuery(""),
    ).entries.map(({ name }) => name);
  assert.deepEqual(order(names.toReversed()), order(names));
});

const many = Array.from({ length: 2 * PAGE_LIMIT_COUNT + 1 }, (_, index) => file(`f${index}`));

const pages: [string, { page: number; first: string | undefined; count: number }][] = [
  ["", { page: 1, first: "f0", count: PAGE_LIMIT_COUNT }],
  ["page=2", { page: 2, first: "f10000", count: PAGE_LIMIT_COUNT }],
  ["page=3", { page: 3, first: "f20000", count: 1 }],
  ["page=4", { page: 3, first: "f20000", count: 1 }],
  ["page=3&order=desc", { page: 3, first: "f0", count: 1 }],
];

for (const [query, wanted] of pages) {
  test(`pageOf() cuts 20,001 entries at "${query}"`, () => {
    const page = pageOf("p", many, parseListingQuery(query));
    assert.deepEqual({ page: page.query.page, first: page.entries[0]?.name, count: page.entries.length }, wanted);
    assert.deepEqual([page.path, page.entryCount, page.pageCount, page.isComplete], ["p", 20_001, 3, true]);
  });
}

test("pageOf() makes one page of no entries", () => {
  const page = pageOf("", [], parseListingQuery("page=7"), false);
  assert.deepEqual(
    [page.entries, page.entryCount, page.pageCount, page.query.page, page.isComplete],
    [[], 0, 1, 1, false],
  );
});

const queries: [string, ListingQuery][] = [
  ["", { sort: "name", order: "asc", page: 1 }],
  ["sort=size", { sort: "size", order: "desc", page: 1 }],
  ["sort=time", { sort: "time", order: "desc", page: 1 }],
  ["sort=size&order=asc&page=2", { sort: "size", order: "asc", page: 2 }],
  ["page=0", { sort: "name", order: "asc", page: 1 }],
  ["page=-1", { sort: "name", order: "asc", page: 1 }],
  ["page=1e9", { sort: "name", order: "asc", page: 1 }],
  ["page=9999999999", { sort: "name", order: "asc", page: 1 }],
  ["sort=constructor&order=__proto__", { sort: "name", order: "asc", page: 1 }],
  ["sort=SIZE&order=up", { sort: "name", order: "asc", page: 1 }],
  ["utm_source=x&%zz&sort", { sort: "name", order: "asc", page: 1 }],
];

for (const [query, wanted] of queries) {
  test(`parseListingQuery() reads "${query}"`, () => assert.deepEqual(parseListingQuery(query), wanted));
}

const references: [ListingQuery, string][] = [
  [{ sort: "name", order: "asc", page: 1 }, "./"],
  [{ sort: "name", order: "asc", page: 3 }, "?page=3"],
  [{ sort: "name", order: "desc", page: 1 }, "?sort=name&order=desc"],
  [{ sort: "size", order: "asc", page: 2 }, "?sort=size&order=asc&page=2"],
];

for (const [query, reference] of references) {
  test(`writeListingQuery() writes "${reference}", which is read back as it was`, () => {
    assert.equal(writeListingQuery(query), reference);
    assert.deepEqual(parseListingQuery(reference.replace(/^\.\/|^\?/, "")), query);
  });
}

test("resort() begins with a column's first order, turns it around, and goes back to the first page", () => {
  const first = parseListingQuery("page=3");
  assert.deepEqual(resort(first, "name"), { sort: "name", order: "desc", page: 1 });
  assert.deepEqual(resort(first, "size"), { sort: "size", order: "desc", page: 1 });
  assert.deepEqual(resort(resort(first, "size"), "size"), { sort: "size", order: "asc", page: 1 });
  assert.deepEqual(resort(parseListingQuery("order=desc"), "name"), { sort: "name", order: "asc", page: 1 });
});

test("writePageLinks() leads to the pages before and after", () => {
  const links = (query: string): string | undefined => writePageLinks(pageOf("", many, parseListingQuery(query)));
  assert.equal(links(""), '<?page=2>; rel="next"');
  assert.equal(links("page=2"), '<./>; rel="prev", <?page=3>; rel="next"');
  assert.equal(links("page=3"), '<?page=2>; rel="prev"');
  assert.equal(writePageLinks(pageOf("", entries, parseListingQuery(""))), undefined);
});

const names: [string, string][] = [
  ["plain.txt", "plain.txt"],
  ["<b>&\"'", "<b>&\"'"],
  ["line\nbreak\r\t\u0000\u001b[2J\u007f\u0085", "line\ufffdbreak\ufffd\ufffd\ufffd\ufffd[2J\ufffd\ufffd"],
  ["photo\u202egpj.exe", "photo\ufffdgpj.exe"],
  ["\u2066a\u2069\u200e\u200f\u061c\ufeff\u2028", "\ufffda\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"],
  ["half \ud83e of a pair", "half \ufffd of a pair"],
  ["👨‍👩‍👧 שלום", "👨‍👩‍👧 שלום"],
];

for (const [name, shown] of names) {
  test(`displayName() shows ${JSON.stringify(name)} on one line, in one direction`, () => {
    assert.equal(displayName({ name, kind: "file" }), shown);
    assert.equal(displayName({ name, kind: "folder" }), `${shown}/`);
  });
}

test("isoTime() knows the times that a calendar has", () => {
  assert.equal(isoTime(0), "1970-01-01T00:00:00.000Z");
  assert.equal(isoTime(-1.5), "1969-12-31T23:59:59.999Z");
  for (const ms of [8.64e15 + 1, -9e15, Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(isoTime(ms), undefined);
});
