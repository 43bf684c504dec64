// Redirects and rewrites, through the whole pipeline.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Answer, makeSiteHandler, SITE_FILES, shown, testAnswers } from "../../test/support/answers.ts";
import { fieldOf } from "../../test/support/reply.ts";
import { makeSite } from "../../test/support/site.ts";
import type { SiteOptions } from "../options/site-options.ts";

const spellings = ["/caf%c3%a9", "/caf%C3%A9", "/café", "/%63af%C3%A9"];
for (const from of spellings) {
  test(`rules for ${from} are about that path, however it is asked for`, async (t) => {
    const users = { ada: `$2b$04$${"a".repeat(53)}` };
    const { ask } = makeSiteHandler(t, {
      redirects: [{ from: `${from}/old`, to: "/new" }],
      rewrites: [{ from: `${from}/:page`, to: "/%61bout.html" }],
      headers: [
        { for: `${from}/*`, set: { "X-A": "b" } },
        { for: "/about.html", set: { "X-B": "c" } },
      ],
      auth: { for: [`${from}/private/*`], users },
    });
    for (const asked of ["/caf%c3%a9", "/caf%C3%A9", "/c%61f%c3%A9"]) {
      const redirect = await ask(`${asked}/old`);
      assert.equal(shown(redirect), "308 /new");
      assert.equal(fieldOf(redirect, "x-a"), "b");
      const rewritten = await ask(`${asked}/page`);
      assert.equal(shown(rewritten), "200 about");
      assert.equal(fieldOf(rewritten, "x-b"), "c");
      assert.equal((await ask(`${asked}/private/a`)).status, 401);
    }
  });
}

const rewritten: [site: Partial<SiteOptions>, to: string, answer: string][] = [
  [{ cleanUrls: true }, "/index.html", "200 home"],
  [{ cleanUrls: true }, "/about.html", "200 about"],
  [{ cleanUrls: true }, "/docs/index.html", "200 docs"],
  [{ cleanUrls: true, trailingSlash: "never" }, "/docs/index.html", "200 docs"],
  [{}, "/docs", "200 docs"],
  [{ trailingSlash: "never" }, "/docs/", "200 docs"],
  [{ mounts: { "/at": "docs" } }, "/at", "200 docs"],
  [{ cleanUrls: true, mounts: { "/at": "docs" } }, "/at/guide.html", "200 guide"],
  [{}, "/none", "404 lost"],
];
for (const [site, to, answer] of rewritten) {
  test(`a rewrite to ${to} shows that page, and redirects nobody, with ${JSON.stringify(site)}`, async (t) => {
    const folder = makeSite(t, SITE_FILES);
    const mounts = Object.fromEntries(
      Object.entries(site.mounts ?? {}).map(([path, name]) => [path, join(folder, name)]),
    );
    const rewrites = [
      { from: "/x", to },
      { from: "/y/*", to, onlyMissing: true },
    ];
    const { ask, clock } = makeSiteHandler(t, { ...site, mounts, rewrites });
    for (const target of ["/x", "/x?a=b", "/y/z"]) {
      for (const lateMs of [0, 0, 5000]) {
        clock.ms += lateMs;
        assert.equal(shown(await ask(target)), answer);
      }
    }
  });
}

test("a rewrite of missing paths answers every request, also while another one looks for the file", async (t) => {
  const { ask, clock } = makeSiteHandler(t, { rewrites: [{ from: "/*", to: "/about.html", onlyMissing: true }] });
  for (let round = 0; round < 3; round++, clock.ms += 1000) {
    let isAnswered = false;
    const first = ask("/users/1").finally(() => (isAnswered = true));
    const others: (typeof first)[] = [];
    for (; !isAnswered; await setImmediate()) others.push(ask("/users/1"));
    for (const reply of await Promise.all([first, ...others])) assert.equal(shown(reply), "200 about");
  }
});

