// The package as its users get it: what it holds, and every part of it at work: each entry, each thread, each command.
// What works from source can still fail here: a thread whose file has another name, a module that is bundled twice, a
// file that is not packed.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import bcrypt from "bcryptjs";
import { Command } from "../support/command.ts";
import {
  ENVIRONMENT,
  filesBelow,
  type InstalledPackage,
  installPackage,
  PROJECT,
  run,
} from "../support/installed-package.ts";
import { makeSite } from "../support/site.ts";
import { testUpgrades } from "./upgrades.ts";

/** docs/decisions/0009-the-package.md */
const PACKED_LIMIT_BYTES = 550_000;
const FILE_LIMIT_COUNT = 150;
const INSTALLED_LIMIT_BYTES = 5_000_000;

let installed: InstalledPackage;
let folder = "";
before(
  async () => {
    installed = await installPackage();
    folder = installed.folder;
    await writeFile(join(folder, "index.html"), "<p>packed");
  },
  { timeout: 300_000 },
);
after(() => installed?.remove());

test("the package is small, and needs no other", async () => {
  const files = await filesBelow(installed.root);
  const all = await filesBelow(join(folder, "node_modules"));
  assert.ok(installed.packedBytes <= PACKED_LIMIT_BYTES, `${installed.packedBytes} bytes packed`);
  assert.ok(files.size <= FILE_LIMIT_COUNT, `${files.size} files`);
  const installedBytes = [...all.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(installedBytes <= INSTALLED_LIMIT_BYTES, `${installedBytes} bytes installed`);
  assert.deepEqual(
    [...all.keys()].filter((file) => !/^(?:heddle\/|\.bin\/|\.package-lock\.json$)/.test(file)),
    [],
  );
});

// Complaint: serve #788
test("the package has these entries, these threads, and none of our tests, sources and source maps", async () => {
  const files = [...(await filesBelow(installed.root)).keys()].sort();
  assert.deepEqual(
    files.filter((file) => !/^dist\/(?:chunks|api)\/|^docs\/|^deploy\//.test(file)),
    [
      "LICENSE",
      "README.md",
      "dist/THIRD-PARTY.txt",
      "dist/cli/main.js",
      "dist/console/live.html",
      "dist/console/steps.html",
      "dist/http1.d.ts",
      "dist/http1.js",
      "dist/node-version.js",
      "dist/server.d.ts",
      "dist/server.js",
      ...["bcrypt", "encode", "encoder", "hash", "lesson", "listing", "load", "readme", "worker"].map(
        (name) => `dist/threads/${name}.js`,
      ),
      "package.json",
      "schema.json",
    ],
  );
  assert.deepEqual(
    files.filter((file) => /\.test\.|\.map$|(?<!\.d)\.ts$/.test(file)),
    [],
  );
});

test("the package holds the notices of the libraries that it contains", async () => {
  const notices = await readFile(join(installed.root, "dist", "THIRD-PARTY.txt"), "utf8");
  const names = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+ \([\w-]+\)$/gm)].map(([, name]) => name!);
  for (const name of ["bcryptjs", "client-zip", "commander", "markdown-it", "mime", "uplot", "zod"]) {
    assert.ok(names.includes(name), `${name} is missing from ${names}`);
  }
  assert.equal(notices.match(/permission|redistribution/gi)!.length >= names.length, true);
});

