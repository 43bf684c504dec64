// What /metrics says of requests, connections, threads and caches: both transports, pools and threads per connection.
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { adminOf, ask, scrape } from "./support/admin.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { causeFault, supervise, workerFixture } from "./support/supervised.ts";
import { until } from "./support/until.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-metrics-"));
  await writeFile(join(root, "index.html"), "<p>It works.");
  await writeFile(join(root, "large.bin"), Buffer.alloc(3 * 1024 * 1024, 1));
  await writeFile(join(root, "style.css"), "a { color: red }\n".repeat(500));
});
after(() => rm(root, { recursive: true }));

const OK = 'heddle_requests_total{site="default",method="GET",code="2xx"}';
const WAYS = TRANSPORTS.flatMap((transport) => [
  { transport, threads: 2 },
  { transport, threads: "per-connection" as const },
]);

for (const way of WAYS) {
  describe(`Metrics on the ${way.transport} transport with threads ${way.threads}`, () => {
    test("count what was asked and answered, and survive the threads", async (t) => {
      const server = await startServer(t, { root, admin: 0, h2c: true, ...way });
      const admin = adminOf(server);
      const client = await openClient(t, server);
      for (const path of ["/", "/", "/missing", "/large.bin"]) await client.request("GET", path);
      await client.request("HEAD", "/");
      await client.request("POST", "/");
      const refused = await openClient(t, server);
      refused.write("GET / HTTP/1.1\nHost: test\r\n\r\n");
      assert.equal((await refused.response()).status, 400);
      refused.close();
      const session = connectHttp2(`http://127.0.0.1:${server.port}`);
      const stream = session.request({ ":path": "/" });
      await new Promise((resolve) => stream.resume().on("end", resolve));
      await new Promise<void>((resolve) => session.close(resolve));
      client.close();
      // Threads per connection have ended by then, and a thread of a pool has noticed the ends.
      await until(() => server.threads.connections === 0);
      await until(() => server.threads.threads.every(({ connections }) => connections === 0));
      const found = await scrape(admin);
      assert.equal(found.get(OK), 4);
      assert.equal(found.get('heddle_requests_total{site="default",method="HEAD",code="2xx"}'), 1);
      assert.equal(found.get('heddle_requests_total{site="default",method="GET",code="4xx"}'), 1);
      assert.equal(found.get('heddle_requests_total{site="default",method="POST",code="4xx"}'), 1);
      assert.equal(found.get("heddle_http2_requests_total"), 1);
      assert.equal(found.get("heddle_request_duration_seconds_count"), 7);
      assert.equal(found.get('heddle_request_duration_seconds_bucket{le="+Inf"}'), 7);
      assert.ok(found.get("heddle_request_duration_seconds_sum")! > 0);
      assert.ok(found.get("heddle_sent_bytes_total")! > 3 * 1024 * 1024);
      assert.equal(found.get("heddle_connections_accepted_total"), 3);
      assert.equal(found.get('heddle_refusals_total{code="BARE_LF"}'), 1);
      assert.equal(found.get("heddle_connections"), 0);
      assert.equal(found.get("heddle_ready"), 1);
      const lookups = ["hot", "looked", "cold"].map(
        (outcome) => found.get(`heddle_cache_lookups_total{outcome="${outcome}"}`)!,
      );
      assert.equal(
        lookups.reduce((sum, count) => sum + count),
        6,
      );
      assert.ok(lookups[0]! >= 1 && lookups[2]! >= 3);
      assert.ok(found.get("process_resident_memory_bytes")! > 10_000_000);
      const hasThreads = found.has('heddle_thread_connections{thread="1"}');
      assert.equal(hasThreads, way.threads === 2);
    });
  });
}

for (const transport of TRANSPORTS) {
  test(`Streams of HTTP/2 are open until their reply is sent or cut, ${transport}`, async (t) => {
    const server = await startServer(t, { root, admin: 0, h2c: true, threads: 1, transport });
    const admin = adminOf(server);
    const openStreams = async (): Promise<(number | undefined)[]> => {
      const found = await scrape(admin);
      return [found.get("heddle_http2_streams"), found.get('heddle_thread_http2_streams{thread="1"}')];
    };
    const session = connectHttp2(`http://127.0.0.1:${server.port}`);
    // More than the window of a stream: its content waits for a client that reads.
    const streams = [1, 2].map(() => session.request({ ":path": "/large.bin" }).on("error", () => {}));
    await Promise.all(streams.map((stream) => once(stream, "response")));
    assert.deepEqual(await openStreams(), [2, 2]);
    streams[0]!.close();
    while ((await openStreams())[0] !== 1);
    session.destroy();
    while ((await openStreams())[0] !== 0);
  });
}

