import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import { createOpener } from "./containment.ts";
import { findPage, type PageRules } from "./find-page.ts";
import { resolvePage } from "./resolve.ts";

const FILES = {
  "index.html": "",
  "about.html": "",
  "docs/index.html": "",
  "blog.html": "",
  "blog/post.html": "",
  "bare/x.txt": "",
  "twice.html.html": "",
  "404.html": "",
};
type Rules = Partial<PageRules>;
const clean: Rules = { hasCleanUrls: true };
const never: Rules = { trailingSlash: "never" };
const ignore: Rules = { trailingSlash: "ignore" };

/** What is opened, with its kind; or where else to go. */
const cases: [rules: Rules, url: string, found: string][] = [
  [{}, "/", "index.html file"],
  [{}, "/about.html", "about.html file"],
  [{}, "/about", "about missing"],
  [{}, "/docs", "-> docs/"],
  [{}, "/docs/", "docs/index.html file"],
  [{}, "/bare/", "bare/index.html missing"],
  [clean, "/about", "about.html file"],
  [clean, "/about.html", "-> about"],
  [clean, "/about/", "-> about"],
  [clean, "/index", "-> /"],
  [clean, "/index.html", "-> /"],
  [clean, "/docs/index", "-> docs/"],
  [clean, "/docs/index.html", "-> docs/"],
  [clean, "/docs", "-> docs/"],
  [clean, "/blog", "blog.html file"],
  [clean, "/blog/", "-> blog"],
  [clean, "/blog/post", "blog/post.html file"],
  [clean, "/twice.html", "twice.html missing"],
  [clean, "/404.html", "404.html file"],
  [clean, "/none", "none missing"],
  [never, "/docs", "docs/index.html file"],
  [never, "/docs/", "-> docs"],
  [never, "/", "index.html file"],
  [{ ...never, ...clean }, "/docs/index.html", "-> docs"],
  [{ ...never, ...clean }, "/blog/", "-> blog"],
  [ignore, "/docs", "docs/index.html file"],
  [ignore, "/docs/", "docs/index.html file"],
  [{ ...ignore, ...clean }, "/about/", "about.html file"],
  [{ ...ignore, ...clean }, "/none/", "none/index.html missing"],
];
for (const [rules, url, wanted] of cases) {
  test(`findPage() finds ${wanted} at ${url} with ${JSON.stringify(rules)}, and leaves nothing else open`, async (t) => {
    const opener = createOpener(makeSite(t, FILES));
    const open: number[] = [];
    const found = await findPage(
      resolvePage(url)!,
      { hasCleanUrls: false, trailingSlash: "folders", isErrorPage: (path) => path === "404.html", ...rules },
      async (name) => {
        const opened = await opener.open(name);
        if (opened.kind === "file") open.push(opened.fd);
        return opened;
      },
    );
    if (found.kind === "elsewhere") {
      assert.equal(`-> ${found.path}${found.isFolder ? "/" : ""}`, wanted);
      for (const fd of open) assert.throws(() => closeSync(fd), { code: "EBADF" });
      return;
    }
    assert.equal(`${found.name} ${found.opened.kind}`, wanted);
    if (found.opened.kind === "file") closeSync(found.opened.fd);
    assert.equal(open.length, found.opened.kind === "file" ? 1 : 0);
  });
}
