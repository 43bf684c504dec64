import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSite } from "../test/support/site.ts";
import { explain } from "./explain.ts";

const files = { "index.html": "home", "a.css": "x", "a.css.br": "y", "404.html": "lost" };
const asText = ({ steps }: Awaited<ReturnType<typeof explain>>) => steps.map(({ step, what }) => `${step}: ${what}`);

test("explain() says which file, codings and caching answer, and with which head", async (t) => {
  const root = makeSite(t, files);
  const explained = await explain({ root }, [], { url: "/%61.css?x=y", fields: ["Accept-Encoding: br"] });
  assert.deepEqual(asText(explained), [
    "path: /a.css",
    `folder: ${root}`,
    "file: a.css (1 bytes, text/css; charset=utf-8)",
    "codings: identity, br (1 bytes)",
    "caching: no-cache",
  ]);
  assert.equal(explained.head[0], "HTTP/1.1 200 OK");
  assert.ok(explained.head.includes("Content-Encoding: br"));
});

test("explain() says which rule redirects, rewrites or falls back", async (t) => {
  const root = makeSite(t, files);
  const site = {
    root,
    redirects: [{ from: "/old", to: "/new" }],
    rewrites: [{ from: "/x/*", to: "/a.css" }],
    fallback: "/index.html",
  };
  assert.deepEqual(asText(await explain(site, [], { url: "/old" })), ["path: /old", "redirect: 308 to /new"]);
  assert.ok(asText(await explain(site, [], { url: "/x/y" })).includes("rewrite: /a.css"));
  const navigation = await explain(site, [], { url: "/users/1", fields: ["Sec-Fetch-Mode: navigate"] });
  assert.ok(asText(navigation).includes("fallback: /index.html (a navigation)"));
  assert.equal(navigation.head[0], "HTTP/1.1 200 OK");
});

test("explain() asks the site of the host, and uses the method that it is told", async (t) => {
  const [root, other] = [makeSite(t, files), makeSite(t, { "only.txt": "here" })];
  const sites = [{ host: "other.example", site: { root: other } }];
  assert.equal((await explain({ root }, sites, { url: "http://other.example/only.txt" })).head[0], "HTTP/1.1 200 OK");
  assert.equal((await explain({ root }, sites, { url: "/only.txt" })).head[0], "HTTP/1.1 404 Not Found");
  assert.match((await explain({ root }, sites, { url: "/", method: "POST" })).head[0] ?? "", /405/);
});

test("explain() refuses a line end in a field", async (t) => {
  const root = makeSite(t, files);
  await assert.rejects(explain({ root }, [], { url: "/", fields: ["A: b\r\nC: d"] }), TypeError);
});
