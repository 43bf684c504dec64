// The option `images: "negotiate"`: who gets photo.avif or photo.webp for photo.jpg, that caches can tell them apart, and that
// nobody gets by it what is protected, hidden or gone.
import assert from "node:assert/strict";
import { linkSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { SMALL_FILE_LIMIT_BYTES } from "../../src/content/validators.ts";
import { createOpener } from "../../src/files/containment.ts";
import { createKernelOpener } from "../../src/files/linux/opener.ts";
import type { Opener } from "../../src/files/opener.ts";
import type { Reply } from "../../src/http/message.ts";
import { basicAuth, PASSWORD_HASH } from "../support/answers.ts";
import { makeHandler } from "../support/handler.ts";
import { bytesOf, fieldOf, releaseFile, textOf } from "../support/reply.ts";
import { testReplies } from "../support/reply-table.ts";
import { flush } from "../support/site.ts";

const FILES = {
  "photo.jpg": "photo as JPEG, long",
  "photo.avif": "AVIF",
  "photo.webp": "as WebP",
  "both.jpg": "photo as JPEG, long",
  "both.jpg.webp": "of both.jpg",
  "both.webp": "of both",
  "both.png": "photo as PNG, long",
  "only.png": "PNG without others",
  "large.jpg": "JPEG",
  "large.avif": "longer than the JPEG",
  "same.jpg": "twins",
  "same.avif": "twins",
  "coded.jpg": "JPEG that is long",
  "coded.jpg.gz": "\x1f\x8bno picture",
  ".hidden/photo.jpg": "JPEG, hidden",
  "photos/a.jpg": "JPEG of a folder",
  "photos/a.webp": "WebP",
  "member-0a1b2c3d4e5f.jpg": "JPEG of a member",
  "member-0a1b2c3d4e5f.avif": "of a member",
  "drawing.svg": "<svg/>",
  "drawing.avif": "AVIF",
  "index.html": "page",
  "index.md": "# page",
};
const site = { images: "negotiate" } as const;
const CHROME = { Accept: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8" };
const SAFARI_14 = { Accept: "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5" };
/** Whatever the sizes are. */
const AVIF_FIRST = { Accept: "image/avif,image/*;q=0.8" };
const CURL = { Accept: "*/*" };
/** Pictures that say that Accept decided. */
const pictures: [name: string, target: string, fields: Record<string, string>, text: string, location?: string][] = [
  // Complaint: static-web-server #94, Caddy #2665, firebase/superstatic #144
  ["Chrome gets the AVIF", "/photo.jpg", CHROME, "AVIF", "/photo.avif"],
  ["Safari 14 gets the WebP", "/photo.jpg?w=1", SAFARI_14, "as WebP", "/photo.webp"],
  // Complaint: igrigorik/webp-detect #4, rosell-dk/webp-express #116, cshum/imagor #311
  ["curl gets the JPEG, which says what decided", "/photo.jpg", CURL, "photo as JPEG, long"],
  ["a client that says nothing gets the JPEG", "/photo.jpg", {}, "photo as JPEG, long"],
  // Complaint: sindresorhus/gulp-webp #7
  ["a name that says of which file it is comes first", "/both.jpg", CHROME, "of both.jpg", "/both.jpg.webp"],
  ["what may be made from another picture is not sent", "/both.png", CHROME, "photo as PNG, long"],
  ["a picture without alternates is sent as it is", "/only.png", CHROME, "PNG without others"],
  // Complaint: wp-media/imagify-plugin #843
  ["a larger AVIF is not sent", "/large.jpg", CHROME, "JPEG"],
  ["a larger AVIF is sent to those that like it better", "/large.jpg", AVIF_FIRST, FILES["large.avif"], "/large.avif"],
  ["the original is sent on a tie", "/same.jpg", CHROME, "twins"],
  // Complaint: webp-sh/webp_server_go #469
  [
    "a type that is ruled out is not sent",
    "/photo.jpg",
    { Accept: "image/avif;q=0,image/webp,*/*" },
    "as WebP",
    "/photo.webp",
  ],
  [
    "precompressed files are no alternates",
    "/coded.jpg",
    { ...CHROME, "Accept-Encoding": "gzip" },
    "JPEG that is long",
  ],
];
testReplies(
  FILES,
  pictures.map(([name, target, fields, text, location]) => ({
    name,
    site,
    target,
    fields,
    reply: { status: 200, text, fields: { vary: "Accept", "content-location": location } },
  })),
);

testReplies(FILES, [
  {
    name: "the type is that of the file that is sent",
    site,
    target: "/photo.jpg",
    fields: CHROME,
    reply: { status: 200, fields: { "content-type": "image/avif" } },
  },
  {
    name: "an alternate that is asked for is a file like others",
    site,
    target: "/photo.avif",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { vary: undefined, "content-location": undefined } },
  },
  {
    // Complaint: igrigorik/webp-detect #9
    name: "other pictures do not depend on Accept",
    site,
    target: "/drawing.svg",
    fields: CHROME,
    reply: { status: 200, text: "<svg/>", fields: { vary: "Accept-Encoding" } },
  },
  {
    name: "without the option, pictures are sent as they are",
    target: "/photo.jpg",
    fields: CHROME,
    reply: { status: 200, text: "photo as JPEG, long", fields: { vary: undefined } },
  },
  {
    name: "pages do not depend on Accept by this option",
    site,
    target: "/",
    fields: { Accept: "text/markdown" },
    reply: { status: 200, text: "page", fields: { vary: "Accept-Encoding" } },
  },
  {
    name: "hidden pictures stay hidden",
    site,
    target: "/.hidden/photo.jpg",
    fields: CHROME,
    reply: { status: 404 },
  },
  {
    name: "an alternate that a rule leads away from is not sent",
    site: {
      ...site,
      redirects: [{ from: "/photo.avif", to: "/" }],
      rewrites: [{ from: "/photo.webp", to: "/only.png" }],
    },
    target: "/photo.jpg",
    fields: CHROME,
    reply: { status: 200, text: "photo as JPEG, long" },
  },
  {
    name: "a rewrite leads to the alternate of its target, and does not show",
    site: { ...site, rewrites: [{ from: "/p/*", to: "/photo.jpg" }] },
    target: "/p/1",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { vary: "Accept", "content-location": undefined } },
  },
  {
    name: "a rewrite of what is missing leads to the alternate of its target, and does not show",
    site: { ...site, rewrites: [{ from: "/p/*", to: "/photo.jpg", onlyMissing: true }] },
    target: "/p/1",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { vary: "Accept", "content-location": undefined } },
  },
  {
    name: "header rules are those of the file that is sent",
    site: { ...site, headers: [{ for: "/*.avif", set: { "X-Form": "AVIF" } }] },
    target: "/photo.jpg",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { "x-form": "AVIF" } },
  },
  {
    name: "header rules are also those of the file that was asked for, which has the same URL",
    site: {
      ...site,
      headers: [{ for: "/*.jpg", set: { "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex" } }],
    },
    target: "/member-0a1b2c3d4e5f.jpg",
    fields: CHROME,
    reply: {
      status: 200,
      text: "of a member",
      fields: { "cache-control": "private, no-store", "x-robots-tag": "noindex" },
    },
  },
  {
    name: "a rule for both files does not undo one for the file that was asked for",
    site: {
      ...site,
      headers: [
        { for: "/*", set: { "Cache-Control": "public", "Content-Language": "de" } },
        { for: "/*.jpg", set: { "Cache-Control": "private" } },
      ],
    },
    target: "/photo.jpg",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { "cache-control": "private", "content-language": "de" } },
  },
  {
    name: "rules of the file that is sent come after those of the file that was asked for",
    site: {
      ...site,
      headers: [
        { for: "/photo.avif", set: { "X-Form": "AVIF" } },
        { for: "/*.jpg", set: { "X-Form": "JPEG", "X-Page": "photos" } },
      ],
    },
    target: "/photo.jpg",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { "x-form": "AVIF", "x-page": "photos" } },
  },
  {
    name: "what a rule says of one file is not said of another",
    site: {
      ...site,
      headers: [
        {
          for: "/photo.jpg",
          set: { "Content-Type": "image/jpeg", "Content-Disposition": "inline; filename=photo.jpg", "X-Form": "any" },
        },
      ],
    },
    target: "/photo.jpg",
    fields: CHROME,
    reply: {
      status: 200,
      text: "AVIF",
      fields: { "content-type": "image/avif", "content-disposition": undefined, "x-form": "any" },
    },
  },
  {
    name: "rules for the path that was asked for count where a rewrite leads to a picture",
    site: {
      ...site,
      rewrites: [{ from: "/p/*", to: "/photo.jpg" }],
      headers: [{ for: "/photo.jpg", set: { "X-Of": "photo" } }],
    },
    target: "/p/1",
    fields: CHROME,
    reply: { status: 200, text: "AVIF", fields: { "x-of": "photo" } },
  },
  {
    name: "what is sent under a name with a fingerprint is kept for good",
    site,
    target: "/member-0a1b2c3d4e5f.jpg",
    fields: CHROME,
    reply: { status: 200, text: "of a member", fields: { "cache-control": "public, max-age=31536000, immutable" } },
  },
  {
    name: "a part of the alternate says what decided",
    site,
    target: "/photo.jpg",
    fields: { ...CHROME, Range: "bytes=1-2" },
    reply: {
      status: 206,
      text: "VI",
      fields: { vary: "Accept", "content-location": "/photo.avif", "content-range": "bytes 1-2/4" },
    },
  },
  {
    name: "a part behind the end of the alternate is refused, also where the original is longer",
    site,
    target: "/photo.jpg",
    fields: { ...CHROME, Range: "bytes=6-" },
    reply: { status: 416, fields: { "content-range": "bytes */4" } },
  },
]);

