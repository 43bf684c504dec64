// HTTPS: handshakes, certificates and what happens to them while the server runs. That replies are the same as without TLS
// is shown in behaviour.test.ts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer as createProxy } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import type { ServerControls, ServerOptions } from "../src/server.ts";
import { createServer, type Server, type ServerEvent } from "../src/server.ts";
import { ALERT, APPLICATION_DATA } from "../src/tls/record-layer.ts";
import { EXAMPLE, LOCALHOST, LOCALHOST_RSA, tlsFixture, WEAK } from "./support/certificates.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { answerTo, askOverTls, openTls, sessionOf } from "./support/tls-client.ts";
import { openRecords } from "./support/tls13-peer.ts";
import { until } from "./support/until.ts";

const SITE = { "index.html": "secure" };
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const KEY_UPDATE = 24;

function secureServer(t: TestContext, options: ServerOptions & ServerControls = {}): Promise<Server> {
  return startServer(t, { root: makeSite(t, SITE), tls: LOCALHOST, ...options });
}

/** A port that passes bytes on to another, each in a packet of its own on the way there. */
async function cutUp(t: TestContext, port: number): Promise<number> {
  const proxy = createProxy({ noDelay: true }, (client) => {
    const server = connect({ port, host: "127.0.0.1", noDelay: true });
    server.pipe(client);
    client.on("data", (bytes: Buffer) => {
      for (const byte of bytes) server.write(Buffer.from([byte]));
    });
    for (const socket of [client, server]) socket.on("error", () => {});
    client.on("close", () => server.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  return (proxy.address() as AddressInfo).port;
}

function groupOf(socket: TLSSocket): string | undefined {
  return (socket.getEphemeralKeyInfo() as { name?: string }).name;
}

for (const transport of TRANSPORTS) {
  describe(`HTTPS on the ${transport} transport`, { timeout: 60_000 }, () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      test(`a server with a certificate speaks ${version}, with authenticated encryption, and HTTP/2 with those who can`, async (t) => {
        const server = await secureServer(t, { transport });
        assert.match(server.url, /^https:/);
        const range = { minVersion: version, maxVersion: version };
        assert.equal(await askOverTls(t, server, range), "200 secure");
        const socket = await openTls(t, server, { ...range, ALPNProtocols: ["h2", "http/1.1"] });
        assert.equal(socket.getProtocol(), version);
        assert.match(socket.getCipher().name, /GCM|POLY1305/);
        assert.equal(socket.alpnProtocol, "h2");
        const older = await openTls(t, server, { ...range, ALPNProtocols: ["http/1.1"] });
        assert.equal(older.alpnProtocol, "http/1.1");
      });
    }

    test("older versions, CBC and unknown protocols are refused with an alert", async (t) => {
      const server = await secureServer(t, { transport });
      const refused = (options: object): Promise<void> =>
        assert.rejects(openTls(t, server, options), { code: /^ERR_SSL_.*ALERT/ });
      await refused({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
      await refused({ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256" });
      await refused({ ALPNProtocols: ["h3"] });
    });

    test("a client that wants to renegotiate is refused", async (t) => {
      const server = await secureServer(t, { transport });
      const socket = await openTls(t, server, { maxVersion: "TLSv1.2" });
      const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
        socket.on("error", resolve);
        socket.renegotiate({}, resolve);
      });
      assert.equal(error?.code, "ERR_SSL_NO_RENEGOTIATION");
    });

    test("the key exchange is the hybrid with ML-KEM where the client can do that", async (t) => {
      const server = await secureServer(t, { transport });
      const socket = await openTls(t, server);
      assert.equal(groupOf(socket), "X25519MLKEM768");
      assert.equal(groupOf(await openTls(t, server, { ecdhCurve: "X25519" })), "X25519");
    });

    test("the name that a client asks for selects the certificate", async (t) => {
      const server = await secureServer(t, { transport, tls: [LOCALHOST, EXAMPLE] });
      const cases = [
        ["localhost", "localhost test of Heddle"],
        ["EXAMPLE.com", "example test of Heddle"],
        ["www.example.com", "example test of Heddle"],
        ["a.b.example.com", "localhost test of Heddle"],
        ["unknown.test", "localhost test of Heddle"],
      ] as const;
      for (const [servername, subject] of cases) {
        const socket = await openTls(t, server, { servername, checkServerIdentity: () => undefined });
        assert.equal(socket.getPeerCertificate().subject.CN, subject, servername);
      }
    });

    test("of two certificates for the same names, a client gets the one that it understands", async (t) => {
      const server = await secureServer(t, { transport, tls: [LOCALHOST, EXAMPLE, LOCALHOST_RSA] });
      const subject = async (sigalgs: string, servername = "localhost"): Promise<string> => {
        const socket = await openTls(t, server, { sigalgs, servername, checkServerIdentity: () => undefined });
        return String(socket.getPeerCertificate().subject.CN);
      };
      assert.equal(await subject("ecdsa_secp256r1_sha256"), "localhost test of Heddle");
      assert.equal(await subject("rsa_pss_rsae_sha256"), "localhost test of Heddle with RSA");
      assert.equal(await subject("ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256"), "localhost test of Heddle");
      assert.equal(await subject("ecdsa_secp256r1_sha256", "a.example.com"), "example test of Heddle");
    });

    test("a session is resumed on whichever thread the client reaches", async (t) => {
      const server = await secureServer(t, { transport, threads: 3 });
      const session = await sessionOf(t, server);
      for (let count = 0; count < 6; count++) {
        const socket = await openTls(t, server, { session });
        assert.ok(socket.isSessionReused());
      }
    });

    test("plain HTTP on the port gets a page that says so", async (t) => {
      const server = await secureServer(t, { transport });
      const answer = (await answerTo(t, server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toString();
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(answer, /https:\/\//);
      assert.match(answer, /\r\nConnection: close\r\n/);
    });

    test("a TLS handshake on a port for plain HTTP is refused by a reply, and traced by its code", async (t) => {
      const server = await startServer(t, { root: makeSite(t, SITE), transport });
      const hello = Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]);
      assert.match((await answerTo(t, server, hello)).toString(), /^HTTP\/1\.1 400 .*not encrypted/s);
    });

    test("bytes that are no handshake get an alert, and the server goes on", async (t) => {
      const server = await secureServer(t, { transport });
      const answer = await answerTo(t, server, Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]));
      assert.deepEqual([...answer.subarray(0, 2)], [21, 3]);
      assert.equal(await askOverTls(t, server), "200 secure");
    });

    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      test(`handshake and records may be cut anywhere, with ${version}`, async (t) => {
        const server = await secureServer(t, { transport });
        const cut = await cutUp(t, server.port);
        const range = { minVersion: version, maxVersion: version };
        assert.equal(await askOverTls(t, { port: cut }, range), "200 secure");
      });
    }

    for (const suite of ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]) {
      test(`keys are updated when a client wants it, with ${suite}`, async (t) => {
        const { peer, socket, next } = await openRecords(t, (await secureServer(t, { transport })).port, suite);
        const ask = (): boolean => socket.write(peer.seal(APPLICATION_DATA, Buffer.from(REQUEST)));
        const answer = async (): Promise<string> => {
          for (;;) {
            const [type, content] = (await next())!;
            if (type === APPLICATION_DATA) return content.toString().slice(-6);
            if (content[0] === KEY_UPDATE) peer.updateReading();
          }
        };
        ask();
        assert.equal(await answer(), "secure");
        for (const request of [0, 1, 1]) {
          socket.write(peer.keyUpdate(request));
          ask();
          assert.equal(await answer(), "secure");
        }
      });
    }

    test("a request right before close_notify is answered, though the connection stays open", async (t) => {
      const { peer, socket, next } = await openRecords(t, (await secureServer(t, { transport })).port);
      socket.write(Buffer.concat([peer.seal(APPLICATION_DATA, Buffer.from(REQUEST)), peer.seal(ALERT, [1, 0])]));
      const types: number[] = [];
      for (let record = await next(); record !== undefined; record = await next()) types.push(record[0]);
      assert.deepEqual(types.slice(-2), [APPLICATION_DATA, ALERT]);
    });

    test("a record that was changed on its way ends the connection with bad_record_mac", async (t) => {
      const server = await secureServer(t, { transport });
      const { peer, socket, next } = await openRecords(t, server.port);
      const record = peer.seal(APPLICATION_DATA, Buffer.from(REQUEST));
      record[record.length - 1]! ^= 1;
      socket.write(record);
      const records: [number, Buffer][] = [];
      for (let one = await next(); one !== undefined; one = await next()) records.push(one);
      assert.deepEqual(records.at(-1), [ALERT, Buffer.from([2, 20])]);
      assert.equal(
        records.some(([type]) => type === APPLICATION_DATA),
        false,
      );
      assert.equal(await askOverTls(t, server), "200 secure");
    });

    test("a record that was changed gets its alert behind a request, too", async (t) => {
      const { peer, socket, next } = await openRecords(t, (await secureServer(t, { transport })).port);
      const request = peer.seal(APPLICATION_DATA, Buffer.from(REQUEST));
      const record = peer.seal(APPLICATION_DATA, Buffer.from(REQUEST));
      record[record.length - 1]! ^= 1;
      socket.write(Buffer.concat([request, record]));
      let last: [number, Buffer] | undefined;
      for (let one = await next(); one !== undefined; one = await next()) last = one;
      assert.deepEqual(last, [ALERT, Buffer.from([2, 20])]);
    });

    test("a large file arrives whole, also at a client that reads slowly", async (t) => {
      const large = randomBytes(3_000_001);
      const server = await startServer(t, { root: makeSite(t, { "large.bin": large }), tls: LOCALHOST, transport });
      const socket = await openTls(t, server);
      socket.write("GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      const parts: Buffer[] = [];
      for await (const part of socket) {
        parts.push(part as Buffer);
        if (parts.length % 16 === 0) await setImmediate();
      }
      const received = Buffer.concat(parts);
      assert.ok(received.subarray(received.indexOf("\r\n\r\n") + 4).equals(large));
    });

    test("a thread per connection speaks TLS, too", async (t) => {
      const server = await secureServer(t, { transport, threads: "per-connection" });
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const client = new RawClient(await openTls(t, server, { minVersion: version, maxVersion: version }));
        for (let count = 0; count < 3; count++) {
          assert.equal((await client.request("GET", "/")).body.toString(), "secure");
        }
        client.close();
      }
    });

    test("100 requests in one write are answered in order", async (t) => {
      const server = await secureServer(t, { transport });
      const client = new RawClient(await openTls(t, server));
      client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100));
      for (let count = 0; count < 100; count++) assert.equal((await client.response()).body.toString(), "secure");
      client.close();
    });

    test("close() does not wait for a client that has not finished its handshake", async (t) => {
      const server = await secureServer(t, { transport, threads: 2 });
      const silent = connect({ port: server.port, host: "127.0.0.1" });
      const started = connect({ port: server.port, host: "127.0.0.1" });
      t.after(() => [silent, started].map((socket) => socket.destroy()));
      await Promise.all([once(silent, "connect"), once(started, "connect")]);
      started.write(Buffer.from([22, 3, 1]));
      assert.equal(await askOverTls(t, server), "200 secure");
      // The end may be a reset: bytes that the server has not read are lost.
      const ended = [silent, started].map(
        (socket) => new Promise((resolve) => socket.resume().on("error", resolve).on("close", resolve)),
      );
      await server.close();
      await Promise.all(ended);
    });

    test("renewed files are used for new connections, and the old ones stay open", async (t) => {
      const folder = makeSite(t, SITE);
      const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
      await copyFile(LOCALHOST.cert, cert);
      await copyFile(LOCALHOST.key, key);
      const events: ServerEvent[] = [];
      const server = await secureServer(t, {
        transport,
        threads: 2,
        tls: { cert, key },
        onEvent: (event) => events.push(event),
      });
      const former = await openTls(t, server);
      const subject = async (): Promise<string> => {
        const socket = await openTls(t, server, { checkServerIdentity: () => undefined });
        return String(socket.getPeerCertificate().subject.CN);
      };
      assert.equal(await subject(), "localhost test of Heddle");
      // The first file of the pair alone does not fit the other, and the old certificate stays.
      await copyFile(EXAMPLE.cert, `${cert}.new`);
      await rename(`${cert}.new`, cert);
      await until(() => events.length > 0);
      assert.equal(events.length, 1);
      assert.ok(events[0]?.kind === "warning");
      assert.match(
        events[0].text,
        /^the old certificates stay in use: tls\.key: .*the private key of the certificate in/,
      );
      assert.equal(await subject(), "localhost test of Heddle");
      await copyFile(EXAMPLE.key, `${key}.new`);
      await rename(`${key}.new`, key);
      while ((await subject()) !== "example test of Heddle");
      assert.ok(!former.destroyed);
      assert.equal(events.length, 1);
    });
  });
}

