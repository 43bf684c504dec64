// Files that are stored compressed and mean what is inside: an .svgz is an SVG picture with a content coding. Who accepts
// gzip gets it as it is, everybody else gets the picture.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { ServerOptions } from "../src/server.ts";
import type { RawClient } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./support/site.ts";

const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
/** Noise, so that it is large when it is coded, too. */
const LARGE_SVG = Buffer.from(`<svg>${randomBytes(400_000).toString("base64")}</svg>`);
const FILES = {
  "logo.svgz": gzipSync(SVG),
  "LOGO.SVGZ": gzipSync(SVG),
  "large.svgz": gzipSync(LARGE_SVG),
  "scene.x3dz": gzipSync("<X3D/>"),
  "plain.svgz": SVG,
  "empty.svgz": "",
  "broken.svgz": Buffer.concat([gzipSync(LARGE_SVG).subarray(0, 1000), Buffer.alloc(1000)]),
  "twice.svgz": Buffer.concat([gzipSync("<svg>"), gzipSync("</svg>")]),
  "archive.tar.gz": gzipSync("tar"),
};

async function listen(t: TestContext, options: ServerOptions): Promise<RawClient> {
  return openClient(t, await startServer(t, { root: makeSite(t, FILES), threads: 1, ...options }));
}

for (const transport of TRANSPORTS) {
  describe(`files that are stored coded, ${transport}`, () => {
    for (const [path, content] of [
      ["/logo.svgz", SVG],
      ["/LOGO.SVGZ", SVG],
      ["/large.svgz", LARGE_SVG],
    ] as const) {
      test(`${path} is coded for who accepts gzip, and decoded for everybody else`, async (t) => {
        const client = await listen(t, { transport });
        const tags = new Set<string | undefined>();
        for (const accepted of ["gzip", "gzip, deflate, br, zstd", "*", "br, gzip;q=0.1"]) {
          const { status, fields, body } = await client.request("GET", path, `Accept-Encoding: ${accepted}\r\n`);
          assert.equal(status, 200);
          assert.equal(fields.get("content-encoding"), "gzip");
          assert.equal(fields.get("content-type"), "image/svg+xml");
          assert.equal(fields.get("vary"), "Accept-Encoding");
          assert.equal(fields.get("content-length"), String(body.length));
          assert.ok(gunzipSync(body).equals(content));
          tags.add(fields.get("etag"));
        }
        assert.equal(tags.size, 1);
        for (const accepted of [undefined, "br", "identity", "gzip;q=0", "gzip;q=0.5, identity", "identity;q=0"]) {
          const extra = accepted === undefined ? "" : `Accept-Encoding: ${accepted}\r\n`;
          const { status, fields, body } = await client.request("GET", path, `${extra}Range: bytes=0-3\r\n`);
          assert.equal(status, 200);
          assert.equal(fields.get("content-encoding"), undefined);
          assert.equal(fields.get("content-type"), "image/svg+xml");
          assert.equal(fields.get("vary"), "Accept-Encoding");
          assert.ok(body.equals(content));
          tags.add(fields.get("etag"));
        }
        assert.equal(tags.size, 2);
      });
    }

    test("a decoded file has conditions and HEAD of its own, and a coded one has ranges", async (t) => {
      const client = await listen(t, { transport });
      const whole = await client.request("GET", "/large.svgz");
      const tag = whole.fields.get("etag");
      const head = await client.request("HEAD", "/large.svgz");
      assert.equal(head.status, 200);
      for (const name of ["etag", "last-modified", "content-type", "vary", "content-encoding"]) {
        assert.equal(head.fields.get(name), whole.fields.get(name), name);
      }
      const known = await client.request("GET", "/large.svgz", `If-None-Match: ${tag}\r\n`);
      assert.deepEqual([known.status, known.fields.get("etag")], [304, tag]);
      assert.equal((await client.request("GET", "/large.svgz", 'If-Match: "x"\r\n')).status, 412);
      const gzip = "Accept-Encoding: gzip\r\n";
      assert.equal((await client.request("GET", "/large.svgz", `${gzip}If-None-Match: ${tag}\r\n`)).status, 200);
      const part = await client.request("GET", "/large.svgz", `${gzip}Range: bytes=0-1\r\n`);
      assert.deepEqual([part.status, part.body.toString("hex")], [206, "1f8b"]);
      assert.equal(part.fields.get("content-range"), `bytes 0-1/${FILES["large.svgz"].length}`);
    });

    test("what does not begin as gzip is sent as it is, whatever its name is", async (t) => {
      const client = await listen(t, { transport });
      for (const fields of ["", "Accept-Encoding: gzip\r\n"]) {
        for (const [path, content] of [
          ["/plain.svgz", SVG],
          ["/empty.svgz", Buffer.alloc(0)],
        ] as const) {
          const plain = await client.request("GET", path, fields);
          assert.equal(plain.status, 200);
          assert.equal(plain.fields.get("content-encoding"), undefined);
          assert.ok(plain.body.equals(content));
        }
        const archive = await client.request("GET", "/archive.tar.gz", fields);
        assert.equal(archive.fields.get("content-encoding"), undefined);
        assert.equal(archive.fields.get("content-type"), "application/gzip");
        assert.ok(archive.body.equals(FILES["archive.tar.gz"]));
      }
    });

    test("a file of two members is decoded to its end, and so are other kinds of files", async (t) => {
      const client = await listen(t, { transport });
      assert.equal((await client.request("GET", "/twice.svgz")).body.toString(), "<svg></svg>");
      assert.equal((await client.request("GET", "/scene.x3dz")).body.toString(), "<X3D/>");
    });

    test("a rule that says how the file is coded is obeyed", async (t) => {
      const headers = [{ for: "/*.svgz", set: { "Content-Encoding": "gzip" } }];
      const client = await listen(t, { transport, headers });
      const { fields, body } = await client.request("GET", "/logo.svgz");
      assert.equal(fields.get("content-encoding"), "gzip");
      assert.ok(gunzipSync(body).equals(SVG));
    });

    test("a file that cannot be decoded is cut short, and neither it nor a peer that leaves keeps a file open", async (t) => {
      const root = makeSite(t, FILES);
      const before = countDescriptors();
      const server = await startServer(t, { root, transport, threads: 1, cacheLimitBytes: 0 });
      const broken = await openClient(t, server);
      await assert.rejects(broken.request("GET", "/broken.svgz"));
      const leaving = await openClient(t, server);
      leaving.write("GET /large.svgz HTTP/1.1\r\nHost: test\r\n\r\n");
      await leaving.more();
      leaving.close();
      const next = await openClient(t, server);
      assert.ok((await next.request("GET", "/large.svgz")).body.equals(LARGE_SVG));
      for (const client of [broken, next]) client.close();
      await server.close({ graceMs: 0 });
      await descriptorsSettled(before);
    });
  });
}
