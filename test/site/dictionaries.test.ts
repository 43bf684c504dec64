// Compression dictionaries (RFC 9842): which requests get a difference to what they have, that they can decode it, and
// that nobody else gets one.
import assert from "node:assert/strict";
import { renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { encodeWithDictionary } from "../../src/content/codings/encode.ts";
import type { Reply } from "../../src/http/message.ts";
import type { SiteOptions } from "../../src/options/site-options.ts";
import { basicAuth, PASSWORD_HASH } from "../support/answers.ts";
import { decodeWith, hashOf, offer as offerOf, script } from "../support/dictionary-client.ts";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { bytesOf, fieldOf, releaseFile } from "../support/reply.ts";
import { makeSite } from "../support/site.ts";

const OLD_NAME = "app-BxK3f9aZ.js";
const NEW_NAME = "app-CyL4g0bA.js";
const OLD = script("one");
const NEW = script("two");
const FILES = { [`assets/${OLD_NAME}`]: OLD, [`assets/${NEW_NAME}`]: NEW };
const TARGET = `/assets/${NEW_NAME}`;

/** What Chromium sends that has the old version. */
const offer = (dictionary: Buffer, id = OLD_NAME, more: Record<string, string> = {}): Record<string, string> =>
  offerOf(dictionary, id, more);

const decoded = (reply: Reply, dictionary: Buffer): Buffer => decodeWith(dictionary, bytesOf(reply), codingOf(reply));

function makeDictionaryHandler(
  t: TestContext,
  files: Record<string, string | Buffer> = FILES,
  site: Partial<SiteOptions> = {},
): ReturnType<typeof makeEncodingHandler> {
  return makeEncodingHandler(t, files, { dictionaries: true, ...site });
}

const codingOf = (reply: Reply): string | undefined => fieldOf(reply, "content-encoding");

test("a script says which requests it is a dictionary for", async (t) => {
  const { ask } = makeDictionaryHandler(t);
  const reply = await ask(TARGET);
  assert.equal(fieldOf(reply, "use-as-dictionary"), `match="/assets/app-*.js", id="${NEW_NAME}"`);
  assert.equal(fieldOf(reply, "vary"), "Accept-Encoding, Available-Dictionary");
  assert.equal(fieldOf(reply, "cache-control"), "public, max-age=31536000, immutable");
});

const others: readonly [what: string, target: string, site?: Partial<SiteOptions>][] = [
  ["without the option", TARGET, { dictionaries: false }],
  ["a file that is not immutable", TARGET, { immutable: false }],
  ["a small file", "/assets/small-BxK3f9aZ.js"],
  ["a picture", "/assets/photo-BxK3f9aZ.svg"],
  ["a page", "/"],
  ["a missing file", "/assets/lost-BxK3f9aZ.js"],
  ["a larger file than wanted", TARGET, { dictionaries: { limitBytes: 19_000 } }],
];
for (const [what, target, site] of others) {
  test(`${what} is no dictionary`, async (t) => {
    const { ask } = makeDictionaryHandler(
      t,
      { ...FILES, "index.html": "page", "assets/small-BxK3f9aZ.js": "1", "assets/photo-BxK3f9aZ.svg": OLD },
      site,
    );
    assert.equal(fieldOf(await ask(target), "use-as-dictionary"), undefined);
  });
}

for (const coding of ["dcb", "dcz"]) {
  test(`the first request that names a dictionary gets ${coding}, and later ones a better one`, async (t) => {
    const { ask, encoder } = makeDictionaryHandler(t);
    const fields = { ...offer(OLD), "Accept-Encoding": `br, ${coding}` };
    const reply = await ask(TARGET, fields);
    assert.equal(codingOf(reply), coding);
    assert.equal(fieldOf(reply, "vary"), "Accept-Encoding, Available-Dictionary");
    assert.equal(fieldOf(reply, "use-as-dictionary"), `match="/assets/app-*.js", id="${NEW_NAME}"`);
    assert.equal(fieldOf(reply, "accept-ranges"), undefined);
    assert.ok(bytesOf(reply).length < 200, `${bytesOf(reply).length} bytes`);
    assert.ok(decoded(reply, OLD).equals(NEW));
    const tag = fieldOf(reply, "etag")!;
    const others = await Promise.all([ask(TARGET), ask(TARGET, { "Accept-Encoding": "br" })]);
    assert.ok(others.every((other) => fieldOf(other, "etag") !== tag));
    await encoder.settled(`${coding} best`);
    const better = await ask(TARGET, fields);
    assert.ok(decoded(better, OLD).equals(NEW));
    assert.deepEqual(
      encoder.jobs.filter((job) => job.startsWith("dc")),
      [`${coding} quick`, `${coding} best`],
    );
    // Neither the one nor the other is sent again to those who have it.
    assert.equal((await ask(TARGET, { ...fields, "If-None-Match": tag })).status, 304);
    assert.equal((await ask(TARGET, { ...fields, "If-None-Match": fieldOf(better, "etag")! })).status, 304);
  });
}

test("a large file is coded with a large dictionary", async (t) => {
  const [old, fresh] = [script("one", 400_000), script("two", 400_000)];
  const { ask } = makeDictionaryHandler(t, { [`assets/${OLD_NAME}`]: old, [`assets/${NEW_NAME}`]: fresh });
  const reply = await ask(TARGET, offer(old));
  assert.equal(codingOf(reply), "dcb");
  assert.ok(bytesOf(reply).length < 1000);
  assert.ok(decoded(reply, old).equals(fresh));
});

test("HEAD is told of the length that GET would get", async (t) => {
  const { ask } = makeDictionaryHandler(t);
  const { length } = bytesOf(await ask(TARGET, offer(OLD)));
  const reply = await ask(TARGET, offer(OLD), "HEAD");
  assert.equal(codingOf(reply), "dcb");
  assert.equal((reply.content as { length: number }).length, length);
  assert.equal(bytesOf(reply).length, 0);
});

const OTHER = "assets/lib-BxK3f9aZ.js";
const refused: readonly [what: string, fields: Record<string, string>, site?: Partial<SiteOptions>][] = [
  ["no dictionary", { "Accept-Encoding": "br, dcb" }],
  ["a dictionary that nobody knows", offer(Buffer.from("unknown"))],
  ["a malformed hash", offer(OLD, OLD_NAME, { "Available-Dictionary": hashOf(OLD).toString("base64") })],
  ["two hashes", offer(OLD, OLD_NAME, { "Available-Dictionary": `${offer(OLD)["Available-Dictionary"]}, :AAAA:` })],
  ["no coding with a dictionary", offer(OLD, OLD_NAME, { "Accept-Encoding": "gzip, br" })],
  ["any coding, by a wildcard", offer(OLD, OLD_NAME, { "Accept-Encoding": "*" })],
  ["another coding rather", offer(OLD, OLD_NAME, { "Accept-Encoding": "br, dcb;q=0.9" })],
  ["neither dcb nor dcz", offer(OLD, OLD_NAME, { "Accept-Encoding": "br;q=0.1, dcb;q=0, dcz;q=0" })],
  ["a part", offer(OLD, OLD_NAME, { Range: "bytes=0-9" })],
  ["a dictionary of another name", offer(OLD, "lib-BxK3f9aZ.js")],
  ["a dictionary of another folder", offer(OLD, `../assets/${OLD_NAME}`)],
  ["a dictionary without its name", offer(OLD, "")],
  ["it as another site, whose scripts may not read it", offer(OLD, OLD_NAME, { "Sec-Fetch-Site": "cross-site" })],
  [
    "it as another site, with credentials",
    offer(OLD, OLD_NAME, { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", Origin: "https://a.example" }),
    { cors: { origins: ["https://a.example"], credentials: true } },
  ],
  [
    "it with an old version that needs a password",
    offer(OLD),
    { auth: { users: { ada: PASSWORD_HASH }, for: [`/assets/${OLD_NAME}`] } },
  ],
  ["it with an old version that is redirected", offer(OLD), { redirects: [{ from: `/assets/${OLD_NAME}`, to: "/" }] }],
  ["it where nothing is compressed", offer(OLD), { compress: false }],
];
for (const [what, fields, site] of refused) {
  test(`a request for ${what} gets the usual coding`, async (t) => {
    const { ask, encoder } = makeDictionaryHandler(t, { ...FILES, [OTHER]: OLD }, site);
    const reply = await ask(TARGET, fields);
    assert.ok(reply.status === 200 || reply.status === 206);
    assert.ok(!["dcb", "dcz"].includes(codingOf(reply) ?? ""));
    assert.equal(fieldOf(reply, "vary")?.includes("Accept-Encoding, Available-Dictionary"), true);
    assert.deepEqual(
      encoder.jobs.filter((job) => job.startsWith("dc")),
      [],
    );
    releaseFile(reply);
  });
}

test("scripts of other origins that may read it get it", async (t) => {
  const { ask } = makeDictionaryHandler(t, FILES, { cors: true });
  const fields = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", Origin: "https://a.example" };
  assert.equal(codingOf(await ask(TARGET, offer(OLD, OLD_NAME, fields))), "dcb");
});

test("what needs a password has no dictionary", async (t) => {
  const { ask } = makeDictionaryHandler(t, FILES, { auth: { users: { ada: PASSWORD_HASH } } });
  const reply = await ask(TARGET, { ...offer(OLD), ...basicAuth("ada:horse") });
  assert.equal(reply.status, 200);
  assert.equal(fieldOf(reply, "use-as-dictionary"), undefined);
  assert.notEqual(codingOf(reply), "dcb");
});

test("a precompressed file that is smaller is sent instead", async (t) => {
  const { ask } = makeDictionaryHandler(t, { ...FILES, [`assets/${NEW_NAME}.br`]: "tiny" });
  assert.equal(codingOf(await ask(TARGET, offer(OLD))), "br");
});

test("the dictionary may be a file of the previous release", async (t) => {
  const folder = makeSite(t, { [`one/assets/${OLD_NAME}`]: OLD, [`two/assets/${NEW_NAME}`]: NEW });
  const root = join(folder, "root");
  symlinkSync("one", root);
  const { ask, clock } = makeDictionaryHandler(t, {}, { root, keepPreviousSeconds: 60 });
  assert.equal(bytesOf(await ask(`/assets/${OLD_NAME}`)).length, OLD.length);
  symlinkSync("two", `${root}.new`);
  renameSync(`${root}.new`, root);
  clock.ms += 2000;
  const reply = await ask(TARGET, offer(OLD));
  assert.equal(codingOf(reply), "dcb");
  assert.ok(decoded(reply, OLD).equals(NEW));
});

test("a dictionary that has left with its release is used no more", async (t) => {
  const folder = makeSite(t, { [`one/assets/${OLD_NAME}`]: OLD, [`two/assets/${NEW_NAME}`]: NEW });
  const root = join(folder, "root");
  symlinkSync("one", root);
  const { ask, clock } = makeDictionaryHandler(t, {}, { root, keepPreviousSeconds: 60 });
  await ask(`/assets/${OLD_NAME}`);
  symlinkSync("two", `${root}.new`);
  renameSync(`${root}.new`, root);
  clock.ms += 2000;
  await ask("/");
  clock.ms += 60_001;
  assert.notEqual(codingOf(await ask(TARGET, offer(OLD))), "dcb");
});

test("a dictionary that was changed under its name is none", async (t) => {
  const { root, ask, clock } = makeDictionaryHandler(t);
  await ask(`/assets/${OLD_NAME}`);
  writeFileSync(join(root, "assets", OLD_NAME), script("changed"), { flush: true });
  clock.ms += 2000;
  assert.notEqual(codingOf(await ask(TARGET, offer(OLD))), "dcb");
  assert.equal(codingOf(await ask(TARGET, offer(script("changed")))), "dcb");
});

test("a new version of the file gets a new difference", async (t) => {
  const { root, ask, clock } = makeDictionaryHandler(t);
  assert.ok(decoded(await ask(TARGET, offer(OLD)), OLD).equals(NEW));
  writeFileSync(join(root, "assets", NEW_NAME), script("three"), { flush: true });
  clock.ms += 2000;
  assert.ok(decoded(await ask(TARGET, offer(OLD)), OLD).equals(script("three")));
});

test("no more than eight dictionaries are used for a file at a time", async (t) => {
  const versions = Array.from({ length: 9 }, (_, index) => script(`version ${index}`));
  const nameOf = (index: number): string => `app-BxK3f9a${index}.js`;
  const files = Object.fromEntries(versions.map((bytes, index) => [`assets/${nameOf(index)}`, bytes]));
  const { ask, clock } = makeDictionaryHandler(t, { ...FILES, ...files });
  for (const [index, version] of versions.slice(0, 8).entries()) {
    assert.equal(codingOf(await ask(TARGET, offer(version, nameOf(index)))), "dcb");
  }
  assert.notEqual(codingOf(await ask(TARGET, offer(versions[8]!, nameOf(8)))), "dcb");
  clock.ms += 60_000;
  assert.equal(codingOf(await ask(TARGET, offer(versions[8]!, nameOf(8)))), "dcb");
});

test("what is encoded for several requests at a time is encoded once", async (t) => {
  const { ask, encoder } = makeDictionaryHandler(t);
  const replies = await Promise.all(Array.from({ length: 5 }, () => ask(TARGET, offer(OLD))));
  assert.ok(replies.every((reply) => codingOf(reply) === "dcb"));
  assert.equal(encoder.jobs.filter((job) => job === "dcb quick").length, 1);
});

for (const compress of [true, false]) {
  test(`a precompressed file with a dictionary is sent, with compress: ${compress}`, async (t) => {
    const hash = hashOf(OLD).toString("hex");
    const sidecar = `assets/${NEW_NAME}.${hash}.dcb`;
    const files = { [`assets/${NEW_NAME}`]: NEW, [sidecar]: encodeWithDictionary(NEW, OLD, "dcb", "utmost") };
    const { ask, encoder } = makeDictionaryHandler(t, files, { compress });
    for (const fields of [offer(OLD), offer(OLD, "")]) {
      const reply = await ask(TARGET, fields);
      assert.equal(codingOf(reply), "dcb");
      assert.ok(decoded(reply, OLD).equals(NEW));
    }
    assert.deepEqual(encoder.jobs, []);
  });
}

test("a precompressed file is not sent that is old, or has another dictionary", async (t) => {
  const hash = hashOf(OLD).toString("hex");
  const sidecar = `assets/${NEW_NAME}.${hash}.dcb`;
  const right = encodeWithDictionary(NEW, OLD, "dcb", "utmost");
  const wrong = encodeWithDictionary(NEW, script("another"), "dcb", "utmost");
  for (const [bytes, mtime] of [
    [right, 1e9],
    [wrong, undefined],
    [Buffer.alloc(0), undefined],
    [Buffer.alloc(2 ** 20 + 1), undefined],
  ] as const) {
    const { root, ask } = makeDictionaryHandler(t, { [`assets/${NEW_NAME}`]: NEW, [sidecar]: bytes });
    if (mtime !== undefined) utimesSync(join(root, sidecar), mtime, mtime);
    assert.notEqual(codingOf(await ask(TARGET, offer(OLD))), "dcb");
  }
});

const HEADER = Array.from({ length: 90 }, (_, index) => `<a href="/${index}/">chapter ${index}</a>`).join("\n");
const DICTIONARY = "/pages-3f2a9c1b7d4e5f6a8b0c.dict.txt";
const SITE = {
  [DICTIONARY.slice(1)]: HEADER,
  "index.html": `${HEADER}<p>home`,
  "docs/guide.html": `${HEADER}<p>guide`,
  "docs/pages-3f2a9c1b7d4e5f6a8b0d.dict.txt": HEADER,
};

test("a dictionary of pages says that it is for all pages", async (t) => {
  const { ask } = makeDictionaryHandler(t, SITE);
  const reply = await ask(DICTIONARY);
  const expected = `match="/*", match-dest=("document" "frame" "iframe"), id="${DICTIONARY}"`;
  assert.equal(fieldOf(reply, "use-as-dictionary"), expected);
  assert.equal(fieldOf(reply, "cache-control"), "public, max-age=31536000, immutable");
  assert.equal(fieldOf(reply, "content-type"), "text/plain; charset=utf-8");
});

const pages: readonly [target: string, id: string, site: Partial<SiteOptions>, coding: "dcb" | undefined][] = [
  ["/", DICTIONARY, {}, "dcb"],
  ["/docs/guide.html", DICTIONARY, {}, "dcb"],
  ["/docs/guide", DICTIONARY, { cleanUrls: true }, "dcb"],
  ["/docs/guide.html", "/docs/pages-3f2a9c1b7d4e5f6a8b0d.dict.txt", {}, "dcb"],
  ["/", "/docs/pages-3f2a9c1b7d4e5f6a8b0d.dict.txt", {}, undefined],
  ["/", "/pages-0f2a9c1b7d4e5f6a8b0d.dict.txt", {}, undefined],
  ["/", DICTIONARY.slice(1), {}, undefined],
  ["/", "/docs/guide.html", {}, undefined],
  ["/", DICTIONARY, { auth: { users: { ada: PASSWORD_HASH }, for: [DICTIONARY] } }, undefined],
];
for (const [target, id, site, coding] of pages) {
  test(`with ${JSON.stringify(site)}, ${target} gets ${coding ?? "the usual coding"} for ${id}`, async (t) => {
    const { ask } = makeDictionaryHandler(t, SITE, site);
    const fields = { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" };
    const reply = await ask(target, offer(Buffer.from(HEADER), id, fields));
    assert.equal(reply.status, 200);
    assert.equal(fieldOf(reply, "vary"), "Accept-Encoding, Available-Dictionary");
    assert.equal(fieldOf(reply, "cache-control"), "no-cache");
    assert.equal(fieldOf(reply, "use-as-dictionary"), undefined);
    if (coding === undefined) return assert.notEqual(codingOf(reply), "dcb");
    assert.ok(decoded(reply, Buffer.from(HEADER)).toString().startsWith(HEADER));
  });
}
