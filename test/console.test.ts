// The live page: who may see it, what it is told, and that it shows the threads at work in a real Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, get as httpGet, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Snapshot } from "../src/console/snapshot.ts";
import type { Server, ServerOptions } from "../src/server.ts";
import { adminOf, ask } from "./support/admin.ts";
import { launchChromium, visit } from "./support/chromium.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-console-"));
  await writeFile(join(root, "index.html"), "<p>It works.");
});
after(() => rm(root, { recursive: true }));

function start(t: TestContext, options: ServerOptions = {}): Promise<Server> {
  return startServer(t, { root, threads: 2, console: 0, ...options });
}

/** Looks until a snapshot is the one that is wanted. */
async function untilSnapshot(server: Server, isWanted: (snapshot: Snapshot) => Promise<boolean>): Promise<Snapshot> {
  const { promise, resolve, reject } = Promise.withResolvers<Snapshot>();
  const asked = request({ ...adminOf(server), path: "/console/events", agent: false }, async (response) => {
    try {
      let text = "";
      for await (const part of response.setEncoding("utf8")) {
        text += part;
        for (const [, json] of text.matchAll(/^data: (.*)\n\n/gm)) {
          const snapshot = JSON.parse(json!) as Snapshot;
          if (await isWanted(snapshot)) return resolve(snapshot);
        }
        text = text.slice(text.lastIndexOf("\n\n") + 2);
      }
    } catch (error) {
      reject(error);
    }
  });
  asked.on("error", reject).end();
  return promise.finally(() => asked.destroy());
}

async function get({ url }: Server, path: string, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  httpGet(new URL(path, url), { agent }, (response) => response.resume().on("end", resolve)).on("error", reject);
  return promise;
}

/** The first snapshots of a stream; the stream is closed then. */
async function snapshotsOf(server: Server, count: number): Promise<Snapshot[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Snapshot[]>();
  const asked = request({ ...adminOf(server), path: "/console/events", agent: false }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part) => {
      text += part;
      const found = [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, json]) => JSON.parse(json!) as Snapshot);
      if (found.length < count) return;
      asked.destroy();
      resolve(found);
    });
  });
  asked.on("error", reject).end();
  return promise;
}

