// The option `digests`: a client that asks for digests (RFC 9530) hashes what it receives, decodes nothing, and finds what the
// reply says. What it asks for here needs no connection; test/digests.test.ts has the rest.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { PART_LIMIT_BYTES } from "../../src/content/digests.ts";
import { HASH_AT_ONCE_LIMIT_BYTES } from "../../src/content/plans/hashes.ts";
import type { Content, Reply } from "../../src/http/message.ts";
import type { SiteOptions } from "../../src/options/site-options.ts";
import { basicAuth, PASSWORD_HASH } from "../support/answers.ts";
import { offer, script } from "../support/dictionary-client.ts";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { makeHandler, type TestHandler } from "../support/handler.ts";
import { bytesOf, fieldOf, releaseFile } from "../support/reply.ts";

/** RFC 9530 appendix B. */
const ITEM = '{"hello": "world"}\n';
const STYLE = "body { color: black }\n".repeat(100);
const LARGE = Buffer.alloc(3 * HASH_AT_ONCE_LIMIT_BYTES, "a large file ");
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'.repeat(50);

const FILES = {
  "item.json": ITEM,
  "empty.txt": "",
  "page.html": "<!doctype html>page",
  "page.md": "# page",
  "style.css": STYLE,
  "style.css.br": brotliCompressSync(STYLE),
  "style.css.gz": gzipSync(STYLE),
  "style.css.zst": zstdCompressSync(STYLE),
  "app.js": "let a = 1;\n".repeat(1000),
  "picture.svgz": gzipSync(SVG),
  "large.bin": LARGE,
  "large.txt": LARGE,
  "large.txt.gz": gzipSync(LARGE.toString("hex").repeat(4)).subarray(0, HASH_AT_ONCE_LIMIT_BYTES + 1),
  "404.html": "lost",
};

const WANT = { "Want-Repr-Digest": "sha-256=5", "Want-Content-Digest": "sha-512=9, sha-256=1" };

type Fields = Record<string, string>;

const digestOf = (bytes: Buffer | string): string => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;

function makeSite(t: TestContext, site: Partial<SiteOptions> = {}, files: Record<string, string | Buffer> = FILES) {
  return makeEncodingHandler(t, files, { digests: true, ...site });
}

/** What a reply says, and what there is to say it of: the field, and the digest of what it ought to be of. */
async function check({ ask }: TestHandler, target: string, fields: Fields = {}, method = "GET"): Promise<Reply> {
  const { Range: _, ...unranged } = fields;
  const whole = bytesOf(await ask(target, unranged));
  const reply = await ask(target, { ...WANT, ...fields }, method);
  const received = bytesOf(reply);
  assert.equal(fieldOf(reply, "repr-digest"), digestOf(whole), `Repr-Digest of ${target}`);
  assert.equal(fieldOf(reply, "content-digest"), digestOf(received), `Content-Digest of ${target}`);
  return reply;
}

/** Neither field, whatever is asked for. */
async function checkNone({ ask }: TestHandler, target: string, fields: Fields = {}, method = "GET"): Promise<Reply> {
  const reply = await ask(target, { ...WANT, ...fields }, method);
  assert.equal(fieldOf(reply, "repr-digest"), undefined);
  assert.equal(fieldOf(reply, "content-digest"), undefined);
  return reply;
}

/** Until the thread that hashes is done with it. */
async function untilKnown({ ask }: TestHandler, target: string, fields: Fields = {}): Promise<void> {
  for (;;) {
    const reply = await ask(target, { "Want-Repr-Digest": "sha-256=1", ...fields }, "HEAD");
    if (fieldOf(reply, "repr-digest") !== undefined) return;
    await setImmediate();
  }
}

