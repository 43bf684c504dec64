import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSiteHandler, shown } from "../../test/support/answers.ts";
import { makeSite } from "../../test/support/site.ts";

for (const siteFiles of ["none", "netlify"] as const) {
  test(`createHandler() gives nobody the configuration of the server, with siteFiles: ${siteFiles}`, async (t) => {
    const secret = "$scrypt$…";
    const names = ["heddle.config.json", "sub/heddle.config.ts", "heddle.config.mjs.br", "HEDDLE.config.js"];
    const files = { "404.html": "lost", ...Object.fromEntries(names.map((name) => [name, secret])) };
    const mount = makeSite(t, { "heddle.config.json": secret, "a.txt": "a" });
    const { ask } = makeSiteHandler(t, { siteFiles, listing: true, mounts: { "/m": mount } }, files);
    for (const name of [...names, "m/heddle.config.json"]) assert.equal(shown(await ask(`/${name}`)), "404 lost");
    assert.equal(shown(await ask("/m/", { Accept: "text/plain" })), "200 a.txt\n");
    assert.equal(shown(await ask("/", { Accept: "text/plain" })), "200 sub/\n404.html\n");
  });
}
