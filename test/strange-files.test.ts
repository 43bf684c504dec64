// Files that change or are strange while they are served: each of these has broken a well-known server
// (truncated and padded bodies, mixed versions, hanging on FIFOs, links out of the root, range amplification).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { createServer as createNetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { createServer, type Server } from "../src/server.ts";
import { RawClient } from "./support/raw-client.ts";
import { TRANSPORTS } from "./support/server.ts";
import { countDescriptors } from "./support/site.ts";
import { tries } from "./support/thorough.ts";

const LARGE_BYTES = 24 * 1024 * 1024;
const ABORT_COUNT: number = tries(2000, 10_000);
const VERSION_COUNT: number = tries(1500, 4000);
const SWAP_COUNT: number = tries(500, 1500);

for (const transport of TRANSPORTS)
  describe(`files that change or are strange, ${transport}`, { timeout: 300_000 }, () => {
    let root = "";
    let outside = "";
    let server: Server;
    const open = (): Promise<RawClient> => RawClient.open(server.port);
    const get = async (target: string, extra = ""): Promise<Awaited<ReturnType<RawClient["request"]>>> => {
      const client = await open();
      const response = await client.request("GET", target, extra);
      client.close();
      return response;
    };

    before(async () => {
      root = await mkdtemp(join(tmpdir(), "heddle-strange-"));
      outside = await mkdtemp(join(tmpdir(), "heddle-outside-"));
      await writeFile(join(root, "small.txt"), "small");
      await writeFile(join(root, "large.bin"), Buffer.alloc(LARGE_BYTES, "L"));
      await writeFile(join(outside, "secret.txt"), "SECRET");
      // Without rule files there is no watch for them, which would open a descriptor some time after the start.
      const options = { root, port: 0, host: "127.0.0.1", threads: 2, revalidateMs: 0, siteFiles: "none" } as const;
      server = createServer({ ...options, transport });
      await server.listen();
    });
    after(async () => {
      await server.close({ graceMs: 0 });
      await rm(root, { recursive: true });
      await rm(outside, { recursive: true });
    });

    test(`${ABORT_COUNT} downloads aborted by reset and by close leak no descriptor`, async () => {
      // Each thread's plan keeps the large file open from its first request on: both are asked, so that both do.
      for (let i = 0; i < 64; i++) {
        const warm = await open();
        await warm.request("HEAD", "/large.bin");
        warm.close();
      }
      await connectionsGone(server);
      const before = countDescriptors();
      const requests = [
        "GET /large.bin HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /large.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=1000000-9000000\r\n\r\n",
        "GET /large.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=0-9, 5000000-9000000\r\n\r\n",
        "GET /large.bin HTTP/1.1\r\nHo",
      ];
      let next = 0;
      const abortMany = async (): Promise<void> => {
        while (next < ABORT_COUNT) {
          const i = next++;
          const client = await open();
          client.write(requests[i % requests.length]!);
          // A third goes before any reply, a third at its head, a third in the middle of it.
          const isReplying = i % requests.length !== 3;
          if (isReplying && i % 3 > 0) await client.more();
          if (isReplying && i % 3 > 1) while (client.waiting < 300_000 && !client.isEnded) await client.more();
          if (i % 2 === 0) (client.stream as Socket).resetAndDestroy();
          else client.close();
        }
      };
      await Promise.all(Array.from({ length: 32 }, abortMany));
      await connectionsGone(server);
      // Idle sockets of the client side are closed by now too: the count is the whole process's.
      for (let i = 0; i < 100 && countDescriptors() > before; i++) await new Promise((next) => setTimeout(next, 50));
      assert.ok(countDescriptors() <= before, `${countDescriptors()} descriptors, ${before} before`);
      assert.equal((await get("/small.txt")).body.toString(), "small");
    });

    // Complaint: koajs/static-cache #97
    test("a file that is truncated while it is sent ends the connection short of its length", async () => {
      const path = join(root, "shrinks.bin");
      await writeFile(path, Buffer.alloc(LARGE_BYTES, "s"));
      const client = await open();
      client.stream.pause();
      client.write("GET /shrinks.bin HTTP/1.1\r\nHost: t\r\n\r\n");
      await once(client.stream, "readable");
      await truncate(path, 1024);
      client.stream.resume();
      const all = await client.rest();
      const headEnd = all.indexOf("\r\n\r\n") + 4;
      assert.match(all.toString("latin1", 0, headEnd), new RegExp(`Content-Length: ${LARGE_BYTES}\r\n`));
      assert.ok(all.length - headEnd < LARGE_BYTES, "it was padded");
      // sendfile(2) gives pages of the file to the socket, and truncate(2) fills those with zeros that wait there.
      assert.ok(
        all.subarray(headEnd).every((byte) => byte === 0x73 || byte === 0),
        "something else was sent",
      );
    });

    // Complaint: sirv #151
    test("a file that grows while it is sent is sent to exactly the announced length", async () => {
      const path = join(root, "grows.bin");
      await writeFile(path, Buffer.alloc(LARGE_BYTES, "g"));
      const client = await open();
      client.write("GET /grows.bin HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
      await client.more();
      await appendFile(path, Buffer.alloc(100_000, "+"));
      const response = await client.response();
      assert.equal(response.body.length, LARGE_BYTES);
      assert.ok(!response.body.includes("+"));
      assert.equal((await client.rest()).length, 0);
    });

    test("a file that is replaced by rename all the time is never mixed, mislabelled or of another length", async (t) => {
      const path = join(root, "replaced.txt");
      await writeFile(path, "a".repeat(300_000));
      let isDone = false;
      const contentOf = new Map<string, string>();
      const ask = async (): Promise<void> => {
        const client = await open();
        while (!isDone) {
          const { status, fields, body } = await client.request("GET", "/replaced.txt");
          const seen = `${body.toString("latin1", 0, 1)} ${body.length}`;
          const etag = fields.get("etag") ?? "";
          assert.equal(status, 200);
          assert.ok(
            body.every((byte) => byte === body[0]),
            "a mixed body",
          );
          assert.equal(contentOf.get(etag) ?? seen, seen, "one tag for two versions");
          contentOf.set(etag, seen);
        }
        client.close();
      };
      const readers = [ask(), ask(), ask()];
      const renamesPerSecond = await replaceAllTheTime(path);
      isDone = true;
      await Promise.all(readers);
      t.diagnostic(`${renamesPerSecond.toFixed(0)} renames a second, ${contentOf.size} versions seen`);
      assert.ok(contentOf.size > 10, `only ${contentOf.size} versions were seen`);
    });

    test("FIFOs, sockets, devices and link loops are refused, and others go on", async () => {
      execFileSync("mkfifo", [join(root, "fifo")]);
      await symlink("/dev/zero", join(root, "device"));
      await symlink("loop-b", join(root, "loop-a"));
      await symlink("loop-a", join(root, "loop-b"));
      const socket = createNetServer().listen(join(root, "socket"));
      await once(socket, "listening");
      for (const name of ["fifo", "device", "loop-a", "socket"]) {
        const response = await get(`/${name}`);
        assert.ok(response.status === 403 || response.status === 404, `${name}: ${response.status}`);
        assert.equal((await get("/small.txt")).body.toString(), "small");
      }
      socket.close();
      await once(socket, "close");
    });

    // Complaint: Caddy (root is no sandbox)
    test("no link out of the root is followed, also when it is swapped in during the request", async () => {
      await symlink(join(outside, "secret.txt"), join(root, "link.txt"));
      assert.notEqual((await get("/link.txt")).status, 200);
      await symlink(outside, join(root, "linked"));
      assert.notEqual((await get("/linked/secret.txt")).status, 200);

      let isDone = false;
      let leaks = 0;
      const ask = async (target: string): Promise<void> => {
        const client = await open();
        while (!isDone) {
          const response = await client.request("GET", target);
          if (response.body.includes("SECRET")) leaks++;
        }
        client.close();
      };
      const readers = [ask("/swapped.txt"), ask("/swapped.txt"), ask("/swapped/secret.txt")];
      for (let i = 0; i < SWAP_COUNT; i++) {
        await writeFile(join(root, "new"), "inside");
        await rename(join(root, "new"), join(root, "swapped.txt"));
        await symlink(join(outside, "secret.txt"), join(root, "new"));
        await rename(join(root, "new"), join(root, "swapped.txt"));
        await symlink(outside, join(root, "new"));
        await rename(join(root, "new"), join(root, "swapped"));
        await unlink(join(root, "swapped"));
      }
      isDone = true;
      await Promise.all(readers);
      assert.equal(leaks, 0);
    });

    // Complaint: nginx (max_ranges)
    test("1,000 ranges of one file are never more than the file and the multipart framing", async () => {
      const overlapping = Array.from({ length: 1000 }, () => "0-").join(",");
      // As many as fit a head of 16 KiB: suffixes, each a little longer than the one before.
      const nested = Array.from({ length: 1000 }, (_, i) => `-${i + 1}`).join(",");
      const scattered = Array.from({ length: 1000 }, (_, i) => `${i * 20_000}-${i * 20_000 + 9}`).join(",");
      const few = Array.from({ length: 50 }, (_, i) => `${i * 400_000}-${i * 400_000 + 99_999}`).join(",");
      for (const ranges of [overlapping, nested, scattered, few]) {
        const response = await get("/large.bin", `Range: bytes=${ranges}\r\n`);
        const count = ranges.split(",").length;
        // The scattered thousand does not even fit a head.
        const isTooLong = ranges.length > 16_384;
        assert.ok((isTooLong ? [431] : [200, 206]).includes(response.status), String(response.status));
        assert.ok(response.body.length <= LARGE_BYTES + count * 200, `${response.body.length} bytes`);
      }
    });
  });

/**
 * Writes some thousand versions and renames each into place, from a thread of its own, a thousand a second where the
 * machine can. Neighbours differ in content only or in length too: equal lengths in one tick of the clock are the trap.
 */
async function replaceAllTheTime(path: string): Promise<number> {
  const program = `
    const { renameSync, writeFileSync } = require("node:fs");
    const { workerData: path } = require("node:worker_threads");
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let version = 1; version <= ${VERSION_COUNT}; version++) {
      const letter = String.fromCharCode(97 + (version % 26));
      writeFileSync(path + ".new", letter.repeat(version % 7 === 0 ? 300_000 : 50_000));
      renameSync(path + ".new", path);
      Atomics.wait(pause, 0, 0, 0.3);
    }`;
  const begun = performance.now();
  await once(new Worker(program, { eval: true, workerData: path }), "exit");
  return (VERSION_COUNT * 1000) / (performance.now() - begun);
}

/** Resolves when the threads count no connection any more. */
async function connectionsGone(server: Server): Promise<void> {
  while (server.threads.connections > 0) await new Promise((next) => setTimeout(next, 20));
}
