// Who needs a password for which path: asked of the class for the URLs of one file, and of the whole handler for what
// visitors get.
import assert from "node:assert/strict";
import { test } from "node:test";
import { basicAuth, makeSiteHandler, NAVIGATION, PASSWORD_HASH, shown } from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";
import type { SiteOptions } from "../../options/site-options.ts";
import { Routes } from "../routes.ts";
import { Protection } from "./protection.ts";

/** Protects one path. */
function protection(path: string, hasCleanUrls: boolean): Protection {
  const auth = { realm: "restricted", users: {}, for: [path] };
  return new Protection({ auth, hasCleanUrls, routes: new Routes({ redirects: [], rewrites: [] }, (to) => to) });
}

const folder = ["/a", "/a/", "/a/index.html"];
for (const url of [...folder, "/a/INDEX.HTML", "/a/index.html.br"]) {
  test(`Protection takes ${url} for the folder, by each URL of it`, () => {
    for (const path of [url, ...folder]) assert.ok(protection(path, false).protects(url), path);
  });
}
for (const url of ["/", "/index.html", "/index.html.gz"]) {
  test(`Protection takes ${url} for the root, by each URL of it`, () => {
    for (const path of [url, "/", "/index.html"]) assert.ok(protection(path, false).protects(url), path);
  });
}
for (const url of ["/a", "/a.html", "/a/", "/a/index.html", "/a.html.zst", `/a.html.${"0a".repeat(32)}.dcb`]) {
  test(`Protection takes ${url} for the clean path, and for its page`, () => {
    for (const path of [url, "/a", "/a.html"]) assert.ok(protection(path, true).protects(url), path);
  });
}

test("Protection takes no page for another where there are no clean paths", () => {
  assert.ok(!protection("/a.html", false).protects("/a"));
  assert.ok(!protection("/a", false).protects("/a.html"));
});

test("createHandler() asks for a password where it is told to, however the path is written", async (t) => {
  const { ask } = makeSiteHandler(t, { auth: { users: { ada: PASSWORD_HASH }, for: ["/private/*"] } });
  for (const target of [
    "/private/a.txt",
    "/%70rivate/a.txt",
    "/x/../private/a.txt",
    "/private/./a.txt",
    "/private/missing",
  ]) {
    const refused = await ask(target);
    assert.equal(refused.status, 401, target);
    assert.match(refused.fields, /WWW-Authenticate: Basic realm="restricted"/);
    assert.equal((await ask(target, basicAuth("ada:donkey"))).status, 401, target);
  }
  for (let round = 0; round < 2; round++) {
    assert.equal(shown(await ask("/private/a.txt", basicAuth("ada:horse"))), "200 secret");
  }
  assert.equal(shown(await ask("/")), "200 home");
});

const open: [site: Partial<SiteOptions>, target: string][] = [
  [{ trailingSlash: "ignore" }, "/docs"],
  [{ trailingSlash: "never" }, "/docs"],
  [{}, "/docs"],
  [{}, "/docs/"],
  [{}, "/DOCS/guide.html"],
  [{ cleanUrls: true }, "/docs/guide"],
  [{ cleanUrls: true }, "/docs/guide/"],
  [{ rewrites: [{ from: "/manual", to: "/docs/guide.html" }] }, "/manual"],
  [{ rewrites: [{ from: "/manual/*", to: "/docs/*", onlyMissing: true }] }, "/manual/guide.html"],
];
const chain: SiteOptions["rewrites"] = [
  { from: "/manual/*", to: "/handbook/*" },
  { from: "/handbook/*", to: "/docs/*", onlyMissing: true },
];
open.push([{ rewrites: chain }, "/manual/guide.html"]);
open.push([{ cleanUrls: true, rewrites: [{ from: "/manual", to: "/docs/guide.html" }] }, "/manual"]);
const protects = [["/docs/*"], ["/docs/index.html", "/docs/guide.html"], ["/Docs/*"]];
for (const [site, target] of open) {
  for (const paths of protects) {
    test(`createHandler(${JSON.stringify(site)}) asks for the password of ${paths} at ${target}`, async (t) => {
      const { ask } = makeSiteHandler(t, { ...site, auth: { users: { ada: PASSWORD_HASH }, for: paths } });
      assert.equal((await ask(target)).status, 401);
      assert.equal(shown(await ask("/app.js")), "200 app");
      assert.notEqual((await ask("/blog.html")).status, 401);
    });
  }
}

