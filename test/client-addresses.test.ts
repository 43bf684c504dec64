// Who asks, behind trusted proxies, as a whole server sees it: its rules, its log and its sites.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { ServerOptions } from "../src/server.ts";
import { Http2Client } from "./support/http2-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const TRUSTING: ServerOptions = { trustedProxies: ["127.0.0.1", "10.0.0.0/8"] };

/** @returns a server, and what its log says of each reply */
async function start(t: TestContext, options: ServerOptions) {
  const root = options.root ?? makeSite(t, { "index.html": "<p>It works." });
  const logFile = join(makeSite(t), "access.log");
  const server = await startServer(t, { threads: 1, log: "{client} {status}", logFile, ...options, root });
  const lines = async (): Promise<string[]> => {
    await server.close();
    return readFileSync(logFile, "latin1").trimEnd().split("\n");
  };
  return { server, lines };
}

for (const transport of TRANSPORTS) {
  for (const threads of [1, "per-connection"] as const) {
    describe(`a server behind a trusted proxy (${transport}, threads ${threads})`, { timeout: 60_000 }, () => {
      test("has its rules and its log about the client that the proxy names", async (t) => {
        const deny = ["203.0.113.0/24"];
        const { server, lines } = await start(t, { transport, threads, ...TRUSTING, deny });
        const client = await openClient(t, server);
        const statuses: number[] = [];
        for (const list of ["203.0.113.9", "198.51.100.7", "203.0.113.9, 198.51.100.7", "203.0.113.9, 10.0.0.2"]) {
          statuses.push((await client.request("GET", "/", `X-Forwarded-For: ${list}\r\n`)).status);
        }
        // Two lines of a field are one list: RFC 9110 §5.2.
        const twice = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.9\r\n";
        statuses.push((await client.request("GET", "/", twice)).status, (await client.request("GET", "/")).status);
        assert.deepEqual(statuses, [403, 200, 200, 403, 403, 200]);
        assert.deepEqual(await lines(), [
          "203.0.113.9 403",
          "198.51.100.7 200",
          "198.51.100.7 200",
          "203.0.113.9 403",
          "203.0.113.9 403",
          "127.0.0.1 200",
        ]);
      });
    });
  }

  test(`a stranger cannot say who it is (${transport})`, async (t) => {
    const options = { trustedProxies: ["10.0.0.0/8"], allow: ["203.0.113.9"] };
    const { server, lines } = await start(t, { transport, ...options });
    const client = await openClient(t, server);
    const fields = "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n";
    assert.equal((await client.request("GET", "/", fields)).status, 403);
    assert.deepEqual(await lines(), ["127.0.0.1 403"]);
  });

  test(`each stream of HTTP/2 has a client of its own (${transport})`, async (t) => {
    const { server, lines } = await start(t, { transport, ...TRUSTING, h2c: true, deny: ["203.0.113.9"] });
    const client = await Http2Client.open(server.port!, "http");
    t.after(() => client.close());
    const ask = (address: string) => client.request("GET", "/", `X-Forwarded-For: ${address}\r\n`);
    const replies = await Promise.all([ask("203.0.113.9"), ask("198.51.100.7")]);
    client.close();
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 403]);
    assert.deepEqual((await lines()).sort(), ["198.51.100.7 200", "203.0.113.9 403"]);
  });

  test(`clients that a proxy has got over TLS are told to stay there, and others not (${transport})`, async (t) => {
    const root = makeSite(t, { "index.html": "home", "404.html": "lost" });
    const { server } = await start(t, { transport, ...TRUSTING, hsts: true, root });
    const client = await openClient(t, server);
    const hasHsts = async (target: string, fields = ""): Promise<boolean> => {
      const reply = await client.request("GET", target, fields);
      return reply.fields.has("strict-transport-security");
    };
    const found: boolean[] = [];
    for (const target of ["/", "/", "/none"]) {
      found.push(await hasHsts(target, "X-Forwarded-Proto: https\r\n"), await hasHsts(target));
      found.push(await hasHsts(target, "X-Forwarded-Proto: http\r\n"));
    }
    assert.deepEqual(found, Array(3).fill([true, false, false]).flat());
    // What loses the field keeps the reason of its refusal.
    assert.equal(await hasHsts("/.env"), false);
    assert.equal(server.threads.refusals["PATH_HIDDEN"], 1);
    client.write("BAD\r\n\r\n");
    const refused = await client.response();
    assert.deepEqual([refused.status, refused.fields.has("strict-transport-security")], [400, false]);
  });

  test(`the host that a proxy was asked for selects the site (${transport})`, async (t) => {
    const site = (name: string): string => makeSite(t, { "index.html": name });
    const forwardedFields = ["x-forwarded-for", "x-forwarded-host"] as const;
    const sites = { "a.example": { root: site("a") }, "b.example": { root: site("b") } };
    const { server } = await start(t, { transport, ...TRUSTING, forwardedFields, root: site("other"), sites });
    const client = await openClient(t, server);
    const ask = async (fields: string): Promise<string> => String((await client.request("GET", "/", fields)).body);
    assert.equal(await ask("X-Forwarded-Host: a.example\r\n"), "a");
    assert.equal(
      await ask("X-Forwarded-For: 203.0.113.9, 10.0.0.2\r\nX-Forwarded-Host: b.example, a.example\r\n"),
      "b",
    );
    assert.equal(await ask("X-Forwarded-Host: a.example, b.example\r\n"), "other");
    assert.equal(await ask(""), "other");
  });
}
