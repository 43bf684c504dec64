// `heddle top` against a running server: as a process without a terminal, and within this process at a terminal made of
// streams.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { after, before, describe, type TestContext, test } from "node:test";
import type { ReadStream, WriteStream } from "node:tty";
import { top } from "../src/cli/commands/top.ts";
import { ASCII } from "../src/cli/top/glyphs.ts";
import { live } from "../src/cli/top/live.ts";
import { placeOf } from "../src/cli/top/place.ts";
import type { Server } from "../src/server.ts";
import { runInProcess, type Written } from "./support/command-io.ts";
import { startServer } from "./support/server.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-top-"));
  await writeFile(join(root, "index.html"), "<p>It works.");
});
after(() => rm(root, { recursive: true }));

function start(t: TestContext): Promise<Server> {
  return startServer(t, { root, threads: 2, console: 0 });
}

function run(...argv: string[]): Promise<Written> {
  return runInProcess(top, root, argv);
}

describe("heddle top without a terminal", () => {
  test("prints one plain snapshot, and ends", async (t) => {
    const server = await start(t);
    await fetch(server.url);
    const { code, stdout, stderr } = await run(server.adminUrl!);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.doesNotMatch(stdout, /[^\x20-\x7e\n]| \n/);
    assert.match(stdout, /^heddle \d\S* serving \S+ {2}2 threads, \w+, up /);
    assert.match(stdout, /^Requests +0\/s +1 so far/m);
    assert.match(stdout, /^ +1 {2}ready .*\n +2 {2}ready /m);
  });

  test("prints the snapshot as JSON, with rates", async (t) => {
    const server = await start(t);
    await fetch(server.url);
    const { port } = new URL(server.adminUrl!);
    const { code, stdout } = await run(port, "--json");
    const { format, totals, rates, threads } = JSON.parse(stdout);
    assert.deepEqual([code, format, totals.requests, threads.length], [0, 1, 1, 2]);
    assert.equal(rates.requestsPerSecond, 0);
  });

  test("takes the token from the address that the start prints", async (t) => {
    const server = await startServer(t, { root, threads: 1, console: "0.0.0.0:0" });
    const address = server.consoleUrl!.replace("0.0.0.0", "127.0.0.1");
    assert.equal((await run(address)).code, 0);
    const [without] = address.split("?");
    const { code, stdout, stderr } = await run(without!);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^heddle: 127\.0\.0\.1:\d+ wants its token: write the address of the live page/);
  });

  test("asks a socket", { skip: process.platform === "win32" }, async (t) => {
    const path = join(root, "admin.sock");
    await startServer(t, { root, threads: 1, console: path });
    const { code, stdout } = await run("./admin.sock");
    assert.deepEqual([code, stdout.startsWith("heddle ")], [0, true]);
  });

  test("says what to start when nothing answers, and when the listener has no live page", async (t) => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const nothing = await run(`127.0.0.1:${port}`);
    assert.equal(nothing.code, 1);
    assert.match(nothing.stderr, /nothing answers on 127\.0\.0\.1:\d+: start the server with --console, or name its/);
    assert.match((await run("./missing.sock")).stderr, /nothing answers on \S+missing\.sock: start/);

    const { adminUrl } = await startServer(t, { root, threads: 1, admin: 0 });
    const other = await run(adminUrl!);
    assert.deepEqual([other.code, other.stdout], [1, ""]);
    assert.match(other.stderr, /^heddle: the server on localhost:\d+ has no live page: start it with --console\n$/);
  });

  test("does not take another program's answer for a snapshot", async (t) => {
    const answers: Record<string, string> = {
      "is no live page": "data: <html>\n\n",
      "has another version": 'data: {"format":2}\n\n',
      "has ended the connection": ": nothing\n\n",
    };
    for (const [reason, body] of Object.entries(answers)) {
      const program = createServer((_, response) => response.end(body)).listen(0, "127.0.0.1");
      t.after(() => program.close());
      await once(program, "listening");
      const { code, stderr } = await run(`127.0.0.1:${(program.address() as AddressInfo).port}`);
      assert.equal(code, 1);
      assert.ok(stderr.includes(reason), stderr);
    }
  });

  test("refuses other arguments", async () => {
    for (const argv of [["--wrong"], ["1", "2"], ["a.example"], ["--once", "x:y"]]) {
      const { code, stdout, stderr } = await run(...argv);
      assert.deepEqual([code, stdout], [2, ""], argv.join(" "));
      assert.match(stderr, /^heddle: .*\n$/);
    }
  });
});