async function tagsOf(ask: (fields: Record<string, string>) => Promise<Reply>): Promise<string[]> {
  const tags: string[] = [];
  for (const Accept of ["image/avif,*/*;q=0.1", "image/webp,*/*;q=0.1", "*/*"]) {
    const reply = await ask({ Accept });
    releaseFile(reply);
    tags.push(fieldOf(reply, "etag")!);
  }
  return tags;
}

const LARGE = "x".repeat(SMALL_FILE_LIMIT_BYTES + 1);
for (const [name, content] of [
  ["small", "x"],
  ["empty", ""],
  ["large", LARGE],
] as const) {
  for (const etag of ["auto", "content"] as const) {
    test(`${name} pictures of one URL have tags of their own, even with the same bytes (etag: ${etag})`, async (t) => {
      const pictures = { "a.jpg": content, "a.avif": content, "a.webp": content };
      const { ask, root, clock } = makeHandler(t, pictures, { site: { ...site, etag } });
      for (const file of Object.keys(pictures)) utimesSync(join(root, file), 1e9, 1e9);
      const tags = await tagsOf((fields) => ask("/a.jpg", fields));
      assert.equal(new Set(tags).size, 3, tags.join(" "));
      // One file under three names: device, inode and times are the same as well.
      for (const file of ["a.avif", "a.webp"]) {
        rmSync(join(root, file));
        linkSync(join(root, "a.jpg"), join(root, file));
      }
      clock.ms += 2000;
      const linked = await tagsOf((fields) => ask("/a.jpg", fields));
      assert.equal(new Set(linked).size, 3, linked.join(" "));
    });
  }
}

