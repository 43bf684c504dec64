// The sandbox of the command: what its threads can still open, and that no deployment breaks by it. Where the kernel has no
// Landlock, only that this is said and that the server serves all the same.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import type { Outcome, Trial } from "./fixtures/sandboxed.ts";
import { Command } from "./support/command.ts";
import { makeSite } from "./support/site.ts";

const hasLandlock = await isThere();
const skip = hasLandlock ? false : "this kernel has no Landlock";

async function isThere(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const { landlockVersion } = await import("../src/linux/landlock.ts");
  return landlockVersion() > 0;
}

const run = promisify(execFile);

for (const mode of ["auto", "strict"] as const) {
  test(`in the sandbox (${mode}), no thread opens what is outside, and nobody writes`, { skip }, async (t) => {
    const top = makeSite(t, { "a/b/site/index.html": "inside", "outside.txt": "ours, and not for the server" });
    const server = createServer().listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const root = join(top, "a/b/site");
    const trial: Trial = {
      root,
      inside: join(root, "index.html"),
      outside: join(top, "outside.txt"),
      created: join(root, "new.txt"),
      port: (server.address() as { port: number }).port,
      mode,
    };
    const program = join(import.meta.dirname, "fixtures/sandboxed.ts");
    const { stdout } = await run(process.execPath, [program, JSON.stringify(trial)]);
    const outcomes: Outcome[] = JSON.parse(stdout);
    assert.equal(outcomes.length, 3);
    for (const outcome of outcomes) {
      assert.deepEqual(outcome, {
        "reads inside": "done",
        "reads inside, by the pool": "done",
        "reads outside": "EACCES",
        "reads outside, by the pool": "EACCES",
        "opens outside to write": "EACCES",
        "reads outside, by a link of /proc": "EACCES",
        "writes inside": "EACCES",
        connects: "EACCES",
        "starts a program": "EACCES",
      });
    }
    assert.equal(existsSync(trial.created), false);
  });
}

/** A server for a folder far below a folder of the test, so that the sandbox does not cover all of it. */
async function serve(t: TestContext, top: string, root: string, more: readonly string[] = []): Promise<Command> {
  const argv = [join(top, root), "--port", "0", "--threads", "2", "--revalidate", "0", ...more];
  const command = new Command(t, argv, { cwd: top });
  await command.printed(/ serving /);
  return command;
}

/** Asks until the page has this content; ends at the time limit of the test. */
async function servesSoon(command: Command, content: string): Promise<void> {
  const url = await command.url();
  while ((await (await fetch(url)).text()) !== content) await setTimeout(20);
}

const replacements: { name: string; root: string; files: Record<string, string>; replace: (top: string) => void }[] = [
  {
    name: "a build that removes the root and makes it again",
    root: "a/b/site",
    files: { "a/b/site/index.html": "old" },
    replace: (top) => {
      rmSync(join(top, "a/b/site"), { recursive: true });
      mkdirSync(join(top, "a/b/site"));
      writeFileSync(join(top, "a/b/site/index.html"), "new");
    },
  },
  {
    name: "a folder around the root that is swapped by a rename",
    root: "a/site/public",
    files: { "a/site/public/index.html": "old", "a/next/public/index.html": "new" },
    replace: (top) => {
      renameSync(join(top, "a/site"), join(top, "a/former"));
      renameSync(join(top, "a/next"), join(top, "a/site"));
    },
  },
  {
    name: "a link to a release that is swapped",
    root: "a/b/current",
    files: { "r/s/1/index.html": "old", "r/s/2/index.html": "new", "a/b/x": "" },
    replace: (top) => swapLink(join(top, "a/b/current"), join(top, "r/s/2")),
  },
  {
    name: "a link far above the root",
    root: "a/current/dist/web/public",
    files: {
      "r/s/1/dist/web/public/index.html": "old",
      "r/s/2/dist/web/public/index.html": "new",
      "a/x": "",
    },
    replace: (top) => swapLink(join(top, "a/current"), join(top, "r/s/2")),
  },
];

