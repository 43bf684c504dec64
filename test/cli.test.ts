// The command as its users meet it: a process, its two outputs, its exit status, and the server behind it.
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Command } from "./support/command.ts";
import { freePort } from "./support/free-port.ts";
import { makeSite } from "./support/site.ts";

/** More than the buffers of two sockets hold, so that a reply is in flight for as long as nobody reads it. */
const LARGE_SIZE = 64 * 1024 * 1024;

let root = "";
before(() => {
  root = mkdtempSync(join(tmpdir(), "heddle-cli-"));
  mkdirSync(join(root, "public"));
  writeFileSync(join(root, "index.html"), "from the root");
  writeFileSync(join(root, "public", "index.html"), "from public");
  writeFileSync(join(root, "large.bin"), "");
  truncateSync(join(root, "large.bin"), LARGE_SIZE);
});
after(() => rmSync(root, { recursive: true }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`heddle serves a folder, says so in one line, and ends with 0 after ${signal}`, async (context) => {
    const command = new Command(context, [root, "--port", "0", "--threads", "2"]);
    const response = await fetch(await command.url());
    assert.equal(await response.text(), "from the root");
    command.kill(signal);
    assert.equal(await command.ended(), 0);
    assert.equal(command.stderr, "");
    assert.match(
      command.stdout,
      /^heddle \d+\.\d+\.\d+ serving \/\S+ on http:\/\/localhost:\d+\/ with 2 threads, transport \w+( \(.*\))?(, sandbox .*)?\n/,
    );
    assert.ok(
      command.stdout.endsWith(`\nheddle stops because of ${signal}: requests in flight have 10 s to finish\n`),
      command.stdout,
    );
    assert.ok(command.stdout.includes(` serving ${root} on `));
  });
}

for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`heddle ends at once with ${status} after a second ${signal}, with a reply in flight`, async (context) => {
    const command = new Command(context, [root, "--port", "0", "--grace", "600"]);
    const socket = await download(await command.url());
    // A second signal counts once it cannot be an echo of the first: ask until it does.
    const insisting = setInterval(() => command.kill(signal), 50);
    assert.equal(await command.ended(), status);
    clearInterval(insisting);
    socket.destroy();
  });
}

test("heddle finishes a reply in flight after a signal that arrives twice at once, as npm sends it", async (context) => {
  const command = new Command(context, [root, "--port", "0", "--grace", "600"]);
  const url = await command.url();
  const socket = await download(url);
  command.kill("SIGINT");
  command.kill("SIGINT");
  await refusesConnections(url);
  let length = 0;
  for await (const chunk of socket) length += chunk.length;
  assert.ok(length > LARGE_SIZE - 64 * 1024, `${length} bytes`);
  assert.equal(await command.ended(), 0);
});

test("heddle cuts a reply in flight when the grace is over", async (context) => {
  const command = new Command(context, [root, "--port", "0", "--grace", "0"]);
  const socket = await download(await command.url());
  command.kill("SIGINT");
  assert.equal(await command.ended(), 0);
  socket.destroy();
});

test("heddle serves ./public when there is one", async (context) => {
  const command = new Command(context, ["--port", "0"], { cwd: root });
  assert.equal(await (await fetch(await command.url())).text(), "from public");
});

test("heddle reads HOST and PORT", async (context) => {
  const port = await freePort();
  const command = new Command(context, [root], { environment: { HOST: "127.0.0.1", PORT: String(port) } });
  assert.equal(await command.url(), `http://127.0.0.1:${port}/`);
});

for (const [HOST, name] of [
  ["x86_64-conda-linux-gnu", "localhost"],
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "localhost"],
] as const) {
  test(`heddle listens on ${name} where HOST is ${HOST}, and warns if that is from it`, async (context) => {
    const command = new Command(context, [root, "--port", "0"], { environment: { HOST } });
    const url = new URL(await command.url());
    assert.equal(url.hostname, name);
    assert.equal((await fetch(url)).status, 200);
    command.kill("SIGTERM");
    assert.equal(await command.ended(), 0);
    const isAddress = HOST.includes(".");
    assert.equal(command.stdout.includes("(the address is from the variable HOST)"), isAddress);
    assert.match(command.stderr, isAddress ? /^heddle: the variable HOST .* HEDDLE_HOST to choose another\n$/ : /^$/);
  });
}

