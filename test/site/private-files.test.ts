// Files that nobody gets: hidden files, files that configure the site, and files outside of the root.
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { testReplies } from "../support/reply-table.ts";

const FILES = { "index.html": "home", ".env": "SECRET", "sub/.htpasswd": "SECRET", _HEADERS: "SECRET" };

testReplies(FILES, [
  {
    // Complaint: serve (observed), http-server (observed), Deno (observed)
    name: ".env is not served",
    target: "/.env",
    reply: { status: 404 },
  },
  {
    // Complaint: Caddy, nginx
    name: "a name with a leading dot is not served from a folder either",
    target: "/sub/.htpasswd",
    reply: { status: 404 },
  },
  {
    // Complaint: Caddy (hide is no boundary)
    name: "a name with a percent-encoded leading dot is not served either",
    target: "/sub/%2Ehtpasswd",
    reply: { status: 404 },
  },
  {
    // Complaint: Caddy (hide is case-sensitive)
    name: "a file that configures the site is not served in any case of its name",
    site: { siteFiles: "netlify" },
    target: "/_HEADERS",
    reply: { status: 404 },
  },
  {
    // Complaint: srvx #233
    name: "no path leads out of the root",
    target: "/%2e%2e/%2e%2e/etc/passwd",
    reply: { status: 400 },
  },
]);

// Complaint: sirv (observed), http-server (observed), srvx #252
test("a link out of the root is not followed", async (t) => {
  const { root, ask } = makeEncodingHandler(t, FILES);
  symlinkSync("/etc/hostname", join(root, "outside"));
  assert.equal((await ask("/outside")).status, 404);
});
