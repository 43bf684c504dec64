import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { makeSite } from "../../../test/support/site.ts";
import { headerRules } from "../../features/fields/header-rules.ts";
import { Routes } from "../../features/routes.ts";
import { resolveOptions } from "../resolve.ts";
import type { ServerOptions } from "../server-options.ts";
import { type WithSiteFiles, withSiteFiles } from "./site-files.ts";

function read(root: string, options: ServerOptions = {}): Promise<WithSiteFiles> {
  return withSiteFiles(resolveOptions({ ...options, root }));
}

function site(t: TestContext, files: Readonly<Record<string, string>>, options?: ServerOptions) {
  return read(makeSite(t, files), options);
}

test("withSiteFiles() leaves a root without such files as it is", async (t) => {
  const resolved = resolveOptions({ root: makeSite(t, { "index.html": "" }), fallback: "/a.html" });
  const { options, notes, files } = await withSiteFiles(resolved);
  assert.deepEqual(options, resolved);
  assert.deepEqual([notes, files], [[], []]);
});

test("withSiteFiles() takes what three files say in the place of defaults", async (t) => {
  const root = makeSite(t, {
    _redirects: "/a /b\n/* /app.html 200",
    _headers: "/*\n  X-A: 1",
    "serve.json": '{"trailingSlash":false,"directoryListing":true}',
  });
  const { options, files } = await read(root);
  assert.equal(options.site.fallback, "/app.html");
  assert.equal(options.site.trailingSlash, "never");
  assert.equal(options.site.cleanUrls, true);
  assert.equal(options.site.listing, true);
  assert.deepEqual(options.site.headers, [{ for: "/*", set: { "X-A": "1" }, compares: "asked without case" }]);
  assert.equal(options.site.redirects?.length, 2);
  assert.deepEqual(files, [join(root, "_redirects"), join(root, "_headers"), join(root, "serve.json")]);
  assert.deepEqual(structuredClone(options), options);
});

test("withSiteFiles() lets the configuration win, also where it says what is the default", async (t) => {
  const files = { _redirects: "/* /app.html 200\n", "serve.json": '{"trailingSlash":false,"directoryListing":true}' };
  const given = { fallback: "/own.html", trailingSlash: "folders", cleanUrls: false, listing: false } as const;
  const { options } = await site(t, files, given);
  const { fallback, trailingSlash, cleanUrls, listing } = options.site;
  assert.deepEqual({ fallback, trailingSlash, cleanUrls, listing }, given);
});

test("withSiteFiles() asks the configuration's redirects and rewrites first, and gives its fields the last word", async (t) => {
  const { options } = await site(
    t,
    { _redirects: "/a /file\n/b /file 200", _headers: "/*\n  X-A: file\n  X-B: file" },
    {
      redirects: [{ from: "/a", to: "/own" }],
      rewrites: [{ from: "/b", to: "/own" }],
      headers: [{ for: "/*", set: { "X-A": "own" } }],
    },
  );
  const { redirects, rewrites, headers } = options.site;
  assert.deepEqual([redirects[0]?.to, redirects[1]?.to], ["/own", "/file"]);
  assert.deepEqual([rewrites[0]?.to, rewrites[1]?.to], ["/own", "/file"]);
  const fields = headerRules(headers)("/x");
  assert.deepEqual([fields.get("x-a")?.value, fields.get("x-b")?.value], ["own", "file"]);
});

test("withSiteFiles() reads by Cloudflare's rules, or nothing, where a site says so", async (t) => {
  const files = { _redirects: "/a /b" };
  const cloudflare = await site(t, files, { siteFiles: "cloudflare" });
  assert.deepEqual(cloudflare.options.site.redirects, [{ from: "/a", to: "/b", status: 302, onlyMissing: false }]);
  const none = await site(t, files, { siteFiles: "none" });
  assert.deepEqual([none.options.site.redirects, none.files], [[], []]);
});

test("withSiteFiles() reads the files of each host's root", async (t) => {
  const other = makeSite(t, { _redirects: "/c /d\nnonsense" });
  const { options, notes } = await site(
    t,
    { _redirects: "/a /b" },
    { sites: { "Example.com": { root: other, trailingSlash: "never" } } },
  );
  assert.equal(options.site.redirects?.[0]?.from, "/a");
  assert.equal(options.sites[0]?.host, "example.com");
  assert.equal(options.sites[0]?.site.redirects?.[0]?.from, "/c");
  assert.match(notes.join("\n"), new RegExp(`^${join(other, "_redirects")}:2: "nonsense": found no target`));
});

test("withSiteFiles() tells once what is wrong with a root that several hosts share", async (t) => {
  const root = makeSite(t, { _redirects: "nonsense" });
  const { notes, files } = await read(root, { sites: { "a.example": { root }, "b.example": { root } } });
  assert.deepEqual([notes.length, files.length], [1, 1]);
});