test("A series comes once, and each family has its help and its type", async (t) => {
  const server = await startServer(t, { root, admin: 0, threads: 2 });
  const { text, fields } = await ask(adminOf(server), "/metrics");
  const lines = text.trimEnd().split("\n");
  const series = lines.filter((line) => !line.startsWith("#")).map((line) => line.slice(0, line.lastIndexOf(" ")));
  assert.deepEqual(series, [...new Set(series)]);
  const types = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]!);
  const helps = lines.filter((line) => line.startsWith("# HELP")).map((line) => line.split(" ")[2]!);
  assert.deepEqual(types, helps);
  assert.deepEqual(types, [...new Set(types)]);
  assert.equal(fields["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(fields["cache-control"], "no-store");
});

test("OpenMetrics is for those who ask for it", async (t) => {
  const server = await startServer(t, { root, admin: 0, threads: 1 });
  const headers = { Accept: "application/openmetrics-text;version=1.0.0" };
  const { text, fields } = await ask(adminOf(server), "/metrics", { headers });
  assert.equal(fields["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert.ok(text.endsWith("\n# EOF\n"));
});

test("Sites have series of their own, and keep them through reloads", async (t) => {
  const options = { root, threads: 1, sites: { "a.example": { root }, "b.example": { root } } };
  const server = await startServer(t, { ...options, admin: 0 });
  const admin = adminOf(server);
  const site = { host: "127.0.0.1", port: server.port };
  const visit = (host: string) => ask(site, "/", { headers: { Host: host } });
  for (const host of ["a.example", "b.example", "b.example"]) assert.equal((await visit(host)).status, 200);
  await server.reload({ ...options, sites: { "c.example": { root }, "b.example": { root } } });
  for (const host of ["b.example", "c.example"]) await visit(host);
  await assert.rejects(server.reload({ ...options, root: join(root, "none") }));
  const found = await scrape(admin);
  const counts = ["default", "a.example", "b.example", "c.example"].map((name) =>
    found.get(`heddle_requests_total{site="${name}",method="GET",code="2xx"}`),
  );
  assert.deepEqual(counts, [0, 1, 3, 1]);
  assert.equal(found.get('heddle_reloads_total{outcome="succeeded"}'), 1);
  assert.equal(found.get('heddle_reloads_total{outcome="failed"}'), 1);
});

test("What is compressed on demand is counted by coding", async (t) => {
  const server = await startServer(t, { root, admin: 0, threads: 1 });
  const admin = adminOf(server);
  const coded = 'heddle_encodings_total{coding="br",outcome="coded"}';
  let found = await scrape(admin);
  while ((found.get(coded) ?? 0) < 1) {
    await ask({ host: "127.0.0.1", port: server.port }, "/style.css", { headers: { "Accept-Encoding": "br" } });
    found = await scrape(admin);
  }
  while (!(found.get('heddle_cache_bytes{of="encoded"}')! > 0)) found = await scrape(admin);
});

test("Counts outlive the thread that made them, and gauges end with it", async (t) => {
  const options = { root, admin: 0, threads: 1 };
  const { supervisor, port, events } = await supervise(t, options, workerFixture("faulty-worker.ts"));
  await ask({ host: "127.0.0.1", port }, "/");
  const repliesOf = () => supervisor.metrics().totals.replies.find(({ value }) => value > 0)?.value;
  await until(() => repliesOf() === 1 && supervisor.metrics().totals.durationCounts.at(-1) === 1);
  causeFault({ kind: "throw", thread: 1 });
  await until(() => events.some(({ kind }) => kind === "thread-stopped"));
  assert.equal(repliesOf(), 1);
  assert.equal(supervisor.metrics().startedCount, 2);
  assert.equal(supervisor.snapshot().deathCount, 1);
});

test("diagnostics_channel tells of the life of a server, and of its events", async (t) => {
  const told: string[] = [];
  const names = ["listen", "reload", "warning", "close"];
  for (const name of names) {
    const note = (): void => void told.push(name);
    subscribe(`heddle:${name}`, note);
    t.after(() => unsubscribe(`heddle:${name}`, note));
  }
  const server = await startServer(t, { root, threads: 1, zip: true });
  await server.reload({ root });
  await assert.rejects(server.reload({ root: join(root, "none") }));
  await server.close();
  assert.deepEqual(told, ["warning", "listen", "reload", "reload", "close"]);
});
