// Content codings over a real server: what is encoded for the next request, and that nothing which goes wrong with it
// costs anybody a reply. Who gets which of several codings is tested beside the code, without a server.
import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { BroadcastChannel } from "node:worker_threads";
import { encode } from "../src/content/codings/encode.ts";
import { resolveOptions } from "../src/options/resolve.ts";
import type { ServerEvent, ServerOptions } from "../src/server.ts";
import { Pool } from "../src/threads/supervisor/pool.ts";
import { WORKER_ENTRY } from "../src/threads/supervisor/worker-entry.ts";
import { decode } from "./support/decode.ts";
import type { RawClient, RawResponse } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./support/site.ts";

/** Text that no coding makes too small to ask for parts of. */
function text(sizeBytes: number, seed = 1): Buffer {
  const words: string[] = [];
  for (let length = 0, state = seed; length < sizeBytes; length += words.at(-1)!.length + 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words.push((state >>> 12).toString(32));
  }
  return Buffer.from(words.join(" ")).subarray(0, sizeBytes);
}

/** Up to 256 KiB a file is in memory; a larger one crosses to the encoder by its descriptor. */
const SMALL = text(40_000);
const LARGE = text(400_000);

async function listen(t: TestContext, root: string, options: ServerOptions): Promise<RawClient> {
  return openClient(t, await startServer(t, { root, threads: 1, ...options }));
}

const codingOf = ({ fields }: RawResponse): string | undefined => fields.get("content-encoding");

const decoded = (response: RawResponse): Buffer => decode(response.body, codingOf(response));

/** Asks until it is encoded as wanted; each reply on the way must be right as well. */
async function askUntil(
  client: RawClient,
  target: string,
  acceptEncoding: string,
  content: Buffer,
  isDone: (response: RawResponse) => boolean,
): Promise<RawResponse> {
  for (;;) {
    const response = await client.request("GET", target, `Accept-Encoding: ${acceptEncoding}\r\n`);
    assert.equal(response.status, 200);
    assert.ok(decoded(response).equals(content));
    if (isDone(response)) return response;
    // The encoder needs the processor more than this question does.
    await setTimeout(2);
  }
}

const isCoded = (response: RawResponse): boolean => codingOf(response) !== undefined;

