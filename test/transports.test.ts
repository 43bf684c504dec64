// The transports beside each other: whatever a peer sends, it gets the same bytes from each, but for the date.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer, type Server } from "../src/server.ts";
import { RawClient } from "./support/raw-client.ts";

const END = "Connection: close\r\n\r\n";
const cases: [what: string, bytes: string][] = [
  ["a page", `GET / HTTP/1.1\r\nHost: t\r\n${END}`],
  ["HEAD of a large file", `HEAD /large.bin HTTP/1.1\r\nHost: t\r\n${END}`],
  ["a large file", `GET /large.bin HTTP/1.1\r\nHost: t\r\n${END}`],
  ["a cached file that is larger than a write", `GET /medium.bin HTTP/1.1\r\nHost: t\r\n${END}`],
  ["an empty file", `GET /empty.txt HTTP/1.1\r\nHost: t\r\n${END}`],
  ["a range", `GET /large.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=1000-2000000\r\n${END}`],
  ["several ranges", `GET /large.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=9-5,0-9\r\n${END}`],
  ["ranges in two parts", `GET /medium.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=0-9,50000-99999\r\n${END}`],
  ["a range behind the end", `GET /large.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=99999999-\r\n${END}`],
  ["a condition that holds", `GET / HTTP/1.1\r\nHost: t\r\nIf-None-Match: *\r\n${END}`],
  ["a condition that fails", `GET / HTTP/1.1\r\nHost: t\r\nIf-Match: "x"\r\n${END}`],
  ["nothing there", `GET /nothing HTTP/1.1\r\nHost: t\r\n${END}`],
  ["a redirect", `GET /folder?x=1 HTTP/1.1\r\nHost: t\r\n${END}`],
  ["OPTIONS", `OPTIONS * HTTP/1.1\r\nHost: t\r\n${END}`],
  ["a QUERY, whose content is skipped", `QUERY / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n${END}abc`],
  ["a method for which there is nothing", `POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n${END}abc`],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
  ["a pipeline", `${"GET / HTTP/1.1\r\nHost: t\r\n\r\n".repeat(40)}GET /large.bin HTTP/1.1\r\nHost: t\r\n${END}`],
  ["a bare LF", "GET / HTTP/1.1\nHost: t\n\n"],
  ["two lengths", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  ["no method that we know", `BREW / HTTP/1.1\r\nHost: t\r\n${END}`],
  ["TRACE", "TRACE / HTTP/1.1\r\nHost: t\r\n\r\n"],
];

if (process.platform === "linux") {
  let root = "";
  let portable: Server;
  let kernel: Server;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "heddle-transports-"));
    await mkdir(join(root, "folder"));
    const sizes = { "large.bin": 5_000_000, "medium.bin": 100_000, "empty.txt": 0 };
    await writeFile(join(root, "index.html"), "<p>the same");
    for (const [name, size] of Object.entries(sizes)) {
      // On the disk: only the kernel transport knows of dirty pages, which make the tag of a large file weak.
      await writeFile(join(root, name), Buffer.alloc(size, name), { flush: true });
      await utimes(join(root, name), 1e9, 1e9);
    }
    const options = { root, port: 0, host: "127.0.0.1", threads: 1 };
    portable = createServer({ ...options, transport: "portable" });
    kernel = createServer({ ...options, transport: "kernel" });
    await Promise.all([portable.listen(), kernel.listen()]);
  });
  after(async () => {
    await Promise.all([portable.close({ graceMs: 0 }), kernel.close({ graceMs: 0 })]);
    await rm(root, { recursive: true });
  });

  for (const [what, bytes] of cases) {
    test(`both transports send the same bytes for ${what}`, async () => {
      const [ours, theirs] = await Promise.all([exchange(portable, bytes), exchange(kernel, bytes)]);
      assert.match(ours, /^HTTP\/1\.1 \d{3} /);
      assert.ok(ours === theirs, `portable: ${ours.slice(0, 600)}\nkernel: ${theirs.slice(0, 600)}`);
    });
  }
}

/** All that comes back, with what is new each time made equal: the date, and the boundary between parts. */
async function exchange(server: Server, bytes: string): Promise<string> {
  const client = await RawClient.open(server.port);
  client.write(bytes);
  const all = (await client.rest()).toString("latin1");
  client.close();
  return all.replace(/^Date: .*$/gm, "Date: now").replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "boundary");
}
