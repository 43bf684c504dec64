// Where redirects and rewrites lead.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { fieldOf } from "../support/reply.ts";
import { testReplies } from "../support/reply-table.ts";

const FILES = { "about.html": "about", "docs/index.html": "docs" };

testReplies(FILES, [
  {
    // Complaint: serve-handler #178 #232, serve #393 #834
    name: "the redirect to a clean URL keeps the query",
    site: { cleanUrls: true },
    target: "/about.html?a=b",
    reply: { status: 301, fields: { location: "/about?a=b" } },
  },
  {
    // Complaint: serve-handler #178
    name: "the redirect to a folder keeps the query",
    target: "/docs?a=b",
    reply: { status: 301, fields: { location: "/docs/?a=b" } },
  },
  {
    // Complaint: static-web-server #709 #523
    name: "the redirect by a rule keeps the query",
    site: { redirects: [{ from: "/old", to: "/new" }] },
    target: "/old?a=b",
    reply: { status: 308, fields: { location: "/new?a=b" } },
  },
  {
    // Complaint: http-server #377
    name: "a rewrite answers a path with another file",
    site: { rewrites: [{ from: "/x/*", to: "/about.html" }] },
    target: "/x/y",
    reply: { status: 200, text: "about" },
  },
]);

// Complaint: serve-handler
test("a redirect by a rule with a relative target never leads to another host", async (t) => {
  const { ask } = makeEncodingHandler(t, FILES, { redirects: [{ from: "/go/*", to: "/:splat" }] });
  for (const target of ["/go//evil.example", "/go/%2Fevil.example", "/go/\\evil.example", "//evil.example/.."]) {
    const location = fieldOf(await ask(target), "location");
    assert.ok(location === undefined || /^\/(?!\/)/.test(location), `${target} leads to ${location}`);
  }
});