for (const entry of ["server", "http1"]) {
  test(`the types of ${entry} stand alone`, async () => {
    const types = await readFile(join(installed.root, "dist", `${entry}.d.ts`), "utf8");
    assert.match(types, /^export \{/m);
    assert.deepEqual(types.match(/\b(?:import|require)\b.*["'(]|\bfrom ["'].*|zod|reference (?!lib=)/gi), null);
  });
}

const PROGRAMS: readonly [name: string, source: string | (() => Promise<string>)][] = [
  [
    "heddle.config.ts",
    `import { defineConfig, type SiteOptions } from "heddle";
     const site: SiteOptions = { root: ".", redirects: [{ from: "/a", to: "/b", status: 301 }] };
     export default defineConfig({ ...site, port: 0, limits: { headLimitBytes: 8192 }, sites: { "a.example": site } });`,
  ],
  ["embed.ts", () => readExample("embed")],
  ["abort.ts", () => readExample("abort")],
  ["engine.ts", () => readExample("engine")],
];

test("the types serve strict programs, with all libraries checked", { timeout: 60_000 }, async () => {
  await mkdir(join(folder, "node_modules", "@types"), { recursive: true });
  await symlink(join(PROJECT, "node_modules", "@types", "node"), join(folder, "node_modules", "@types", "node"));
  for (const [name, source] of PROGRAMS) {
    await writeFile(join(folder, name), typeof source === "string" ? source : await source());
  }
  const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, module: "nodenext", types: ["node"] };
  const exact = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, target: "es2024" };
  const include = PROGRAMS.map(([name]) => name);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...exact }, include }),
  );
  const { stdout } = await run(join(PROJECT, "node_modules", ".bin", "tsc"), [], { cwd: folder }).catch(
    (error) => error,
  );
  assert.equal(stdout, "");
});

// TypeScript 7 loads no `@types` by default.
for (const target of ["es2022", "es2025"]) {
  for (const more of [{}, { types: ["node"] }, { lib: [target] }]) {
    const name = `the types of server serve a strict program with ${JSON.stringify({ target, ...more })}`;
    test(name, { timeout: 60_000 }, async () => {
      const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, target, ...more };
      const project = join(folder, "tsconfig.server.json");
      await writeFile(project, JSON.stringify({ compilerOptions, files: ["heddle.config.ts"] }));
      const { stdout } = await run(join(PROJECT, "node_modules", ".bin", "tsc"), ["-p", project]).catch(
        (error) => error,
      );
      assert.equal(stdout, "");
    });
  }
}

/** As a program of a user has it. */
async function readExample(name: string): Promise<string> {
  const source = await readFile(join(PROJECT, "examples", `${name}.ts`), "utf8");
  return source.replaceAll("../src/server.ts", "heddle").replaceAll("../src/http1/index.ts", "heddle/http1");
}

for (const threads of ["2", "per-connection"]) {
  test(`the installed command serves with --threads ${threads}, and stops with status 0`, {
    timeout: 60_000,
  }, async () => {
    const command = join(folder, "node_modules", ".bin", "heddle");
    const child = spawn(command, [folder, "--port", "0", "--threads", threads], { env: ENVIRONMENT });
    const exited = once(child, "exit");
    const response = await fetch(await urlOf(child));
    assert.equal(await response.text(), "<p>packed");
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    child.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
  });
}

test("the installed command serves on the portable transport", { timeout: 60_000 }, async (t) => {
  const command = start(t, [folder, "--port", "0", "--transport", "portable"]);
  assert.equal(await (await fetch(await command.url())).text(), "<p>packed");
});

test("the installed package serves from a program, and its engine stands alone", { timeout: 60_000 }, async () => {
  const program = `
    import { createRequire } from "node:module";
    import { createServer } from "heddle";
    import { DEFAULT_LIMITS, HeadParser } from "heddle/http1";
    await using server = createServer({ root: ".", port: 0, threads: 1 });
    await server.listen();
    const head = Buffer.from("GET / HTTP/1.1\\r\\n\\r\\n");
    console.log(await (await fetch(server.url)).text(), new HeadParser(DEFAULT_LIMITS).parse(head, 0, head.length));
    console.log(createRequire(import.meta.url)("heddle").createServer === createServer);`;
  await writeFile(join(folder, "program.js"), program);
  const { stdout } = await run(process.execPath, ["program.js"], { cwd: folder });
  assert.equal(stdout, "<p>packed complete\ntrue\n");
});

