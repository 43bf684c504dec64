// What early hints (RFC 8297) bring on a slow link: pages whose style imports another one, in Chromium over TLS. The links to
// both styles are in no field, in the fields of the page only, or go ahead of it, too. All content is random hexadecimal
// digits and is sent without a coding, so each size is what goes over the link.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerOptions } from "../src/server.ts";
import { launchChromium } from "../test/support/chromium.ts";
import { CERTIFICATE } from "./place.ts";
import { loadSlowly } from "./slow-link.ts";
import { spread } from "./spread.ts";
import type { Findings, Scenario, Workbench } from "./workbench.ts";

export const EARLY_HINTS: Scenario = {
  name: "early-hints",
  title: "two styles, with and without early hints, over 1.6 Mbit/s and 150 ms",
  isLarge: false,
  run,
};

const STYLES = ["/app-BxK3f9aZ.css", "/late-CyL4g0bA.css"] as const;
const STYLE_BYTES = 20_000;
const PAGES: readonly (readonly [title: string, sizeBytes: number])[] = [
  ["a page of 3 kB", 3_000],
  ["a page of 100 kB", 100_000],
];

const headers = [{ for: "/", set: { Link: STYLES.map((path) => `<${path}>; rel=preload; as=style`).join(", ") } }];
const WAYS: readonly (readonly [title: string, options: ServerOptions])[] = [
  ["no links", {}],
  ["links in its fields", { headers }],
  ["early hints", { headers, earlyHints: "http2" }],
];

async function run(bench: Workbench): Promise<Findings> {
  const browser = await launchChromium(CERTIFICATE.cert);
  const folder = mkdtempSync(join(tmpdir(), "heddle-hints-"));
  try {
    const cases = PAGES.flatMap(([page, sizeBytes]) =>
      WAYS.map(([way, options]) => ({ page, sizeBytes, way, options })),
    );
    const samples = cases.map(() => ({ asked: [] as number[], paints: [] as number[], loads: [] as number[] }));
    for (let round = 0; round < (bench.isQuick ? 1 : 9); round++) {
      for (const [index, { sizeBytes, options }] of cases.entries()) {
        writeSite(folder, sizeBytes);
        const asking = new Asking();
        const { paintMs, loadMs } = await loadSlowly(browser, {
          root: folder,
          compress: false,
          ...options,
          trace: true,
          onEvent: (event) => event.kind === "trace" && asking.read(event.text),
        });
        samples[index]!.asked.push(asking.lastMs - asking.firstMs);
        samples[index]!.paints.push(paintMs);
        samples[index]!.loads.push(loadMs);
      }
    }
    const rows = cases.map(({ page, way }, index) => {
      const { asked, paints, loads } = samples[index]!;
      return { title: `${page}, ${way}`, values: [asked, paints, loads].map((values) => spread(values).median) };
    });
    return { columns: ["both styles asked for, ms", "first paint, ms", "loaded, ms"], rows };
  } finally {
    rmSync(folder, { recursive: true });
    await browser.close();
  }
}

/** When the server has read the request for the page, and that for the last style. */
class Asking {
  firstMs = 0;
  lastMs = 0;

  read(text: string): void {
    const path = /< :path: (\S+)/.exec(text)?.[1];
    if (path === "/") this.firstMs = performance.now();
    if (path?.endsWith(".css")) this.lastMs = performance.now();
  }
}

function writeSite(folder: string, pageBytes: number): void {
  const [app, late] = STYLES;
  const filler = (count: number): string => randomBytes(count / 2).toString("hex");
  const page = `<!doctype html><title>page</title><link rel="stylesheet" href="${app}"><p>text<!--${filler(pageBytes)}-->`;
  writeFileSync(join(folder, "index.html"), page);
  writeFileSync(join(folder, app), `@import url(${late}); /*${filler(STYLE_BYTES)}*/`);
  writeFileSync(join(folder, late), `p { color: red } /*${filler(STYLE_BYTES)}*/`);
}