function pairOf(name: string): { cert: string; key: string } {
  return { cert: tlsFixture(`${name}.pem`), key: tlsFixture(`${name}.key`) };
}

test("a server takes PKCS#12 with its password from a file", async (t) => {
  const root = makeSite(t, { ...SITE, password: "heddle\n" });
  const tls = { pfx: tlsFixture("localhost.pfx"), passphraseFile: join(root, "password") };
  assert.equal(await askOverTls(t, await startServer(t, { root, tls })), "200 secure");
});

for (const [name, warning] of [
  ["expired", /^the certificate in .*expired\.pem expired on Fri, 01 Jan 2021 00:00:00 GMT$/],
  ["future", /^clients refuse the certificate in .*future\.pem: it is valid from Mon, 01 Jan 2120 00:00:00 GMT only$/],
] as const) {
  test(`a certificate that is ${name === "future" ? "not valid yet" : name} is served with a warning`, async (t) => {
    const events: ServerEvent[] = [];
    const server = await secureServer(t, { tls: pairOf(name), onEvent: (event) => events.push(event) });
    assert.ok(events[0]?.kind === "warning");
    assert.match(events[0].text, warning);
    assert.equal(await askOverTls(t, server, { rejectUnauthorized: false }), "200 secure");
  });

  test(`a certificate that is ${name === "future" ? "not valid yet" : name} does not replace a valid one`, async (t) => {
    const folder = makeSite(t, SITE);
    const tls = { cert: join(folder, "one.pem"), key: join(folder, "one.pem") };
    const write = async (files: { cert: string; key: string }): Promise<void> => {
      const parts = await Promise.all([readFile(files.key), readFile(files.cert)]);
      await writeFile(`${tls.cert}.new`, Buffer.concat(parts));
      await rename(`${tls.cert}.new`, tls.cert);
    };
    await write(LOCALHOST);
    const events: ServerEvent[] = [];
    const server = await secureServer(t, { tls, onEvent: (event) => events.push(event) });
    await write(pairOf(name));
    await until(() => events.length > 0);
    assert.ok(events[0]?.kind === "warning");
    assert.match(
      events[0].text,
      /^the old certificates stay in use: the certificate in .*one\.pem (expired on|is valid from)/,
    );
    assert.equal(await askOverTls(t, server), "200 secure");
  });
}

