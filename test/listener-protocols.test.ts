// One server with several listeners, each with its own beginning: HTTP, HTTPS, and both behind a PROXY header. And trusted
// proxies that a reload exchanges.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import type { Server, ServerEvent, ServerOptions } from "../src/server.ts";
import { AUTHORITIES, LOCALHOST } from "./support/certificates.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

// The other loopback addresses are there on Linux only.
const skip = process.platform === "linux" ? false : "needs Linux";
const HEADER = "PROXY TCP4 203.0.113.9 192.0.2.1 4444 443\r\n";
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const LISTEN = [
  "127.0.0.1:0,no-tls",
  "127.0.0.2:0",
  "127.0.0.3:0,no-tls,proxy-protocol",
  { host: "127.0.0.4", port: 0, proxyProtocol: true },
];

async function open(t: TestContext, { addresses }: Server, index: number): Promise<Socket> {
  const { address, port } = addresses[index]!;
  const socket = connect({ host: address, port, allowHalfOpen: true });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function secured(socket: Socket, ALPNProtocols = ["http/1.1"]): Promise<Duplex & { alpnProtocol?: unknown }> {
  const secure = connectTls({ socket, servername: "localhost", ca: [...AUTHORITIES], ALPNProtocols });
  await once(secure, "secureConnect");
  return secure;
}

async function ask(stream: Duplex): Promise<string> {
  stream.write(REQUEST);
  return text(stream);
}

for (const transport of TRANSPORTS) {
  test(`each listener has its own beginning, ${transport}`, {
    skip,
    timeout: 60_000,
  }, async (t) => {
    const logFile = join(makeSite(t), "access.log");
    const refused: string[] = [];
    const onEvent = (event: ServerEvent): void => {
      if (event.kind === "refused") refused.push(`${event.code} at ${event.listener}`);
    };
    const server = await startServer(t, {
      ...{
        root: makeSite(t, { "index.html": "each" }),
        transport,
        onEvent,
        host: undefined,
        port: undefined,
      },
      ...{ listen: LISTEN, tls: LOCALHOST, trustedProxies: ["127.0.0.1"], hsts: true, threads: 2 },
      ...{ log: "{client} {scheme} {status}", logFile },
    } as unknown as ServerOptions);
    assert.deepEqual(
      server.urls.map((url) => url.replace(/:\d+\//, "")),
      ["http://127.0.0.1", "https://127.0.0.2", "http://127.0.0.3", "https://127.0.0.4"],
    );
    const plain = await ask(await open(t, server, 0));
    assert.match(plain, /^HTTP\/1\.1 200 .*each$/s);
    assert.doesNotMatch(plain, /strict-transport-security/i);
    const secure = await ask(await secured(await open(t, server, 1)));
    assert.match(secure, /^HTTP\/1\.1 200 .*each$/s);
    assert.match(secure, /strict-transport-security/i);
    const proxied = await open(t, server, 2);
    proxied.write(HEADER);
    assert.match(await ask(proxied), /^HTTP\/1\.1 200 .*each$/s);
    const both = await open(t, server, 3);
    both.write(HEADER);
    assert.match(await ask(await secured(both)), /^HTTP\/1\.1 200 .*strict-transport-security.*each$/is);
    // HTTP/2 comes with TLS, and without it only where h2c asks for it.
    assert.equal((await secured(await open(t, server, 1), ["h2"])).alpnProtocol, "h2");
    // A request to each that was meant for another.
    assert.match(await ask(await open(t, server, 1)), /^HTTP\/1\.1 400 /);
    await assert.rejects(ask(await open(t, server, 2)).then(assert.ok));
    const hello = await open(t, server, 0);
    hello.write("\x16\x03\x01");
    assert.match(await text(hello), /^HTTP\/1\.1 400 /);
    await server.close();
    const lines = readFileSync(logFile, "latin1")
      .split("\n")
      .filter((line) => line.endsWith("200"));
    assert.deepEqual(lines.sort(), [
      "127.0.0.1 http 200",
      "127.0.0.1 https 200",
      "203.0.113.9 http 200",
      "203.0.113.9 https 200",
    ]);
    assert.deepEqual(refused.sort(), [
      "PLAIN_ON_TLS at 127.0.0.2:0",
      "PROXY_HEADER_MALFORMED at 127.0.0.3:0",
      "TLS_ON_PLAIN at 127.0.0.1:0",
    ]);
  });

  test(`a reload changes who is a proxy, ${transport}`, async (t) => {
    const root = makeSite(t, { "index.html": "each" });
    const options: ServerOptions = { root, transport, threads: 2, host: "127.0.0.1", port: 0, deny: ["203.0.113.9"] };
    const server = await startServer(t, options);
    const client = await RawClient.open(server.port);
    t.after(() => client.close());
    const statusOf = async (field: string): Promise<number> =>
      (await client.request("GET", "/", `${field}\r\n`)).status;
    const X_FORWARDED_FOR = "X-Forwarded-For: 203.0.113.9";
    const FORWARDED = "Forwarded: for=203.0.113.9";
    assert.deepEqual([await statusOf(X_FORWARDED_FOR), await statusOf(FORWARDED)], [200, 200]);
    const changes: [ServerOptions, number[]][] = [
      [{ trustedProxies: ["127.0.0.1"] }, [403, 200]],
      [{ trustedProxies: ["127.0.0.1"], forwardedFields: ["forwarded"] }, [200, 403]],
      [{ trustedProxies: ["192.0.2.1"] }, [200, 200]],
      [{}, [200, 200]],
    ];
    for (const [change, statuses] of changes) {
      assert.deepEqual(await server.reload({ ...options, ...change }), { unchanged: [] });
      assert.deepEqual([await statusOf(X_FORWARDED_FOR), await statusOf(FORWARDED)], statuses);
    }
  });

  test(`a PROXY header is believed from nobody once no proxy is trusted, ${transport}`, async (t) => {
    const refused: string[] = [];
    const onEvent = (event: ServerEvent): void => {
      if (event.kind === "refused") refused.push(event.code);
    };
    const options: ServerOptions = { root: makeSite(t), transport, threads: 1, host: "127.0.0.1", port: 0 };
    const proxied = { proxyProtocol: true, trustedProxies: ["127.0.0.1"] };
    const server = await startServer(t, { ...options, ...proxied, onEvent });
    assert.deepEqual(await server.reload(options), { unchanged: ["proxyProtocol"] });
    const socket = await open(t, server, 0);
    socket.write(HEADER);
    await assert.rejects(ask(socket).then(assert.ok));
    await server.close();
    assert.deepEqual(refused, ["PROXY_PEER_UNTRUSTED"]);
  });

  test(`a connection without its PROXY header does not hold up the end, ${transport}`, async (t) => {
    const server = await startServer(t, {
      ...{ root: makeSite(t), transport, threads: 1, proxyProtocol: true, trustedProxies: ["127.0.0.1"] },
      graceMs: 60_000,
    });
    const socket = await open(t, server, 0);
    socket.write(HEADER.slice(0, 9));
    const began = performance.now();
    await server.close();
    assert.ok(performance.now() - began < 30_000, "it waits for a second, and not until the grace is over");
  });
}
