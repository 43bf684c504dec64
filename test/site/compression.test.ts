// Precompressed files and compression on demand: which client gets which coding of a file, and that it gets all of it.
import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Coding } from "../../src/content/codings/coding.ts";
import { decode } from "../support/decode.ts";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { precompress } from "../support/precompress.ts";
import { bytesOf, fieldOf, releaseFile, segmentLengthsOf, textOf } from "../support/reply.ts";
import { testReplies } from "../support/reply-table.ts";
import { asGzip, makeSite } from "../support/site.ts";

/** Longer than the blocks of a disk, in which some servers read. */
const LONG = "to the end ".repeat(10_000);
const PAGE = JSON.stringify("Every connection passes through a thread. ".repeat(100));
const FILES = {
  "app.css": "the original",
  "app.css.br": "in br",
  "app.css.gz": asGzip("in gz"),
  "whole.css": "short",
  "whole.css.gz": asGzip(LONG),
  "page.json": PAGE,
};

testReplies(FILES, [
  {
    // Complaint: serve #809 #460, serve-handler #128, send #108
    name: "a precompressed file is sent to a client that accepts its coding",
    target: "/app.css",
    fields: { "Accept-Encoding": "gzip, br" },
    reply: { status: 200, fields: { "content-encoding": "br" } },
  },
  {
    // Complaint: sirv (observed)
    name: "Accept-Encoding: br;q=0 gets no br",
    target: "/app.css",
    fields: { "Accept-Encoding": "br;q=0, gzip" },
    reply: { status: 200, text: asGzip("in gz").toString(), fields: { "content-encoding": "gzip" } },
  },
  {
    // Complaint: http-server (observed)
    name: "Accept-Encoding: deflate gets no gzip",
    target: "/app.css",
    fields: { "Accept-Encoding": "deflate" },
    reply: { status: 200, text: "the original", fields: { "content-encoding": undefined } },
  },
  {
    // Complaint: nginx (gzip_vary off), @fastify/static #586, http-server
    name: "a reply says Vary when another client would get another coding",
    target: "/app.css",
    reply: { status: 200, fields: { vary: "Accept-Encoding" } },
  },
  {
    // Complaint: static-web-server #722
    name: "a precompressed file is sent to its end",
    target: "/whole.css",
    fields: { "Accept-Encoding": "gzip" },
    reply: { status: 200, text: asGzip(LONG).toString(), fields: { "content-encoding": "gzip" } },
  },
]);

// Complaint: static-web-server #722
test("a large precompressed file is sent to its end", async (t) => {
  const { root, ask } = makeEncodingHandler(t, FILES);
  writeFileSync(join(root, "large.css"), "short");
  writeFileSync(join(root, "large.css.br"), Buffer.alloc(5_000_000));
  writeFileSync(join(root, "large.css"), Buffer.alloc(6_000_000));
  utimesSync(join(root, "large.css"), 1e9, 1e9);
  const reply = await ask("/large.css", { "Accept-Encoding": "br" });
  assert.equal(fieldOf(reply, "content-encoding"), "br");
  assert.deepEqual(segmentLengthsOf(reply), [5_000_000]);
  releaseFile(reply);
});

// Complaint: @fastify/static #569
test("precompressed files are sent from mounts, for index pages and for rewrites", async (t) => {
  const files = { "index.html": "page", "index.html.br": "page in br" };
  const { ask } = makeEncodingHandler(t, FILES, {
    mounts: { "/other": makeSite(t, files) },
    rewrites: [{ from: "/from/*", to: "/other/" }],
  });
  for (const target of ["/other/", "/other/index.html", "/from/elsewhere"]) {
    assert.equal(textOf(await ask(target, { "Accept-Encoding": "br" })), "page in br", target);
  }
});

// Complaint: static-web-server #683 #684 (left out)
test("a precompressed file is not sent in place of a file that is not there", async (t) => {
  const { root, ask } = makeEncodingHandler(t, FILES);
  writeFileSync(join(root, "lonely.css.gz"), "in gz");
  assert.equal((await ask("/lonely.css", { "Accept-Encoding": "gzip" })).status, 404);
  const itself = await ask("/lonely.css.gz", { "Accept-Encoding": "gzip" });
  assert.deepEqual([itself.status, fieldOf(itself, "content-encoding")], [200, undefined]);
});

// Complaint: sirv #3
test("files that were compressed before the server starts are not compressed on demand", async (t) => {
  const { root, ask, encoder } = makeEncodingHandler(t, FILES);
  await precompress(root);
  const reply = await ask("/page.json", { "Accept-Encoding": "br" });
  assert.equal(decode(bytesOf(reply), "br").toString(), PAGE);
  assert.deepEqual(encoder.jobs, []);
});

const onDemand: { name: string; acceptEncoding: string; coding: Coding }[] = [
  {
    // Complaint: Caddy #525 #3704 #5194 #7699, nginx #397 #454, serve #543
    name: "a client that accepts br gets it without precompressed files or plugins",
    acceptEncoding: "gzip, deflate, br",
    coding: "br",
  },
  {
    // Complaint: Bun #2726 #6903, nginx (text/html only)
    name: "a client that accepts only gzip gets it without precompressed files or plugins",
    acceptEncoding: "gzip",
    coding: "gzip",
  },
  {
    // Complaint: srvx, nginx (no zstd)
    name: "a client that accepts zstd gets it without precompressed files or plugins",
    acceptEncoding: "gzip, zstd",
    coding: "zstd",
  },
];

for (const { name, acceptEncoding, coding } of onDemand) {
  test(name, async (t) => {
    const { ask } = makeEncodingHandler(t, FILES);
    for (;;) {
      const reply = await ask("/page.json", { "Accept-Encoding": acceptEncoding });
      if (fieldOf(reply, "content-encoding") === coding) {
        assert.equal(decode(bytesOf(reply), coding).toString(), PAGE);
        return;
      }
      await setImmediate();
    }
  });
}

// Complaint: fastify-compress #277
test("a file that was compressed on demand is kept, and not compressed again for each request", async (t) => {
  const { ask, encoder, clock } = makeEncodingHandler(t, FILES);
  const fields = { "Accept-Encoding": "br" };
  while (fieldOf(await ask("/page.json", fields), "content-encoding") !== "br") await setImmediate();
  for (let count = 0; count < 10; count++) {
    clock.ms += 1000;
    assert.equal(fieldOf(await ask("/page.json", fields), "content-encoding"), "br");
    await setImmediate();
  }
  assert.deepEqual(encoder.jobs, ["br quick", "br best"]);
});
