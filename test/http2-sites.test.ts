// What a site does over HTTP/2: the same as over HTTP/1.1, at one port; and what happens to streams when the server changes:
// reloads, threads that die, and places that are needed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ClientHttp2Stream } from "node:http2";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { hashPassword, type Server, type ServerControls, type ServerOptions } from "../src/server.ts";
import { LOCALHOST, tlsFixture } from "./support/certificates.ts";
import { Command } from "./support/command.ts";
import { basicCredentials } from "./support/credentials.ts";
import { Http2Client } from "./support/http2-client.ts";
import { dropFromCache } from "./support/mounts.ts";
import type { RawResponse } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { causeFault, type Supervised, supervise, workerFixture } from "./support/supervised.ts";
import { openTls } from "./support/tls-client.ts";
import { readZip } from "./support/zip-reader.ts";

/** So many connections are opened at most until each thread has one: one in 500,000 such runs gives all to one thread. */
const MOST_CLIENTS = 20;
const LARGE_BYTES = 8 * 1024 * 1024;

async function openHttp2(
  t: TestContext,
  { port }: Pick<Server, "port">,
  scheme: "http" | "https" = "http",
  options: object = {},
): Promise<Http2Client> {
  const client = await Http2Client.open(port, scheme, options);
  t.after(() => client.close());
  return client;
}

/** Open connections of each thread. */
function connectionsOf({ supervisor }: Supervised): readonly number[] {
  return supervisor.snapshot().threads.map(({ connections }) => connections);
}

function listen(t: TestContext, options: ServerOptions & ServerControls): Promise<Server> {
  return startServer(t, { threads: 1, h2c: true, ...options });
}

/** Without what belongs to the moment or to the connection. */
function shown({ status, fields, body }: RawResponse): unknown {
  const lines = [...fields].filter(([name]) => !["date", "connection", "transfer-encoding"].includes(name));
  return { status, fields: lines.sort(), body: body.toString("latin1") };
}

const REQUESTS: readonly (readonly [method: string, target: string, extra?: string])[] = [
  ["GET", "/"],
  ["HEAD", "/"],
  ["GET", "/list/"],
  ["GET", "/list/", "Accept: text/html\r\n"],
  ["GET", "/list/?zip=1"],
  ["GET", "/old/1?a=b"],
  ["GET", "/inner/a.txt"],
  ["GET", "/private/a.txt"],
  ["GET", "/private/a.txt", `Authorization: ${basicCredentials("ada:countess")}\r\n`],
  ["GET", "/private/a.txt", `Authorization: ${basicCredentials("ada:wrong")}\r\n`],
  ["GET", "/list/a.txt", "Range: bytes=1-2\r\n"],
  ["GET", "/list/a.txt", "Range: bytes=9-\r\n"],
  ["GET", "/list/a.txt", 'If-Match: "x"\r\n'],
  ["GET", "/.env"],
  ["GET", "/a//b"],
  ["GET", "/%2e%2e/x"],
  ["GET", "/missing"],
  ["POST", "/"],
  ["PUT", "/list/a.txt"],
  ["OPTIONS", "/"],
  ["OPTIONS", "*"],
  ["GET", "/", "Expect: a miracle\r\n"],
  ["GET", "http://other.test/"],
  ["GET", "http://OTHER.test:99/"],
  ["GET", "http://unknown.test/"],
  ["GET", "/", "Cookie: a=b\r\nCookie2: c\r\nAccept-Language: de\r\n"],
  ["GET", "/", "Origin: https://a.test\r\n"],
];

