import assert from "node:assert/strict";
import { test } from "node:test";
import { loadForeign } from "./packages.ts";

test("loadForeign() loads what foreign/setup installs, and names a package that is missing", async () => {
  const { parsePlain } = await loadForeign<{ parsePlain: unknown }>("netlify-redirector");
  assert.equal(typeof parsePlain, "function");
  await assert.rejects(
    loadForeign("no-such-package-of-heddle"),
    /found no no-such-package-of-heddle: run foreign\/setup/,
  );
});