test("heddle --host is open to the network", async (context) => {
  const command = new Command(context, [root, "--port", "0", "--host"]);
  const { port } = new URL(await command.url());
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
});

test("heddle --host with a folder behind it says which way round to write them, with status 1", async (context) => {
  await expectEnd(new Command(context, ["--host", "public"], { cwd: root }), {
    status: 1,
    stdout: "",
    stderr:
      "heddle: host not found: public. Choose an address of this machine with --host. For the folder, write heddle public --host.\n",
  });
});

// Complaint: sirv (variables beat flags)
test("heddle takes a flag before a variable", async (context) => {
  const environment = { HOST: "no host at all", PORT: "not a number" };
  const command = new Command(context, [root, "--host", "127.0.0.1", "--port", "0"], { environment });
  assert.match(await command.url(), /^http:\/\/127\.0\.0\.1:\d+\/$/);
});

test("heddle moves on from its default port when that is busy, and says so", async (context) => {
  const occupant = await occupy(8080);
  context.after(() => occupant?.close());
  const command = new Command(context, [root, "--host", "127.0.0.1"]);
  assert.notEqual(new URL(await command.url()).port, "8080");
  assert.match(command.stdout, / \(port 8080 was in use, so this is the next free one\)\n$/);
});

test("heddle names the ways to reach it when the network is let in", async (context) => {
  const command = new Command(context, [root, "--host", "0.0.0.0", "--port", "0"]);
  const url = new URL(await command.url());
  assert.ok(["localhost", "127.0.0.1"].includes(url.hostname), url.href);
  assert.equal((await fetch(url)).status, 200);
});

test("heddle puts IPv6 addresses into brackets", async (context) => {
  const probe = await occupy(0, "::1");
  probe?.close();
  const command = new Command(context, [root, "--host", "::1", "--port", "0"]);
  if (probe === undefined) {
    // A container without IPv6: the reason is named.
    assert.equal(await command.ended(), 1);
    assert.match(command.stderr, /^heddle: .*::1.*\n$/);
    return;
  }
  const url = await command.url();
  assert.match(url, /^http:\/\/\[::1\]:\d+\/$/);
  assert.equal((await fetch(url)).status, 200);
});

if (process.platform === "linux") {
  const PERMISSIONS = ["--permission", "--allow-fs-read=*", "--allow-net", "--allow-worker", "--no-warnings"];
  const transports: { nodeOptions: string[]; argv?: string[]; transport: string }[] = [
    { nodeOptions: [], transport: "kernel" },
    { nodeOptions: [...PERMISSIONS, "--allow-ffi"], transport: "kernel" },
    {
      nodeOptions: ["--no-experimental-ffi"],
      transport: "portable (node:ffi is not available: Node.js was started with --no-experimental-ffi)",
    },
    {
      nodeOptions: PERMISSIONS,
      transport: "portable (node:ffi is not allowed: Node.js was started without --allow-ffi)",
    },
    { nodeOptions: [], argv: ["--transport", "portable"], transport: "portable" },
    { nodeOptions: [], argv: ["--accept", "transfer"], transport: "portable (the option accept requires it)" },
  ];

  for (const { nodeOptions, argv = [], transport } of transports) {
    test(`heddle ${argv.join(" ")} serves by transport ${transport}`, async (context) => {
      const command = new Command(context, [root, "--port", "0", ...argv], { nodeOptions });
      assert.equal(await (await fetch(await command.url())).text(), "from the root");
      assert.ok(/[,\n]/.test(command.stdout.split(`, transport ${transport}`)[1]?.[0] ?? ""), command.stdout);
      command.kill("SIGTERM");
      assert.equal(await command.ended(), 0);
      assert.equal(command.stderr, "");
    });
  }

  test("heddle --socket serves at a path, replaces one that was left behind, and removes its own", async (context) => {
    const path = join(root, "heddle.sock");
    const killed = new Command(context, [root, "--socket", path]);
    await killed.printed(/ on unix:/);
    killed.child.kill("SIGKILL");
    await killed.ended();
    assert.ok(existsSync(path));
    const command = new Command(context, [root, "--socket", path, "--socket-mode", "600"]);
    await command.printed(/ on unix:\/\S+\/heddle\.sock with /);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(await bodyAt(path), "from the root");
    await expectEnd(new Command(context, [root, "--socket", path]), {
      status: 1,
      stdout: "",
      stderr: `heddle: another program listens on ${path}. Stop it, or choose another path with --socket.\n`,
    });
    assert.equal(await bodyAt(path), "from the root");
    command.kill("SIGTERM");
    assert.equal(await command.ended(), 0);
    assert.ok(!existsSync(path));
  });

  test("heddle says that a Unix socket needs the kernel transport, with status 1", async (context) => {
    const path = join(root, "portable.sock");
    await expectEnd(new Command(context, [root, "--socket", path, "--transport", "portable"]), {
      status: 1,
      stdout: "",
      stderr: `heddle: --socket: found "${path}", wanted host and port, because a Unix socket needs the kernel transport\n`,
    });
  });

  test("heddle says why the kernel transport cannot be, with status 1", async (context) => {
    const command = new Command(context, [root, "--port", "0", "--transport", "kernel"], {
      nodeOptions: ["--no-experimental-ffi"],
    });
    await expectEnd(command, {
      status: 1,
      stdout: "",
      stderr:
        'heddle: --transport: found "kernel", wanted "auto" or "portable", because node:ffi is not available: ' +
        "Node.js was started with --no-experimental-ffi\n",
    });
  });
}

