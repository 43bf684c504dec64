// Connections that do nothing and connections that do next to nothing: they cost others nothing, and are
// ended at their deadline.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const IDLE_COUNT = 2000;
const SLOW_COUNT = 200;

// Both at once: most of their time is that until the deadline.
describe("slow clients", { concurrency: true }, () => {
  for (const transport of TRANSPORTS) {
    // Complaint: static-web-server (no time-outs)
    test(`2,000 idle connections and 200 slow ones do not keep good clients waiting, ${transport}`, {
      timeout: 120_000,
    }, async (t) => {
      const root = makeSite(t, { "index.html": "hello" });
      const server = await startServer(t, { root, threads: 2, transport, limits: { headTimeoutMs: 8000 } });
      const open = async (count: number): Promise<RawClient[]> => {
        const clients: RawClient[] = [];
        while (clients.length < count) {
          const batch = Math.min(100, count - clients.length);
          clients.push(...(await Promise.all(Array.from({ length: batch }, () => RawClient.open(server.port)))));
        }
        return clients;
      };

      const idle = await open(IDLE_COUNT);
      const slow = await open(SLOW_COUNT);
      const request = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: slow\r\n";
      let sent = 0;
      const drip = setInterval(() => {
        for (const client of slow) if (!client.isEnded) client.write(request[sent % request.length]!);
        sent++;
      }, 1000);
      for (const client of slow) client.write("G");

      // Good clients are all served while every slow one is still being waited for.
      const latencies: number[] = [];
      for (let i = 0; i < 300; i++) {
        const begun = performance.now();
        const client = await RawClient.open(server.port);
        assert.equal((await client.request("GET", "/")).body.toString(), "hello");
        client.close();
        latencies.push(performance.now() - begun);
      }
      assert.equal(
        slow.filter((client) => client.isEnded || client.waiting > 0).length,
        0,
        "the good ones came too late",
      );
      latencies.sort((a, b) => a - b);
      t.diagnostic(`good clients: median ${latencies[150]?.toFixed(1)} ms, slowest ${latencies[299]?.toFixed(1)} ms`);

      for (const client of slow) {
        assert.equal((await client.response()).status, 408);
        assert.equal((await client.rest()).length, 0);
      }
      clearInterval(drip);
      assert.equal(idle.filter((client) => client.isEnded).length, 0, "idle connections have a deadline of their own");
      for (const client of [...idle, ...slow]) client.close();
    });
  }
});
