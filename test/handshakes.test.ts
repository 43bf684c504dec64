// Handshakes that fail: what is counted, and what is bounded.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Server, ServerOptions } from "../src/server.ts";
import { AUTHORITIES, EXAMPLE, LOCALHOST, tlsFixture } from "./support/certificates.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { causeFault, supervise, workerFixture } from "./support/supervised.ts";
import { answerTo, askOverTls, openTls, sessionOf } from "./support/tls-client.ts";
import { until } from "./support/until.ts";

const SITE = { "index.html": "secure" };

function secureServer(t: TestContext, options: ServerOptions): Promise<Server> {
  return startServer(t, { root: makeSite(t, SITE), tls: LOCALHOST, threads: 1, ...options });
}

/** A connection without a word of TLS. Resolves when the server may have accepted it. */
async function silent(t: TestContext, { port }: Pick<Server, "port">, bytes: number[] = []): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  if (bytes.length > 0) socket.write(Buffer.from(bytes));
  return socket.resume();
}

/** Resolves when the connection is over, as good or bad as it may. */
async function shake(t: TestContext, { port }: Pick<Server, "port">, options: ConnectionOptions): Promise<void> {
  const socket = connectTls({ port, host: "127.0.0.1", servername: "localhost", ca: [...AUTHORITIES], ...options });
  t.after(() => socket.destroy());
  socket.on("error", () => {}).resume();
  await new Promise((resolve) => socket.on("close", resolve));
}

/** What a client sends first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const [near, far] = duplexPair();
  connectTls({ socket: near, ...options }).on("error", () => {});
  const [hello] = (await once(far, "data")) as [Buffer];
  return hello;
}

/** A client that does not trust the server, and says so. */
async function alarm(t: TestContext, server: Pick<Server, "port">, version: "TLSv1.2" | "TLSv1.3"): Promise<void> {
  const socket = await silent(t, server, [...(await helloOf({ minVersion: version, maxVersion: version }))]);
  await once(socket, "data");
  socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 48]));
}

/** A client that has got the server's flight, and keeps its own answer back. */
async function halfway(t: TestContext, port: number): Promise<{ finish(): Promise<"complete" | "ended"> }> {
  const socket = await silent(t, { port });
  const [near, far] = duplexPair();
  const secure = connectTls({ socket: near, servername: "localhost", ca: [...AUTHORITIES] }).on("error", () => {});
  socket.on("data", (bytes: Buffer) => far.write(bytes));
  const ended = new Promise<"ended">((resolve) => socket.on("close", () => resolve("ended")));
  const kept: Buffer[] = [];
  let isHeld = false;
  await new Promise<void>((resolve) => {
    far.on("data", (bytes: Buffer) => {
      if (isHeld) kept.push(bytes);
      else socket.write(bytes);
      if (kept.length > 0) resolve();
      else isHeld = true; // The hello was the first.
    });
  });
  const finish = (): Promise<"complete" | "ended"> => {
    isHeld = false;
    for (const bytes of kept) socket.write(bytes);
    const complete = new Promise<"complete">((resolve) => secure.on("data", () => resolve("complete")));
    secure.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return Promise.race([complete, ended]);
  };
  return { finish };
}

/** The reasons with a count. */
function failures({ threads }: Server): Record<string, number> {
  return Object.fromEntries(Object.entries(threads.handshakeFailures).filter(([, count]) => count > 0));
}

const OLD = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
const HELLO = [22, 3, 1];