const rows: { name: string; target: string; fields?: Fields; method?: string; status: number; coding?: string }[] = [
  { name: "a small file", target: "/item.json", status: 200 },
  { name: "an empty file", target: "/empty.txt", status: 200 },
  { name: "a file as br", target: "/style.css", fields: { "Accept-Encoding": "br" }, status: 200, coding: "br" },
  { name: "a file as gzip", target: "/style.css", fields: { "Accept-Encoding": "gzip" }, status: 200, coding: "gzip" },
  { name: "a file as zstd", target: "/style.css", fields: { "Accept-Encoding": "zstd" }, status: 200, coding: "zstd" },
  {
    name: "a file that is stored coded",
    target: "/picture.svgz",
    fields: { "Accept-Encoding": "gzip" },
    status: 200,
    coding: "gzip",
  },
  { name: "a range", target: "/style.css", fields: { Range: "bytes=5-99" }, status: 206 },
  { name: "a range of all", target: "/style.css", fields: { Range: "bytes=0-" }, status: 206 },
  { name: "the last bytes", target: "/style.css", fields: { Range: "bytes=-7" }, status: 206 },
  {
    name: "a range of what is coded",
    target: "/style.css",
    fields: { Range: "bytes=5-", "Accept-Encoding": "gzip" },
    status: 206,
    coding: "gzip",
  },
  { name: "several ranges", target: "/style.css", fields: { Range: "bytes=0-4,10-19,-3" }, status: 206 },
  {
    name: "a range of an empty file, which is ignored",
    target: "/empty.txt",
    fields: { Range: "bytes=0-" },
    status: 200,
  },
  { name: "HEAD, whose content is empty", target: "/style.css", method: "HEAD", status: 200 },
  {
    name: "HEAD of what is coded",
    target: "/style.css",
    fields: { "Accept-Encoding": "br" },
    method: "HEAD",
    status: 200,
    coding: "br",
  },
];

for (const { name, target, fields, method, status, coding } of rows) {
  // Complaint: Caddy #7901, CouchDB #4583, ownCloud #22711
  test(`digests are right for ${name}`, async (t) => {
    const site = makeSite(t);
    for (const round of ["cold", "warm"]) {
      const reply = await check(site, target, fields, method);
      assert.equal(reply.status, status, round);
      assert.equal(fieldOf(reply, "content-encoding"), coding, round);
    }
  });
}

const without: { name: string; target: string; fields?: Fields; method?: string; status: number }[] = [
  { name: "a missing file", target: "/missing", status: 404 },
  { name: "a range that does not exist", target: "/item.json", fields: { Range: "bytes=100-" }, status: 416 },
  { name: "a precondition that fails", target: "/item.json", fields: { "If-Match": '"other"' }, status: 412 },
  { name: "a redirect", target: "/old", status: 308 },
  { name: "a listing", target: "/", status: 200 },
  { name: "a method that files do not have", target: "/item.json", method: "POST", status: 405 },
  { name: "what is decoded while it is sent", target: "/picture.svgz", status: 200 },
];
for (const { name, target, fields, method, status } of without) {
  test(`there are no digests for ${name}`, async (t) => {
    const site = makeSite(t, { listing: true, redirects: [{ from: "/old", to: "/item.json" }] });
    assert.equal((await checkNone(site, target, fields, method)).status, status);
  });
}

test("there are no digests of a page that stands for an error, also after it was asked for by its own name", async (t) => {
  const site = makeSite(t, { maintenance: { page: "/page.html", allow: ["198.51.100.0/24"] } });
  const operator: typeof site.ask = (target, fields, method) => site.ask(target, fields, method, "198.51.100.1");
  await check({ ...site, ask: operator }, "/page.html");
  await check({ ...site, ask: operator }, "/404.html");
  assert.equal((await checkNone({ ...site, ask: operator }, "/missing")).status, 404);
  assert.equal((await checkNone(site, "/page.html")).status, 503);
});

