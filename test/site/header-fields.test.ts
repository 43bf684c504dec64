// Header fields that the options add to a reply, and those that are not there unless the options ask for them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Content } from "../../src/http/message.ts";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { fieldOf, releaseFile, segmentLengthsOf } from "../support/reply.ts";
import { testReplies } from "../support/reply-table.ts";

const FILES = { "a.txt": "0123456789", "docs/index.html": "docs" };

testReplies(FILES, [
  {
    // Complaint: static-web-server #332
    name: "a header rule for *.html applies to an index page too",
    site: { headers: [{ for: "/*.html", set: { "X-A": "b" } }] },
    target: "/docs/",
    reply: { status: 200, fields: { "x-a": "b" } },
  },
  {
    // Complaint: Deno (CORS on by default)
    name: "no other origin may read a file unless the options say so",
    target: "/a.txt",
    reply: { status: 200, fields: { "access-control-allow-origin": undefined } },
  },
  {
    // Complaint: static-web-server v3 (HSTS over cleartext)
    name: "the security header fields have no HSTS over cleartext",
    site: { securityHeaders: true },
    target: "/a.txt",
    reply: { status: 200, fields: { "strict-transport-security": undefined, "x-frame-options": "SAMEORIGIN" } },
  },
]);

// Complaint: Caddy #4731
test("a large file is sent from its descriptor, whatever header fields the options add", async (t) => {
  const { root, ask } = makeEncodingHandler(t, FILES, {
    headers: [{ for: "/*", set: { "X-A": "b" } }],
    cors: { origins: ["https://a.example"] },
    securityHeaders: true,
    etag: "content",
    allow: ["192.0.2.1"],
  });
  writeFileSync(join(root, "large.bin"), Buffer.alloc(5_000_000));
  const reply = await ask("/large.bin", { Origin: "https://a.example" });
  const [segment] = (reply.content as Content).segments;
  assert.equal(fieldOf(reply, "access-control-allow-origin"), "https://a.example");
  assert.ok(!Buffer.isBuffer(segment));
  assert.deepEqual(segmentLengthsOf(reply), [5_000_000]);
  releaseFile(reply);
});
