// The option `markdown: "negotiate"`: who gets page.md for page.html, that caches can tell them apart, and that nobody gets by
// it what needs a password.
import assert from "node:assert/strict";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { SMALL_FILE_LIMIT_BYTES } from "../../src/content/validators.ts";
import { createOpener } from "../../src/files/containment.ts";
import type { Opener } from "../../src/files/opener.ts";
import { basicAuth, PASSWORD_HASH } from "../support/answers.ts";
import { makeHandler } from "../support/handler.ts";
import { bytesOf, fieldOf, releaseFile, textOf } from "../support/reply.ts";
import { type ReplyRow, testReplies } from "../support/reply-table.ts";

const FILES = {
  "index.html": "page home",
  "index.md": "# home",
  "page.html": "page",
  "page.md": "# page",
  "only.html": "page alone",
  "odd.html": "odd page",
  "odd.md.html": "a page of that name",
  "docs/index.html": "page docs",
  "docs/index.md": "# docs",
  "private/page.html": "page secret",
  "private/page.md": "# secret",
  "app.js": "app",
  "404.html": "lost",
  "404.md": "# lost",
  "llms.txt": "# for models",
};
const site = { markdown: "negotiate" } as const;
/** What agents send. */
const AGENT = { Accept: "text/markdown, text/html, */*" };
const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8" };
const PAGE_VARY = "Accept-Encoding, Accept";

function markdown(target: string, text: string, location: string | undefined, more: Partial<ReplyRow> = {}): ReplyRow {
  const fields = {
    "content-type": "text/markdown; charset=utf-8",
    "content-location": location,
    vary: "Accept-Encoding, Accept",
  };
  return {
    name: `${target} is Markdown for an agent${more.site === undefined ? "" : ` with ${JSON.stringify(more.site)}`}`,
    site,
    target,
    fields: AGENT,
    reply: { status: 200, text, fields },
    ...more,
  };
}

function page(name: string, target: string, text: string, fields: Record<string, string>, vary = PAGE_VARY): ReplyRow {
  const expected = { "content-location": undefined, vary };
  return { name, site, target, fields, reply: { status: 200, text, fields: expected } };
}

testReplies(FILES, [
  markdown("/", "# home", "/index.md"),
  markdown("/page.html", "# page", "/page.md"),
  markdown("/docs/?q=1", "# docs", "/docs/index.md"),
  markdown("/page", "# page", "/page.md", { site: { ...site, cleanUrls: true } }),
  markdown("/x/1", "# page", undefined, { site: { ...site, rewrites: [{ from: "/x/*", to: "/page.html" }] } }),
  page("a browser gets the page", "/page.html", "page", BROWSER),
  page("a client that says nothing gets the page", "/page.html", "page", {}),
  page("a client that would rather have HTML gets it", "/page.html", "page", {
    Accept: "text/markdown;q=0.5, text/html",
  }),
  page("a page without Markdown is sent to agents as well", "/only.html", "page alone", AGENT),
  page("Markdown that is asked for is a file like others", "/page.md", "# page", AGENT, "Accept-Encoding"),
  page("a script does not depend on Accept", "/app.js", "app", AGENT, "Accept-Encoding"),
  page("llms.txt is a plain file", "/llms.txt", "# for models", AGENT, "Accept-Encoding"),
  { ...page("without the option, agents get pages", "/page.html", "page", AGENT, "Accept-Encoding"), site: {} },
  {
    name: "a page whose clean path looks like Markdown is none",
    site: { ...site, cleanUrls: true },
    target: "/odd",
    fields: AGENT,
    reply: { status: 200, text: "odd page", fields: { "content-location": undefined } },
  },
  {
    name: "a missing page is a missing page",
    site,
    target: "/lost",
    fields: AGENT,
    reply: { status: 404, text: "lost", fields: { "content-location": undefined } },
  },
  {
    name: "Markdown that a rule leads away from is not sent in place of a page",
    site: { ...site, redirects: [{ from: "/page.md", to: "/" }] },
    target: "/page.html",
    fields: AGENT,
    reply: { status: 200, text: "page" },
  },
  {
    name: "header rules are those of the file that is sent",
    site: { ...site, headers: [{ for: "/*.md", set: { "X-Robots-Tag": "noindex" } }] },
    target: "/page.html",
    fields: AGENT,
    reply: { status: 200, text: "# page", fields: { "x-robots-tag": "noindex" } },
  },
  {
    name: "header rules are also those of the page that was asked for, and of its path",
    site: {
      ...site,
      cleanUrls: true,
      headers: [
        { for: "/page", set: { "X-Robots-Tag": "noindex", "Content-Language": "en" } },
        { for: "/page.html", set: { "Content-Security-Policy": "sandbox", "Content-Type": "text/html" } },
      ],
    },
    target: "/page",
    fields: AGENT,
    reply: {
      status: 200,
      text: "# page",
      fields: {
        "x-robots-tag": "noindex",
        "content-security-policy": "sandbox",
        "content-language": undefined,
        "content-type": "text/markdown; charset=utf-8",
      },
    },
  },
  {
    name: "a part of Markdown says what decided",
    site,
    target: "/page.html",
    fields: { ...AGENT, Range: "bytes=2-3" },
    reply: { status: 206, text: "pa", fields: { vary: PAGE_VARY, "content-location": "/page.md" } },
  },
]);