const cases: [reason: string, fail: (t: TestContext, server: Server) => Promise<unknown>, options?: ServerOptions][] = [
  ["version", (t, server) => shake(t, server, OLD)],
  ["algorithms", (t, server) => shake(t, server, { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256" })],
  ["algorithms", (t, server) => shake(t, server, { ecdhCurve: "P-521" })],
  ["protocol", (t, server) => shake(t, server, { ALPNProtocols: ["h3"] })],
  ["alert", (t, server) => alarm(t, server, "TLSv1.2")],
  ["alert", (t, server) => alarm(t, server, "TLSv1.3")],
  // It refuses the certificate, and says nothing: as node:tls does.
  ["abandoned", (t, server) => shake(t, server, { ca: [], minVersion: "TLSv1.3" })],
  ["malformed", (t, server) => answerTo(t, server, Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]))],
  ["plainHttp", (t, server) => answerTo(t, server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")],
  ["abandoned", async (t, server) => (await silent(t, server)).end()],
  ["abandoned", async (t, server) => (await silent(t, server, HELLO)).end()],
  ["timeout", (t, server) => silent(t, server), { limits: { idleTimeoutMs: 300 } }],
  ["timeout", (t, server) => silent(t, server, HELLO), { limits: { idleTimeoutMs: 300 } }],
  [
    "clientCertificate",
    (t, server) => shake(t, server, {}),
    { tls: { ...LOCALHOST, clientCa: tlsFixture("client-ca.pem") } },
  ],
  [
    "clientCertificate",
    (t, server) =>
      shake(t, server, {
        cert: readFileSync(tlsFixture("client-of-other.pem")),
        key: readFileSync(tlsFixture("client-of-other.key")),
      }),
    { tls: { ...LOCALHOST, clientCa: tlsFixture("client-ca.pem") } },
  ],
];

for (const transport of TRANSPORTS) {
  describe(`handshakes on the ${transport} transport`, { timeout: 60_000 }, () => {
    for (const [index, [reason, fail, options]] of cases.entries()) {
      test(`a handshake that fails is counted by its reason (${index + 1}: ${reason})`, async (t) => {
        const server = await secureServer(t, { transport, ...options });
        await fail(t, server);
        await until(() => Object.keys(failures(server)).length > 0);
        assert.deepEqual(failures(server), { [reason]: 1 });
        assert.deepEqual(server.threads.threads[0]?.handshakeFailures, server.threads.handshakeFailures);
      });
    }

    test("handshakes that are complete are not counted, and neither are those that the server ends", async (t) => {
      const server = await secureServer(t, { transport });
      assert.equal(await askOverTls(t, server), "200 secure");
      await silent(t, server, HELLO);
      assert.equal(await askOverTls(t, server), "200 secure");
      await server.close();
      assert.deepEqual(failures(server), {});
    });

    const names: [servername: string, certificate: string][] = [
      ["127.0.0.1", "localhost"],
      ["192.0.2.1", "example"],
      ["LocalHost", "localhost"],
      ["localhos.", "example"],
      ["localhost.", "localhost"],
    ];
    for (const [servername, certificate] of names) {
      test(`a client that asks for "${servername}" gets the certificate of ${certificate}`, async (t) => {
        const server = await secureServer(t, { transport, tls: [EXAMPLE, LOCALHOST] });
        // node:tls sends no address as a name, so it is written over a name of the same length. TLS 1.2 shows certificates.
        const name = "abcdefghijkl".slice(0, servername.length);
        const hello = await helloOf({ servername: name, maxVersion: "TLSv1.2" });
        hello.write(servername, hello.indexOf(name), "latin1");
        const socket = await silent(t, server);
        socket.write(hello);
        const subject = `${certificate} test of Heddle`;
        let answer = "";
        for await (const bytes of socket) {
          answer += (bytes as Buffer).toString("latin1");
          if (answer.includes(" test of Heddle")) break;
        }
        assert.ok(answer.includes(subject));
      });
    }

    test("of too many handshakes at once, one ends", async (t) => {
      const server = await secureServer(t, { transport, connectionLimitCount: 6 });
      // One more than there may be. A thread need not get them in this order.
      const sockets = await Promise.all([HELLO, HELLO, HELLO, []].map((bytes) => silent(t, server, bytes)));
      await Promise.race(sockets.map((socket) => new Promise((resolve) => socket.on("close", resolve))));
      assert.deepEqual(failures(server), { crowded: 1 });
      assert.equal(sockets.filter((socket) => socket.destroyed).length, 1);
      // Another one makes room for a client that means it.
      assert.equal(await askOverTls(t, server), "200 secure");
    });

    test("a thread that dies in the middle of handshakes costs these, and no other", async (t) => {
      const root = makeSite(t, SITE);
      // Ways that spread connections evenly.
      const way = transport === "kernel" ? { transport } : { transport, accept: "transfer" as const };
      const options = { root, tls: LOCALHOST, threads: 2, ...way };
      const { supervisor, port, events } = await supervise(t, options, workerFixture("faulty-worker.ts"));
      const session = await sessionOf(t, { port });
      const clients = await Promise.all(Array.from({ length: 6 }, () => halfway(t, port)));
      causeFault({ thread: 2, kind: "throw" });
      await until(() => events.length > 0);
      const outcomes = await Promise.all(clients.map(({ finish }) => finish()));
      assert.deepEqual([...new Set(outcomes)].sort(), ["complete", "ended"]);
      await until(() => supervisor.snapshot().threads.every(({ state }) => state === "ready"));
      // The thread that comes in its place has the certificates, and the keys of sessions.
      for (let count = 0; count < 4; count++) {
        assert.ok((await openTls(t, { port }, { session })).isSessionReused());
        assert.equal(await askOverTls(t, { port }), "200 secure");
      }
      assert.equal(supervisor.snapshot().deathCount, 1);
    });
  });
}
