// What people see on a slow link: the time to the first paint and to the end of loading, in Chromium, over HTTP/1.1 and HTTP/2
// of Heddle, both over TLS, behind a proxy of ours that has the rate and the delay of a slow mobile link.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { createServer as createHeddle, type ServerControls, type ServerOptions } from "../src/server.ts";
import { launchChromium } from "../test/support/chromium.ts";
import { CERTIFICATE } from "./place.ts";
import { spread } from "./spread.ts";
import type { Findings, Scenario, Workbench } from "./workbench.ts";

/** "Slow 4G" of browsers' developer tools: 1.6 Mbit/s down, 150 ms there and back. */
const BYTES_PER_SECOND = 200_000;
const DELAY_MS = 75;
/** What the slow part of a link holds before the sender notices. */
const QUEUE_BYTES = 64 * 1024;

const PROTOCOLS: readonly (readonly [title: string, options: ServerOptions])[] = [
  ["HTTP/1.1", { http2: false }],
  ["HTTP/2", {}],
];

export const SLOW_LINK: Scenario = {
  name: "slow-link",
  title: "a page over 1.6 Mbit/s and 150 ms",
  isLarge: false,
  run,
};

const SITES: readonly (readonly [title: string, root: string])[] = [
  ["the sample site", fileURLToPath(new URL("../public", import.meta.url))],
  ["swagger-ui", fileURLToPath(new URL(".", import.meta.resolve("swagger-ui-dist/package.json")))],
  [
    "a Vite build",
    join(fileURLToPath(new URL("lib/vite/", import.meta.resolve("playwright-core/package.json"))), "dashboard"),
  ],
];

async function run(bench: Workbench): Promise<Findings> {
  const roundCount = bench.isQuick ? 1 : 5;
  const browser = await launchChromium(CERTIFICATE.cert);
  try {
    const rows = [];
    for (const [site, root] of SITES) rows.push(...(await measureSite(browser, site, root, roundCount)));
    return { columns: ["first paint, ms", "loaded, ms"], rows };
  } finally {
    await browser.close();
  }
}

async function measureSite(
  browser: Browser,
  site: string,
  root: string,
  roundCount: number,
): Promise<Findings["rows"]> {
  const samples = PROTOCOLS.map(() => ({ paints: [] as number[], loads: [] as number[] }));
  for (let round = 0; round < roundCount; round++) {
    for (const [index, [, options]] of PROTOCOLS.entries()) {
      const { paintMs, loadMs } = await loadSlowly(browser, { root, ...options });
      samples[index]!.paints.push(paintMs);
      samples[index]!.loads.push(loadMs);
    }
  }
  return PROTOCOLS.map(([title], index) => {
    const { paints, loads } = samples[index]!;
    return { title: `${site}, ${title}`, values: [spread(paints).median, spread(loads).median] };
  });
}

/** Loads the page at "/" of a new server. */
export async function loadSlowly(
  browser: Browser,
  options: ServerOptions & ServerControls,
): Promise<{ paintMs: number; loadMs: number }> {
  await using server = createHeddle({
    host: "127.0.0.1",
    port: 0,
    threads: 1,
    graceMs: 0,
    tls: CERTIFICATE,
    ...options,
  });
  await server.listen();
  const link = await openLink(server.port);
  const page = await browser.newPage();
  try {
    await page.goto(`https://127.0.0.1:${link.port}/`, { waitUntil: "load", timeout: 60_000 });
    // A paint is told after the frame in which it happened. Not `waitForFunction`, which a strict policy of the page forbids.
    await page.evaluate(`new Promise((resolve) => {
      new PerformanceObserver((list) => list.getEntriesByName("first-contentful-paint").length > 0 && resolve())
        .observe({ type: "paint", buffered: true });
    })`);
    const [paintMs, loadMs] = (await page.evaluate(
      "[performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.getEntriesByType('navigation')[0].loadEventEnd]",
    )) as [number, number];
    return { paintMs, loadMs };
  } finally {
    await page.context().close();
    await link.close();
  }
}

interface Link {
  readonly port: number;
  close(): Promise<void>;
}

/** All connections share the rate, as those of one household do. */
async function openLink(target: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let freeAt = 0;
  const proxy: Server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (bytes) => void sleep(DELAY_MS).then(() => far.write(bytes)));
    let queuedBytes = 0;
    far.on("data", (bytes) => {
      freeAt = Math.max(freeAt, performance.now()) + (bytes.length / BYTES_PER_SECOND) * 1000;
      queuedBytes += bytes.length;
      if (queuedBytes > QUEUE_BYTES) far.pause();
      void sleep(freeAt - performance.now() + DELAY_MS).then(() => {
        near.write(bytes);
        queuedBytes -= bytes.length;
        if (queuedBytes <= QUEUE_BYTES) far.resume();
      });
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: (proxy.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, "close");
    },
  };
}