test("an uncaught error of the installed package prints its class and short lines", { timeout: 60_000 }, async () => {
  await writeFile(join(folder, "mistake.js"), 'import { createServer } from "heddle";\ncreateServer({ prot: 80 });');
  const { code, stderr } = await run(process.execPath, ["mistake.js"], { cwd: folder }).catch((error) => error);
  assert.equal(code, 1);
  assert.match(stderr, /^OptionError: .*prot/m);
  assert.ok(stderr.length < 4000, `${stderr.length} characters`);
  for (const line of stderr.split("\n")) assert.ok(line.length <= 500, `${line.length} characters: ${line}`);
});

test("the classes of the installed package keep their names", { timeout: 60_000 }, async () => {
  const program = `
    import * as server from "heddle";
    import * as http1 from "heddle/http1";
    const classes = Object.entries({ ...server, ...http1 }).filter(([, value]) => /^class\\b/.test(String(value)));
    let caught;
    try { server.createServer({ prot: 80 }); } catch (error) { caught = error; }
    console.log(JSON.stringify([...classes.map(([name, { name: own }]) => [name, own]), ["OptionError", caught.constructor.name]]));`;
  await writeFile(join(folder, "names.js"), program);
  const { stdout } = await run(process.execPath, ["names.js"], { cwd: folder });
  const names: [exported: string, own: string][] = JSON.parse(stdout);
  assert.ok(names.length > 3, stdout);
  for (const [exported, own] of names) assert.equal(own, exported);
});

const ENTRIES = Array.from({ length: 600 }, (_, index) => [`many/${index}.txt`, ""]);
const LARGE = "large ".repeat(60_000);

test("the threads for jobs do theirs in the installed package", { timeout: 60_000 }, async (t) => {
  const root = makeSite(t, {
    ...Object.fromEntries(ENTRIES),
    "large.txt": LARGE,
    "private/page.txt": "private",
    "few/README.md": "# Few\n",
    "few/a.txt": "a",
  });
  const cwd = makeSite(t);
  const users = { me: bcrypt.hashSync("secret", 4) };
  const options = { root, listing: true, zip: true, etag: "content", auth: { users, for: ["/private/*"] } };
  const configure = (more: object): Promise<void> =>
    writeFile(join(cwd, "heddle.config.mjs"), `export default ${JSON.stringify({ ...options, ...more })};`);
  await configure({});
  const command = start(t, ["--port", "0"], { cwd });
  const url = await command.url();
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(new URL(path, url), { headers });

  await t.test("listing", async () => {
    assert.equal((await (await get("many/", { accept: "application/json" })).text()).match(/\d+\.txt/g)!.length, 600);
  });
  await t.test("readme", async () => {
    assert.match(await (await get("few/", { accept: "text/html" })).text(), /<h2 id="few">Few<\/h2>/);
  });
  await t.test("zip", async () => {
    const zip = Buffer.from(await (await get("few/?zip")).arrayBuffer());
    assert.equal(zip.toString("latin1", 0, 2), "PK");
  });
  await t.test("bcrypt", async () => {
    const authorization = `Basic ${btoa("me:secret")}`;
    assert.equal((await get("private/page.txt")).status, 401);
    assert.equal(await (await get("private/page.txt", { authorization })).text(), "private");
  });
  await t.test("hash", async () => {
    const tag = `"${hash("sha256", LARGE, "base64url").slice(0, 20)}"`;
    await eventually(async () => (await get("large.txt", identity)).headers.get("etag") === tag);
  });
  await t.test("encoder", async () => {
    const encoding = { "accept-encoding": "br" };
    await eventually(async () => (await get("large.txt", encoding)).headers.get("content-encoding") === "br");
    assert.equal(await (await get("large.txt", encoding)).text(), LARGE);
  });
  await t.test("load", async () => {
    await configure({ headers: [{ for: "/*", set: { "x-reloaded": "yes" } }] });
    command.kill("SIGHUP");
    await eventually(async () => (await get("large.txt")).headers.get("x-reloaded") === "yes");
  });
});