// Complaint: Caddy #7937 (a proposal), restify #614 (MD5)
test("the digests of RFC 9530 appendix B are these", async (t) => {
  const { ask } = makeSite(t);
  const item = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
  const found = async (fields: Fields, method?: string) => {
    const reply = await ask("/item.json", { ...WANT, ...fields }, method);
    return [fieldOf(reply, "repr-digest"), fieldOf(reply, "content-digest")];
  };
  assert.deepEqual(await found({}), [item, item]);
  assert.deepEqual(await found({}, "HEAD"), [item, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"]);
  assert.deepEqual(await found({ Range: "bytes=10-18" }), [
    item,
    "sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:",
  ]);
});

test("a client gets only the digest that it asks for, and only with the option", async (t) => {
  const { ask } = makeSite(t);
  const digest = digestOf(ITEM);
  const found = async (fields: Fields, one = ask) => {
    const reply = await one("/item.json", fields);
    return [fieldOf(reply, "repr-digest"), fieldOf(reply, "content-digest")];
  };
  assert.deepEqual(await found({}), [undefined, undefined]);
  assert.deepEqual(await found({ "Want-Repr-Digest": "sha-256=1" }), [digest, undefined]);
  assert.deepEqual(await found({ "Want-Content-Digest": "sha-256=1" }), [undefined, digest]);
  assert.deepEqual(await found({ "Want-Repr-Digest": "sha-512=10", "Want-Content-Digest": "sha-256=1," }), [
    undefined,
    undefined,
  ]);
  assert.deepEqual(await found(WANT, makeHandler(t, FILES).ask), [undefined, undefined]);
});

test("a reply without digests is the one that all others get", async (t) => {
  const { ask } = makeSite(t);
  const plain = await ask("/item.json");
  await ask("/item.json", WANT);
  assert.equal(await ask("/item.json"), plain);
});

test("304 has no digests", async (t) => {
  const site = makeSite(t);
  const tag = fieldOf(await check(site, "/item.json"), "etag")!;
  assert.equal((await checkNone(site, "/item.json", { "If-None-Match": tag })).status, 304);
});

test("what is encoded on demand has digests of its own, before and after it is there", async (t) => {
  const site = makeSite(t);
  const br = { "Accept-Encoding": "br" };
  const before = await check(site, "/app.js");
  assert.equal(fieldOf(await check(site, "/app.js", br), "content-encoding"), undefined);
  await site.encoder.settled("br best");
  const after = await check(site, "/app.js", br);
  assert.equal(fieldOf(after, "content-encoding"), "br");
  assert.notEqual(fieldOf(after, "repr-digest"), fieldOf(before, "repr-digest"));
  // A range is of what is not encoded here (RFC 9110 §14.1.2), and so is its Repr-Digest.
  const part = await site.ask("/app.js", { ...WANT, ...br, Range: "bytes=0-9" });
  assert.equal(fieldOf(part, "repr-digest"), fieldOf(before, "repr-digest"));
  assert.equal(fieldOf(part, "content-digest"), digestOf("let a = 1;"));
});

test("Markdown in place of a page has digests of its own", async (t) => {
  const site = makeSite(t, { markdown: "negotiate" });
  const reply = await check(site, "/page.html", { Accept: "text/markdown" });
  assert.equal(fieldOf(reply, "repr-digest"), digestOf("# page"));
});

test("the page of an application has digests, and what needs a password has them for those who know it", async (t) => {
  const auth = { for: ["/item.json"], users: { ada: PASSWORD_HASH } };
  const site = makeSite(t, { fallback: "/page.html", auth });
  assert.equal((await check(site, "/some/view", { Accept: "text/html" })).status, 200);
  assert.equal((await checkNone(site, "/item.json")).status, 401);
  await check(site, "/item.json", basicAuth("ada:horse"));
});

test("what is coded with a dictionary has digests of its own", async (t) => {
  const [old, fresh] = [script("one"), script("two")];
  const files = { "app-BxK3f9aZ.js": old, "app-CyL4g0bA.js": fresh };
  const site = makeSite(t, { dictionaries: true }, files);
  const reply = await check(site, "/app-CyL4g0bA.js", offer(old, "app-BxK3f9aZ.js"));
  assert.equal(fieldOf(reply, "content-encoding"), "dcb");
});

test("tags by content and digests are of one hash", async (t) => {
  const site = makeSite(t, { etag: "content" });
  await untilKnown(site, "/large.bin");
  site.clock.ms += 1000;
  const reply = await check(site, "/large.bin");
  const [, hash] = /^sha-256=:(.*):$/.exec(fieldOf(reply, "repr-digest")!)!;
  assert.equal(fieldOf(reply, "etag"), `"${Buffer.from(hash!, "base64").toString("base64url").slice(0, 20)}"`);
});

test("a file that no plan keeps open is hashed when it is sent, and HEAD of it has no digest", async (t) => {
  const site = makeHandler(t, FILES, { site: { digests: true }, openFileLimitCount: 0 });
  assert.equal(fieldOf(await site.ask("/large.bin", WANT, "HEAD"), "repr-digest"), undefined);
  for (;;) {
    const reply = await site.ask("/large.bin", WANT);
    const received = bytesOf(reply);
    const said = fieldOf(reply, "repr-digest");
    if (said === undefined) continue;
    assert.equal(said, digestOf(received));
    break;
  }
});

test("a header rule has the last word", async (t) => {
  const { ask } = makeSite(t, { headers: [{ for: "/item.json", set: { "Repr-Digest": "sha-256=:AAAA:" } }] });
  const { fields } = await ask("/item.json", WANT);
  assert.deepEqual(fields.match(/^repr-digest: .*$/gim), ["Repr-Digest: sha-256=:AAAA:"]);
  assert.match(fields, /^Content-Digest: /m);
});

test("a large file is sent without a digest until it is hashed, and then with it", async (t) => {
  const site = makeSite(t);
  const first = await checkNone(site, "/large.bin");
  assert.equal(first.status, 200);
  releaseFile(first);
  await untilKnown(site, "/large.bin");
  assert.ok((((await check(site, "/large.bin")).content as Content).file?.fd ?? -1) >= 0, "it is sent from the file");
  await check(site, "/large.bin", {}, "HEAD");
});

test("a part of a large file has a digest up to the limit, whether or not the whole is hashed", async (t) => {
  const site = makeSite(t);
  const part = (length: number) => site.ask("/large.bin", { ...WANT, Range: `bytes=1-${length}` });
  for (const round of ["before", "after"]) {
    const reply = await part(PART_LIMIT_BYTES);
    assert.equal(reply.status, 206);
    assert.equal(fieldOf(reply, "repr-digest"), round === "before" ? undefined : digestOf(LARGE));
    const received = bytesOf(reply);
    assert.deepEqual(received, LARGE.subarray(1, 1 + PART_LIMIT_BYTES));
    assert.equal(fieldOf(reply, "content-digest"), digestOf(received));
    const larger = await part(PART_LIMIT_BYTES + 1);
    assert.equal(fieldOf(larger, "content-digest"), undefined);
    assert.equal(bytesOf(larger).length, PART_LIMIT_BYTES + 1);
    await untilKnown(site, "/large.bin");
  }
});

test("several parts of a large file have only the digest of the whole", async (t) => {
  const site = makeSite(t);
  await untilKnown(site, "/large.bin");
  const reply = await site.ask("/large.bin", { ...WANT, Range: "bytes=0-9,100-109,-5" });
  assert.match(bytesOf(reply).toString(), /Content-Range/);
  assert.equal(fieldOf(reply, "repr-digest"), digestOf(LARGE));
  assert.equal(fieldOf(reply, "content-digest"), undefined);
});

test("a part of a large file that has become shorter has no digest", async (t) => {
  const site = makeSite(t);
  releaseFile(await site.ask("/large.bin"));
  truncateSync(join(site.root, "large.bin"), 10);
  const reply = await checkNone(site, "/large.bin", { Range: "bytes=5-99" });
  assert.equal(reply.status, 206);
  releaseFile(reply);
});

test("a range of all of a large file has the digest of the whole", async (t) => {
  const site = makeSite(t);
  await untilKnown(site, "/large.bin");
  assert.equal((await check(site, "/large.bin", { Range: "bytes=0-" })).status, 206);
});

test("a large precompressed file has digests of its own bytes", async (t) => {
  const site = makeSite(t);
  const gzip = { "Accept-Encoding": "gzip" };
  await untilKnown(site, "/large.txt", gzip);
  const reply = await check(site, "/large.txt", gzip);
  assert.equal(fieldOf(reply, "content-encoding"), "gzip");
  await untilKnown(site, "/large.txt");
  assert.notEqual(fieldOf(await check(site, "/large.txt"), "repr-digest"), fieldOf(reply, "repr-digest"));
});

test("a large file that is written to has no digest of what it was", async (t) => {
  const site = makeSite(t);
  await untilKnown(site, "/large.bin");
  // The plan is fresh: nothing but the file itself tells.
  writeFileSync(join(site.root, "large.bin"), Buffer.alloc(LARGE.length, "another "));
  const reply = await site.ask("/large.bin", WANT);
  assert.equal(fieldOf(reply, "repr-digest"), undefined);
  assert.equal(fieldOf(reply, "content-digest"), undefined);
  releaseFile(reply);
});

test("a file that is replaced or removed between any two requests never has the digest of another content", async (t) => {
  const site = makeSite(t, {}, { "a.bin": "0" });
  const path = join(site.root, "a.bin");
  for (let round = 1; round <= 60; round++) {
    // Small and large in turn, one after the other within the time for which a plan is fresh, and beyond it.
    const content = Buffer.alloc(round % 3 === 0 ? LARGE.length : 1000 + round, `content ${round} `);
    if (round % 7 === 0) rmSync(path);
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
    // In the past of the clock of the site, so that the file is not young.
    utimesSync(path, round, round);
    if (round % 2 === 0) site.clock.ms += 1000;
    for (const fields of [{}, { Range: "bytes=10-99" }] as Fields[]) {
      const reply = await site.ask("/a.bin", { ...WANT, ...fields });
      const received = bytesOf(reply);
      const said = fieldOf(reply, "content-digest");
      if (said !== undefined) assert.equal(said, digestOf(received), `round ${round}`);
      else assert.ok(received.length > HASH_AT_ONCE_LIMIT_BYTES, `round ${round}`);
      if (reply.status === 200 && fieldOf(reply, "repr-digest") !== undefined)
        assert.equal(fieldOf(reply, "repr-digest"), digestOf(received), `round ${round}`);
    }
    if (round % 6 === 0) {
      site.clock.ms += 1000;
      await untilKnown(site, "/a.bin");
    }
  }
  assert.equal(statSync(path).size, LARGE.length);
});