for (const transport of TRANSPORTS)
  describe(`codings on demand, ${transport}`, { timeout: 120_000 }, () => {
    for (const [name, content] of [
      ["a small file", SMALL],
      ["a large file", LARGE],
    ] as const) {
      test(`${name} is encoded for the next request, and each coding has its own tag`, async (t) => {
        const client = await listen(t, makeSite(t, { "a.js": content }), { transport });
        const identity = await client.request("GET", "/a.js", "Accept-Encoding: br\r\n");
        assert.equal(codingOf(identity), undefined);
        assert.equal(identity.fields.get("vary"), "Accept-Encoding");
        const tags = new Set([identity.fields.get("etag")]);
        for (const [acceptEncoding, coding] of [
          ["gzip, deflate, br, zstd", "br"],
          ["gzip", "gzip"],
          ["br;q=0, gzip;q=0.8, zstd", "zstd"],
        ] as const) {
          const isRight = (response: RawResponse): boolean => codingOf(response) === coding;
          const response = await askUntil(client, "/a.js", acceptEncoding, content, isRight);
          assert.equal(response.fields.get("vary"), "Accept-Encoding");
          assert.ok(response.body.length < content.length);
          tags.add(response.fields.get("etag"));
        }
        assert.equal(tags.size, 4);
        const none = await client.request("GET", "/a.js");
        assert.ok(codingOf(none) === undefined && none.body.equals(content));
      });

      test(`${name}, encoded, has conditions and HEAD of its own, and parts of the file as it is`, async (t) => {
        const client = await listen(t, makeSite(t, { "a.js": content }), { transport });
        // The tag of a large file is weak while the file is young: only the strong tag, which follows, stays the same.
        const isSettled = ({ fields }: RawResponse): boolean => !fields.get("etag")!.startsWith("W/");
        const identity = await askUntil(client, "/a.js", "identity", content, isSettled);
        // The best encoding replaces the quick one, and stays.
        const bestBytes = encode(content, "gzip", "best").length;
        const isBest = ({ body }: RawResponse): boolean => body.length === bestBytes;
        const whole = await askUntil(client, "/a.js", "gzip", content, isBest);
        const tag = whole.fields.get("etag")!;
        const ask = (method: string, fields: string): Promise<RawResponse> =>
          client.request(method, "/a.js", `Accept-Encoding: gzip\r\n${fields}`);

        const part = await ask("GET", "Range: bytes=10-19\r\n");
        assert.equal(part.status, 206);
        assert.equal(part.fields.get("content-encoding"), undefined);
        assert.equal(part.fields.get("content-range"), `bytes 10-19/${content.length}`);
        assert.ok(part.body.equals(content.subarray(10, 20)));
        const continued = await ask("GET", `Range: bytes=10-19\r\nIf-Range: ${identity.fields.get("etag")}\r\n`);
        assert.equal(continued.status, 206);
        const former = await ask("GET", `Range: bytes=10-19\r\nIf-Range: ${tag}\r\n`);
        assert.ok(former.status === 200 && former.body.equals(whole.body));

        const head = await ask("HEAD", "");
        assert.equal(head.status, 200);
        for (const field of ["content-length", "content-encoding", "etag", "vary", "content-type", "last-modified"]) {
          assert.equal(head.fields.get(field), whole.fields.get(field), field);
        }
        assert.equal((await ask("GET", `If-None-Match: ${tag}\r\n`)).status, 304);
        const unencoded = await ask("GET", `If-None-Match: ${identity.fields.get("etag")}\r\n`);
        assert.equal(unencoded.status, 304);
        assert.equal(unencoded.fields.get("etag"), identity.fields.get("etag"));
      });

      test(`${name} that a server has encoded is known to the server after it, and to each thread`, async (t) => {
        const root = makeSite(t, { "a.js": content });
        const client = await listen(t, root, { transport });
        const tag = (await askUntil(client, "/a.js", "gzip", content, isCoded)).fields.get("etag")!;
        const next = await startServer(t, { root, transport, threads: 2 });
        for (const other of await Promise.all(Array.from({ length: 4 }, () => openClient(t, next)))) {
          const response = await other.request("GET", "/a.js", `Accept-Encoding: gzip\r\nIf-None-Match: ${tag}\r\n`);
          assert.equal(response.status, 304);
          assert.equal(response.fields.get("etag"), tag);
          assert.equal(response.fields.get("vary"), "Accept-Encoding");
          // Who cannot take it in that coding gets the file.
          assert.equal((await other.request("GET", "/a.js", `If-None-Match: ${tag}\r\n`)).status, 200);
        }
      });

      test(`${name} that is replaced is encoded anew, and never served as it was`, async (t) => {
        const root = makeSite(t, { "a.js": content });
        const client = await listen(t, root, { transport, revalidateMs: 0 });
        await askUntil(client, "/a.js", "br", content, isCoded);
        for (let version = 2; version < 4; version++) {
          const next = text(content.length, version);
          await writeFile(join(root, "next"), next);
          await rename(join(root, "next"), join(root, "a.js"));
          await askUntil(client, "/a.js", "br", next, isCoded);
        }
      });
    }

    test("many files at once are all encoded in the end, while every reply is right and no descriptor is lost", async (t) => {
      const files = Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [`${index}.js`, text(index % 20 === 0 ? 300_000 : 5000, index + 1)]),
      );
      const root = makeSite(t, { ...files, "hot.js": SMALL });
      const server = await startServer(t, { root, threads: 2, transport });
      const hot = await openClient(t, server);
      await askUntil(hot, "/hot.js", "br", SMALL, isCoded);
      const before = countDescriptors();

      const clients = await Promise.all(Array.from({ length: 4 }, () => openClient(t, server)));
      let isOver = false;
      const ask = async (client: RawClient, index: number): Promise<void> => {
        const own = Object.entries(files).filter((_, number) => number % clients.length === index);
        for (const [name, content] of own) {
          await client.request("GET", `/${name}`, "Accept-Encoding: gzip\r\n");
          assert.ok(decoded(await client.request("GET", `/${name}`, "Accept-Encoding: gzip\r\n")).equals(content));
        }
        for (const [name, content] of own) await askUntil(client, `/${name}`, "gzip", content, isCoded);
      };
      const askHot = async (): Promise<void> => {
        while (!isOver) await askUntil(hot, "/hot.js", "br", SMALL, isCoded);
      };
      const rest = Promise.all(clients.map(ask)).finally(() => {
        isOver = true;
      });
      await Promise.all([rest, askHot()]);
      for (const client of clients) client.close();
      // Ten large files are open in each thread's cache.
      await descriptorsSettled(before + 20);
      await server.close({ graceMs: 0 });
    });

    test("encodedLimitBytes bounds what is kept encoded", async (t) => {
      const contents = [SMALL, text(40_000, 2)] as const;
      const root = makeSite(t, { "a.js": contents[0], "b.js": contents[1] });
      /** Answered in one go, so that nothing is encoded between the two. */
      const areCoded = async (client: RawClient): Promise<boolean[]> => {
        const head = "HTTP/1.1\r\nHost: test\r\nAccept-Encoding: br\r\n\r\n";
        client.write(`GET /a.js ${head}GET /b.js ${head}`);
        const responses = [await client.response(), await client.response()];
        for (const [index, response] of responses.entries()) assert.ok(decoded(response).equals(contents[index]!));
        return responses.map(isCoded);
      };
      const options = { transport, revalidateMs: 60_000 };
      // Room for one and a half: a quarter is the encoder's, the rest that of the only thread.
      const one = encode(contents[0], "br", "quick").length;
      const bounded = await listen(t, root, { ...options, encodedLimitBytes: Math.round((1.5 * one) / 0.75) });
      await askUntil(bounded, "/a.js", "br", contents[0], isCoded);
      await askUntil(bounded, "/b.js", "br", contents[1], isCoded);
      for (let count = 0; count < 50; count++) assert.notDeepEqual(await areCoded(bounded), [true, true]);
      const none = await listen(t, root, { ...options, encodedLimitBytes: 0 });
      const roomy = await listen(t, root, { ...options, cacheLimitBytes: 2 ** 20 });
      while ((await areCoded(roomy)).includes(false)) assert.deepEqual(await areCoded(none), [false, false]);
    });

    test("an encoder that dies costs nobody a reply, and comes back", async (t) => {
      const root = makeSite(t, { "a.js": SMALL, "b.js": text(40_000, 2) });
      const events: ServerEvent[] = [];
      const options = resolveOptions({ root, host: "127.0.0.1", port: 0, threads: 1, transport });
      const encoderUrl = new URL("./fixtures/threads/faulty-encoder.ts", import.meta.url);
      const pool = new Pool(options, (event) => events.push(event), { ...WORKER_ENTRY, encoderUrl });
      t.after(() => pool.close(0));
      const { addresses } = await pool.start();
      const client = await openClient(t, addresses[0]);
      await askUntil(client, "/a.js", "br", SMALL, isCoded);
      const faults = new BroadcastChannel("faults of the encoder");
      t.after(() => faults.close());
      faults.postMessage("die");
      // What is encoded stays: the memory is everybody's.
      await askUntil(client, "/a.js", "br", SMALL, () => events.length > 0);
      assert.ok(isCoded(await askUntil(client, "/a.js", "br", SMALL, () => true)));
      await askUntil(client, "/b.js", "br", text(40_000, 2), isCoded);
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ["warning"],
      );
    });

    test("a thread for each connection sends what is encoded too", async (t) => {
      const root = makeSite(t, { "a.js": SMALL });
      const server = await startServer(t, { root, threads: "per-connection", transport });
      for (let count = 0; count < 2; count++) {
        await askUntil(await openClient(t, server), "/a.js", "br", SMALL, isCoded);
      }
    });
  });