test("a page and its Markdown have tags of their own, and a 304 each that says what decided", async (t) => {
  const { ask } = makeHandler(t, FILES, { site });
  const [html, plain] = [await ask("/page.html", BROWSER), await ask("/page.html", AGENT)];
  const [pageTag, tag] = [fieldOf(html, "etag")!, fieldOf(plain, "etag")!];
  assert.notEqual(pageTag, tag);
  for (const [fields, known, status] of [
    [AGENT, tag, 304],
    [AGENT, pageTag, 200],
    [BROWSER, pageTag, 304],
    [BROWSER, tag, 200],
  ] as const) {
    const reply = await ask("/page.html", { ...fields, "If-None-Match": known });
    assert.equal(reply.status, status);
    assert.equal(fieldOf(reply, "vary"), PAGE_VARY);
  }
});

test("a page and its Markdown have tags of their own, even with the same bytes, also coded", async (t) => {
  const coded = gzipSync("same");
  const files = { "a.html": "same", "a.md": "same", "a.html.gz": coded, "a.md.gz": coded };
  const { ask } = makeHandler(t, files, { site });
  const tags = new Set<string | undefined>();
  for (const fields of [BROWSER, AGENT]) {
    for (const coding of ["identity", "gzip;q=1, identity;q=0.5"]) {
      tags.add(fieldOf(await ask("/a.html", { ...fields, "Accept-Encoding": coding }), "etag"));
    }
  }
  assert.equal(tags.size, 4, [...tags].join(" "));
});

test("HEAD is told of the Markdown that GET would get", async (t) => {
  const { ask } = makeHandler(t, FILES, { site });
  const reply = await ask("/page.html", AGENT, "HEAD");
  assert.equal(fieldOf(reply, "content-location"), "/page.md");
  assert.equal((reply.content as { length: number }).length, "# page".length);
  assert.equal(bytesOf(reply).length, 0);
});

const auth = (pattern: string) => ({ ...site, auth: { for: [pattern], users: { ada: PASSWORD_HASH } } });

test("Markdown that needs a password is not to be had by a page that needs none", async (t) => {
  const { ask } = makeHandler(t, FILES, { site: auth("/private/*.md") });
  assert.equal(textOf(await ask("/private/page.html", AGENT)), "page secret");
  assert.equal((await ask("/private/page.md", AGENT)).status, 401);
  const visitor = { ...AGENT, ...basicAuth("ada:horse") };
  assert.equal(textOf(await ask("/private/page.html", visitor)), "page secret");
});

test("a page that needs a password needs it for its Markdown, too", async (t) => {
  const { ask } = makeHandler(t, FILES, { site: auth("/private/*") });
  assert.equal((await ask("/private/page.html", AGENT)).status, 401);
  assert.equal(textOf(await ask("/private/page.html", { ...AGENT, ...basicAuth("ada:horse") })), "# secret");
});

test("Markdown is there as soon as its file is, and as long", async (t) => {
  const { ask, root, clock } = makeHandler(t, FILES, { site });
  assert.equal(textOf(await ask("/only.html", AGENT)), "page alone");
  writeFileSync(join(root, "only.md"), "# alone");
  clock.ms += 2000;
  assert.equal(textOf(await ask("/only.html", AGENT)), "# alone");
  rmSync(join(root, "only.md"));
  clock.ms += 2000;
  assert.equal(textOf(await ask("/only.html", AGENT)), "page alone");
});

test("Markdown may be older than its page, which is mostly made from it", async (t) => {
  const { ask, root } = makeHandler(t, FILES, { site });
  utimesSync(join(root, "page.md"), 1e9, 1e9);
  assert.equal(textOf(await ask("/page.html", AGENT)), "# page");
});

test("Markdown of a mounted folder lies beside its page", async (t) => {
  const { root } = makeHandler(t, FILES);
  const { ask } = makeHandler(t, { "index.html": "root" }, { site: { ...site, mounts: { "/guide": root } } });
  const reply = await ask("/guide/docs/", AGENT);
  assert.equal(textOf(reply), "# docs");
  assert.equal(fieldOf(reply, "content-location"), "/guide/docs/index.md");
});

test("a large page stays open while its Markdown is looked for", async (t) => {
  const large = (letter: string): string => letter.repeat(SMALL_FILE_LIMIT_BYTES + 1);
  const { promise: isOtherKept, resolve: otherKept } = Promise.withResolvers<void>();
  // One file may be open, so the other page takes the place of this one meanwhile.
  const { ask } = makeHandler(
    t,
    { "page.html": large("x"), "other.html": large("y") },
    {
      site,
      openFileLimitCount: 1,
      openerFor: (root) => {
        const opener = createOpener(root);
        const open: Opener["open"] = async (path) => {
          if (path === "page.md") await isOtherKept;
          return opener.open(path);
        };
        return { ...opener, open };
      },
    },
  );
  releaseFile(await ask("/page.html", BROWSER));
  const late = ask("/page.html", AGENT);
  // The first time, a new path takes nobody's place.
  for (let round = 0; round < 3; round++) releaseFile(await ask("/other.html", BROWSER));
  otherKept();
  assert.equal(bytesOf(await late).toString()[0], "x");
});
