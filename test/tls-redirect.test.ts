// The second port, for plain HTTP: where it sends requests, what it refuses, and how it answers an authority. And
// Strict-Transport-Security, which only HTTPS may send.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer as createHeddle, OptionError, type ServerEvent } from "../src/server.ts";
import { openRedirectListener } from "../src/threads/supervisor/redirect-listener.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { freePort } from "./support/free-port.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { answerTo, openTls } from "./support/tls-client.ts";

async function openRedirects(t: TestContext, securePort = 443, challenges?: string): Promise<{ port: number }> {
  const port = await freePort();
  t.after(await openRedirectListener({ place: { host: "127.0.0.1", port }, securePort, challenges }));
  return { port };
}

const REDIRECTED: readonly (readonly [request: string, location: string])[] = [
  ["GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.com/"],
  ["GET /a/b%20c?d=e&f=/g?h HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.com/a/b%20c?d=e&f=/g?h"],
  ["GET /a HTTP/1.1\r\nHost: Example.COM:80\r\n\r\n", "https://Example.COM/a"],
  ["GET /a HTTP/1.1\r\nHost: example.com.\r\n\r\n", "https://example.com./a"],
  ["GET /a HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n", "https://192.0.2.1/a"],
  ["GET /a HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "https://[2001:db8::1]/a"],
  ["GET //evil.example/a HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.com//evil.example/a"],
  ["GET http://example.net/a?b HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.net/a?b"],
  ["GET http://example.net HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.net/"],
  ["GET http://example.net?a HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.net/?a"],
  ["POST /form HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\na=b", "https://example.com/form"],
  ["HEAD /a HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.com/a"],
  ["GET /.well-known/acme-challenge/abc HTTP/1.1\r\nHost: a\r\n\r\n", "https://a/.well-known/acme-challenge/abc"],
  [
    "GET /.well-known/acme-challenge/../../x HTTP/1.1\r\nHost: a\r\n\r\n",
    "https://a/.well-known/acme-challenge/../../x",
  ],
];

for (const [request, location] of REDIRECTED) {
  test(`${JSON.stringify(request.slice(0, 60))} is redirected to ${location}`, async (t) => {
    const folder = newFolder(t);
    const answer = (await answerTo(t, await openRedirects(t, 443, folder), Buffer.from(request, "latin1"))).toString();
    assert.match(answer, /^HTTP\/1\.1 308 Permanent Redirect\r\n/);
    assert.ok(answer.includes(`\r\nLocation: ${location}\r\n`), answer);
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.doesNotMatch(answer, /strict-transport-security/i);
  });
}

const REFUSED: readonly string[] = [
  "OPTIONS * HTTP/1.1\r\nHost: example.com\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET /\xfc HTTP/1.1\r\nHost: example.com\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nHost:\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: evil.example/a\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: user@evil.example\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
  'GET / HTTP/1.1\r\nHost: a"onclick="b\r\n\r\n',
  "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: [evil.example]\r\n\r\n",
  "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n",
];

for (const request of REFUSED) {
  test(`${JSON.stringify(request)} leads nowhere`, async (t) => {
    const answer = (await answerTo(t, await openRedirects(t), Buffer.from(request, "latin1"))).toString();
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.doesNotMatch(answer, /location/i);
  });
}

test("a redirect names the port that HTTPS listens on", async (t) => {
  const answer = await answerTo(t, await openRedirects(t, 8443), "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
  assert.match(answer.toString(), /\r\nLocation: https:\/\/\[::1\]:8443\/a\r\n/);
});

test("challenges are answered by the file of their token, and by no other file", async (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, "to-ken_1"), "to-ken_1.print");
  writeFileSync(join(folder, "secret.pem"), "secret");
  const listener = await openRedirects(t, 443, folder);
  const ask = async (name: string): Promise<string> =>
    (await answerTo(t, listener, `GET /.well-known/acme-challenge/${name} HTTP/1.1\r\nHost: a\r\n\r\n`)).toString();
  assert.match(
    await ask("to-ken_1"),
    /^HTTP\/1\.1 200 OK\r\n.*\r\nContent-Type: application\/octet-stream\r\n.*\r\n\r\nto-ken_1\.print$/s,
  );
  for (const other of ["secret.pem", "to-ken_1?a", "to%2Dken_1", "to-ken_1/", "", ".", "..", "x".repeat(5_000)]) {
    assert.match(await ask(other), /^HTTP\/1\.1 308 /, other);
  }
});

test("a server opens and closes the second port", async (t) => {
  const tlsRedirect = await freePort();
  const root = makeSite(t, { "index.html": "secure" });
  const server = await startServer(t, { root, tls: LOCALHOST, tlsRedirect });
  const answer = await answerTo(t, { port: tlsRedirect }, "GET /a?b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert.ok(answer.toString().includes(`\r\nLocation: https://localhost:${server.port}/a?b\r\n`));
  assert.deepEqual(
    (await server.reload({ root, tls: LOCALHOST, tlsRedirect: 1, port: 0, host: "127.0.0.1" })).unchanged,
    ["tlsRedirect"],
  );
  await server.close();
  const [error] = await once(connect({ port: tlsRedirect, host: "127.0.0.1" }), "error");
  assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
});

test("a second port that is wanted and cannot be opened stops the start, in words", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const tlsRedirect = (taken.address() as AddressInfo).port;
  const server = createHeddle({ host: "127.0.0.1", port: 0, tls: LOCALHOST, tlsRedirect, root: makeSite(t) });
  await assert.rejects(server.listen(), (error: unknown) => {
    assert.ok(error instanceof OptionError);
    assert.equal(
      error.message,
      `tlsRedirect: found ${tlsRedirect}, wanted a port that can be opened on 127.0.0.1 (it is in use)`,
    );
    return true;
  });
});

test("without tls, tlsRedirect and hsts are told to have no effect", async (t) => {
  const texts: string[] = [];
  const onEvent = (event: ServerEvent): void => void (event.kind === "warning" && texts.push(event.text));
  const sites = { "a.test": { root: makeSite(t), hsts: true } };
  await startServer(t, { root: makeSite(t), tlsRedirect: 1, hsts: true, sites, onEvent });
  assert.deepEqual(texts, [
    "tlsRedirect has no effect without tls",
    "hsts has no effect without tls",
    'sites["a.test"].hsts has no effect without tls',
  ]);
});

for (const transport of TRANSPORTS) {
  test(`Strict-Transport-Security comes with every reply over TLS, and with none without (${transport})`, async (t) => {
    const root = makeSite(t, { "index.html": "secure", _redirects: "/old /new 301\n" });
    const hsts = { maxAgeSeconds: 86_400, includeSubDomains: true };
    const secure = await startServer(t, { root, tls: LOCALHOST, hsts, transport });
    const plain = await startServer(t, { root, hsts, transport });
    for (const path of ["/", "/old", "/missing"]) {
      const client = new RawClient(await openTls(t, secure));
      const { fields } = await client.request("GET", path);
      assert.equal(fields.get("strict-transport-security"), "max-age=86400; includeSubDomains", path);
      const open = await RawClient.open(plain.port);
      t.after(() => open.close());
      assert.equal((await open.request("GET", path)).fields.get("strict-transport-security"), undefined, path);
    }
    // A request in the clear on the secure port must not say so either.
    const answer = await answerTo(t, secure, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.doesNotMatch(answer.toString(), /strict-transport/i);
  });
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-challenges-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
