import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSiteHandler } from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";

test("createHandler() says of fingerprinted names that they never change, unless it is told not to", async (t) => {
  const { ask } = makeSiteHandler(t, {});
  assert.equal(fieldOf(await ask("/assets/app-BxK3f9aZ.js"), "cache-control"), "public, max-age=31536000, immutable");
  assert.equal(fieldOf(await ask("/app.js"), "cache-control"), "no-cache");
  const off = makeSiteHandler(t, { immutable: false });
  assert.equal(fieldOf(await off.ask("/assets/app-BxK3f9aZ.js"), "cache-control"), "no-cache");
});
