// "localhost" where it is two addresses: clients reach the server at both, whichever they try first.
import assert from "node:assert/strict";
import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { BoundSocket, connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { createServer } from "../src/server.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { freePort } from "./support/free-port.ts";
import { WAYS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const ADDRESSES = ["127.0.0.1", "::1"];

/** A machine that has IPv6, and whose file of hosts names it. */
function makeBoth(t: TestContext): boolean {
  try {
    new BoundSocket({ host: "::1" }).close();
  } catch {
    return false;
  }
  t.mock.method(dns, "lookup", async () => ADDRESSES.map((address) => ({ address })));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return true;
}

async function ask(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return (await text(socket)).split("\r\n\r\n")[1] ?? "";
}

const ALL_WAYS = WAYS.flatMap(([way, options]) => [
  [way, { ...options, threads: 2 }] as const,
  [`${way}, per connection`, { ...options, threads: "per-connection" }] as const,
]);

for (const [way, options] of ALL_WAYS) {
  test(`a server on localhost answers at both of its addresses, and at neither when it is closed: ${way}`, async (t) => {
    if (!makeBoth(t)) return t.skip("no IPv6");
    const root = makeSite(t, { "index.html": "home" });
    const server = createServer({ root, ...options, port: 0 });
    t.after(() => server.close());
    await server.listen();
    const { port } = server;
    assert.equal(server.host, "127.0.0.1");
    assert.deepEqual(server.urls, [`http://localhost:${port}/`]);
    for (let count = 0; count < 5; count++) {
      for (const host of ADDRESSES) assert.equal(await ask(host, port), "home");
    }
    assert.equal(server.threads.accepted, 10);
    await server.close();
    for (const host of ADDRESSES) await assert.rejects(ask(host, port), { code: "ECONNREFUSED" });
  });
}

test("the port that redirects to HTTPS is open at both addresses of localhost, too", async (t) => {
  if (!makeBoth(t)) return t.skip("no IPv6");
  const tlsRedirect = await freePort();
  const server = createServer({ root: makeSite(t), port: 0, tls: LOCALHOST, tlsRedirect, threads: 1 });
  t.after(() => server.close());
  await server.listen();
  for (const host of ADDRESSES) {
    assert.equal(await ask(host, tlsRedirect), `This site is at https://localhost:${server.port}/\n`);
  }
  await server.close();
  for (const host of ADDRESSES) await assert.rejects(ask(host, tlsRedirect), { code: "ECONNREFUSED" });
});