test("the step mode works in the installed package, where the process may not connect by TCP", {
  timeout: 60_000,
}, async (t) => {
  const command = start(t, [folder, "--port", "0", "--console", "127.0.0.1:0"]);
  const [, console] = await command.printed(/console on (http:\S+\/console)/);
  assert.match(await (await fetch(`${console}/steps`)).text(), /<title>Heddle: step by step</);
  const post = (act: string, query = ""): Promise<Response> =>
    fetch(`${console}/steps/${act}?${query}`, { method: "POST" });
  const { session } = (await (await post("open")).json()) as { session: string };
  const request = Buffer.from("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").toString("base64url");
  const events = await fetch(`${console}/steps/events?session=${session}`);
  let [text, told] = ["", ""];
  for await (const part of events.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n\n", told.length); end >= 0; end = text.indexOf("\n\n", told.length)) {
      const event = text.slice(told.length, end);
      told = text.slice(0, end + 2);
      const isOver = told.includes('"name":"close"');
      if (event.includes('"next":"accept"') && event.includes('"client"'))
        await post(isOver ? "end" : "send", `session=${session}&bytes=${request}`);
      if (event.includes('"for":"learner"')) await post("run", `session=${session}`);
    }
  }
  const received = [...text.matchAll(/"did":"receives","bytes":"([^"]+)"/g)].map(([, bytes]) => bytes!);
  assert.match(
    Buffer.concat(received.map((bytes) => Buffer.from(bytes, "base64"))).toString(),
    /^HTTP\/1\.1 200 .*packed$/s,
  );
});

const identity = { "accept-encoding": "identity" };

test("the commands work in the installed package", { timeout: 60_000 }, async (t) => {
  const cwd = makeSite(t, { "page.html": LARGE });
  const heddle = async (...argv: string[]): Promise<string> =>
    (await run(process.execPath, [installed.main, ...argv], { cwd, env: ENVIRONMENT })).stdout;

  const { version } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  assert.equal(await heddle("--version"), `${version}\n`);
  assert.match(await heddle("--help"), /^Usage: heddle /);
  assert.match(await heddle("precompress", "."), /page\.html/);
  assert.ok((await filesBelow(cwd)).has("page.html.br"));
  assert.match(await heddle("explain", "/page.html"), /page\.html/);
  await writeFile(join(cwd, "heddle.config.json"), '{ "root": "." }');
  assert.match(await heddle("check"), /heddle\.config\.json/);
  assert.match(await heddle("config"), /"?port"?/);
  const hashing = run(process.execPath, [installed.main, "hash-password"], { cwd });
  hashing.child.stdin!.end("secret\n");
  assert.match((await hashing).stdout, /^\$scrypt\$/);
});

/** Says at the end of each thread which files it read, whether V8 compiled them, and which modules of Node it has. */
// It has the system calls of the kernel transport, and once it had what sends files with them: a quarter of the package.
test("the main thread loads nothing of a site", async () => {
  const found = new Set(["serving.cjs", "linux.cjs", "shared-listener.cjs", "self-test.cjs"]);
  for (const name of found) {
    const code = await readFile(join(installed.root, "dist/chunks", name), "utf8");
    // A `require` at the beginning of a line is not inside of a function.
    for (const [, other] of code.matchAll(/^const.*require\("\.\/([\w-]+\.cjs)"\)/gm)) found.add(other!);
  }
  assert.ok(found.has("shared.cjs"));
  assert.equal(found.has("site.cjs"), false, [...found].join(" "));
});

const WATCH_THREAD = `
  import fs from "node:fs";
  import vm from "node:vm";
  import { isMainThread } from "node:worker_threads";
  const files = [];
  if (!isMainThread) {
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options);
        files.push([options.filename.split("/").at(-1), this.cachedDataRejected === false ? "given" : "compiled"]);
      }
    };
    process.on("exit", () => {
      const modules = process.moduleLoadList.filter((name) => /^NativeModule (?!internal)/.test(name));
      fs.writeSync(2, JSON.stringify({ files, modules: modules.map((name) => name.split(" ")[1]) }) + "\\n");
    });
  }`;

