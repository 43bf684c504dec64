// The PROXY protocol in front of HTTP/1.1, HTTP/2 and TLS, over each transport: the client that the header names is the one
// that rules and log see, and no connection comes in without a header.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import type { Server, ServerEvent, ServerOptions } from "../src/server.ts";
import { AUTHORITIES, LOCALHOST } from "./support/certificates.ts";
import { Http2Client } from "./support/http2-client.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const LINE = Buffer.from("PROXY TCP4 203.0.113.9 192.0.2.1 4444 443\r\n", "latin1");
const SIGNATURE = "0d0a0d0a000d0a515549540a";
const IPV4 = "cb007109c0000201115c01bb";
const BINARY = Buffer.from(`${SIGNATURE}2111000c${IPV4}`, "hex");
/** The client came by TLS; an empty TLV is there, too. */
const BY_TLS = Buffer.from(`${SIGNATURE}21110017${IPV4}050000200005010000000000`.slice(0, 32 + 2 * 0x17), "hex");
const LOCAL = Buffer.from(`${SIGNATURE}20000000`, "hex");
const UNKNOWN = Buffer.from("PROXY UNKNOWN\r\n", "latin1");
const REQUEST = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

async function start(t: TestContext, options: ServerOptions) {
  const root = makeSite(t, { "index.html": "<p>It works." });
  const logFile = join(makeSite(t), "access.log");
  const traced: string[] = [];
  const refused: Extract<ServerEvent, { kind: "refused" }>[] = [];
  const onEvent = (event: ServerEvent): void => {
    if (event.kind === "trace") traced.push(event.text);
    if (event.kind === "refused") refused.push(event);
  };
  const usual = { threads: 1, log: "{client} {status}", logFile, trustedProxies: ["127.0.0.1"], proxyProtocol: true };
  const server = await startServer(t, { ...usual, trace: true, onEvent, ...options, root });
  const lines = async (): Promise<string[]> => {
    await server.close();
    return readFileSync(logFile, "latin1").split("\n").filter(Boolean);
  };
  return { server, lines, traced, refused };
}

async function open(t: TestContext, { port }: Pick<Server, "port">): Promise<Socket> {
  const socket = connect({ port: port!, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function statusAfter(t: TestContext, server: Server, header: Buffer, fields = ""): Promise<number> {
  const client = new RawClient(await open(t, server));
  client.write(header);
  const { status } = await client.request("GET", "/", fields);
  client.close();
  return status;
}

/** Rejects unless the connection ends with no byte for the client. */
async function isClosed(socket: Socket): Promise<void> {
  const client = new RawClient(socket);
  assert.equal((await client.rest()).length, 0);
}

for (const transport of TRANSPORTS) {
  test(`rules and log see the client of the PROXY header (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, lines } = await start(t, { transport, deny: ["203.0.113.9"] });
    const statuses: number[] = [];
    for (const header of [LINE, BINARY, BY_TLS, LOCAL, UNKNOWN]) statuses.push(await statusAfter(t, server, header));
    assert.deepEqual(statuses, [403, 403, 403, 200, 200]);
    assert.deepEqual(await lines(), [...Array(3).fill("203.0.113.9 403"), ...Array(2).fill("127.0.0.1 200")]);
  });

  test(`a header may come in pieces, and a request right behind it (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, lines } = await start(t, { transport });
    for (const header of [LINE, BINARY]) {
      const whole = new RawClient(await open(t, server));
      whole.write(Buffer.concat([header, Buffer.from(REQUEST, "latin1")]));
      assert.equal((await whole.response()).status, 200);
      const pieces = new RawClient(await open(t, server));
      for (const byte of header) {
        pieces.write(Buffer.from([byte]));
        // The server has read it when others have had their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal((await pieces.request("GET", "/")).status, 200);
      whole.close();
      pieces.close();
    }
    assert.deepEqual(await lines(), Array(4).fill("203.0.113.9 200"));
  });

  test(`fields count only if the client of the header is a proxy, too (${transport})`, {
    timeout: 60_000,
  }, async (t) => {
    const { server, lines } = await start(t, { transport, trustedProxies: ["127.0.0.1", "203.0.113.9"] });
    const fields = "X-Forwarded-For: 198.51.100.7\r\n";
    for (const header of [LINE, LOCAL, UNKNOWN]) await statusAfter(t, server, header, fields);
    assert.deepEqual(await lines(), ["198.51.100.7 200", "127.0.0.1 200", "127.0.0.1 200"]);
  });

  test(`a connection without a header is closed (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, lines, traced, refused } = await start(t, { transport });
    const starts = [REQUEST, "\x16\x03\x01", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PROXY TCP4 x\r\n"];
    for (const start of starts) {
      const socket = await open(t, server);
      socket.write(start);
      await isClosed(socket);
    }
    const cut = await open(t, server);
    cut.end("PROXY TCP4 203.0");
    await isClosed(cut);
    const silent = await open(t, server);
    silent.end();
    await isClosed(silent);
    assert.deepEqual(await lines(), []);
    assert.equal(traced.filter((text) => text.includes("PROXY_HEADER_MALFORMED")).length, 5);
    assert.equal(refused.filter((event) => event.code === "PROXY_HEADER_MALFORMED").length, 5);
    assert.deepEqual(new Set(refused.map(({ address }) => address)), new Set(["127.0.0.1"]));
  });

  test(`a header that does not come in time closes the connection (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, traced } = await start(t, { transport, limits: { headTimeoutMs: 300 } });
    const socket = await open(t, server);
    socket.write(LINE.subarray(0, 9));
    await isClosed(socket);
    await until(() => traced.some((text) => text.includes("PROXY_HEADER_TIMEOUT")));
  });

  test(`a peer that is not trusted may send no header (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, traced } = await start(t, { transport, trustedProxies: ["10.0.0.1"] });
    const socket = await open(t, server);
    socket.write(LINE);
    await isClosed(socket);
    await until(() => traced.some((text) => text.includes("PROXY_PEER_UNTRUSTED")));
  });

  test(`TLS begins behind the header (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, lines } = await start(t, { transport, tls: LOCALHOST });
    for (const ALPNProtocols of [["http/1.1"], ["h2"]]) {
      const socket = await open(t, server);
      socket.write(BINARY);
      const secure = connectTls({ socket, servername: "localhost", ca: [...AUTHORITIES], ALPNProtocols });
      await once(secure, "secureConnect");
      if (ALPNProtocols[0] === "http/1.1") {
        assert.equal((await new RawClient(secure).request("GET", "/")).status, 200);
      } else {
        const client = await Http2Client.open(server.port!, "https", { createConnection: () => secure });
        assert.equal((await client.request("GET", "/")).status, 200);
        client.close();
      }
      secure.destroy();
    }
    assert.deepEqual(await lines(), Array(2).fill("203.0.113.9 200"));
  });

  test(`a thread per connection reads the header, too (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server, lines } = await start(t, { transport, threads: "per-connection" });
    assert.equal(await statusAfter(t, server, LINE), 200);
    assert.deepEqual(await lines(), ["203.0.113.9 200"]);
  });

  test(`a server stops although a header has not come (${transport})`, { timeout: 60_000 }, async (t) => {
    const { server } = await start(t, { transport });
    const socket = await open(t, server);
    socket.write(LINE.subarray(0, 9));
    const closed = isClosed(socket);
    await server.close({ graceMs: 1000 });
    await closed;
  });
}
