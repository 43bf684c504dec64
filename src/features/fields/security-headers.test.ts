import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSiteHandler } from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";

test("createHandler() sends protective fields with everything, its own errors too", async (t) => {
  const { ask } = makeSiteHandler(t, {
    securityHeaders: true,
    headers: [{ for: "/docs/*", set: { "X-Frame-Options": null } }],
  });
  for (const [target, method] of [
    ["/", "GET"],
    ["/missing", "GET"],
    ["/a%zz", "GET"],
    ["/", "POST"],
  ] as const) {
    assert.equal(fieldOf(await ask(target, {}, method), "x-frame-options"), "SAMEORIGIN", target);
  }
  assert.equal(fieldOf(await ask("/docs/guide.html"), "x-frame-options"), undefined);
});

const listed = { listing: true, headers: [{ for: "/*", set: { "X-A": "b" } }], securityHeaders: true };
test("createHandler() keeps the stricter policy of a listing beside the protective fields", async (t) => {
  const { ask } = makeSiteHandler(t, listed);
  const { fields } = await ask("/private/", { Accept: "text/html" });
  assert.deepEqual(fields.match(/^Content-Security-Policy: .{18}/gim), ["Content-Security-Policy: default-src 'none'"]);
  assert.match(fields, /^X-Frame-Options: SAMEORIGIN\r$/m);
  assert.match((await ask("/")).fields, /^Content-Security-Policy: frame-ancestors 'self'\r$/m);
});