interface WatchedThread {
  readonly files: readonly (readonly [name: string, code: "given" | "compiled"])[];
  readonly modules: readonly string[];
}

// An import that one connection does not need costs time at the start of each thread: import it where it is used.
test("a thread per connection loads these files, compiled by an earlier one, and these modules of Node", {
  timeout: 60_000,
  skip: process.platform !== "linux",
}, async (t) => {
  const watch = join(folder, "watch-thread.mjs");
  await writeFile(watch, WATCH_THREAD);
  const nodeOptions = ["--import", watch];
  await writeFile(
    join(folder, "empty.mjs"),
    'import { Worker, isMainThread } from "node:worker_threads";\nif (isMainThread) new Worker(import.meta.filename);',
  );
  const empty = run(process.execPath, [...nodeOptions, "empty.mjs"], { cwd: folder });
  const { modules: modulesOfNode }: WatchedThread = JSON.parse((await empty).stderr);

  const argv = [folder, "--port", "0", "--threads", "per-connection"];
  const command = new Command(t, argv, { main: installed.main, nodeOptions });
  const url = await command.url();
  const threads = (): WatchedThread[] => command.stderr.match(/^\{.*\}$/gm)?.map((line) => JSON.parse(line)) ?? [];
  const isGivenCode = ({ files }: WatchedThread): boolean => files.some(([, code]) => code === "given");
  // The first threads are started before one of them can have ended.
  while (!threads().some(isGivenCode)) {
    await (await fetch(url, { headers: { connection: "close" } })).text();
  }
  const { files, modules } = threads().find(isGivenCode)!;
  assert.deepEqual(
    files.toSorted(),
    ["engine", "exchange", "files", "kernel-modules", "linux", "serving-thread", "shared", "site"].map((name) => [
      `${name}.cjs`,
      "given",
    ]),
  );
  assert.deepEqual(
    modules.filter((name) => !modulesOfNode.includes(name)),
    ["ffi"],
  );
});

// An older Node runs npm where there is one (`npm test` names it). Else this one says that it is older.
const npmNode = process.env["npm_node_execpath"] ?? "";
const PRETEND = `Object.defineProperty(process, "version", { value: "v20.20.2" });
  Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`;

test("an older Node.js is told the way by the command, and by import", { timeout: 60_000 }, async () => {
  const npmVersion = npmNode === "" ? "" : (await run(npmNode, ["--version"])).stdout.trim();
  const isOlder = /^v(?:1\d|2[0-5])\./.test(npmVersion);
  const [node, version] = isOlder ? [npmNode, npmVersion] : [process.execPath, "v20.20.2"];
  const options = isOlder ? [] : [`--import=data:text/javascript,${encodeURIComponent(PRETEND)}`];
  const complaint = `heddle needs Node.js 26.8 or newer; this is ${version}. Get it from https://nodejs.org/, or`;

  const command = run(node, [...options, installed.main], { cwd: folder });
  await assert.rejects(command, {
    code: 1,
    stdout: "",
    stderr: `${complaint} run, where heddle is installed: npx -p node@26 heddle\n`,
  });
  for (const entry of ["heddle", "heddle/http1"]) {
    const program = `import("${entry}").catch((error) => console.log(error.message))`;
    const { stdout } = await run(node, [...options, "--input-type=module", "-e", program], { cwd: folder });
    assert.equal(stdout, `${complaint} run your program with: npx -p node@26 node program.js\n`);
  }
});

function start(t: TestContext, argv: readonly string[], options: { readonly cwd?: string } = {}): Command {
  return new Command(t, argv, { ...options, main: installed.main });
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await isSo()); await setTimeout(20)) {
    assert.ok(performance.now() < deadline, "it did not become so within 10 s");
  }
}

async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error("the command ended without a URL");
}

testUpgrades(() => installed);
