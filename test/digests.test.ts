// Digest fields (RFC 9530) over a real server: a client that hashes what arrives, by both protocols and on every transport, also
// while files are replaced. Which requests get a digest is tested without a server (site/digests.test.ts).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { PART_LIMIT_BYTES } from "../src/content/digests.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../src/content/validators.ts";
import type { ServerOptions } from "../src/server.ts";
import { Http2Client } from "./support/http2-client.ts";
import type { RawResponse } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { tries } from "./support/thorough.ts";

const WANT = "Want-Repr-Digest: sha-256=10\r\nWant-Content-Digest: sha-256=10\r\n";
const LARGE = Buffer.alloc(4 * SMALL_FILE_LIMIT_BYTES, "a large file ");
const FILES = { "style.css": "body { color: black }\n".repeat(1000), "large.bin": LARGE };

/** By HTTP/1.1 or HTTP/2. */
type Ask = (method: string, target: string, extra: string) => Promise<RawResponse>;

const sha256 = (bytes: Buffer | string): string => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;

const reprOf = ({ fields }: RawResponse): string | undefined => fields.get("repr-digest");
const contentOf = ({ fields }: RawResponse): string | undefined => fields.get("content-digest");

async function open(t: TestContext, protocol: string, options: ServerOptions): Promise<Ask> {
  const server = await startServer(t, { digests: true, h2c: true, threads: 1, ...options });
  if (protocol === "HTTP/1.1") {
    const client = await openClient(t, server);
    return (...asked) => client.request(...asked);
  }
  const client = await Http2Client.open(server.port, "http");
  t.after(() => client.close());
  return (...asked) => client.request(...asked);
}

for (const transport of TRANSPORTS) {
  for (const protocol of ["HTTP/1.1", "HTTP/2"]) {
    describe(`digests, ${transport}, ${protocol}`, { timeout: 60_000 }, () => {
      test("what arrives has the digests that the reply says, coded or not, whole or in part", async (t) => {
        const ask = await open(t, protocol, { root: makeSite(t, FILES), transport });
        for (const coding of ["identity", "gzip", "br"]) {
          const accept = `Accept-Encoding: ${coding}\r\n`;
          const get = (extra = ""): Promise<RawResponse> => ask("GET", "/style.css", WANT + accept + extra);
          let whole = await get();
          for (; coding !== "identity" && !whole.fields.has("content-encoding"); whole = await get()) {
            assert.equal(contentOf(whole), sha256(whole.body));
          }
          assert.deepEqual([contentOf(whole), reprOf(whole)], [sha256(whole.body), sha256(whole.body)]);
          const part = await get("Range: bytes=10-99\r\n");
          assert.equal(part.status, 206);
          assert.equal(contentOf(part), sha256(part.body));
          assert.equal(reprOf(part), sha256(FILES["style.css"]));
        }
      });

      test("a large file has them once it is hashed, and its parts at once", async (t) => {
        const ask = await open(t, protocol, { root: makeSite(t, FILES), transport });
        const part = await ask("GET", "/large.bin", `${WANT}Range: bytes=-${PART_LIMIT_BYTES}\r\n`);
        assert.equal(part.body.length, PART_LIMIT_BYTES);
        assert.equal(contentOf(part), sha256(part.body));
        while (reprOf(await ask("HEAD", "/large.bin", WANT)) === undefined) await setImmediate();
        const head = await ask("HEAD", "/large.bin", WANT);
        assert.deepEqual([reprOf(head), contentOf(head)], [sha256(LARGE), sha256("")]);
        const whole = await ask("GET", "/large.bin", WANT);
        assert.ok(whole.body.equals(LARGE));
        assert.deepEqual([reprOf(whole), contentOf(whole)], [sha256(LARGE), sha256(LARGE)]);
      });

      test("no digest is wrong while files are replaced", async (t) => {
        const root = makeSite(t, { "a.bin": "0" });
        const ask = await open(t, protocol, { root, transport, revalidateMs: 1 });
        const replace = (round: number): void => {
          const sizeBytes = round % 2 === 0 ? 1000 + round : SMALL_FILE_LIMIT_BYTES + round;
          writeFileSync(join(root, "a.new"), Buffer.alloc(sizeBytes, `content ${round} `));
          renameSync(join(root, "a.new"), join(root, "a.bin"));
        };
        let known = 0;
        for (let round = 0; round < tries(200, 5_000); round++) {
          if (round % 5 === 0) replace(round / 5);
          const extra = round % 3 === 0 ? "Range: bytes=1-500\r\n" : "";
          const response = await ask("GET", "/a.bin", WANT + extra);
          if (contentOf(response) === undefined) continue;
          assert.equal(contentOf(response), sha256(response.body));
          if (response.status === 200) assert.equal(reprOf(response), sha256(response.body));
          known++;
        }
        assert.ok(known > 0);
      });
    });
  }
}