describe("The console", () => {
  test("is off by default, and its paths are not found", async (t) => {
    const server = await start(t, { console: false, admin: 0 });
    assert.equal(server.consoleUrl, undefined);
    assert.equal((await ask(adminOf(server), "/console")).status, 404);
  });

  test("serves one page with a strict policy, and nothing else may be loaded", async (t) => {
    const server = await start(t);
    assert.equal(server.consoleUrl, `${server.adminUrl}console`);
    const { status, fields, text } = await ask(adminOf(server), "/console");
    assert.equal(status, 200);
    assert.equal(fields["content-type"], "text/html; charset=utf-8");
    const policy = String(fields["content-security-policy"]);
    assert.match(
      policy,
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; /,
    );
    assert.match(policy, /frame-ancestors 'none'$/);
    assert.doesNotMatch(text, /<(?:script|link|img)[^>]+(?:src|href)="(?!data:)/);
  });

  test("tells what happens, again and again", async (t) => {
    const server = await start(t);
    await fetch(server.url);
    const [first, second] = await snapshotsOf(server, 2);
    assert.equal(first!.format, 1);
    assert.equal(first!.totals.requests, 1);
    assert.equal(first!.totals.statuses["2xx"], 1);
    assert.deepEqual(
      first!.threads.map(({ thread }) => thread),
      [1, 2],
    );
    assert.ok(second!.nowMs > first!.nowMs);
  });

  for (const transport of TRANSPORTS) {
    for (const threads of [2, "per-connection"] as const) {
      const name = `${threads === 2 ? "a pool" : "threads per connection"} on the ${transport} transport`;
      test(`shows connections and requests of ${name} while somebody looks`, async (t) => {
        const server = await start(t, { transport, threads, console: 0 });
        const agent = new Agent({ keepAlive: true });
        t.after(() => agent.destroy());
        const found = await untilSnapshot(server, async (snapshot) => {
          await get(server, "/?a", agent);
          return snapshot.latest.some(({ target }) => target === "/?a");
        });
        const request = found.latest.find(({ target }) => target === "/?a")!;
        assert.deepEqual([request.method, request.status, request.bytes], ["GET", 200, 12]);
        const thread = found.threads.find((one) => one.thread === request.thread)!;
        const connection = thread.shown.find(([id]) => id === request.connection)!;
        assert.deepEqual(connection.slice(1, 3), ["idle", 0]);
        assert.equal(found.server.mode, threads === 2 ? "pool" : "per-connection");
      });
    }
  }

  test("counts refusals by code, and explains a request", async (t) => {
    const server = await start(t, { healthPath: "/up" });
    const found = await untilSnapshot(server, async ({ refusals }) => {
      const client = await openClient(t, server);
      client.write("GET / HTTP/1.1\r\n\r\n");
      await client.rest();
      return Object.keys(refusals).length > 0;
    });
    assert.deepEqual(Object.keys(found.refusals), ["HOST_MISSING"]);
    const { text } = await ask(adminOf(server), "/console/explain?url=/no%20such");
    assert.ok((JSON.parse(text) as { steps: { what: string }[] }).steps.some(({ what }) => what === "not found"));
    const health = await ask(adminOf(server), "/console/explain?url=/up");
    assert.match((JSON.parse(health.text) as { head: string[] }).head[0]!, / 200 /);
    assert.equal((await ask(adminOf(server), "/console/explain?method=a%20b")).status, 400);
  });

  test("closes its streams with the server", async (t) => {
    const server = await start(t);
    const { promise, resolve } = Promise.withResolvers<void>();
    const open = Promise.withResolvers<void>();
    request({ ...adminOf(server), path: "/console/events", agent: false }, (response) => {
      response.once("data", () => open.resolve());
      response.resume().on("end", resolve);
    }).end();
    await open.promise;
    await server.close({ graceMs: 0 });
    await promise;
  });

  test("wants a token where others can connect, and keeps it in a cookie", async (t) => {
    const server = await start(t, { console: "0.0.0.0:0" });
    const admin = { ...adminOf(server), host: "127.0.0.1" };
    const [, token] = /\/console\?token=([\w-]{43})$/.exec(server.consoleUrl!) ?? [];
    assert.ok(token);
    for (const path of [
      "/console",
      "/console/events",
      "/console/snapshot",
      "/console?token=",
      `/console?token=${token}a`,
    ]) {
      const refused = await ask(admin, path);
      assert.equal(refused.status, 401, path);
      assert.equal(refused.fields["set-cookie"], undefined);
    }
    const { status, fields } = await ask(admin, `/console?token=${token}`);
    assert.equal(status, 200);
    const [cookie] = fields["set-cookie"] as string[];
    assert.equal(cookie, `heddle-console=${token}; Path=/console; HttpOnly; SameSite=Strict`);
    for (const headers of [{ cookie: `a=b; heddle-console=${token}` }, { authorization: `Bearer ${token}` }]) {
      assert.equal((await ask(admin, "/console/snapshot", { headers })).status, 200);
    }
    assert.equal((await ask(admin, "/healthz")).status, 200);
  });

  test("marks reloads", async (t) => {
    const server = await start(t);
    await server.reload({ root, threads: 2, console: 0, admin: 0, host: "127.0.0.1", port: 0 });
    const { text } = await ask(adminOf(server), "/console/snapshot");
    assert.deepEqual(
      (JSON.parse(text) as Snapshot).marks.map(({ kind }) => kind),
      ["reload"],
    );
  });
});

const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** The rules of accessibility that axe finds broken, with where. */
async function violationsIn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate("axe.run()")) as {
    violations: readonly { id: string; nodes: readonly { html: string }[] }[];
  };
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe("The live page", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser?.close());

  test("shows a request, and explains it", async (t) => {
    const server = await start(t);
    const { page, problems } = await visit(browser, server.consoleUrl!);
    await page.locator("#link.live").waitFor();
    const asked = page.getByRole("cell", { name: "GET /?seen" }).first();
    while (!(await asked.isVisible())) {
      await fetch(new URL("/?seen", server.url)).then((reply) => reply.text());
      await page.waitForEvent("console", { timeout: 200 }).catch(() => {});
    }
    await page.getByRole("button", { name: "Why this reply to GET /?seen?" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("index.html (12 bytes, text/html").waitFor();
    assert.deepEqual(await violationsIn(page), []);
    await page.keyboard.press("Escape");
    assert.equal(await dialog.isVisible(), false);
    assert.deepEqual(problems, []);
    await page.close();
  });

  test("takes the token out of the address, and works on by its cookie", async (t) => {
    const server = await start(t, { console: "0.0.0.0:0" });
    const url = server.consoleUrl!.replace("0.0.0.0", "127.0.0.1");
    const { page, problems } = await visit(browser, url);
    await page.locator("#link.live").waitFor();
    assert.equal(page.url(), url.slice(0, url.indexOf("?")));
    assert.deepEqual(problems, []);
    await page.reload();
    await page.locator("#link.live").waitFor();
    await page.close();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`fits a screen of 360 pixels in ${colorScheme}, and axe finds nothing`, async (t) => {
      const server = await start(t, { threads: "per-connection", maxThreads: 3 });
      const clients = [await openClient(t, server), await openClient(t, server)];
      const { page, problems } = await visit(browser, server.consoleUrl!, {
        viewport: { width: 360, height: 740 },
        colorScheme,
        reducedMotion: "reduce",
      });
      const serving = page.locator(".lane").filter({ hasText: "serves" });
      await serving.nth(clients.length - 1).waitFor();
      assert.equal(await serving.count(), clients.length);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
      assert.deepEqual(await violationsIn(page), []);
      assert.deepEqual(problems, []);
      await page.close();
    });
  }

  test("rests while it is paused", async (t) => {
    const server = await start(t);
    const { page } = await visit(browser, server.consoleUrl!);
    await page.locator("#link.live").waitFor();
    const pause = page.getByRole("button", { name: "Pause" });
    await pause.focus();
    await page.keyboard.press("Enter");
    assert.equal(await pause.getAttribute("aria-pressed"), "true");
    assert.equal(await page.locator("#link").textContent(), "Paused");
    const shown = page.locator("#tiles div").filter({ hasText: "Requests so far" }).locator("dd");
    assert.equal(await shown.textContent(), "0");
    await fetch(server.url).then((reply) => reply.text());
    // Somebody else who looks is told of the request, again and again.
    const told = await snapshotsOf(server, 4);
    assert.equal(told.at(-1)!.totals.requests, 1);
    assert.equal(await shown.textContent(), "0");
    await page.keyboard.press("Enter");
    await page.locator("#link.live").waitFor();
    await page.getByText(/^1$/).and(shown).waitFor();
    await page.close();
  });

  test("shows a lane for each thread, breaks no rule of its policy, and axe finds nothing", async (t) => {
    const server = await start(t);
    const { page, problems } = await visit(browser, server.consoleUrl!);
    await page
      .getByText(/thread 2/i)
      .first()
      .waitFor();
    assert.equal(await page.title(), "Heddle: the threads at work");
    assert.deepEqual(problems, []);
    assert.deepEqual(await violationsIn(page), []);
    await page.close();
  });
});