test("each picture has a 304 of its own, which says what decided", async (t) => {
  const { ask } = makeHandler(t, FILES, { site });
  const [avif, webp, jpeg] = (await tagsOf((fields) => ask("/photo.jpg", fields))) as [string, string, string];
  for (const [fields, known, status, location] of [
    [CHROME, avif, 304, "/photo.avif"],
    [CHROME, jpeg, 200, "/photo.avif"],
    [CHROME, `${jpeg}, ${avif}`, 304, "/photo.avif"],
    [SAFARI_14, webp, 304, "/photo.webp"],
    [SAFARI_14, avif, 200, "/photo.webp"],
    [CURL, jpeg, 304, undefined],
    [CURL, avif, 200, undefined],
  ] as const) {
    for (const method of ["GET", "HEAD"]) {
      const reply = await ask("/photo.jpg", { ...fields, "If-None-Match": known }, method);
      assert.equal(reply.status, status);
      assert.equal(fieldOf(reply, "vary"), "Accept");
      assert.equal(fieldOf(reply, "content-location"), location);
    }
  }
  assert.equal((await ask("/photo.jpg", { ...CHROME, "If-Match": jpeg })).status, 412);
  assert.equal((await ask("/photo.jpg", { ...CHROME, "If-Match": avif })).status, 200);
});

test("a part is sent if If-Range names the picture that is chosen", async (t) => {
  const { ask } = makeHandler(t, FILES, { site });
  const [avif, , jpeg] = (await tagsOf((fields) => ask("/photo.jpg", fields))) as [string, string, string];
  const part = { ...CHROME, Range: "bytes=2-" };
  assert.equal(textOf(await ask("/photo.jpg", { ...part, "If-Range": avif })), "IF");
  assert.equal(textOf(await ask("/photo.jpg", { ...part, "If-Range": jpeg })), "AVIF");
});

