// A real Prometheus scrapes a server: the target is up, nothing is dropped, and queries give what was done. Its own checker
// and a strict reader of OpenMetrics (Debian's python3-prometheus-client) find no mistake in the pages.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createServer, type Server } from "../../src/server.ts";
import { adminOf, ask } from "../support/admin.ts";
import { freePort } from "../support/free-port.ts";
import { DEPLOY, ENVIRONMENT, missing, run } from "./programs.ts";

const HAS_READER = spawnSync("/usr/bin/python3", ["-c", "import prometheus_client.openmetrics.parser"]).status === 0;
const OPENMETRICS = { Accept: "application/openmetrics-text;version=1.0.0" };

const READ = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(len(families), sum(len(family.samples) for family in families))`;

describe("Prometheus", { skip: missing("prometheus", "promtool") }, () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-prometheus-"));
  let server: Server;
  let prometheus: ChildProcess;
  let url = "";
  let log = "";

  before(async () => {
    writeFileSync(join(folder, "index.html"), "<p>It works.");
    const sites = { "a.example": { root: folder } };
    server = createServer({ root: folder, host: "127.0.0.1", port: 0, threads: 2, admin: 0, sites });
    await server.listen();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const { port: adminPort } = new URL(server.adminUrl!);
    const target = `{ job_name: heddle, static_configs: [{ targets: ["localhost:${adminPort}"] }] }`;
    writeFileSync(join(folder, "prometheus.yml"), `global: { scrape_interval: 1s }\nscrape_configs: [${target}]\n`);
    prometheus = spawn(
      "prometheus",
      [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=debug",
      ],
      { env: ENVIRONMENT, stdio: ["ignore", "ignore", "pipe"] },
    );
    prometheus.stderr!.setEncoding("utf8").on("data", (text) => (log += text));
  });
  after(async () => {
    prometheus.kill("SIGTERM");
    await once(prometheus, "exit");
    await server.close({ graceMs: 0 });
    rmSync(folder, { recursive: true });
  });

  /** The first value of the result, or undefined. */
  async function query(expression: string): Promise<number | undefined> {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`).catch(() => undefined);
    if (response?.status !== 200) return undefined;
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    const [first] = data.result;
    return first && Number(first.value[1]);
  }

  async function queried(expression: string, wanted: number): Promise<void> {
    while ((await query(expression)) !== wanted) await new Promise((resolve) => setTimeout(resolve, 100));
  }

  test("finds the target up, and queries give what was done", { timeout: 60_000 }, async () => {
    await queried('up{job="heddle"}', 1);
    const site = { host: "127.0.0.1", port: server.port };
    for (let count = 0; count < 5; count++) await ask(site, "/");
    for (let count = 0; count < 3; count++) await ask(site, "/none", { headers: { Host: "a.example" } });
    await queried('heddle_requests_total{site="default",method="GET",code="2xx"}', 5);
    await queried('heddle_requests_total{site="a.example",method="GET",code="4xx"}', 3);
    await queried("heddle_request_duration_seconds_count", 8);
    await queried("heddle_ready", 1);
    await queried("count(heddle_thread_connections)", 2);
    assert.ok((await query("histogram_quantile(0.5, heddle_request_duration_seconds_bucket)"))! > 0);
  });

  test("keeps every sample that it was given, and warns of nothing", { timeout: 60_000 }, async () => {
    await queried("scrape_samples_scraped == bool scrape_samples_post_metric_relabeling", 1);
    const { text } = await ask(adminOf(server), "/metrics");
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    await queried("scrape_samples_scraped", series);
    await queried('count({job="heddle",__name__=~"heddle_.+|process_.+"})', series);
    const bad = log
      .split("\n")
      .filter((line) => /level=(warn|error)|[Dd]uplicate|[Oo]ut of order|Append failed/.test(line));
    assert.deepEqual(bad, []);
  });

  test("promtool finds nothing to complain about", async () => {
    const { text } = await ask(adminOf(server), "/metrics");
    const child = execFile("promtool", ["check", "metrics"], { env: ENVIRONMENT });
    let said = "";
    child.stdout!.on("data", (part) => (said += part));
    child.stderr!.on("data", (part) => (said += part));
    child.stdin!.end(text);
    const [status] = await once(child, "close");
    assert.deepEqual([said, status], ["", 0]);
    await run("promtool", ["check", "config", join(DEPLOY, "prometheus.yml")]);
  });
});

test("A strict reader of OpenMetrics reads the page", {
  skip: !HAS_READER && "needs python3-prometheus-client",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-openmetrics-"));
  await using server = createServer({ root: folder, host: "127.0.0.1", port: 0, threads: 1, admin: 0 });
  await server.listen();
  const { text } = await ask(adminOf(server), "/metrics", { headers: OPENMETRICS });
  const { status, stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", READ], { input: text, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  const [familyCount, sampleCount] = stdout.split(" ").map(Number);
  const lines = text.split("\n");
  assert.equal(familyCount, lines.filter((line) => line.startsWith("# TYPE")).length);
  assert.equal(sampleCount, lines.filter((line) => line !== "" && !line.startsWith("#")).length);
});