/** A terminal: what was written to it, and keys to press. */
class FakeTerminal {
  readonly input = Object.assign(new PassThrough(), {
    isRaw: false,
    setRawMode: (isRaw: boolean) => this.#setRaw(isRaw),
  });
  readonly output: Writable & { columns: number; rows: number };
  written = "";
  #wanted: { text: RegExp; resolve: () => void } | undefined;

  constructor(columns: number, rows: number) {
    const write = (part: Buffer, _: unknown, done: () => void): void => {
      this.written += part.toString();
      if (this.#wanted?.text.test(this.written)) this.#wanted.resolve();
      done();
    };
    this.output = Object.assign(new Writable({ write }), { columns, rows });
  }

  /** Resolves when the text has been written after this moment. */
  async until(text: RegExp): Promise<void> {
    this.written = "";
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { text, resolve };
    await promise;
  }

  resize(columns: number, rows: number): void {
    Object.assign(this.output, { columns, rows });
    this.output.emit("resize");
  }

  #setRaw(isRaw: boolean): void {
    this.input.isRaw = isRaw;
  }
}

function watch(server: Server, terminal: FakeTerminal): Promise<void> {
  const wanted = { place: placeOf(server.adminUrl, root), glyphs: ASCII, paint: (_: unknown, text: string) => text };
  return live(wanted, terminal.input as unknown as ReadStream, terminal.output as unknown as WriteStream);
}

describe("heddle top at a terminal", () => {
  test("draws, answers keys and sizes, and leaves the terminal as it was", async (t) => {
    const server = await start(t);
    const terminal = new FakeTerminal(80, 24);
    const done = watch(server, terminal);
    await terminal.until(/\x1b\[24;1H\x1b\[2Kq quit/);
    assert.ok(terminal.written.startsWith("\x1b[?1049h\x1b[?25l\x1b[?7l"));
    assert.equal(terminal.input.isRaw, true);
    for (const [key, text] of [
      ["\t", /No connection is open\./],
      ["3", /Latest requests/],
      ["4", /Events/],
      ["\x1b[C", /thread +state/],
      ["?", /this help/],
      ["?", /thread +state/],
      ["p", / paused /],
    ] as const) {
      const seen = terminal.until(text);
      terminal.input.write(key);
      await seen;
    }
    const small = terminal.until(/\x1b\[2J.*\x1b\[5;1H/s);
    terminal.resize(40, 5);
    await small;
    assert.doesNotMatch(terminal.written, /\x1b\[6;1H/);
    terminal.written = "";
    terminal.input.write("q");
    await done;
    assert.equal(terminal.written.endsWith("\x1b[?7h\x1b[?25h\x1b[?1049l"), true);
    assert.equal(terminal.input.isRaw, false);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGCONT"] as const) {
      assert.equal(process.listenerCount(signal), 0, signal);
    }
  });

  test("says that the server has gone, and goes on with the next one", async (t) => {
    const first = await start(t);
    const { port } = new URL(first.adminUrl!);
    const terminal = new FakeTerminal(120, 24);
    const done = watch(first, terminal);
    await terminal.until(/q quit/);
    const gone = terminal.until(/nothing answers|has ended the connection/);
    await first.close({ graceMs: 0 });
    await gone;
    const back = terminal.until(/1 thread,/);
    await startServer(t, { root, threads: 1, console: Number(port) });
    await back;
    terminal.input.write("q");
    await done;
  });

  test("leaves the terminal alone when nothing answers", async (t) => {
    const server = await start(t);
    await server.close({ graceMs: 0 });
    const terminal = new FakeTerminal(80, 24);
    await assert.rejects(watch(server, terminal), /nothing answers/);
    assert.equal(terminal.written, "");
  });
});