test("HEAD is told of the picture that GET would get", async (t) => {
  const { ask } = makeHandler(t, FILES, { site });
  const reply = await ask("/photo.jpg", CHROME, "HEAD");
  assert.equal(fieldOf(reply, "content-location"), "/photo.avif");
  assert.equal((reply.content as { length: number }).length, "AVIF".length);
  assert.equal(bytesOf(reply).length, 0);
});

/** What a cache does that has one entry for each URL and value of Accept (RFC 9111 §4.1). */
test("a cache that respects Vary gives each browser what it can show", async (t) => {
  const { ask } = makeHandler(t, FILES, { site });
  const entries = new Map<string, string>();
  for (let round = 0; round < 2; round++) {
    for (const [fields, type] of [
      [CURL, "image/jpeg"],
      [CHROME, "image/avif"],
      [SAFARI_14, "image/webp"],
    ] as const) {
      const reply = await ask("/photo.jpg", fields);
      const key = fieldOf(reply, "vary") === "Accept" ? fields.Accept : "";
      if (!entries.has(key)) entries.set(key, fieldOf(reply, "content-type")!);
      assert.equal(entries.get(key), type);
    }
  }
  assert.equal(entries.size, 3);
});

const auth = (pattern: string) => ({ ...site, auth: { for: [pattern], users: { ada: PASSWORD_HASH } } });

test("a picture that needs a password is not to be had by one that needs none", async (t) => {
  const { ask } = makeHandler(t, FILES, { site: auth("/*.avif") });
  const visitor = { ...CHROME, ...basicAuth("ada:horse") };
  for (const fields of [CHROME, visitor, CHROME]) {
    assert.equal(textOf(await ask("/photo.jpg", fields)), "as WebP");
  }
  assert.equal((await ask("/photo.avif", CHROME)).status, 401);
});

test("one that needs a password is not found by a path that needs none, after one that needs it, too", async (t) => {
  // One plan answers both paths.
  const rewrites = [{ from: "/members/:name", to: "/:name" }];
  const users = { ada: PASSWORD_HASH };
  const { ask } = makeHandler(t, FILES, {
    site: { ...site, rewrites, auth: { for: ["/members/*", "/*.avif"], users } },
  });
  const visitor = { ...CHROME, ...basicAuth("ada:horse") };
  for (let round = 0; round < 2; round++) {
    assert.equal(textOf(await ask("/members/photo.jpg", visitor)), "AVIF");
    assert.equal(textOf(await ask("/photo.jpg", CHROME)), "as WebP");
    assert.equal((await ask("/members/photo.jpg", CHROME)).status, 401);
  }
});

test("a picture that needs a password needs it for its alternates, too", async (t) => {
  const { ask } = makeHandler(t, FILES, { site: auth("/*") });
  assert.equal((await ask("/photo.jpg", CHROME)).status, 401);
  assert.equal(textOf(await ask("/photo.jpg", { ...CHROME, ...basicAuth("ada:horse") })), "AVIF");
});

test("an alternate that needs a password is kept by no shared cache", async (t) => {
  const path = "/member-0a1b2c3d4e5f";
  const { ask } = makeHandler(t, FILES, {
    site: {
      ...auth("/*.avif"),
      rewrites: [{ from: "/members/:name", to: "/:name" }],
      auth: { for: ["/members/*", "/*.avif"], users: { ada: PASSWORD_HASH } },
    },
  });
  const reply = await ask(`/members${path}.jpg`, { ...CHROME, ...basicAuth("ada:horse") });
  assert.equal(textOf(reply), "of a member");
  assert.equal(fieldOf(reply, "cache-control"), "private, max-age=31536000, immutable");
});

for (const [olderMs, text] of [
  [0, "AVIF"],
  [999, "AVIF"],
  [1000, "as JPEG"],
  [5e11, "as JPEG"],
] as const) {
  test(`an alternate that is ${olderMs} ms older than its picture is ${text}`, async (t) => {
    const { ask, root } = makeHandler(t, { "a.jpg": "as JPEG", "a.avif": "AVIF" }, { site });
    utimesSync(join(root, "a.jpg"), 1e9, 1e9);
    const seconds = (1e12 - olderMs) / 1000;
    utimesSync(join(root, "a.avif"), seconds, seconds);
    for (let round = 0; round < 2; round++) assert.equal(textOf(await ask("/a.jpg", CHROME)), text);
  });
}

