import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedText } from "./shared-text.ts";

const pageWith = (text: string): string =>
  `<html><head><title>${text}</title></head>\n<nav>all pages</nav>\n<p>${text}`;

test("sharedText() keeps what three pages have, in its order, and nothing else", () => {
  const shared = sharedText(["one", "two", "three", "four"].map(pageWith), 1000).toString();
  assert.equal(shared, "<html><head></title></head>\n<nav>all pages</nav>\n");
});

test("sharedText() keeps nothing of two pages, nor of what one page repeats", () => {
  assert.equal(sharedText([pageWith("one"), pageWith("two")], 1000).length, 0);
  assert.equal(sharedText(["<p>a".repeat(9), "<i>b", "<b>c"], 1000).length, 0);
});

test("sharedText() keeps what saves the most where there is no room for all", () => {
  const pages = Array.from({ length: 4 }, () => "<p>short<p>the longest piece of all<p>and a longer one");
  assert.equal(sharedText(pages, 50).toString(), "<p>the longest piece of all<p>and a longer one");
});

test("sharedText() gives the same for the same pages", () => {
  const pages = Array.from({ length: 50 }, (_, index) => pageWith(`page ${index % 7}`));
  assert.ok(sharedText(pages, 200).equals(sharedText(pages, 200)));
});
