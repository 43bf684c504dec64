import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import { type Answer, testAnswers } from "../../../test/support/answers.ts";
import { makeSite } from "../../../test/support/site.ts";
import { createOpener } from "../../files/containment.ts";
import { resolvePage } from "../resolve.ts";
import { run } from "../task.ts";
import { findPage, type PageRules } from "./find-page.ts";

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
const both: Rules = { hasCleanUrls: true, keepsExtensions: true };
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
  [both, "/about", "about.html file"],
  [both, "/about.html", "about.html file"],
  [both, "/about/", "-> about"],
  [both, "/index.html", "index.html file"],
  [both, "/docs/index.html", "docs/index.html file"],
  [both, "/none.html", "none.html missing"],
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
    const all: PageRules = {
      hasCleanUrls: false,
      trailingSlash: "folders",
      isErrorPage: (path) => path === "404.html",
      ...rules,
    };
    const task = findPage(resolvePage(url)!, all, async (name) => {
      const opened = await opener.open(name);
      if (opened.kind === "file") open.push(opened.fd);
      return opened;
    });
    const found = await run(task);
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

// The same through the whole pipeline.
const cleanSite = { cleanUrls: true };
const answers: Answer[] = [
  [cleanSite, "/about", "200 about"],
  [cleanSite, "/about.html?a=b", "301 /about?a=b"],
  [cleanSite, "/docs/index.html", "301 /docs/"],
  [cleanSite, "/index.html", "301 /"],
  [cleanSite, "/index", "301 /"],
  [cleanSite, "/docs/index?a=b", "301 /docs/?a=b"],
  [{ ...cleanSite, rewrites: [{ from: "/start", to: "/index" }] }, "/start", "200 home"],
  [cleanSite, "/docs/guide", "200 guide"],
  [cleanSite, "/blog", "200 all posts"],
  [cleanSite, "/about/", "301 /about"],
  [cleanSite, "/missing.html", "404 lost"],
  [cleanSite, "/app.js", "200 app"],
  [{}, "/about", "404 lost"],
  [{}, "/docs", "301 /docs/"],
  [{ trailingSlash: "never" }, "/docs/", "301 /docs"],
  [{ trailingSlash: "never" }, "/docs", "200 docs"],
  [{ trailingSlash: "never" }, "/", "200 home"],
  [{ trailingSlash: "never", ...cleanSite }, "/docs/index.html", "301 /docs"],
  [{ trailingSlash: "ignore" }, "/docs", "200 docs"],
  [{ trailingSlash: "ignore" }, "/docs/", "200 docs"],
  [{ trailingSlash: "ignore", ...cleanSite }, "/about/", "200 about"],
];
testAnswers(answers);