test("an alternate says where it lies to those who asked for the picture, and not after a rewrite", async (t) => {
  const { ask } = makeHandler(t, FILES, { site: { ...site, rewrites: [{ from: "/p/*", to: "/photo.jpg" }] } });
  for (const [path, location] of [
    ["/photo.jpg", "/photo.avif"],
    ["/p/1", undefined],
    ["/photo.jpg", "/photo.avif"],
    ["/p/1", undefined],
    ["/p/2", undefined],
  ] as const) {
    for (const method of ["GET", "HEAD"]) {
      assert.equal(fieldOf(await ask(path, CHROME, method), "content-location"), location, path);
    }
  }
});

/** The openers of both transports. */
const OPENERS: Readonly<Record<string, (root: string) => Opener>> = {
  portable: createOpener,
  ...(process.platform === "linux" && {
    kernel: (root: string) => createKernelOpener(root, createOpener(root), assert.fail),
  }),
};

/** A picture that is asked for all the time, on a clock and a file system whose ticks the test decides. */
function hot(
  t: TestContext,
  opener: string,
  files: Record<string, string>,
  revalidateMs = 1000,
  change: (opener: Opener) => Opener = (same) => same,
) {
  const calls: string[] = [];
  const lists: unknown[] = [];
  const { root, clock, ask, errors } = makeHandler(t, files, {
    site,
    revalidateMs,
    openerFor: (folder) => counted(change(OPENERS[opener]!(folder)), calls, lists),
  });
  let tick = Date.now() / 1000 - 3600;
  const touch = (...names: string[]): void => {
    tick++;
    for (const name of names) utimesSync(join(root, name), tick, tick);
    flush(root);
  };
  touch(...Object.keys(files), ".");
  t.after(() => assert.deepEqual(errors, []));
  const get = async (fields: Record<string, string> = AVIF_FIRST): Promise<string> =>
    textOf(await ask("/a.jpg", fields));
  return {
    root,
    calls,
    get,
    ask,
    namesRead: async () => {
      assert.equal(lists.length, 1);
      await Promise.all(lists);
      await setImmediate();
    },
    /** When all that is known is old. */
    later: (fields?: Record<string, string>): Promise<string> => {
      clock.ms += 2000;
      calls.length = 0;
      return get(fields);
    },
    write: (name: string, content: string): void => {
      writeFileSync(join(root, name), content);
      touch(name, ".");
    },
    /** In place, so that the folder does not change. */
    rewrite: (name: string, content: string): void => {
      writeFileSync(join(root, name), content);
      touch(name);
    },
    remove: (name: string): void => {
      rmSync(join(root, name));
      touch(".");
    },
  };
}

/** Notes each call of the file system, and the lists of names that it gives. */
function counted(opener: Opener, calls: string[], lists: unknown[]): Opener {
  const noted = Object.entries(opener).map(([name, call]: [string, (...args: readonly unknown[]) => unknown]) => [
    name,
    (...args: readonly unknown[]) => {
      calls.push(`${name} ${String(args[0])}`);
      const result = call(...args);
      if (name === "names") lists.push(result);
      return result;
    },
  ]);
  return Object.fromEntries(noted) as Opener;
}