test("heddle --quiet says nothing", async (context) => {
  const port = await freePort();
  const command = new Command(context, [root, "--quiet", "--host", "127.0.0.1", "--port", String(port)]);
  await answers(port);
  command.kill("SIGINT");
  assert.equal(await command.ended(), 0);
  assert.deepEqual([command.stdout, command.stderr], ["", ""]);
});

test("heddle --trace prints request and response heads, with control characters escaped", async (context) => {
  const command = new Command(context, [root, "--trace", "--port", "0"]);
  const url = new URL(await command.url());
  const socket = connect(Number(url.port), url.hostname);
  socket.end("GET /trace-me HTTP/1.1\r\nHost: a\r\nX-Ray: \x9b2J\r\n\r\n", "latin1");
  for await (const _chunk of socket);
  await command.printed(/GET \/trace-me HTTP\/1\.1.*X-Ray.*HTTP\/1\.1 404 Not Found/s);
  assert.doesNotMatch(command.stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

test("heddle goes on serving when nobody reads its output any more", async (context) => {
  const command = new Command(context, [root, "--trace", "--port", "0"]);
  const url = await command.url();
  command.child.stdout!.destroy();
  for (let count = 0; count < 20; count++) assert.equal((await fetch(url)).status, 200);
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
});

test("heddle ends although its output is not read", async (context) => {
  const command = new Command(context, [root, "--trace", "--port", "0"]);
  const url = await command.url();
  command.child.stdout!.pause();
  // Twice what a pipe and the buffer in front of it hold.
  for (let count = 0; count < 16; count++) await fetch(url, { headers: { "X-Long": "x".repeat(15_000) } });
  command.kill("SIGTERM");
  assert.deepEqual(await once(command.child, "exit"), [0, null]);
});

test("heddle prints no colours into a pipe, not even when they are forced", async (context) => {
  const command = new Command(context, [root, "--port", "0"], { environment: { FORCE_COLOR: "3" } });
  await command.url();
  assert.doesNotMatch(command.stdout, /\x1b/);
});

test("heddle --version prints the version of the package", async (context) => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  await expectEnd(new Command(context, ["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("heddle --help prints to standard output and ends with 0", async (context) => {
  const command = new Command(context, ["--help"]);
  assert.equal(await command.ended(), 0);
  assert.match(command.stdout, /^Usage: heddle/);
  assert.equal(command.stderr, "");
});

test("heddle warns of a flag that does nothing and of a page that does not exist, by the names of the flags", async (context) => {
  const command = new Command(context, [root, "--zip", "--spa", "/none.html", "--port", "0"]);
  await command.url();
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  assert.equal(
    command.stderr,
    `heddle: --zip has no effect without --listing\nheddle: --spa: there is no file /none.html in ${root}\n`,
  );
});

test("heddle suggests the option that was meant, with status 2", async (context) => {
  await expectEnd(new Command(context, ["--prot", "80"]), {
    status: 2,
    stdout: "",
    stderr: "heddle: unknown option --prot: did you mean --port?\nheddle --help shows every option.\n",
  });
});

test("heddle says which variable is wrong, with status 2", async (context) => {
  await expectEnd(new Command(context, [root], { environment: { PORT: "abc" } }), {
    status: 2,
    stdout: "",
    stderr: 'heddle: PORT: found "abc", wanted a whole number from 0 to 65535\n',
  });
});

// Complaint: serve (--no-port-switching does nothing)
test("heddle says that a port it was asked for is in use, with status 1", async (context) => {
  const occupant = (await occupy(0))!;
  context.after(() => occupant.close());
  const port = portOf(occupant);
  await expectEnd(new Command(context, [root, "--host", "127.0.0.1", "--port", String(port)]), {
    status: 1,
    stdout: "",
    stderr: `heddle: port ${port} is in use on 127.0.0.1. Choose another with --port, or --port 0 for any free one.\n`,
  });
});

test("heddle says that an address is not one of this machine, with status 1", async (context) => {
  await expectEnd(new Command(context, [root, "--host", "192.0.2.1", "--port", "0"]), {
    status: 1,
    stdout: "",
    stderr: "heddle: 192.0.2.1 is not an address of this machine. Choose another with --host.\n",
  });
});

test("heddle says that there is no such host, with status 1", async (context) => {
  await expectEnd(new Command(context, [root, "--host", "no host", "--port", "0"]), {
    status: 1,
    stdout: "",
    stderr: "heddle: host not found: no host. Choose an address of this machine with --host.\n",
  });
});

for (const [name, problem] of [
  ["missing", "does not exist"],
  ["index.html", "is a file, not a folder"],
] as const) {
  test(`heddle says of the folder ${name} that it ${problem}, with status 1`, async (context) => {
    const folder = join(root, name);
    await expectEnd(new Command(context, [folder]), {
      status: 1,
      stdout: "",
      stderr: `heddle: ${folder} ${problem}.\n`,
    });
  });
}

test("heddle says of a folder of the command line that it does not exist, in addition to other mistakes", async (context) => {
  const folder = join(root, "missing");
  await expectEnd(new Command(context, [folder, "--port", "x", "--grace", "y"]), {
    status: 2,
    stdout: "",
    stderr:
      'heddle: --port: found "x", wanted a whole number from 0 to 65535\n' +
      'heddle: --grace: found "y", wanted seconds from 0 to 86400, with up to three decimals\n' +
      `heddle: ${folder} does not exist.\n`,
  });
});

for (const [what, config, status, lines] of [
  [
    "folders",
    { root: "none", mounts: { "/a": "a.txt" }, sites: { "a.example": { root: "./none/below" } } },
    1,
    [
      'root: found "FOLDER/none", wanted a folder that can be read (it does not exist)',
      'mounts["/a"]: found "FOLDER/a.txt", wanted a folder that can be read (it is a file)',
      'sites["a.example"].root: found "FOLDER/none/below", wanted a folder that can be read (it does not exist)',
    ],
  ],
  [
    "folders and other values",
    { root: "none", port: "x", sites: { "a.example": { root: "none", listing: 1 } }, mounts: 5 },
    2,
    [
      'port: found "x", wanted a whole number from 0 to 65535',
      'mounts: found 5, wanted an object: folders by path, like { "/docs": "../docs" }',
      'sites["a.example"].listing: found 1, wanted true or false',
      'root: found "FOLDER/none", wanted a folder that can be read (it does not exist)',
      'sites["a.example"].root: found "FOLDER/none", wanted a folder that can be read (it does not exist)',
    ],
  ],
  [
    "certificates",
    {
      root: ".",
      tls: [
        { cert: "c.pem", key: "k.pem" },
        { cert: "a.txt", key: "." },
      ],
    },
    1,
    [
      'tls[0].cert: found "FOLDER/c.pem", wanted a file that can be read (no file has that name)',
      'tls[0].key: found "FOLDER/k.pem", wanted a file that can be read (no file has that name)',
      'tls[1].cert: found "FOLDER/a.txt" (an empty file), wanted a certificate in PEM ("-----BEGIN CERTIFICATE-----")',
      'tls[1].key: found "FOLDER", wanted a file that can be read (it is a folder)',
    ],
  ],
] as const) {
  test(`heddle names all ${what} that cannot be used, with the file that names them`, async (context) => {
    const folder = makeSite(context, { "heddle.config.json": JSON.stringify(config), "a.txt": "" });
    const told = lines.map((line) => `heddle: heddle.config.json: ${line.replace("FOLDER", folder)}\n`).join("");
    await expectEnd(new Command(context, [], { cwd: folder }), {
      status,
      stdout: "",
      stderr: told,
    });
    if (what === "certificates") return;
    await expectEnd(new Command(context, ["check"], { cwd: folder }), { status: 2, stdout: "", stderr: told });
  });
}

for (const [argv, environment, lines] of [
  [
    ["--tls-cert", "c.pem", "--tls-key", "k.pem"],
    {},
    [
      '--tls-cert: found "FOLDER/c.pem", wanted a file that can be read (no file has that name)',
      '--tls-key: found "FOLDER/k.pem", wanted a file that can be read (no file has that name)',
    ],
  ],
  [
    [],
    { HEDDLE_TLS_CERT: "index.html", HEDDLE_TLS_KEY: "index.html" },
    [
      'HEDDLE_TLS_CERT: found "FOLDER/index.html" (no PEM), wanted a certificate in PEM ("-----BEGIN CERTIFICATE-----")',
      'HEDDLE_TLS_KEY: found "FOLDER/index.html" (no PEM), wanted a private key in PEM ("-----BEGIN PRIVATE KEY-----")',
    ],
  ],
] as const) {
  test(`heddle ${argv.join(" ")} ${JSON.stringify(environment)} says what is wrong with the files`, async (context) => {
    // Paths of the command line start from the working directory, and not from that of the configuration.
    writeFileSync(join(root, "public", "heddle.config.json"), "{}");
    const options = { cwd: root, environment };
    const command = new Command(context, [".", "--config", "public/heddle.config.json", ...argv], options);
    await expectEnd(command, {
      status: 1,
      stdout: "",
      stderr: lines.map((line) => `heddle: ${line.replace("FOLDER", root)}\n`).join(""),
    });
  });
}

test("heddle explain says what would answer, and ends with 0", async (context) => {
  const command = new Command(context, ["explain", "http://localhost/index.html", root]);
  assert.equal(await command.ended(), 0);
  assert.equal(command.stderr, "");
  assert.match(command.stdout, /^file {5}index\.html \(13 bytes, text\/html; charset=utf-8\)$/m);
  assert.match(command.stdout, /^\nHTTP\/1\.1 200 OK$/m);
});

async function expectEnd(
  command: Command,
  expected: { status: number; stdout: string; stderr: string },
): Promise<void> {
  const status = await command.ended();
  assert.deepEqual({ status, stdout: command.stdout, stderr: command.stderr }, expected);
}

async function bodyAt(socketPath: string): Promise<string> {
  const [response] = await once(get({ socketPath, path: "/", agent: false }), "response");
  return (await response.toArray()).join("");
}

/** A download of the large file that has begun and is not read. */
async function download(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write("GET /large.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await once(socket, "readable");
  return socket;
}

async function refusesConnections(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  while (await accepts(Number(port), hostname));
}

async function answers(port: number): Promise<void> {
  while (!(await accepts(port, "127.0.0.1")));
}

async function accepts(port: number, host: string): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** @returns undefined when somebody else has it already, or nobody can */
async function occupy(port: number, host = "127.0.0.1"): Promise<Server | undefined> {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
    return server;
  } catch {
    return undefined;
  }
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

// Complaint: serve (asks for a newer version)
test("heddle connects to nobody: not for a newer version, not for anything else", async (context) => {
  const watch = `import net from "node:net"; import dns from "node:dns";
    net.Socket.prototype.connect = dns.resolve = globalThis.fetch = () => console.error("asks somebody");`;
  const command = new Command(context, [root, "--host", "127.0.0.1", "--port", "0"], {
    nodeOptions: ["--import", `data:text/javascript,${encodeURIComponent(watch)}`],
  });
  await command.url();
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  assert.equal(command.stderr, "");
});