test("a rewrite to a path that a rule redirects leads where the rule does not", async (t) => {
  const rules = {
    redirects: [
      { from: "/docs", to: "/docs/" },
      { from: "/a", to: "/b" },
    ],
    rewrites: [{ from: "/x", to: "/docs" }],
  };
  const { ask } = makeSiteHandler(t, rules);
  assert.equal(shown(await ask("/docs")), "308 /docs/");
  assert.equal(shown(await ask("/x")), "200 docs");
});

test("a redirect to its own path in another spelling is none", async (t) => {
  const { ask } = makeSiteHandler(t, {
    redirects: [
      { from: "/~ada/*", to: "/%7Eada/*" },
      { from: "/é", to: "/%c3%a9" },
    ],
  });
  assert.equal((await ask("/~ada/x")).status, 404);
  assert.equal((await ask("/%C3%A9")).status, 404);
});

const redirects = [
  { from: "/old", to: "/new" },
  { from: "/blog/:year/:slug", to: "/posts/:slug?from=:year", status: 301 as const },
  { from: "/out/*", to: "https://example.com/:splat" },
  { from: "/any/*", to: "/:splat" },
  { from: "/loop", to: "/loop" },
  { from: "/about.html", to: "/never", onlyMissing: true },
  { from: "/gone", to: "/", onlyMissing: true },
];
const rewrites = [
  { from: "/people/*", to: "/about.html" },
  { from: "/about.html", to: "/docs/guide.html", onlyMissing: true },
  { from: "/nowhere/*", to: "/docs/index.html", onlyMissing: true },
];

const answers: Answer[] = [
  [{ redirects }, "/old", "308 /new"],
  [{ redirects }, "/old?a=b", "308 /new?a=b"],
  [{ redirects }, "/%6fld", "308 /new"],
  [{ redirects }, "/blog/2026/hello?a=b", "301 /posts/hello?from=2026&a=b"],
  [{ redirects }, "/out/a/b", "308 https://example.com/a/b"],
  [{ redirects }, "/any/docs/", "308 /docs/"],
  [{ redirects }, "/loop", "404 lost"],
  [{ redirects }, "/about.html", "200 about"],
  [{ redirects }, "/gone", "308 /"],
  [{ rewrites }, "/people/ada", "200 about"],
  [{ rewrites }, "/about.html", "200 about"],
  [{ rewrites }, "/nowhere/at/all", "200 docs"],
];
testAnswers(answers);

test("createHandler() answers by the rules of a path, whatever was asked for before", async (t) => {
  const site = {
    redirects: [{ from: "/about.html", to: "/elsewhere" }],
    rewrites: [
      { from: "/v", to: "/about.html" },
      { from: "/w", to: "/missing" },
      { from: "/missing", to: "/app.js" },
    ],
  };
  const { ask, clock } = makeSiteHandler(t, site);
  for (let round = 0; round < 3; round++) {
    assert.equal(shown(await ask("/v")), "200 about");
    assert.equal(shown(await ask("/about.html")), "308 /elsewhere");
    assert.equal(shown(await ask("/v")), "200 about");
    assert.equal(shown(await ask("/w")), "404 lost");
    assert.equal(shown(await ask("/missing")), "200 app");
    assert.equal(shown(await ask("/w")), "404 lost");
    clock.ms += 600;
  }
});

test("createHandler() finds a new file at a path that a rule for missing paths has answered", async (t) => {
  const { ask, clock, root } = makeSiteHandler(t, { rewrites: [{ from: "/*", to: "/index.html", onlyMissing: true }] });
  assert.equal(shown(await ask("/new.txt")), "200 home");
  assert.equal(shown(await ask("/new.txt")), "200 home");
  writeFileSync(join(root, "new.txt"), "new");
  clock.ms += 1001;
  assert.equal(shown(await ask("/new.txt")), "200 new");
  rmSync(join(root, "new.txt"));
  clock.ms += 1001;
  assert.equal(shown(await ask("/new.txt")), "200 home");
});