for (const opener of Object.keys(OPENERS)) {
  test(`an alternate is sent as soon as it is there, and no longer than it is there (${opener})`, async (t) => {
    const { get, later, write, remove } = hot(t, opener, { "a.jpg": "JPEG" });
    assert.equal(await get(), "JPEG");
    assert.equal(await later(), "JPEG");
    write("a.avif", "one");
    assert.equal(await later(), "one");
    write("a.jpg.avif", "two");
    assert.equal(await later(), "two");
    assert.equal(await get(), "two");
    remove("a.jpg.avif");
    assert.equal(await later(), "one");
    remove("a.avif");
    assert.equal(await later(), "JPEG");
    write("a.webp", "three");
    assert.equal(await later({ Accept: "image/webp,image/*;q=0.8" }), "three");
    remove("a.jpg");
    assert.match(await later(), /404/);
  });

  test(`an alternate that was replaced is sent, or is not sent if it is too large now (${opener})`, async (t) => {
    const files = { "a.jpg": "as JPEG", "a.avif": "one", "a.webp": "webp" };
    const { get, later, write, rewrite } = hot(t, opener, files);
    const both = { Accept: "image/avif,image/webp,*/*" };
    assert.equal(await get(both), "one");
    write("a.avif", "two");
    assert.equal(await later(both), "two");
    rewrite("a.avif", "longer");
    assert.equal(await later(both), "webp");
    rewrite("a.webp", "longer than the JPEG");
    assert.equal(await later(both), "longer");
    rewrite("a.avif", "longer than the JPEG");
    assert.equal(await later(both), "as JPEG");
    rewrite("a.webp", "w");
    assert.equal(await later(both), "w");
    rewrite("a.jpg", "");
    assert.equal(await later(both), "");
  });

  test(`what may be made from another picture is sent for as long as there is no other (${opener})`, async (t) => {
    const { get, later, write, remove } = hot(t, opener, { "a.jpg": "as JPEG", "a.webp": "WebP" });
    assert.equal(await get(CHROME), "WebP");
    for (const rival of ["a.png", "a.jpeg", "a.PNG"]) {
      write(rival, "rival");
      assert.equal(await later(CHROME), "as JPEG");
      assert.equal(await get(CHROME), "as JPEG");
      remove(rival);
      assert.equal(await later(CHROME), "WebP");
    }
    write("a.png", "rival");
    write("a.jpg.avif", "AVIF");
    assert.equal(await later(CHROME), "AVIF");
  });

  test(`an alternate that is older than its picture is not sent, until it is made anew (${opener})`, async (t) => {
    const { get, later, rewrite, write } = hot(t, opener, { "a.jpg": "old JPEG", "a.jpg.avif": "old" });
    assert.equal(await get(), "old");
    rewrite("a.jpg", "new JPEG");
    assert.equal(await later(), "new JPEG");
    assert.equal(await get(), "new JPEG");
    assert.equal(await later(), "new JPEG");
    rewrite("a.jpg.avif", "new");
    assert.equal(await later(), "new");
    write("a.jpg", "JPEG");
    assert.equal(await later(), "JPEG");
    write("a.avif", "newest");
    assert.equal(await later(), "newest");
  });

  test(`an alternate that is replaced by an older one of its size is not sent any more (${opener})`, async (t) => {
    const { root, get, later, ask } = hot(t, opener, { "a.jpg": "as JPEG", "a.avif": "one" });
    assert.equal(await get(), "one");
    assert.equal(await later(), "one");
    writeFileSync(join(root, "a.avif"), "two");
    utimesSync(join(root, "a.avif"), 1e9, 1e9);
    flush(root);
    assert.equal(await later(), "as JPEG");
    assert.equal(textOf(await ask("/a.avif")), "two");
    assert.equal(await get(), "as JPEG");
  });

  test(`nothing is remembered where every request asks the file system (${opener})`, async (t) => {
    const { get, write, remove } = hot(t, opener, { "a.jpg": "JPEG" }, 0);
    assert.equal(await get(), "JPEG");
    write("a.avif", "AVIF");
    assert.equal(await get(), "AVIF");
    remove("a.avif");
    assert.equal(await get(), "JPEG");
  });

  test(`a hot picture asks the file system for nothing, whoever asks for it (${opener})`, async (t) => {
    for (const alternates of [{}, { "a.avif": "A", "a.webp": "WE" }]) {
      const { get, calls, later } = hot(t, opener, { "a.jpg": "JPEG", ...alternates });
      await get();
      await later();
      calls.length = 0;
      for (const fields of [CHROME, SAFARI_14, CURL, AVIF_FIRST]) await get(fields);
      assert.deepEqual(calls, []);
    }
  });
}

test("a picture that is checked again opens nothing, where the system can say that all is as it was", {
  skip: !("kernel" in OPENERS),
}, async (t) => {
  for (const alternates of [{}, { "a.avif": "A", "a.webp": "WE" }]) {
    const { get, calls, later } = hot(t, "kernel", { "a.jpg": "JPEG", ...alternates });
    await get();
    await later();
    await later();
    assert.deepEqual(
      calls.filter((call) => !call.startsWith("lookAtOnce ")),
      [],
    );
  }
});

