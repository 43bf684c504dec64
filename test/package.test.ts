// The package as its users get it: packed, installed into an empty folder, and its command run there, threads
// included. What works from source can still fail here: a worker that is named .ts, a file that is not packed.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const PROJECT = join(import.meta.dirname, "..");
/** The installed command finds this Node first, as it would find the user's. */
const ENVIRONMENT = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}` };
const run = promisify(execFile);

let folder = "";
before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), "heddle-package-"));
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: PROJECT });
    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, tarballOf(stdout))];
    await run("npm", install, { cwd: folder, env: ENVIRONMENT });
    await writeFile(join(folder, "index.html"), "<p>packed");
  },
  { timeout: 300_000 },
);
after(() => rm(folder, { recursive: true }));

/** npm prints what prepack prints before its JSON, and an object or an array by its version. */
function tarballOf(output: string): string {
  return /"filename": "([^"]+\.tgz)"/.exec(output)![1]!;
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

test("the installed package serves from a program, and its engine stands alone", { timeout: 60_000 }, async () => {
  const program = `
    import { createServer } from "heddle";
    import { DEFAULT_LIMITS, HeadParser } from "heddle/http1";
    await using server = createServer({ root: ".", port: 0, threads: 1 });
    await server.listen();
    const head = Buffer.from("GET / HTTP/1.1\\r\\n\\r\\n");
    console.log(await (await fetch(server.url)).text(), new HeadParser(DEFAULT_LIMITS).parse(head, 0, head.length));`;
  await writeFile(join(folder, "program.js"), program);
  const { stdout } = await run(process.execPath, ["program.js"], { cwd: folder });
  assert.equal(stdout, "<p>packed complete\n");
});

test("the package holds declarations and source maps, and no tests", async () => {
  const { stdout } = await run("npm", ["ls", "--parseable", "heddle"], { cwd: folder, env: ENVIRONMENT });
  const installed = stdout.trim();
  const types = await readFile(join(installed, "dist", "server.d.ts"), "utf8");
  assert.match(types, /export declare function createServer/);
  await readFile(join(installed, "dist", "server.js.map"), "utf8");
  await assert.rejects(readFile(join(installed, "src", "options.test.ts")), { code: "ENOENT" });
});

async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error("the command ended without a URL");
}