for (const transport of TRANSPORTS) {
  describe(`sites over HTTP/2, ${transport}`, { timeout: 60_000 }, () => {
    test("each request is answered as over HTTP/1.1: rules, passwords, listings, hosts and refusals", async (t) => {
      const files = { "index.html": "one", "list/a.txt": "abc", "list/b.txt": "b", "private/a.txt": "secret" };
      const root = makeSite(t, files);
      const server = await listen(t, {
        transport,
        root,
        listing: true,
        zip: true,
        cors: true,
        securityHeaders: true,
        redirects: [{ from: "/old/:id", to: "/list/?id=:id" }],
        rewrites: [{ from: "/inner/*", to: "/list/*" }],
        auth: { users: { ada: await hashPassword("countess") }, for: ["/private/*"] },
        sites: { "other.test": { root: makeSite(t, { "index.html": "another" }) } },
      });
      const client = await openHttp2(t, server);
      for (const [method, target, extra = ""] of REQUESTS) {
        const plain = await openClient(t, server);
        const one = shown(await plain.request(method, target, extra));
        assert.deepEqual(shown(await client.request(method, target, extra)), one, `${method} ${target} ${extra}`);
      }
    });

    test("a folder comes as a zip file, and others are answered while it is sent", async (t) => {
      const root = makeSite(t, { "d/large.bin": Buffer.alloc(LARGE_BYTES, "z"), "d/a.txt": "a" });
      const client = await openHttp2(t, await listen(t, { transport, root, listing: true, zip: true }));
      const stream = client.begin("GET", "/d/?zip");
      stream.pause();
      await once(stream, "response");
      assert.equal((await client.request("GET", "/d/a.txt")).body.toString(), "a");
      const parts: Buffer[] = [];
      for await (const part of stream) parts.push(part as Buffer);
      const entries = readZip(Buffer.concat(parts));
      assert.deepEqual(
        entries.map(({ name, content }) => [name, content.length]),
        [
          ["d/a.txt", 1],
          ["d/large.bin", LARGE_BYTES],
        ],
      );
    });

    test("a cold file does not hold back the streams beside it", async (t) => {
      const root = makeSite(t, { "cold.bin": Buffer.alloc(LARGE_BYTES, "c"), "hot.txt": "hot" });
      const client = await openHttp2(t, await listen(t, { transport, root, threads: 1 }));
      assert.equal((await client.request("GET", "/hot.txt")).status, 200);
      dropFromCache(join(root, "cold.bin"));
      const cold = Array.from({ length: 5 }, () => client.request("GET", "/cold.bin"));
      const hot = Array.from({ length: 50 }, () => client.request("GET", "/hot.txt", "Priority: u=1\r\n"));
      let isColdComplete = false;
      void Promise.all(cold).then(() => (isColdComplete = true));
      for (const { body } of await Promise.all(hot)) assert.equal(body.toString(), "hot");
      assert.equal(isColdComplete, false);
      for (const { body } of await Promise.all(cold)) assert.ok(body.equals(Buffer.alloc(LARGE_BYTES, "c")));
    });

    test("a reload keeps connections and streams: those that go on, and the next ones by the new options", async (t) => {
      const root = makeSite(t, { "index.html": "one", "large.bin": Buffer.alloc(LARGE_BYTES, "l") });
      const server = await listen(t, { transport, root });
      const client = await openHttp2(t, server);
      const going = Array.from({ length: 5 }, () => client.begin("GET", "/large.bin"));
      await Promise.all(going.map((stream) => once(stream, "response")));
      const next = makeSite(t, { "index.html": "two" });
      await server.reload({ transport, root: next, h2c: true, threads: 1, redirects: [{ from: "/x", to: "/" }] });
      assert.equal((await client.request("GET", "/")).body.toString(), "two");
      assert.equal((await client.request("GET", "/x")).status, 308);
      for (const stream of going) {
        let length = 0;
        for await (const part of stream) length += (part as Buffer).length;
        assert.equal(length, LARGE_BYTES);
      }
      assert.equal(server.threads.connections, 1);
    });

    test("the death of a thread costs its own connections, and no content that is cut counts as whole", async (t) => {
      const root = makeSite(t, { "index.html": "alive", "large.bin": Buffer.alloc(LARGE_BYTES, "l") });
      const entry = workerFixture("faulty-worker.ts");
      const accept = transport === "kernel" ? {} : ({ accept: "transfer" } as const);
      const supervised = await supervise(t, { root, transport, h2c: true, threads: 2, ...accept }, entry);
      // Which thread takes a connection is the kernel's choice: connections are opened until both threads have one.
      const clients: Http2Client[] = [];
      while (clients.length < MOST_CLIENTS && connectionsOf(supervised).includes(0))
        clients.push(await openHttp2(t, supervised));
      const streams = clients.map((client) => client.begin("GET", "/large.bin"));
      // So little is allowed that each stream is in the middle of its content.
      for (const stream of streams) stream.pause();
      await Promise.all(streams.map((stream) => once(stream, "response")));
      const [lost, kept] = connectionsOf(supervised);
      assert.ok(lost! > 0 && kept! > 0, `one thread has none of ${clients.length} connections`);
      const ends = streams.map((stream) => responseEnd(stream));
      causeFault({ thread: supervised.supervisor.snapshot().threads[0]!.thread, kind: "throw" });
      const whole = (await Promise.all(ends)).map(({ isWhole }) => isWhole);
      assert.equal(whole.filter((isWhole) => !isWhole).length, lost);
      const survivor = clients[whole.indexOf(true)]!;
      assert.equal((await survivor.request("GET", "/")).body.toString(), "alive");
      assert.equal((await (await openHttp2(t, supervised)).request("GET", "/")).body.toString(), "alive");
    });

    test("clients with certificates are let in by name over h2", async (t) => {
      const root = makeSite(t, { "index.html": "for you" });
      const tls = { ...LOCALHOST, clientCa: tlsFixture("client-ca.pem"), clientCertificate: "optional" } as const;
      const server = await listen(t, { transport, root, tls, h2c: false, allowClients: ["CN=client"] });
      const cert = readFileSync(tlsFixture("client.pem"));
      const key = readFileSync(tlsFixture("client.key"));
      const known = await openHttp2(t, server, "https", { cert, key });
      assert.equal((await known.request("GET", "/", "")).body.toString(), "for you");
      const unknown = await openHttp2(t, server, "https");
      assert.equal((await unknown.request("GET", "/")).status, 403);
    });
  });
}