for (const opener of Object.keys(OPENERS)) {
  test(`an alternate that may not be read is sent once it may, in a folder that is as it was (${opener})`, async (t) => {
    let mayRead = false;
    const { get, later } = hot(t, opener, { "a.jpg": "JPEG", "a.avif": "AVIF" }, 1000, (usual) => ({
      ...usual,
      open: async (path) => (mayRead || path !== "a.avif" ? await usual.open(path) : { kind: "forbidden" }),
      ...(usual.openAtOnce && {
        openAtOnce: (path, how) =>
          mayRead || path !== "a.avif" ? usual.openAtOnce!(path, how) : { kind: "forbidden" },
      }),
    }));
    assert.equal(await get(), "JPEG");
    assert.equal(await later(), "JPEG");
    mayRead = true;
    assert.equal(await later(), "AVIF");
  });

  test(`names are not tried in a folder whose names are known (${opener})`, async (t) => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}.jpg`);
    const { ask, calls, namesRead } = hot(t, opener, Object.fromEntries(names.map((name) => [name, "JPEG"])));
    for (const name of names.slice(0, 20)) await ask(`/${name}`, CHROME);
    await namesRead();
    calls.length = 0;
    for (const name of names.slice(20)) await ask(`/${name}`, CHROME);
    assert.deepEqual(
      calls.filter((call) => /^open.*(?:avif|webp)/.test(call)),
      [],
    );
  });
}

for (const opener of Object.keys(OPENERS)) {
  test(`other pictures are not tried in a folder whose names are known (${opener})`, async (t) => {
    const names = Array.from({ length: 40 }, (_, index) => index);
    const files = names.flatMap((name) => [
      [`${name}.jpg`, "JPEG"],
      [`${name}.webp`, "WEB"],
    ]);
    const { ask, calls, namesRead } = hot(t, opener, Object.fromEntries([...files, ["30.png", "PNG"]]));
    for (const name of names.slice(0, 20)) assert.equal(textOf(await ask(`/${name}.jpg`, CHROME)), "WEB");
    await namesRead();
    calls.length = 0;
    for (const name of names.slice(20)) {
      assert.equal(textOf(await ask(`/${name}.jpg`, CHROME)), name === 30 ? "JPEG" : "WEB");
    }
    assert.deepEqual(
      calls.filter((call) => /(?:png|jpeg)$/i.test(call)),
      [],
    );
  });
}

test("a large alternate is sent from the cache, and without it", async (t) => {
  const files = { "a.jpg": "JPEG", "a.avif": `A${LARGE}`, "b.jpg": "JPEG", "b.avif": `B${LARGE}` };
  const { ask } = makeHandler(t, files, { site, openFileLimitCount: 1 });
  for (let round = 0; round < 4; round++) {
    for (const [path, first] of [
      ["/a.jpg", "A"],
      ["/b.jpg", "B"],
    ] as const) {
      assert.equal(textOf(await ask(path, AVIF_FIRST))[0], first);
      assert.equal(textOf(await ask(path, AVIF_FIRST))[0], first);
    }
  }
});

test("a large picture stays open while its alternates are looked for", async (t) => {
  const { promise: isOtherKept, resolve: otherKept } = Promise.withResolvers<void>();
  // One file may be open, so the other takes the place of this one meanwhile.
  const { ask } = makeHandler(
    t,
    { "a.jpg": `A${LARGE}`, "b.jpg": `B${LARGE}` },
    {
      site,
      openFileLimitCount: 1,
      openerFor: (root) => {
        const opener = createOpener(root);
        const open: Opener["open"] = async (path) => {
          if (path === "a.avif") await isOtherKept;
          return opener.open(path);
        };
        return { ...opener, open };
      },
    },
  );
  releaseFile(await ask("/a.jpg", CURL));
  const late = ask("/a.jpg", CHROME);
  // The first time, a new path takes nobody's place.
  for (let round = 0; round < 3; round++) releaseFile(await ask("/b.jpg", CURL));
  otherKept();
  assert.equal(textOf(await late)[0], "A");
});

test("alternates of a mounted folder lie beside its pictures", async (t) => {
  const { root } = makeHandler(t, FILES);
  const { ask } = makeHandler(t, { "index.html": "root" }, { site: { ...site, mounts: { "/gallery": root } } });
  const reply = await ask("/gallery/photos/a.jpg", CHROME);
  assert.equal(textOf(reply), "WebP");
  assert.equal(fieldOf(reply, "content-location"), "/gallery/photos/a.webp");
});
