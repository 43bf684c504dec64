// Files that a program maps (MAP_SHARED) and changes by stores, as LMDB, rrdtool and numpy do. Only the first store into a
// page changes the times of the file, until the system has written the page to the disk. No answer may be old, and no tag
// may stand for two contents. Only the kernel transport can ask which pages are dirty.
import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openClient, startServer } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const SMALL = Buffer.alloc(20_000, "small ");
const LARGE = Buffer.alloc(600_000, "large ");
/** Larger than what is looked at in one turn. */
const HUGE = Buffer.alloc(40 * 1024 * 1024, "huge ");

/** Asks until the times of the file make it no longer young: 100 ms, and a tick of the clock. */
async function timesAreOld(path: string, ask: () => Promise<unknown>): Promise<void> {
  const { ctimeMs } = statSync(path);
  do await ask();
  while (Date.now() < ctimeMs + 150);
}

if (process.platform === "linux") {
  const { mapFile, tellsDirtyPages } = await import("./support/mapped-file.ts");
  const skip = tellsDirtyPages() ? false : "neither this kernel nor this file system tells which pages are dirty";

  for (const [size, content] of Object.entries({ SMALL, LARGE, HUGE })) {
    test(`a ${size.toLowerCase()} file that is changed by stores is never old, nor its tag that of another`, {
      skip,
    }, async (t) => {
      const root = makeSite(t, { "data.bin": content });
      const server = await startServer(t, {
        root,
        threads: 1,
        transport: "kernel",
        revalidateMs: 0,
        siteFiles: "none",
      });
      const client = await openClient(t, server);
      const get = async (extra = ""): Promise<{ status: number; etag: string; first: number | undefined }> => {
        const { status, fields, body } = await client.request("GET", "/data.bin", extra);
        return { status, etag: fields.get("etag")!, first: body[0] };
      };
      const before = await get();
      assert.match(before.etag, /^"/);
      assert.equal((await get(`If-None-Match: ${before.etag}\r\n`)).status, 304);

      const mapped = mapFile(t, join(root, "data.bin"));
      const tags = [before.etag];
      mapped.bytes[0] = 1;
      const { mtimeMs } = statSync(join(root, "data.bin"));
      await timesAreOld(join(root, "data.bin"), get);
      for (let value = 1; value <= 5; value++) {
        mapped.bytes[0] = value;
        const found = await get(`If-None-Match: ${tags.join(", ")}\r\n`);
        assert.deepEqual([found.status, found.first], [200, value]);
        // The tag of a small file is that of its bytes.
        assert.match(found.etag, content === SMALL ? /^"/ : /^W\//);
        tags.push(found.etag);
      }
      assert.equal(statSync(join(root, "data.bin")).mtimeMs, mtimeMs, "the stores left no trace");
      assert.equal(new Set(tags).size, 6);

      mapped.bytes[0] = 6;
      mapped.flush();
      const after = await get(`If-None-Match: ${tags.join(", ")}\r\n`);
      assert.deepEqual([after.status, after.first], [200, 6]);
    });
  }

  test("a large file whose pages are on the disk gets a strong tag, which stays", { skip }, async (t) => {
    const root = makeSite(t, { "data.bin": LARGE });
    const mapped = mapFile(t, join(root, "data.bin"));
    mapped.bytes[0] = 1;
    const server = await startServer(t, { root, threads: 1, transport: "kernel", revalidateMs: 0, siteFiles: "none" });
    const client = await openClient(t, server);
    const tag = async (): Promise<string> => (await client.request("HEAD", "/data.bin")).fields.get("etag")!;
    assert.match(await tag(), /^W\//);
    mapped.flush();
    // The flush may have been quicker than the clock of the file system: 100 ms.
    let strong = await tag();
    while (strong.startsWith("W/")) strong = await tag();
    assert.equal(await tag(), strong);
  });

  test("a precompressed file that is changed by stores is never old", { skip }, async (t) => {
    const root = makeSite(t, { "page.html": "the page", "page.html.br": "one in br" });
    const server = await startServer(t, { root, threads: 1, transport: "kernel", revalidateMs: 0, siteFiles: "none" });
    const client = await openClient(t, server);
    const get = async (): Promise<string> =>
      (await client.request("GET", "/page.html", "Accept-Encoding: br\r\n")).body.toString();
    const mapped = mapFile(t, join(root, "page.html.br"));
    mapped.bytes.write("one");
    await timesAreOld(join(root, "page.html.br"), get);
    for (const word of ["two", "six"]) {
      mapped.bytes.write(word);
      assert.equal(await get(), `${word} in br`);
    }
  });

  test("a new small file keeps its compressed content while the system writes it to the disk", { skip }, async (t) => {
    const root = makeSite(t);
    writeFileSync(join(root, "new.js"), "let loom = 7;\n".repeat(1000));
    const server = await startServer(t, { root, threads: 1, transport: "kernel", revalidateMs: 0, siteFiles: "none" });
    const client = await openClient(t, server);
    const isEncoded = async (): Promise<boolean> =>
      (await client.request("GET", "/new.js", "Accept-Encoding: br\r\n")).fields.has("content-encoding");
    // The file counts as young by its times at first; then only by its pages.
    await timesAreOld(join(root, "new.js"), isEncoded);
    while (!(await isEncoded()));
    for (let count = 0; count < 20; count++) assert.ok(await isEncoded());
  });
}
