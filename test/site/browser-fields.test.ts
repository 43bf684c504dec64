// Fields that options write for browsers: Speculation-Rules, No-Vary-Search and Clear-Site-Data. Which replies have them, and that
// header rules have the last word.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { type ReplyRow, testReplies } from "../support/reply-table.ts";
import { startServer } from "../support/server.ts";
import { makeSite } from "../support/site.ts";
import { until } from "../support/until.ts";

const FILES = {
  "index.html": "home",
  "next.html": "next",
  "app.js": "app",
  "speculation.json": JSON.stringify({ prefetch: [{ urls: ["/next.html"], eagerness: "immediate" }] }),
  "logout.html": "bye",
  "docs/a.txt": "a",
  "404.html": "lost",
};

interface Row {
  readonly name: string;
  readonly site: NonNullable<ReplyRow["site"]>;
  readonly method?: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly status?: number;
  readonly request?: Readonly<Record<string, string>>;
}

function row({ name, site, method = "GET", target, fields, status = 200, request = {} }: Row): ReplyRow {
  return { name, site, method, target, fields: request, reply: { status, fields } };
}

const rules = { speculationRules: "/speculation.json" } as const;
const clearing = { clearSiteData: [{ for: "/logout", clear: ["cookies", "storage"] }], cleanUrls: true } as const;
const rewritten = {
  clearSiteData: [{ for: "/goodbye", clear: ["*"] }],
  rewrites: [
    { from: "/goodbye", to: "/logout.html" },
    { from: "/other", to: "/logout.html" },
  ],
} as const;

const rows: readonly Row[] = [
  {
    name: "a page names the speculation rules",
    site: rules,
    target: "/",
    fields: { "speculation-rules": '"/speculation.json"' },
  },
  {
    name: "a page names several files of speculation rules",
    site: { speculationRules: ["/a.json", "/b.json"] },
    target: "/",
    fields: { "speculation-rules": '"/a.json", "/b.json"' },
  },
  {
    name: "a script names no speculation rules",
    site: rules,
    target: "/app.js",
    fields: { "speculation-rules": undefined },
  },
  {
    name: "a file of speculation rules has their type",
    site: rules,
    target: "/speculation.json",
    fields: { "content-type": "application/speculationrules+json", "speculation-rules": undefined },
  },
  {
    name: "a header rule replaces the speculation rules",
    site: { ...rules, headers: [{ for: "/", set: { "Speculation-Rules": '"/mine.json"' } }] },
    target: "/",
    fields: { "speculation-rules": '"/mine.json"' },
  },
  {
    name: "queries make no difference to a file",
    site: { noVarySearch: true },
    target: "/?utm_source=a",
    fields: { "no-vary-search": "params" },
  },
  {
    name: "named parameters make no difference to a file",
    site: { noVarySearch: { params: ["utm_source"], anyOrder: true } },
    target: "/app.js",
    fields: { "no-vary-search": 'key-order, params=("utm_source")' },
  },
  {
    name: "a 304 says it, too",
    site: { noVarySearch: true },
    target: "/",
    request: { "If-None-Match": "*" },
    status: 304,
    fields: { "no-vary-search": "params" },
  },
  {
    name: "a part of a file says it, too",
    site: { noVarySearch: true },
    target: "/",
    request: { Range: "bytes=0-1" },
    status: 206,
    fields: { "no-vary-search": "params" },
  },
  // A redirect takes the query along, and a listing reads it.
  {
    name: "queries make a difference to a redirect",
    site: { noVarySearch: true },
    target: "/docs?a",
    status: 301,
    fields: { "no-vary-search": undefined, location: "/docs/?a" },
  },
  {
    name: "queries make a difference to a listing",
    site: { noVarySearch: true, listing: true },
    target: "/docs/",
    fields: { "no-vary-search": undefined },
  },
  {
    name: "an error says nothing of queries",
    site: { noVarySearch: true },
    target: "/missing",
    status: 404,
    fields: { "no-vary-search": undefined },
  },
  {
    name: "browsers clear what they keep of the site at a path",
    site: clearing,
    target: "/logout",
    fields: { "clear-site-data": '"cookies", "storage"' },
  },
  { name: "and keep it at other paths", site: clearing, target: "/", fields: { "clear-site-data": undefined } },
  {
    name: "a rewritten path clears by the path that is asked for",
    site: rewritten,
    target: "/goodbye",
    fields: { "clear-site-data": '"*"' },
  },
  {
    name: "another path to the same file clears nothing",
    site: rewritten,
    target: "/other",
    fields: { "clear-site-data": undefined },
  },
  {
    name: "a redirect clears, too",
    site: { clearSiteData: [{ for: "/out", clear: ["cache"] }], redirects: [{ from: "/out", to: "/" }] },
    target: "/out",
    status: 308,
    fields: { "clear-site-data": '"cache"' },
  },
  {
    name: "an error clears nothing",
    site: { clearSiteData: [{ for: "/*", clear: ["*"] }] },
    target: "/missing",
    status: 404,
    fields: { "clear-site-data": undefined },
  },
  {
    name: "a method that is refused clears nothing",
    site: clearing,
    method: "POST",
    target: "/logout",
    status: 405,
    fields: { "clear-site-data": undefined },
  },
  {
    name: "a question for the methods clears nothing",
    site: clearing,
    method: "OPTIONS",
    target: "/logout",
    status: 204,
    fields: { "clear-site-data": undefined },
  },
  {
    name: "without these options none of these fields is sent",
    site: {},
    target: "/",
    fields: { "speculation-rules": undefined, "no-vary-search": undefined, "clear-site-data": undefined },
  },
];
testReplies(FILES, rows.map(row));

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

test("Chromium loads a page ahead of a visit, and uses it for an address with another query", async (t) => {
  const asked: string[] = [];
  const server = await startServer(t, {
    root: makeSite(t, FILES),
    threads: 1,
    ...rules,
    noVarySearch: { params: ["utm_source"] },
    trace: true,
    onEvent(event) {
      if (event.kind === "trace") asked.push(...event.text.matchAll(/< GET (\S+)/g).map(([, target]) => target!));
    },
  });
  const page = await browser.newPage();
  await page.goto(`http://localhost:${server.port}/`);
  await until(() => asked.includes("/next.html"));
  await page.evaluate("location.href = '/next.html?utm_source=mail'");
  await page.waitForURL(/utm_source/);
  assert.equal(await page.textContent("body"), "next");
  assert.ok(!asked.includes("/next.html?utm_source=mail"));
  await page.evaluate("location.href = '/next.html?id=1'");
  await page.waitForURL(/id=1/);
  assert.ok(asked.includes("/next.html?id=1"));
});