test("a certificate that is written slowly is used when it is whole", { timeout: 60_000 }, async (t) => {
  const folder = makeSite(t, SITE);
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await copyFile(LOCALHOST.cert, cert);
  await copyFile(LOCALHOST.key, key);
  const events: ServerEvent[] = [];
  const server = await secureServer(t, { threads: 1, tls: { cert, key }, onEvent: (event) => events.push(event) });
  const chain = readFileSync(EXAMPLE.cert, "utf8").repeat(2);
  await copyFile(EXAMPLE.key, key);
  // The first certificate is whole, so it would fit its key; the one that follows is cut off.
  await writeFile(cert, chain.slice(0, -100));
  await until(() =>
    events.some((event) => event.kind === "warning" && / \(its last certificate is cut off\), /.test(event.text)),
  );
  assert.equal(server.threads.deathCount, 0);
  await writeFile(cert, chain);
  for (;;) {
    const socket = await openTls(t, server, { checkServerIdentity: () => undefined });
    if (socket.getPeerCertificate().subject.CN === "example test of Heddle") break;
  }
  assert.ok(events.length <= 2);
});

const wrong: [what: string, tls: (folder: string) => NonNullable<ServerOptions["tls"]>, message: RegExp][] = [
  [
    "a file that does not exist",
    (folder) => ({ ...LOCALHOST, cert: join(folder, "none.pem") }),
    /tls\.cert: found ".*none\.pem", wanted a file that can be read \(no file has that name\)/,
  ],
  [
    "a key of another certificate",
    () => ({ ...LOCALHOST, key: EXAMPLE.key }),
    /tls\.key: .*the private key of the certificate in .*localhost\.pem/,
  ],
  [
    "a chain that is cut off",
    (folder) => {
      writeFileSync(join(folder, "cut.pem"), readFileSync(LOCALHOST.cert, "latin1").repeat(2).slice(0, -50));
      return { ...LOCALHOST, cert: join(folder, "cut.pem") };
    },
    /tls\.cert: .*cut\.pem" \(its last certificate is cut off\), wanted a whole file/,
  ],
  [
    "a key that is too short to be safe",
    () => WEAK,
    /tls\.cert: .*weak\.pem" \(ee key too small\), wanted a certificate that OpenSSL takes/,
  ],
  [
    "a key instead of a certificate",
    () => ({ ...LOCALHOST, cert: LOCALHOST.key }),
    /tls\.cert: .*\(a private key\), wanted a certificate in PEM/,
  ],
  ["a certificate instead of a key", () => ({ ...LOCALHOST, key: LOCALHOST.cert }), /tls\.key: .*a private key in PEM/],
  [
    "a file that is not PEM",
    (folder) => ({ ...LOCALHOST, key: join(folder, "index.html") }),
    /tls\.key: .*a private key in PEM/,
  ],
];
for (const [what, tls, message] of wrong) {
  test(`listen() refuses ${what}, in words`, async (t) => {
    const root = makeSite(t, SITE);
    const server = createServer({ root, port: 0, tls: tls(root) });
    await assert.rejects(server.listen(), { name: "OptionError", message });
  });
}