test("withSiteFiles() serves the folder that serve.json calls public, with the files that lie in it", async (t) => {
  const root = makeSite(t, {
    "serve.json": '{"public":"./dist/","cleanUrls":false}',
    _redirects: "/not /read",
    "dist/_redirects": "/a /b",
    "dist/serve.json": '{"cleanUrls":true}',
  });
  const { options, notes, files } = await read(root);
  assert.deepEqual([options.root, options.site.root], [join(root, "dist"), join(root, "dist")]);
  assert.equal(options.site.cleanUrls, false);
  assert.deepEqual(
    options.site.redirects?.map(({ from }) => from),
    ["/a", "/a/"],
  );
  assert.deepEqual([notes, files], [[], [join(root, "dist", "_redirects"), join(root, "serve.json")]]);
});

for (const folder of ["..", "../other", "/etc", "missing", "a.txt", "dist/../../x", "C:\\x", "link", " "]) {
  test(`withSiteFiles() names a public folder that it does not serve: ${JSON.stringify(folder)}`, async (t) => {
    const root = makeSite(t, { "serve.json": JSON.stringify({ public: folder }), "a.txt": "", "dist/x": "" });
    symlinkSync(makeSite(t), join(root, "link"));
    const { options, notes } = await read(root);
    assert.equal(options.root, root);
    assert.match(notes.join(), /serve\.json:1: .*: found no such folder inside the root: set the option root instead$/);
  });
}

test("withSiteFiles() follows no link out of the root, and opens no FIFO", async (t) => {
  const root = makeSite(t, { "inside.txt": "/a /b" });
  const outside = makeSite(t, { secret: "/* /secret 200" });
  symlinkSync(join(outside, "secret"), join(root, "_redirects"));
  spawnSync("mkfifo", [join(root, "_headers")]);
  const refused = await read(root);
  assert.deepEqual([refused.files, refused.options.site.fallback], [[], undefined]);
  assert.deepEqual(
    refused.notes.map((note) => note.replace(/:.*/, "")),
    [join(root, "_redirects"), join(root, "_headers")],
  );
  const linked = makeSite(t, { "inside.txt": "/a /b" });
  symlinkSync("inside.txt", join(linked, "_redirects"));
  assert.deepEqual((await read(linked)).files, [join(linked, "_redirects")]);
});

test("withSiteFiles() takes a folder with such a name for a folder", async (t) => {
  const root = makeSite(t);
  mkdirSync(join(root, "_headers"));
  assert.deepEqual((await read(root)).notes, []);
});

test("withSiteFiles() reads no file of more than 1 MiB, and says so", async (t) => {
  const root = makeSite(t, { _redirects: "/a /b\n", _headers: `/a\n  X-A: 1\n#${"x".repeat(1_048_576)}` });
  const { options, notes } = await read(root);
  assert.deepEqual([options.site.headers, options.site.redirects?.length], [[], 2]);
  assert.deepEqual(notes, [`${join(root, "_headers")}:1: the file is larger than 1 MiB, so nothing of it is read`]);
});

test("withSiteFiles() names twenty lines of a file, and how many more there are", async (t) => {
  const { notes } = await site(t, { _redirects: "nonsense\n".repeat(50), _headers: "X: 1\n" });
  assert.equal(notes.length, 22);
  assert.match(notes[19]!, /_redirects:20: "nonsense": /);
  assert.match(notes[20]!, /_redirects: 30 more warnings$/);
});

test("withSiteFiles() never writes what a file would do to a terminal", async (t) => {
  const { notes } = await site(t, { _redirects: "\u001b[2J\u202e\u009b31m\n" });
  assert.match(notes[0]!, /"\ufffd\[2J\ufffd\ufffd31m"/);
});

test("withSiteFiles() makes nothing of any text that a server could not be started with", async (t) => {
  const root = makeSite(t);
  const word = fc.oneof(
    fc.constantFrom(
      "/a",
      "/*",
      "/:x/*",
      "200",
      "301!",
      "404",
      "X-A: b",
      "  X-A: :x",
      "! X-A",
      "{",
      "(",
      "\\",
      "+",
      "?",
      "%",
    ),
    fc.string({ unit: "binary-ascii" }),
    fc.string({ unit: "binary" }),
  );
  const text = fc.array(fc.tuple(word, fc.constantFrom(" ", "\n", "\n  ", ""))).map((words) => words.flat().join(""));
  await fc.assert(
    fc.asyncProperty(text, text, fc.constantFrom("netlify", "cloudflare"), async (redirects, headers, siteFiles) => {
      writeFileSync(join(root, "_redirects"), redirects);
      writeFileSync(join(root, "_headers"), headers);
      const { site: found } = (await read(root, { siteFiles })).options;
      new Routes(found, (path) => path).redirect("/a/b", true);
      headerRules(found.headers)("/a/b");
    }),
    { numRuns: 200 },
  );
});
