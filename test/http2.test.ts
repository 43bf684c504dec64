// HTTP/2 at a running server: how it is chosen, large files, many streams, what is released when streams end early, and the
// ends of connections. The engine by itself is tested in src/http2/; replies are compared in behaviour.test.ts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { constants } from "node:http2";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Server, ServerControls, ServerEvent, ServerOptions } from "../src/server.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { Http2Client, responseOf } from "./support/http2-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { isOpen, makeSite } from "./support/site.ts";
import { openTls } from "./support/tls-client.ts";
import { until } from "./support/until.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** Many times what a socket, a slice of its time and a window of the client hold. */
const LARGE_BYTES = 24 * 1024 * 1024;
const BLOCK: Buffer = randomBytes(1024 * 1024 + 1);
const SCHEMES = ["https", "http"] as const;

async function start(
  t: TestContext,
  scheme: "http" | "https",
  files: Record<string, string | Buffer>,
  options: ServerOptions & ServerControls = {},
): Promise<{ server: Server; root: string; open: () => Promise<Http2Client> }> {
  const root = makeSite(t, files);
  const how = scheme === "https" ? { tls: LOCALHOST } : { h2c: true };
  const server = await startServer(t, { root, threads: 1, ...how, ...options });
  const open = async (): Promise<Http2Client> => {
    const client = await Http2Client.open(server.port, scheme);
    t.after(() => client.close());
    return client;
  };
  return { server, root, open };
}

for (const transport of TRANSPORTS) {
  describe(`HTTP/2 on the ${transport} transport`, { timeout: 60_000 }, () => {
    test("TLS chooses h2 before http/1.1, and http2: false leaves it out", async (t) => {
      for (const [http2, offered, chosen] of [
        [true, ["http/1.1", "h2"], "h2"],
        [true, ["http/1.1"], "http/1.1"],
        [false, ["h2", "http/1.1"], "http/1.1"],
      ] as const) {
        const { server } = await start(t, "https", { "index.html": "secure" }, { transport, http2 });
        const socket = await openTls(t, server, { ALPNProtocols: [...offered] });
        assert.equal(socket.alpnProtocol, chosen);
      }
    });

    test("a client that offers only h2 is refused where it is off", async (t) => {
      const { server } = await start(t, "https", { "index.html": "secure" }, { transport, http2: false });
      await assert.rejects(openTls(t, server, { ALPNProtocols: ["h2"] }), { code: /NO_APPLICATION_PROTOCOL/ });
    });

    test("with h2c, HTTP/1.1 is answered at the same port, and the preface may come byte by byte", async (t) => {
      const { server } = await start(t, "http", { "index.html": "both" }, { transport });
      const plain = await openClient(t, server);
      assert.equal((await plain.request("GET", "/")).body.toString(), "both");
      const slow = await openClient(t, server);
      const frames: Buffer[] = [];
      slow.stream.on("data", (bytes: Buffer) => frames.push(bytes));
      for (const byte of Buffer.from(PREFACE)) {
        slow.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      // Empty SETTINGS: ours come, and the acknowledgement (type 4, flag 1).
      slow.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
      await until(() => Buffer.concat(frames).includes(Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0])));
    });

    test("the preface is refused by a code of its own where HTTP/2 is off, and behind a request", async (t) => {
      const off = await startServer(t, { root: makeSite(t, { "index.html": "x" }), threads: 1, transport });
      const refused = await openClient(t, off);
      refused.write(PREFACE);
      assert.equal((await refused.response()).status, 505);
      const { server } = await start(t, "http", { "index.html": "x" }, { transport });
      const late = await openClient(t, server);
      assert.equal((await late.request("GET", "/")).status, 200);
      late.write(PREFACE);
      assert.equal((await late.response()).status, 505);
    });

    for (const scheme of SCHEMES) {
      test(`24 MiB arrive byte for byte over ${scheme}`, async (t) => {
        const content = Buffer.alloc(LARGE_BYTES, BLOCK);
        const { open } = await start(t, scheme, { "large.bin": content }, { transport });
        const client = await open();
        // Large windows, as browsers have.
        client.session.setLocalWindowSize(4 * 1024 * 1024);
        const { body, fields } = await client.request("GET", "/large.bin");
        assert.equal(fields.get("content-length"), String(LARGE_BYTES));
        assert.ok(body.equals(content));
      });
    }

    test("files of streams that are cancelled, or whose connection is cut off, are closed", async (t) => {
      const files = { "one.bin": Buffer.alloc(20 * 1024 * 1024), "two.bin": Buffer.alloc(20 * 1024 * 1024) };
      const { open, root } = await start(t, "http", files, { transport, revalidateMs: 0 });
      const client = await open();
      // The streams share the window of the connection, and one that waits may not keep it from the other.
      client.session.setLocalWindowSize(1024 * 1024);
      const streams = ["one.bin", "two.bin"].map((name) => client.begin("GET", `/${name}`));
      for (const stream of streams) {
        stream.on("error", () => {});
        await once(stream, "data");
        stream.pause();
      }
      streams[0]!.close(constants.NGHTTP2_CANCEL);
      await once(streams[0]!, "close");
      client.close();
      // The cache lets go of a file that is gone, when it is asked for again: then only a reply could hold it.
      const other = await open();
      for (const name of ["one.bin", "two.bin"]) {
        const path = join(root, name);
        assert.ok(isOpen(path));
        rmSync(path);
        assert.equal((await other.request("GET", `/${name}`)).status, 404);
        await until(() => !isOpen(`${path} (deleted)`));
      }
    });

    test("a stop answers what was begun, tells the client to open no more streams, and ends", async (t) => {
      const { server, open } = await start(t, "https", { "large.bin": Buffer.alloc(3_000_000, BLOCK) }, { transport });
      const client = await open();
      const streams = Array.from({ length: 20 }, () => client.begin("GET", "/large.bin"));
      await once(streams[0]!, "response");
      const goaway = once(client.session, "goaway");
      const responses = Promise.all(streams.slice(1).map((stream) => responseOf(stream)));
      const first: Buffer[] = [];
      streams[0]!.on("data", (part: Buffer) => first.push(part));
      const closed = server.close({ graceMs: 20_000 });
      for (const { status, body } of await responses) assert.deepEqual([status, body.length], [200, 3_000_000]);
      const [code] = await goaway;
      assert.equal(code, constants.NGHTTP2_NO_ERROR);
      await closed;
      assert.equal(Buffer.concat(first).length, 3_000_000);
    });

    test("the trace names the stream of each line", async (t) => {
      const lines: string[] = [];
      const onEvent = (event: ServerEvent): void => void (event.kind === "trace" && lines.push(event.text));
      const { open } = await start(t, "http", { "index.html": "traced" }, { transport, trace: true, onEvent });
      const client = await open();
      await client.request("GET", "/?a=1");
      await until(() => /stream 1 > :status: 200/.test(lines.join("\n")));
      assert.match(lines.join("\n"), /connection 1 stream 1 < :method: GET/);
      assert.match(lines.join("\n"), /connection 1 stream 1 < :path: \/\?a=1/);
    });
  });
}
