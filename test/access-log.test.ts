// The access log of a whole server: a line for each reply, however it comes and however it ends, and a server that goes on
// whatever becomes of its log.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync, readSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createServer, type Server, type ServerEvent, type ServerOptions } from "../src/server.ts";
import { PASSWORD_HASH } from "./support/answers.ts";
import { Command } from "./support/command.ts";
import { Http2Client } from "./support/http2-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { causeFault, supervise, workerFixture } from "./support/supervised.ts";
import { until } from "./support/until.ts";

/** More than the buffers of two sockets on loopback can hold. */
const LARGE_BYTES = 16 * 1024 * 1024;
const SITE = {
  "index.html": "<p>It works.",
  "large.bin": Buffer.alloc(LARGE_BYTES),
  "a.css": "p { margin: 0 }\n".repeat(99),
};
/** A request whose line is about as long as lines get. */
const LONG = `GET /?${"x".repeat(2000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
/** More lines of it than the memory of a thread per connection holds. */
const LONG_COUNT = 200;

type Line = Readonly<Record<string, string | number>>;

interface Logged {
  readonly server: Server;
  readonly events: readonly ServerEvent[];
  readonly path: string;
  /** The lines so far. */
  lines(): Line[];
}

async function start(t: TestContext, options: ServerOptions = {}): Promise<Logged> {
  const root = makeSite(t, SITE);
  const path = join(makeSite(t), "access.log");
  const events: ServerEvent[] = [];
  const onEvent = (event: ServerEvent): void => void events.push(event);
  const server = await startServer(t, { root, threads: 1, log: "json", logFile: path, onEvent, ...options });
  return { server, events, path, lines: () => linesOf(path) };
}

/** Objects of JSON, texts of other formats. */
function linesOf(path: string): Line[] {
  return textOf(path)
    .split("\n")
    .filter(Boolean)
    .map((line) => (line.startsWith("{") ? JSON.parse(line) : line));
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

/** What does not differ from run to run. */
function shown({ method = "-", target = "-", protocol = "-", status, bytes, complete, coding = "-" }: Line): string {
  return `${method} ${target} ${protocol} ${status} ${bytes} ${complete} ${coding}`;
}

for (const transport of TRANSPORTS) {
  for (const threads of [1, "per-connection"] as const) {
    const isPool = threads === 1;
    describe(`the access log (${transport}, threads ${threads})`, { timeout: 60_000 }, () => {
      test("has a line for each reply of HTTP/1.1, when it has been sent", async (t) => {
        const { server, lines } = await start(t, { transport, threads });
        const client = await openClient(t, server);
        const first = await client.request("GET", "/");
        await client.request("GET", "/", 'Referer: http://a/\r\nUser-Agent: "x"\r\n');
        await client.request("HEAD", "/a.css");
        const coded = await client.request("GET", "/a.css", "Accept-Encoding: gzip\r\n");
        await client.request("GET", "/large.bin");
        await client.request("GET", "/none?a=1");
        client.write("GET / HTTP/1.0\r\n\r\n");
        await client.response();
        await server.close();
        assert.equal(first.body.length, 12);
        assert.deepEqual(lines().map(shown), [
          "GET / HTTP/1.1 200 12 yes -",
          "GET / HTTP/1.1 200 12 yes -",
          "HEAD /a.css HTTP/1.1 200 0 yes -",
          `GET /a.css HTTP/1.1 200 ${coded.body.length} yes ${coded.fields.get("content-encoding") ?? "-"}`,
          `GET /large.bin HTTP/1.1 200 ${LARGE_BYTES} yes -`,
          `GET /none?a=1 HTTP/1.1 404 ${lines()[5]!["bytes"]} yes -`,
          "GET / HTTP/1.0 200 12 yes -",
        ]);
        const [, { client: address, referrer, user_agent: agent, thread, connection, request_id: id } = {}] = lines();
        assert.deepEqual(
          [address, referrer, agent, connection, id],
          ["127.0.0.1", "http://a/", '"x"', 1, `${thread}-1-2`],
        );
      });

      if (isPool)
        test("has a line for each reply of HTTP/2", async (t) => {
          const { server, lines } = await start(t, { transport, threads, h2c: true });
          const client = await Http2Client.open(server.port, "http");
          t.after(() => client.close());
          for (const [method, target] of [
            ["GET", "/"],
            ["HEAD", "/"],
            ["GET", "/large.bin"],
            ["GET", "/none"],
          ] as const)
            await client.request(method, target);
          client.close();
          await server.close();
          assert.deepEqual(lines().map(shown), [
            "GET / HTTP/2.0 200 12 yes -",
            "HEAD / HTTP/2.0 200 0 yes -",
            `GET /large.bin HTTP/2.0 200 ${LARGE_BYTES} yes -`,
            `GET /none HTTP/2.0 404 ${lines()[3]!["bytes"]} yes -`,
          ]);
          assert.deepEqual(
            lines().map((line) => line["request_id"]),
            [1, 3, 5, 7].map((id) => `${lines()[0]!["thread"]}-1-${id}`),
          );
        });

      test("tells which replies were cut, and how much of them was sent", async (t) => {
        const { server, lines } = await start(t, { transport, threads, h2c: true });
        const client = await openClient(t, server);
        client.write("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.more();
        client.close();
        await until(() => lines().length === 1);
        const multiplexed = await Http2Client.open(server.port, "http");
        t.after(() => multiplexed.close());
        const stream = multiplexed.begin("GET", "/large.bin");
        stream.on("error", () => {});
        stream.once("data", () => stream.close(8));
        await until(() => lines().length === 2);
        for (const [index, { status, bytes, complete }] of lines().entries()) {
          assert.deepEqual([status, complete], [200, "no"], String(index));
          assert.ok(Number(bytes) > 0 && Number(bytes) < LARGE_BYTES, String(bytes));
        }
      });

      if (isPool)
        test("has a line for a request that is refused", async (t) => {
          const { server, lines } = await start(t, { transport, threads });
          const bad = await openClient(t, server);
          bad.write("GET / HTTP/1.1\nHost: a\n\n");
          await bad.response();
          bad.close();
          const late = await openClient(t, server);
          late.write("POST /none HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n");
          await late.response();
          late.close();
          await server.close();
          const [first, second, ...others] = lines().toSorted((a, b) => Number("method" in a) - Number("method" in b));
          assert.match(shown(first!), /^- - - 400 [1-9]\d* yes -$/);
          assert.match(shown(second!), /^POST \/none HTTP\/1\.1 (400|405) [1-9]\d* yes -$/);
          assert.equal(others.length, 0);
        });
    });
  }

  test(`the log of ${transport} holds what a thread had written before its death`, async (t) => {
    const path = join(makeSite(t), "access.log");
    const root = makeSite(t, SITE);
    const options = { root, threads: 1, transport, log: "{target} {thread}", logFile: path };
    const { supervisor, port } = await supervise(t, options, workerFixture("faulty-worker.ts"));
    const client = await openClient(t, { port });
    for (const target of ["/?1", "/?2"]) await client.request("GET", target);
    causeFault({ thread: 1, kind: "throw" });
    await until(() => supervisor.snapshot().deathCount === 1 && supervisor.snapshot().threads[0]?.state === "ready");
    const again = await openClient(t, { port });
    await again.request("GET", "/?3");
    await supervisor.close(0);
    assert.equal(textOf(path), "/?1 1\n/?2 1\n/?3 1\n");
  });

  test(`a server (${transport}) goes on when nobody reads its log, drops lines and counts them`, async (t) => {
    const path = join(makeSite(t), "fifo");
    execFileSync("mkfifo", [path]);
    const { server, events } = await start(t, { transport, threads: "per-connection", log: "combined", logFile: path });
    await askOften(t, server);
    await until(() => events.some(({ kind }) => kind === "warning"));
    const { droppedLines } = server.threads;
    assert.ok(droppedLines > 0 && droppedLines < LONG_COUNT, `${droppedLines} of ${LONG_COUNT} lines were dropped`);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    t.after(() => closeSync(fd));
    let text = "";
    await until(() => {
      text += readNow(fd);
      return text.split("\n").length > LONG_COUNT - droppedLines;
    });
    assert.match(text, /^(127\.0\.0\.1 - - \[.{26}\] "GET \/\?x{1999,} HTTP\/1\.1" 200 12 "-" "-"\n)+$/);
    assert.equal(server.threads.droppedLines, droppedLines);
  });
}

/** What a pipe holds now: EAGAIN is nothing. */
function readNow(fd: number): string {
  const bytes = Buffer.alloc(2 ** 16);
  try {
    return bytes.toString("latin1", 0, readSync(fd, bytes));
  } catch {
    return "";
  }
}

/** Fills the memory of a thread with lines. All of the replies come. */
async function askOften(t: TestContext, server: Pick<Server, "port">): Promise<void> {
  const client = await openClient(t, server);
  client.write(LONG.repeat(LONG_COUNT));
  for (let count = 0; count < LONG_COUNT; count++) assert.equal((await client.response()).status, 200);
}

test("a full disk costs lines, and no replies", { skip: !existsSync("/dev/full") }, async (t) => {
  const { server, events } = await start(t, { threads: "per-connection", log: "combined", logFile: "/dev/full" });
  await askOften(t, server);
  await until(() => events.length > 0);
  assert.match(JSON.stringify(events[0]), /the access log cannot be written, and lines may be lost: ENOSPC/);
  await until(() => events.length > 1);
  assert.match(JSON.stringify(events[1]), /[1-9]\d* lines of the access log were dropped: /);
  assert.ok(server.threads.droppedLines > 0);
});

test("the log names who has proved to be somebody, and where replies came from", async (t) => {
  const auth = { users: { "ada l": PASSWORD_HASH }, for: ["/secret/*"] };
  const root = makeSite(t, { ...SITE, "secret/a.txt": "a" });
  const site = { root, auth, revalidateMs: 3_600_000 };
  const { server, lines } = await start(t, { ...site, log: "{target} {user} {cache} {status}" });
  const client = await openClient(t, server);
  const credentials = (password: string): string =>
    `Authorization: Basic ${Buffer.from(`ada l:${password}`).toString("base64")}\r\n`;
  // "wrong" and "horse" are verified by a thread, the second "horse" is known.
  for (const password of ["wrong", "horse", "horse"])
    await client.request("GET", "/secret/a.txt", credentials(password));
  // A name that nobody has asked for proves nothing.
  await client.request("GET", "/?1", credentials("horse"));
  await client.request("GET", "/?2");
  await client.request("POST", "/?3", "Content-Length: 0\r\n");
  await server.close();
  // Whether a file that was written just now can be read at once is up to the system.
  const seen = lines().map((line) => String(line).replace("cold", "looked"));
  assert.deepEqual(seen, [
    "/secret/a.txt - - 401",
    "/secret/a.txt ada\\x20l looked 200",
    "/secret/a.txt ada\\x20l hot 200",
    "/?1 - looked 200",
    "/?2 - hot 200",
    "/?3 - - 405",
  ]);
});

for (const transport of TRANSPORTS)
  test(`a client (${transport}) that is gone before its reply has the status 499`, async (t) => {
    // It takes long enough to find this password wrong.
    const hash = `$scrypt$ln=16,r=8,p=1$${"a".repeat(22)}$${"a".repeat(43)}`;
    const auth = { users: { ada: hash } };
    const { server, lines } = await start(t, { transport, auth });
    const socket = connect(server.port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => {});
    socket.write(`GET /a.css HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${btoa("ada:no")}\r\n\r\n`);
    await until(() => server.threads.requests === 1);
    socket.resetAndDestroy();
    await until(() => lines().length === 1);
    assert.deepEqual(lines().map(shown), ["GET /a.css HTTP/1.1 499 0 no -"]);
  });

test("a server whose log file may not grow goes on, and says what is lost", { skip: whyNoLimit() }, async (t) => {
  const path = join(makeSite(t), "access.log");
  const command = new Command(t, [
    ...[makeSite(t, SITE), "--port", "0", "--host", "127.0.0.1", "--threads", "per-connection"],
    ...["--log", "combined", "--log-file", path],
  ]);
  const { port } = new URL(await command.url());
  execFileSync("prlimit", ["--pid", String(command.child.pid), "--fsize=10000"]);
  await askOften(t, { port: Number(port) });
  await command.complained(/heddle: the access log cannot be written, and lines may be lost: EFBIG/);
  await command.complained(/heddle: [1-9]\d* lines of the access log were dropped: /);
  // What was written is whole up to the limit: the part of a line that fits, and nothing else.
  assert.equal(textOf(path).length, 10_000);
  await askOften(t, { port: Number(port) });
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
});

function whyNoLimit(): string | false {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return false;
  } catch {
    return "there is no prlimit here";
  }
}

test("the formats of other programs have no line for a refused request", async (t) => {
  const { server, path } = await start(t, { log: "combined", logMask: ["query", "address"] });
  const client = await openClient(t, server);
  await client.request("GET", "/?secret=1");
  client.write("GET\r\n\r\n");
  await client.response();
  client.close();
  await server.close();
  assert.match(textOf(path), /^127\.0\.0\.0 - - \[.*\] "GET \/ HTTP\/1\.1" 200 12 "-" "-"\n$/);
});

test("a log file that cannot be opened is refused in words", async (t) => {
  const path = join(makeSite(t), "none", "access.log");
  const server = createServer({ root: makeSite(t, SITE), port: 0, log: "json", logFile: path });
  await assert.rejects(server.listen(), {
    message: `logFile: found "${path}", wanted the path of a file that can be written (ENOENT)`,
  });
});

test("the command begins a new file after SIGUSR1, and renames a large one", {
  skip: process.platform === "win32",
}, async (t) => {
  const folder = makeSite(t);
  const path = join(folder, "access.log");
  const command = new Command(t, [
    ...[makeSite(t, SITE), "--port", "0", "--host", "127.0.0.1", "--threads", "1"],
    ...["--log", "{target}", "--log-file", path, "--log-rotate", "1k", "--log-keep", "2"],
  ]);
  const client = await openClient(t, { port: Number(new URL(await command.url()).port) });
  await client.request("GET", "/?before");
  await until(() => textOf(path) === "/?before\n");
  renameSync(path, `${path}.old`);
  command.child.kill("SIGUSR1");
  await until(() => existsSync(path));
  for (const name of ["a", "b", "c", "d"]) {
    await client.request("GET", `/?${name.repeat(1100)}`);
    await until(() => textOf(path).includes(name));
  }
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  assert.deepEqual(readdirSync(folder).toSorted(), ["access.log", "access.log.1", "access.log.2", "access.log.old"]);
  assert.equal(textOf(`${path}.old`), "/?before\n");
  assert.equal(textOf(`${path}.2`), `/?${"b".repeat(1100)}\n`);
});

test("the command writes lines to standard output, and nothing else with --quiet", async (t) => {
  const argv = [makeSite(t, SITE), "--port", "0", "--host", "127.0.0.1", "--log", "{target} {status}"];
  const command = new Command(t, argv);
  const client = await openClient(t, { port: Number(new URL(await command.url()).port) });
  await client.request("GET", "/?now");
  await command.printed(/^\/\?now 200$/m);
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
});
