// The two servers of examples/exercise/, as their readers use them: started as programs, asked by raw requests and by a
// real browser. (By hand, telnet and curl: examples/exercise/README.md shows what they print.)
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { launchChromium, visit } from "./support/chromium.ts";
import { RawClient } from "./support/raw-client.ts";

const FOLDER = join(import.meta.dirname, "../examples/exercise");
/** System calls as they are: Linux only. */
const PROGRAMS = process.platform === "linux" ? ["server.ts", "sockets.ts"] : ["server.ts"];

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

class Program {
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  printed = "";

  constructor(file: string) {
    const env = { ...process.env, HOST: "127.0.0.1", PORT: "0" };
    this.#process = spawn(process.execPath, [join(FOLDER, file)], { env, stdio: ["ignore", "pipe", "inherit"] });
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => (this.printed += text));
  }

  /** Waits until the program has printed this. */
  async prints(wanted: RegExp): Promise<string> {
    for (;;) {
      const found = wanted.exec(this.printed)?.[0];
      if (found !== undefined) return found;
      await once(this.#process.stdout, "data");
    }
  }

  async url(): Promise<URL> {
    return new URL(await this.prints(/http:\/\/\S+\//));
  }

  async open(): Promise<RawClient> {
    return RawClient.open(Number((await this.url()).port));
  }

  async stop(): Promise<void> {
    const hasEnded = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await hasEnded;
  }
}

for (const file of PROGRAMS) {
  describe(`examples/exercise/${file}`, { timeout: 180_000 }, () => {
    let program: Program;

    before(() => {
      program = new Program(file);
    });
    after(() => program.stop());

    const files = [
      { target: "/", name: "index.html", type: "text/html; charset=utf-8" },
      { target: "/style.css?v=1", name: "style.css", type: "text/css; charset=utf-8" },
      { target: "/cloth.jpeg", name: "cloth.jpeg", type: "image/jpeg" },
    ];

    test("sends HTML, CSS and JPEG on one connection, each with its type, and 404 for what is missing", async () => {
      const client = await program.open();
      for (const { target, name, type } of files) {
        const { status, fields, body } = await client.request("GET", target);
        assert.equal(status, 200);
        assert.equal(fields.get("content-type"), type);
        assert.deepEqual(body, readFileSync(join(FOLDER, "site", name)));
      }
      for (const target of ["/missing.html", "/../files.ts", "/%2e%2e/files.ts", "/site", "/constructor"])
        assert.equal((await client.request("GET", target)).status, 404, target);
      client.close();
    });

    test("answers requests that arrive in one piece, byte by byte, and HEAD without content", async () => {
      const client = await program.open();
      const request = "GET /style.css HTTP/1.1\r\nHost: test\r\n\r\n";
      client.write(request + request);
      assert.equal((await client.response()).status, 200);
      assert.equal((await client.response()).status, 200);
      for (const byte of request) client.write(byte);
      assert.equal((await client.response()).status, 200);
      const head = await client.request("HEAD", "/cloth.jpeg");
      assert.equal(head.fields.get("content-length"), "15020");
      assert.equal((await client.request("POST", "/")).fields.get("allow"), "GET, HEAD");
      client.close();
    });

    test("closes after the reply when the client asks for it, and after a request that it refuses", async () => {
      const client = await program.open();
      assert.equal((await client.request("GET", "/", "Connection: close\r\n")).status, 200);
      assert.equal((await client.rest()).length, 0);
      client.close();
      const confused = await program.open();
      confused.write("GET / HTTP/1.1\r\nHost : test\r\n\r\n");
      assert.equal((await confused.response()).status, 400);
      assert.equal((await confused.rest()).length, 0);
      await program.prints(/refused: FIELD_NAME_SPACE/);
      confused.close();
    });

    test("answers a client that has ended its half", async () => {
      const client = await program.open();
      client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
      client.stream.end();
      assert.equal((await client.response()).status, 200);
      assert.equal((await client.rest()).length, 0);
    });

    test("serves each connection with a thread of its own, and prints requests and responses", async () => {
      const clients = [await program.open(), await program.open()];
      for (const [index, client] of clients.entries()) await client.request("GET", "/", `X-Client: ${index}\r\n`);
      const threads = await Promise.all(
        clients.map((_, index) => program.prints(new RegExp(`thread \\d+ (?=< X-Client: ${index}\n)`))),
      );
      assert.notEqual(threads[0], threads[1]);
      for (const [index, client] of clients.entries()) {
        await program.prints(new RegExp(`${threads[index]}< GET / HTTP/1.1\n${threads[index]}< Host: test\n`));
        await program.prints(
          new RegExp(`${threads[index]}> HTTP/1.1 200 OK\n${threads[index]}> Content-Type: text/html`),
        );
        client.close();
        await program.prints(new RegExp(`${threads[index]}closed: this thread ends\n`));
      }
    });

    test("shows its page in Chromium, with its style and its picture", async () => {
      const { page, problems, responses } = await visit(browser, (await program.url()).href);
      assert.ok(await page.getByRole("heading", { name: "One thread for each connection" }).isVisible());
      assert.equal(await page.evaluate("getComputedStyle(document.querySelector('h1')).color"), "rgb(194, 65, 12)");
      assert.equal(await page.evaluate("document.images[0].naturalWidth"), 320);
      assert.deepEqual(
        responses.map(({ status }) => status),
        [200, 200, 200],
      );
      assert.deepEqual(problems, []);
      await page.close();
    });
  });
}
