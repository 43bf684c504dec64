// Compression dictionaries (RFC 9842) as Chromium uses them: it keeps scripts as dictionaries, names them for the next release,
// decodes what it gets, and loads all the same where a dictionary is of no use. Real releases: releases/.
import assert from "node:assert/strict";
import { renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { writePagesDictionary } from "../src/precompress/pages-dictionary.ts";
import type { ServerOptions } from "../src/server.ts";
import { launchChromium } from "./support/chromium.ts";
import { WatchedPage } from "./support/dictionary-browser.ts";
import { hashOf, script } from "./support/dictionary-client.ts";
import { startServer } from "./support/server.ts";
import { flush, makeSite } from "./support/site.ts";

const OLD_PATH = "/assets/app-BxK3f9aZ.js";
const NEW_PATH = "/assets/app-CyL4g0bA.js";
const OLD = script("one", 300_000);
const NEW = script("two", 300_000);
const pageWith = (path: string): string =>
  `<!doctype html><title>site</title><script type="module" src="${path}"></script>`;

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

/** A site in a browser that has loaded its first release, and the deployment of the second. */
async function openSite(
  t: TestContext,
  options: ServerOptions = {},
  second: Record<string, string | Buffer> = { [NEW_PATH.slice(1)]: NEW },
): Promise<{ page: WatchedPage; url: string; deploy: () => void }> {
  const first = { "index.html": pageWith(OLD_PATH), [OLD_PATH.slice(1)]: OLD };
  const files = Object.entries(first).map(([name, content]) => [`one/${name}`, content] as const);
  const others = Object.entries({ "index.html": pageWith(NEW_PATH), ...second });
  const folder = makeSite(
    t,
    Object.fromEntries([...files, ...others.map(([name, content]) => [`two/${name}`, content])]),
  );
  const root = join(folder, "root");
  symlinkSync("one", root);
  const common = { root, dictionaries: true, keepPreviousSeconds: 60, revalidateMs: 0, threads: 2 } as const;
  const { port } = await startServer(t, { ...common, ...options });
  const url = `http://localhost:${port}/`;
  const page = await WatchedPage.open(browser);
  t.after(() => page.page.context().close());
  await page.load(url);
  const deploy = (): void => {
    symlinkSync("two", `${root}.new`);
    renameSync(`${root}.new`, root);
  };
  return { page, url, deploy };
}

test("Chromium loads the next release as a difference to the one that it has", async (t) => {
  const { page, url, deploy } = await openSite(t);
  const named = await page.dictionaryFor("/assets/app-DzM5h1cB.js");
  assert.equal(named, `:${hashOf(OLD).toString("base64")}:`);
  deploy();
  await page.load(url);
  const { sizeBytes, coding, dictionary } = await page.transferOf(NEW_PATH);
  assert.equal(coding, "dcb");
  assert.equal(dictionary, named);
  assert.ok(sizeBytes < 1000, `${sizeBytes} bytes`);
  assert.equal(await page.hashOf(NEW_PATH), hashOf(NEW).toString("hex"));
  // The new one is a dictionary for the release after it.
  while ((await page.dictionaryFor("/assets/app-DzM5h1cB.js")) === named);
});

test("Chromium gets the usual coding where the dictionary has left", async (t) => {
  const { page, url, deploy } = await openSite(t, { keepPreviousSeconds: 0 });
  await page.dictionaryFor("/assets/app-DzM5h1cB.js");
  deploy();
  await page.load(url);
  const { coding, dictionary } = await page.transferOf(NEW_PATH);
  assert.ok(dictionary !== undefined);
  assert.notEqual(coding, "dcb");
  assert.equal(await page.hashOf(NEW_PATH), hashOf(NEW).toString("hex"));
});

test("Chromium loads further pages without what they have in common", async (t) => {
  const header = `<pre>${script("all pages")}</pre>`;
  const pageOf = (text: string): string =>
    `<!doctype html><html><head><title>${text}</title></head>${header}<p>${text}`;
  const root = makeSite(t, Object.fromEntries(["a", "b", "c"].map((name) => [`${name}.html`, pageOf(name)])));
  await writePagesDictionary({
    root,
    limitBytes: 65_536,
    insertsLink: true,
    onError: (_name, error) => assert.fail(String(error)),
  });
  flush(root);
  const { port } = await startServer(t, { root, dictionaries: true, threads: 2 });
  const page = await WatchedPage.open(browser);
  t.after(() => page.page.context().close());
  // The browser loads it when it has nothing else to do: a page that is left at once has none.
  const loaded = page.page.waitForEvent("requestfinished", (request) => request.url().endsWith(".dict.txt"));
  await page.load(`http://localhost:${port}/a.html`);
  await loaded;
  const { sizeBytes } = await page.loadUntil(`http://localhost:${port}/b.html`, "dcb");
  const encodedBytes = brotliCompressSync(pageOf("b")).length;
  assert.ok(sizeBytes < encodedBytes / 2, `${sizeBytes} bytes, where Brotli has ${encodedBytes}`);
  assert.equal(await page.page.title(), "b");
  assert.equal(await page.page.locator("pre").textContent(), script("all pages").toString());
});

test("Chromium keeps no dictionary without the option", async (t) => {
  const { page, url, deploy } = await openSite(t, { dictionaries: false });
  deploy();
  await page.load(url);
  assert.equal((await page.transferOf(NEW_PATH)).dictionary, undefined);
  assert.equal(await page.hashOf(NEW_PATH), hashOf(NEW).toString("hex"));
});