function swapLink(link: string, target: string): void {
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

for (const { name, root, files, replace } of replacements) {
  test(`in the sandbox, the site survives ${name}`, async (t) => {
    const top = makeSite(t, files);
    const link = /^(.*\/current)/.exec(root)?.[1];
    if (link !== undefined) symlinkSync(join(top, "r/s/1"), join(top, link));
    const command = await serve(t, top, root);
    await servesSoon(command, "old");
    replace(top);
    await servesSoon(command, "new");
    assert.equal(command.stderr, "");
    if (hasLandlock) assert.match(command.stdout, /, sandbox reads /);
  });
}

test("a strict sandbox keeps another folder out that takes the root's name", { skip }, async (t) => {
  const top = makeSite(t, { "a/b/site/index.html": "old", "a/b/next/index.html": "new" });
  const command = await serve(t, top, "a/b/site", ["--sandbox", "strict"]);
  await servesSoon(command, "old");
  renameSync(join(top, "a/b/site"), join(top, "a/b/former"));
  renameSync(join(top, "a/b/next"), join(top, "a/b/site"));
  const url = await command.url();
  while ((await fetch(url)).status === 200) await setTimeout(20);
  assert.notEqual(await (await fetch(url)).text(), "new");
});

test("a reload to a folder outside of the sandbox is refused, and the site goes on", { skip }, async (t) => {
  const top = makeSite(t, {
    "a/b/c/site/index.html": "old",
    "else/index.html": "new",
    "a/b/c/heddle.config.json": '{ "root": "site", "port": 0, "threads": 1 }',
  });
  const cwd = join(top, "a/b/c");
  const command = new Command(t, [], { cwd });
  await servesSoon(command, "old");
  const config = (root: string): void => {
    writeFileSync(join(cwd, "draft"), JSON.stringify({ root, port: 0, threads: 1 }));
    renameSync(join(cwd, "draft"), join(cwd, "heddle.config.json"));
    command.kill("SIGHUP");
  };
  config("../../../else");
  const [, folder] = await command.complained(/heddle: (.*) is outside of the sandbox: restart to serve it\n/);
  assert.equal(folder, join(top, "else"));
  assert.equal(await (await fetch(await command.url())).text(), "old");
  mkdirSync(join(cwd, "other"));
  writeFileSync(join(cwd, "other/index.html"), "other");
  config("other");
  await servesSoon(command, "other");
});

test("a Unix socket is made and removed in the sandbox", { skip }, async (t) => {
  const top = makeSite(t, { "a/b/c/site/index.html": "x", "run/x/y": "" });
  const socket = join(top, "run/x/web.sock");
  const command = new Command(t, [join(top, "a/b/c/site"), "--socket", socket, "--no-config"], { cwd: top });
  await command.printed(/ serving .* on unix:.*, sandbox /);
  assert.ok(existsSync(socket));
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  assert.equal(existsSync(socket), false);
});

test("without node:ffi, a server serves without a sandbox and says so; a strict one does not start", {
  skip: process.platform === "linux" ? false : "needs Linux",
}, async (t) => {
  const argv = [makeSite(t, { "index.html": "x" }), "--port", "0", "--no-config"];
  const nodeOptions = ["--no-experimental-ffi"];
  const command = new Command(t, argv, { nodeOptions });
  await command.printed(/, sandbox none \(node:ffi is not available\)\n/);
  const strict = new Command(t, [...argv, "--sandbox", "strict"], { nodeOptions });
  assert.equal(await strict.ended(), 1);
  assert.equal(strict.stderr, "heddle: --sandbox strict: node:ffi is not available\n");
});

test("a configuration that starts threads of Node's pool gets no sandbox, and is told so", { skip }, async (t) => {
  const source = `import { readFile } from "node:fs/promises"; await readFile(import.meta.filename); export default { port: 0 };`;
  const command = new Command(t, [], { cwd: makeSite(t, { "heddle.config.mjs": source }) });
  await command.printed(/, sandbox none \(the configuration has started threads /);
});

test("--sandbox off says nothing", async (t) => {
  const argv = [makeSite(t), "--port", "0", "--no-config"];
  const command = new Command(t, argv, { environment: { HEDDLE_SANDBOX: "off" } });
  await command.printed(/ transport \w+\n/);
});