/** Whether all content came and the stream was ended: not by a reset, and not by the end of the connection. */
async function responseEnd(stream: ClientHttp2Stream): Promise<{ isWhole: boolean }> {
  let length = 0;
  let isAborted = false;
  stream.on("aborted", () => (isAborted = true));
  try {
    for await (const part of stream) length += (part as Buffer).length;
  } catch {
    return { isWhole: false };
  }
  return { isWhole: !isAborted && length === LARGE_BYTES };
}

for (const [flags, scheme, offered, spoken] of [
  [["--h2c"], "http", [], "h2c"],
  [[], "http", [], "refused"],
  [["--tls-cert", LOCALHOST.cert, "--tls-key", LOCALHOST.key], "https", ["h2", "http/1.1"], "h2"],
  [["--tls-cert", LOCALHOST.cert, "--tls-key", LOCALHOST.key, "--no-http2"], "https", ["h2", "http/1.1"], "http/1.1"],
] as const) {
  const words = flags.filter((flag) => flag.startsWith("--")).join(" ");
  test(`heddle ${words} over ${scheme} speaks ${spoken}`, { timeout: 60_000 }, async (t) => {
    const root = makeSite(t, { "index.html": "by the command" });
    const command = new Command(t, [root, "--port", "0", "--threads", "1", ...flags]);
    const port = Number(/:(\d+)/.exec(await command.url())![1]);
    if (scheme === "https") {
      const socket = await openTls(t, { port }, { ALPNProtocols: [...offered] });
      assert.equal(socket.alpnProtocol, spoken);
      return;
    }
    const client = await openClient(t, { port });
    client.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    if (spoken === "refused") assert.equal((await client.response()).status, 505);
    else assert.equal((await (await openHttp2(t, { port })).request("GET", "/")).body.toString(), "by the command");
  });
}