const elsewhere: [path: string, site: Partial<SiteOptions>, target: string][] = [
  ["/docs", {}, "/docs/"],
  ["/docs", {}, "/docs/index.html"],
  ["/docs/", {}, "/docs/index.html"],
  ["/docs", {}, "/Docs/INDEX.html"],
  ["/docs/guide", { cleanUrls: true }, "/docs/guide.html"],
  ["/docs/guide.html", {}, "/docs/guide.html.br"],
  ["/docs/*.html", {}, "/docs/guide.html.GZ"],
  ["/caf%C3%A9/*", {}, "/cafe%CC%81/a"],
  ["/CAFÉ/*", {}, "/caf%C3%A9/a"],
  ["/caf%c3%a9/:a", {}, "/CAF%C3%89/a"],
  ["/docs/*", {}, "/do%C2%ADcs/a"],
  ["/kelvin", {}, "/%E2%84%AAelvin"],
];
for (const [path, site, target] of elsewhere) {
  test(`createHandler(${JSON.stringify(site)}) asks for the password of ${path} at ${target}`, async (t) => {
    const { ask } = makeSiteHandler(t, { ...site, auth: { users: { ada: PASSWORD_HASH }, for: [path] } });
    assert.equal((await ask(target)).status, 401);
    assert.equal(shown(await ask("/app.js")), "200 app");
  });
}

test("createHandler() gives nobody a fallback page that asks for a password which the path does not", async (t) => {
  const auth = { users: { ada: PASSWORD_HASH }, for: ["/private/*", "/docs/guide"] };
  const { ask } = makeSiteHandler(t, { fallback: "/docs/guide.html", cleanUrls: true, auth });
  assert.equal(shown(await ask("/users/1", NAVIGATION)), "404 lost");
  assert.equal((await ask("/private/users/1", NAVIGATION)).status, 401);
  assert.equal(shown(await ask("/private/users/1", { ...NAVIGATION, ...basicAuth("ada:horse") })), "200 guide");
});

test("createHandler() lets no shared cache keep what a password was asked for", async (t) => {
  const auth = { users: { ada: PASSWORD_HASH }, for: ["/assets/*"] };
  const { ask } = makeSiteHandler(t, { auth });
  const reply = await ask("/assets/app-BxK3f9aZ.js", basicAuth("ada:horse"));
  assert.equal(fieldOf(reply, "cache-control"), "private, max-age=31536000, immutable");
});

const rewritten: [what: string, site: Partial<SiteOptions>, first: string, then: string][] = [
  [
    "a path that is rewritten to one that is rewritten itself",
    {
      rewrites: [
        { from: "/p", to: "/private/a.txt" },
        { from: "/v", to: "/p" },
      ],
    },
    "/p",
    "/v",
  ],
  [
    "a fallback page whose path is rewritten",
    { fallback: "/p.html", rewrites: [{ from: "/p.html", to: "/private/a.txt" }] },
    "/p.html",
    "/unknown",
  ],
  [
    "an error page whose path is rewritten",
    { errorPages: { "404": "/p.html" }, rewrites: [{ from: "/p.html", to: "/private/a.txt" }] },
    "/p.html",
    "/unknown",
  ],
  [
    "a missing path that is rewritten to one that is rewritten itself",
    {
      rewrites: [
        { from: "/p", to: "/private/a.txt" },
        { from: "/m/*", to: "/p", onlyMissing: true },
      ],
    },
    "/p",
    "/m/1",
  ],
];
for (const [what, site, first, then] of rewritten) {
  test(`createHandler() keeps what a password was given for from ${what}`, async (t) => {
    const auth = { users: { ada: PASSWORD_HASH }, for: ["/private/*"] };
    const { ask, clock } = makeSiteHandler(t, { ...site, auth });
    for (let round = 0; round < 3; round++) {
      assert.match(shown(await ask(then, NAVIGATION)), /^404 /);
      assert.equal(shown(await ask(first, basicAuth("ada:horse"))), "200 secret");
      assert.match(shown(await ask(then, NAVIGATION)), /^404 /);
      assert.equal((await ask(first)).status, 401);
      clock.ms += 600;
    }
  });
}
