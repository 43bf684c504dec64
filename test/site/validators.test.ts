// Entity tags and dates of replies, and the conditions that clients make with them.
import assert from "node:assert/strict";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { opaqueOf } from "../../src/content/validators.ts";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { fieldOf, textOf } from "../support/reply.ts";
import { testReplies } from "../support/reply-table.ts";
import { asGzip } from "../support/site.ts";

const FILES = { "a.txt": "0123456789", "app.css": "the original", "app.css.br": "in br", "app.css.gz": asGzip("x") };

testReplies(FILES, [
  {
    // Complaint: sirv (no ETag by default), serve (no Last-Modified), srvx #269
    name: "a file is sent with an entity tag and a date",
    target: "/a.txt",
    reply: { status: 200, fields: { etag: /^"[^"]+"$/, "last-modified": /GMT$/ } },
  },
]);

// Complaint: serve (observed), sirv (observed)
test("If-None-Match accepts a tag in a list, a weak tag and *, and If-Modified-Since a date", async (t) => {
  const { ask } = makeEncodingHandler(t, FILES);
  const whole = await ask("/a.txt");
  const [tag, date] = [fieldOf(whole, "etag"), fieldOf(whole, "last-modified")];
  for (const value of [`${tag}`, `"other", ${tag}`, `W/${tag}`, "*"]) {
    assert.equal((await ask("/a.txt", { "If-None-Match": value })).status, 304, value);
  }
  assert.equal((await ask("/a.txt", { "If-Modified-Since": date! })).status, 304);
});

// Complaint: serve
test("each content coding of a file has its own entity tag", async (t) => {
  const { ask } = makeEncodingHandler(t, FILES);
  const tags = await Promise.all(
    ["br", "gzip", "identity"].map(async (coding) =>
      fieldOf(await ask("/app.css", { "Accept-Encoding": coding }), "etag"),
    ),
  );
  assert.equal(new Set(tags).size, 3);
});

for (const [size, sizeBytes] of [
  ["small", 1000],
  ["large", 300_000],
] as const) {
  // Complaint: Caddy #5548 #5734 #7096 #7730
  test(`a ${size} file has the same entity tag on every replica, whatever its time and inode`, async (t) => {
    const content = Buffer.alloc(sizeBytes, "abc");
    for (const seconds of [1_000_000_000, 1_700_000_000]) {
      const { root, ask, clock } = makeEncodingHandler(t, FILES, { etag: "content" });
      writeFileSync(join(root, "a.bin"), content);
      utimesSync(join(root, "a.bin"), seconds, seconds);
      // Another thread hashes a large file, which has a tag of its time and inode until then.
      while (fieldOf(await ask("/a.bin", {}, "HEAD"), "etag") !== opaqueOf(content)) {
        clock.ms += 1000;
        await setImmediate();
      }
    }
  });
}

// Complaint: static-web-server #173
test("a file with new content has another entity tag, even with the same time and size", async (t) => {
  const { root, ask, clock } = makeEncodingHandler(t, FILES);
  const before = fieldOf(await ask("/a.txt"), "etag");
  const { atime, mtime } = statSync(join(root, "a.txt"));
  writeFileSync(join(root, "a.txt"), "9876543210");
  utimesSync(join(root, "a.txt"), atime, mtime);
  clock.ms += 1000;
  const reply = await ask("/a.txt", { "If-None-Match": before! });
  assert.equal(reply.status, 200);
  assert.equal(textOf(reply), "9876543210");
  assert.notEqual(fieldOf(reply, "etag"), before);
});

// Complaint: Caddy #5546, Nix (its files are of 1970)
test("a file of 1970 has an entity tag and no date", async (t) => {
  const { root, ask } = makeEncodingHandler(t, FILES);
  utimesSync(join(root, "a.txt"), 1, 1);
  const reply = await ask("/a.txt");
  assert.match(fieldOf(reply, "etag") ?? "", /^"/);
  assert.equal(fieldOf(reply, "last-modified"), undefined);
});
