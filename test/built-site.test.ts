// Sites that bundlers built, as their npm packages hold them, precompressed and then read by a real Chromium over each
// transport, and over HTTP/2: the browser says which coding each transfer had, how many bytes of it came over the wire and what was on the
// console; the server's trace says what a reload asks for again.
import assert from "node:assert/strict";
import { cpSync, existsSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { createServer, type Server, type ServerEvent, type ServerOptions } from "../src/server.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { launchChromium, visit } from "./support/chromium.ts";
import { precompress } from "./support/precompress.ts";
import { TRANSPORTS } from "./support/server.ts";
import { flush, makeSite } from "./support/site.ts";
import { recordTransfers, type Transfer } from "./support/transfers.ts";

const PLAYWRIGHT = fileURLToPath(new URL("lib/vite/", import.meta.resolve("playwright-core/package.json")));
const SWAGGER_UI = fileURLToPath(new URL(".", import.meta.resolve("swagger-ui-dist/package.json")));

interface BuiltSite {
  readonly name: string;
  readonly folder: string;
  /** Of the folder, or all. */
  readonly files?: readonly string[];
  /** Beside them, or instead of them. */
  readonly added?: Readonly<Record<string, string>>;
  /** What a person sees when it works. */
  readonly shows: string;
  readonly prepare?: (page: Page) => Promise<unknown>;
  /** Files that are not compressed and that no page of a browser without tabs asks for. */
  readonly asked?: readonly string[];
  readonly leastCount: number;
  /** How many of its first transfers have a fingerprint in their name. */
  readonly immutableCount: number;
  /** How many of the rest a reload asks about, at least. */
  readonly confirmedCount: number;
}

const SITES: readonly BuiltSite[] = [
  {
    name: "playwright-core's dashboard, by Vite",
    folder: join(PLAYWRIGHT, "dashboard"),
    shows: "Select a session",
    // Its server is another program.
    prepare: (page) => page.routeWebSocket(/\/ws$/, () => {}),
    leastCount: 4,
    immutableCount: 2,
    confirmedCount: 1,
  },
  {
    name: "playwright-core's recorder, by Vite, with chunks that it loads when they are wanted",
    folder: join(PLAYWRIGHT, "recorder"),
    shows: "Record",
    // What it talks to is the program around it.
    prepare: (page) => page.addInitScript("window.sendCommand = async () => {}"),
    leastCount: 6,
    immutableCount: 3,
    confirmedCount: 2,
  },
  {
    name: "swagger-ui, by webpack",
    folder: SWAGGER_UI,
    files: [
      "index.html",
      "index.css",
      "swagger-ui.css",
      "swagger-ui-bundle.js",
      "swagger-ui-standalone-preset.js",
      "favicon-16x16.png",
      "favicon-32x32.png",
    ],
    // As whoever deploys it does: a description of their own, and no third party that checks it.
    added: {
      "swagger-initializer.js": `window.onload = () => {
        window.ui = SwaggerUIBundle({
          url: "looms.json", dom_id: "#swagger-ui", validatorUrl: null,
          presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: "StandaloneLayout",
        });
      };`,
      "looms.json": JSON.stringify({
        openapi: "3.0.3",
        info: { title: "Looms", version: "1", description: "Every connection passes through a thread. ".repeat(40) },
        paths: {
          "/looms": { get: { summary: "All looms of the mill", responses: { 200: { description: "A list." } } } },
        },
      }),
    },
    shows: "All looms of the mill",
    asked: ["favicon-32x32.png", "cloth.jpg", "jost.woff2"],
    leastCount: 7,
    immutableCount: 0,
    confirmedCount: 7,
  },
];

/** What a browser must be told, by extension; fields of text name their charset. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".jpg": "image/jpeg",
};
const COMPRESSED_IN_ITSELF: ReadonlySet<string> = new Set([".woff2", ".png", ".jpg"]);

/** Fields take about 400 bytes, and no reply here has a thousand. */
const HEAD_LIMIT_BYTES = 1000;
const IMMUTABLE = "public, max-age=31536000, immutable";

const PUBLIC = fileURLToPath(new URL("../public/assets/", import.meta.url));

interface Carrier {
  readonly name: string;
  readonly options: ServerOptions;
}

/** Chromium speaks HTTP/2 over TLS only. */
const CARRIERS: readonly Carrier[] = TRANSPORTS.flatMap((transport) => [
  { name: transport, options: { transport } },
  { name: `${transport}, HTTP/2`, options: { transport, tls: LOCALHOST } },
]);

let browser: Browser;
before(async () => {
  browser = await launchChromium(LOCALHOST.cert);
});
after(() => browser?.close());

for (const site of SITES)
  describe(site.name, { timeout: 120_000 }, () => {
    const garbage: (() => void)[] = [];
    let root: string;

    before(async () => {
      root = makeSite({ after: (remove) => garbage.push(remove as () => void) }, site.added);
      copySite(site, root);
      await precompress(root);
      flush(root);
    });
    after(() => {
      for (const remove of garbage) remove();
    });

    for (const { name, options } of CARRIERS) {
      test(`has the expected coding and type for each transfer, and reloads with 304 or nothing, ${name}`, async () => {
        const asked = new AskedFiles();
        await using server = await serve(root, options, asked);
        let transfersOf!: () => Promise<Transfer[]>;
        const { page, problems } = await visit(browser, server.url, {
          prepare: async (page) => {
            transfersOf = await recordTransfers(page);
            await site.prepare?.(page);
          },
        });
        await settle(page, site);
        // A page may want one font twice; the second time it is there.
        const all = await transfersOf();
        const first = all.filter(({ isCached }) => !isCached);
        for (const transfer of first) assertFirst(transfer, root, server.url);
        assert.ok(first.length >= site.leastCount, `only ${first.length} transfers`);
        assert.equal(first.filter(({ cacheControl }) => cacheControl === IMMUTABLE).length, site.immutableCount);
        assert.deepEqual(asked.take(), first.map(({ url }) => `200 ${new URL(url).pathname}`).sort());

        await page.reload();
        await settle(page, site);
        const again = (await transfersOf()).slice(all.length);
        assert.deepEqual(new Set(again.map(({ url }) => url)), new Set(first.map(({ url }) => url)));
        for (const transfer of again) assertReloaded(transfer);
        const confirmed = again.filter(({ isCached }) => !isCached);
        assert.deepEqual(asked.take(), confirmed.map(({ url }) => `304 ${new URL(url).pathname}`).sort());
        assert.ok(confirmed.length >= site.confirmedCount, `only ${confirmed.length} were confirmed`);

        assert.deepEqual(problems, []);
        assert.deepEqual([...asked.protocols], [options.tls === undefined ? "HTTP/1.1" : "HTTP/2"]);
        await page.context().close();
      });
    }
  });

/** With the times that the files have in the package: a site is older than its server. */
function copySite({ folder, files = [""], asked = [] }: BuiltSite, root: string): void {
  for (const file of files) cpSync(join(folder, file), join(root, file), { recursive: true, preserveTimestamps: true });
  for (const file of asked) {
    if (!existsSync(join(root, file))) cpSync(join(PUBLIC, file), join(root, file), { preserveTimestamps: true });
  }
}

/** Until a person sees what the page is for, and everything that it asks for has come. */
async function settle(page: Page, { shows, asked = [] }: BuiltSite): Promise<void> {
  await page.getByText(shows).first().waitFor();
  for (const file of asked) await page.evaluate(`fetch("/${file}").then((response) => response.arrayBuffer())`);
  await page.waitForLoadState("networkidle");
}

async function serve(root: string, options: ServerOptions, asked: AskedFiles): Promise<Server> {
  const onEvent = (event: ServerEvent): void => asked.note(event);
  const server = createServer({ root, host: "127.0.0.1", port: 0, threads: 2, trace: true, onEvent, ...options });
  await server.listen();
  return server;
}

function assertFirst({ url, status, coding, type, wireBytes }: Transfer, root: string, origin: string): void {
  const path = url === origin ? "index.html" : url.slice(origin.length);
  const extension = extname(path);
  const sizeBytes = statSync(join(root, path)).size;
  const isCoded = sizeBytes >= 1024 && !COMPRESSED_IN_ITSELF.has(extension);
  const sentBytes = isCoded ? statSync(join(root, `${path}.br`)).size : sizeBytes;
  assert.deepEqual(
    { path, status, coding, type },
    { path, status: 200, coding: isCoded ? "br" : "identity", type: TYPES[extension] },
  );
  assert.ok(
    wireBytes > sentBytes && wireBytes < sentBytes + HEAD_LIMIT_BYTES,
    `${path}: ${wireBytes} for ${sentBytes}`,
  );
}

/** Browsers may keep more than they are told they may, for the life of a page: Chromium does with fonts. */
function assertReloaded({ url, status, cacheControl, wireBytes, isCached }: Transfer): void {
  if (isCached) return;
  assert.notEqual(cacheControl, IMMUTABLE, `${url} was asked for again`);
  assert.equal(status, 304, url);
  assert.ok(wireBytes < HEAD_LIMIT_BYTES, `${url}: ${wireBytes}`);
}

/** What the server was asked for and how it answered, from its trace. */
class AskedFiles {
  readonly protocols: Set<string> = new Set();
  /** By the connection, or the stream of one. */
  readonly #targets = new Map<string, string>();
  #answered: string[] = [];

  note(event: ServerEvent): void {
    if (event.kind !== "trace") return;
    for (const line of event.text.split("\n")) {
      const [, where = "", mark, text = ""] =
        /^(thread \d+ connection \d+(?: stream \d+)?) ([<>]) (.*)$/.exec(line) ?? [];
      const [, target] = /^(?:GET|:path:) (\S+)/.exec(text) ?? [];
      if (mark === "<" && target !== undefined) this.#targets.set(where, target);
      const [, protocol, status] = /^(HTTP\/1\.1|:status:) (\d+)/.exec(text) ?? [];
      if (mark !== ">" || protocol === undefined) continue;
      this.protocols.add(protocol === ":status:" ? "HTTP/2" : protocol);
      this.#answered.push(`${status} ${this.#targets.get(where)}`);
    }
  }

  /** "200 /path" for each since the last time, sorted. */
  take(): string[] {
    const answered = this.#answered.sort();
    this.#answered = [];
    return answered;
  }
}
