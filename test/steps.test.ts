// The step mode of the live page: a learner's own thread and port, and the page in a real Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import type { Step, Told } from "../src/console/steps/step.ts";
import type { Server, ServerOptions } from "../src/server.ts";
import { adminOf, ask } from "./support/admin.ts";
import { launchChromium, visit } from "./support/chromium.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-steps-"));
  await writeFile(join(root, "index.html"), "<p>It works.");
});
after(() => rm(root, { recursive: true }));

function start(t: TestContext, options: ServerOptions = {}): Promise<Server> {
  return startServer(t, { root, threads: 1, console: 0, ...options });
}

function post(server: Server, act: string, query = "", headers = {}): ReturnType<typeof ask> {
  return ask(adminOf(server), `/console/steps/${act}?${query}`, { method: "POST", headers });
}

/** A session as a program has it, which does what `decide` says of each thing that it is told. */
class Learner {
  readonly told: Told[] = [];
  readonly session: string;
  readonly #server: Server;

  constructor(server: Server, session: string) {
    this.#server = server;
    this.session = session;
  }

  static async open(server: Server): Promise<Learner> {
    const { status, text } = await post(server, "open");
    assert.equal(status, 200);
    return new Learner(server, (JSON.parse(text) as { session: string }).session);
  }

  post(act: string, query = ""): ReturnType<typeof ask> {
    return post(this.#server, act, `session=${this.session}&${query}`);
  }

  send(bytes: string): ReturnType<typeof ask> {
    return this.post("send", `bytes=${Buffer.from(bytes, "latin1").toString("base64url")}`);
  }

  get steps(): (Step & Told)[] {
    return this.told.filter((one) => one.kind === "step");
  }

  get names(): string {
    return this.steps.map(({ name }) => name).join(" ");
  }

  /** Listens to the end of the session, or until it is told `false`. */
  async follow(decide: (told: Told) => unknown, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const path = `/console/steps/events?session=${this.session}`;
    request({ ...adminOf(this.#server), path, headers, agent: false }, async (response) => {
      try {
        let text = "";
        for await (const part of response.setEncoding("utf8")) {
          text += part;
          const events = text.split("\n\n");
          text = events.pop()!;
          for (const event of events) {
            const [, data] = /^data: (.*)$/m.exec(event) ?? [];
            if (data === undefined) continue;
            const told = JSON.parse(data) as Told;
            this.told.push(told);
            if ((await decide(told)) === false) return resolve();
          }
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    })
      .on("error", reject)
      .end();
    return promise;
  }
}

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

describe("The step mode", () => {
  for (const transport of TRANSPORTS) {
    test(`walks through a request from the page on the ${transport} transport`, async (t) => {
      const server = await start(t, { transport });
      const learner = await Learner.open(server);
      let isSent = false;
      await learner.follow(async (told) => {
        if (told.kind !== "waits") return;
        if (told.for === "learner") return assert.equal((await learner.post("next")).status, 204);
        if (told.next !== "accept") return;
        if (isSent) return learner.post("end");
        isSent = true;
        // Whoever asks too early is told so.
        assert.equal((await learner.post("next")).status, 409);
        assert.equal((await learner.send(GET)).status, 204);
      });
      assert.equal(learner.names, "listen accept bytes head guard plan answer write next close");
      const calls = learner.steps.flatMap((step) => step.calls.map(({ text }) => /^\w+/.exec(text)![0]));
      const made =
        transport === "kernel"
          ? ["bind", "listen", "accept4", "recv", "openat2", "send", "close"]
          : ["bind", "listen", "accept", "read", "open", "write", "close"];
      for (const call of made) assert.ok(calls.includes(call), `${call} is not among ${calls}`);
      const received = learner.told.filter((told) => told.kind === "client" && told.did === "receives");
      const text = received
        .map((told) => Buffer.from((told as { bytes?: string }).bytes ?? "", "base64").toString())
        .join("");
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n<p>It works\.$/s);
      assert.deepEqual(learner.told.at(-1), { kind: "ended", why: "you have ended it" });
      assert.equal((await learner.post("next")).status, 404);
    });

    test(`serves a client from outside by its own port on the ${transport} transport, and counts it nowhere`, async (t) => {
      const server = await start(t, { transport });
      const learner = await Learner.open(server);
      let received = "";
      await learner.follow(async (told) => {
        if (told.kind === "open") {
          connect(told.port, "127.0.0.1")
            .setEncoding("latin1")
            .on("data", (text) => (received += text))
            .end(GET);
        } else if (told.kind === "waits" && told.for === "learner") await learner.post("run");
        else if (told.kind === "step" && told.name === "close") await learner.post("end");
      });
      assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(learner.names, /^listen accept bytes head guard plan answer write next /);
      const { text } = await ask(adminOf(server), "/console/snapshot");
      const { totals } = JSON.parse(text) as { totals: { requests: number; accepted: number } };
      assert.deepEqual([totals.requests, totals.accepted], [0, 0]);
    });
  }

  test("has a few learners at once, and room again when one ends", async (t) => {
    const server = await start(t);
    const learners = await Promise.all([1, 2, 3, 4].map(() => Learner.open(server)));
    assert.equal((await post(server, "open")).status, 503);
    assert.equal((await learners[0]!.post("end")).status, 204);
    assert.equal((await post(server, "open")).status, 200);
  });

  test("gives a page that connects again what it has missed, and no more", async (t) => {
    const server = await start(t);
    const learner = await Learner.open(server);
    const kinds = async (from?: string): Promise<string[]> => {
      const told: Told[] = [];
      const headers = from === undefined ? {} : { "last-event-id": from };
      await learner.follow((one) => (told.push(one) < 3 || from === "2" ? undefined : false), headers);
      return told.map(({ kind }) => kind);
    };
    assert.deepEqual(await kinds(), ["step", "open", "waits"]);
    assert.deepEqual(await kinds("-1"), ["step", "open", "waits"]);
    const again = kinds("2");
    await learner.post("end");
    assert.deepEqual(await again, ["waits", "ended"]);
  });

  test("takes its acts by POST, from its own page and from programs, and refuses what is malformed", async (t) => {
    const server = await start(t);
    const { session } = await Learner.open(server);
    const get = await ask(adminOf(server), "/console/steps/open");
    assert.deepEqual([get.status, get.fields["allow"]], [405, "POST"]);
    const { host, port } = adminOf(server);
    for (const [headers, status] of [
      [{ origin: "http://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ "sec-fetch-site": "cross-site", origin: `http://${host}:${port}` }, 403],
      [{ "sec-fetch-site": "same-site" }, 403],
      [{ origin: `http://${host}:${port}` }, 400],
      [{ "sec-fetch-site": "same-origin" }, 400],
      [{}, 400],
    ] as const) {
      const reply = await post(server, "send", `session=${session}&bytes=`, headers);
      assert.equal(reply.status, status, JSON.stringify(headers));
    }
    const long = Buffer.alloc(4097).toString("base64url");
    assert.equal((await post(server, "send", `session=${session}&bytes=${long}`)).status, 400);
    for (const act of ["next", "run", "send", "finish", "end"])
      assert.equal((await post(server, act, "session=x")).status, 404);
    assert.equal((await ask(adminOf(server), "/console/steps/events?session=x")).status, 404);
    assert.equal((await post(server, "other", `session=${session}`)).status, 404);
  });

  test("says what the client of the page cannot do", async (t) => {
    const server = await start(t);
    const learner = await Learner.open(server);
    let isDone = false;
    await learner.follow(async (told) => {
      if (isDone || told.kind !== "waits") return;
      isDone = true;
      assert.equal((await learner.post("finish")).status, 409);
      assert.equal((await learner.send("GET")).status, 204);
      assert.equal((await learner.post("finish")).status, 204);
      assert.equal((await learner.post("finish")).status, 409);
      const late = await learner.send(" / HTTP/1.1");
      assert.deepEqual([late.status, late.text.slice(0, 30)], [409, "The client has ended its half:"]);
      await learner.post("end");
    });
    assert.equal(learner.told.at(-1)!.kind, "ended");
  });

  test("wants the token where others can connect", async (t) => {
    const server = await start(t, { console: "0.0.0.0:0" });
    const admin = { ...adminOf(server), host: "127.0.0.1" };
    assert.equal((await ask(admin, "/console/steps")).status, 401);
    assert.equal((await ask(admin, "/console/steps/open", { method: "POST" })).status, 401);
    const [, token] = /token=([\w-]+)$/.exec(server.consoleUrl!)!;
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await ask(admin, "/console/steps/open", { method: "POST", headers })).status, 200);
  });

  test("is not there without the live page", async (t) => {
    const server = await start(t, { console: false, admin: 0 });
    assert.equal((await ask(adminOf(server), "/console/steps")).status, 404);
    assert.equal((await post(server, "open")).status, 404);
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

/** Presses a key on what has the focus until the focus is on a button of that name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let count = 0; count < 60; count++) {
    const focused = await page.evaluate("document.activeElement?.textContent?.trim() ?? ''");
    if (focused === name) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not get to ${JSON.stringify(name)}`);
}

describe("The page of the step mode", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser?.close());

  for (const colorScheme of ["light", "dark"] as const) {
    test(`is walked through by the keyboard alone, at 360 pixels in ${colorScheme}, and axe finds nothing`, async (t) => {
      const server = await start(t);
      const { page, problems } = await visit(browser, new URL("/console/steps", server.adminUrl!).href, {
        viewport: { width: 360, height: 740 },
        colorScheme,
        reducedMotion: "reduce",
      });
      assert.deepEqual(await violationsIn(page), []);
      await tabTo(page, "Open a port");
      await page.keyboard.press("Enter");
      await page.getByText("Waits for a client").waitFor();
      await tabTo(page, "Send");
      await page.keyboard.press("Enter");
      await page.locator("#next[aria-disabled=false]").waitFor();
      await page.locator("#next").focus();
      const titles: string[] = [];
      for (let number = 2; number <= 9; number++) {
        await page.locator("#next[aria-disabled=false]").waitFor();
        await page.keyboard.press("Enter");
        const title = page.getByRole("heading", { name: new RegExp(`^${number}\\. `) });
        await title.waitFor();
        titles.push((await title.textContent())!);
        // A head with words, an answer, and bytes that left: the parts that a step can have.
        if (number === 4 || number === 8) assert.deepEqual(await violationsIn(page), []);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
        assert.equal(await page.evaluate("document.activeElement.id"), "next");
      }
      assert.deepEqual(titles, [
        "2. A connection is accepted",
        "3. Bytes come in",
        "4. The head is parsed (request 1)",
        "5. The guard is asked (request 1)",
        "6. The path becomes a plan (request 1)",
        "7. The answer is chosen (request 1)",
        "8. The response is written (request 1)",
        "9. The connection stays, or ends (request 1)",
      ]);
      assert.match((await page.locator("#conversation").textContent())!, /HTTP\/1\.1 200 OK/);
      assert.deepEqual(problems, []);
      await page.close();
    });
  }

  test("lights up the states of both tables, and says them", async (t) => {
    const server = await start(t);
    const { page } = await visit(browser, new URL("/console/steps", server.adminUrl!).href);
    await page.getByRole("button", { name: "Open a port" }).click();
    await page.getByLabel("A request to begin with").selectOption("A bare LF");
    await page.getByText("Waits for a client").waitFor();
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("#next[aria-disabled=false]").waitFor();
    await page.getByRole("button", { name: "Run to the end" }).click();
    await page.getByRole("button", { name: /The connection is closed/ }).waitFor();
    await page.getByRole("button", { name: /The head is parsed/ }).click();
    const lit = (side: string) => page.locator(`#${side} .state.now`).getAttribute("data-state");
    assert.deepEqual([await lit("peer"), await lit("self")], ["refused", "owed"]);
    assert.equal(
      await page.locator("#way").textContent(),
      "The client’s side goes from “idle” by begin to “head”, by reject to “refused”. The server’s side goes from “idle” by reject to “owed”.",
    );
    await page.getByRole("img", { name: "The client’s side is at “refused”" }).waitFor();
    assert.match((await page.locator("#words").textContent())!, /BARE_LF.*RFC 9112 §2\.2/);
    await page
      .getByRole("button", { name: /we linger/ })
      .first()
      .click();
    assert.match((await page.locator("#calls").textContent())!, /^(?:.*\n)*shutdown\(/);
    // Another session, in which nothing has happened yet.
    const former = await page.locator("#port").textContent();
    await page.getByRole("button", { name: "Begin anew" }).click();
    await page.getByRole("heading", { name: /^1\. / }).waitFor();
    await page.locator("#place").waitFor();
    assert.notEqual(await page.locator("#port").textContent(), former);
    assert.equal(await page.locator("#history li").count(), 1);
    await page.close();
  });

  test("ends its thread when it is closed", async (t) => {
    const server = await start(t);
    const { page } = await visit(browser, new URL("/console/steps", server.adminUrl!).href);
    await page.getByRole("button", { name: "Open a port" }).click();
    await page.getByText("Waits for a client").waitFor();
    const port = Number(/:(\d+)\/$/.exec((await page.locator("#port").textContent())!)![1]);
    assert.equal(await isOpen(port), true);
    await page.close();
    // The port is refused as soon as the thread is gone: some seconds later, because a page may be loaded again.
    for (let count = 0; count < 300 && (await isOpen(port)); count++) await setTimeout(100);
    assert.equal(await isOpen(port), false);
  });
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
