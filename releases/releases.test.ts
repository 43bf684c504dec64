// Two real releases of three packages, deployed under load, in Chromium: what comes over the wire is what differs, and what
// scripts of the page read is the new release to the last byte.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import type { Browser } from "playwright-core";
import { launchChromium } from "../test/support/chromium.ts";
import { WatchedPage } from "../test/support/dictionary-browser.ts";
import { decodeWith, hashOf, linesOf, offer } from "../test/support/dictionary-client.ts";
import { RawClient } from "../test/support/raw-client.ts";
import { TRANSPORTS } from "../test/support/server.ts";
import { Deployment, Load, newFolder } from "./deployment.ts";
import { releasedScripts } from "./packages.ts";

/** The parts of Brotli 11 that the second release may take. What a release changes is up to it: of Vue's, an eighth is new. */
const MOST = { "swagger-ui": 0.1, chart: 0.1, vue: 0.16 } as Readonly<Record<string, number>>;

const scripts = releasedScripts();
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

for (const transport of TRANSPORTS)
  describe(`the second release, ${transport}`, { timeout: 120_000 }, () => {
    test("comes as a difference, under load, and is the second release", async (t) => {
      await using site = await Deployment.begin(newFolder(), scripts, { transport });
      const page = await WatchedPage.open(browser);
      await page.load(site.url);
      for (const { name } of scripts) await page.dictionaryFor(`/assets/${name}-3f2a9c1b7d4e5f6a8b0c.js`);
      const load = await Load.begin(site.port, ["/", ...scripts.map((script) => script.before.path)], 4);
      site.deploy();
      // Each thread looks where its root leads once a second, at most.
      while (!(await page.page.content()).includes(scripts[0]!.after.path)) await page.load(site.url);
      await load.end();
      for (const { name, before, after } of scripts) {
        const { coding, sizeBytes, dictionary } = await page.transferOf(after.path);
        const brotli = brotliCompressSync(after.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
        t.diagnostic(`${name} ${before.version} to ${after.version}: ${sizeBytes} bytes, Brotli 11 has ${brotli}`);
        assert.equal(dictionary, `:${hashOf(before.bytes).toString("base64")}:`);
        assert.equal(coding, "dcb");
        assert.ok(sizeBytes <= MOST[name]! * brotli, `${name}: ${sizeBytes} of ${brotli}`);
        assert.equal(await page.hashOf(after.path), sha256(after.bytes));
      }
      assert.deepEqual(load.failures, []);
      assert.ok(load.answeredCount > 0);
    });

    test("comes as a difference to the first who asks, and the encoder has never worked before", async (t) => {
      const [swagger] = scripts;
      const { before, after } = swagger!;
      await using site = await Deployment.begin(newFolder(), scripts, { transport, revalidateMs: 0 });
      const client = await RawClient.open(site.port);
      await client.request("GET", before.path);
      site.deploy();
      const id = before.path.slice("/assets/".length);
      const startedMs = performance.now();
      const fields = `${linesOf(offer(before.bytes, id)).join("\r\n")}\r\n`;
      let response = await client.request("GET", after.path, fields);
      while (response.status === 404) response = await client.request("GET", after.path, fields);
      t.diagnostic(`${Math.round(performance.now() - startedMs)} ms to the last byte`);
      assert.ok(decodeWith(before.bytes, response.body, response.fields.get("content-encoding")).equals(after.bytes));
      client.close();
    });
  });
