// The command that reads its configuration again: asked by SIGHUP, or because the file has changed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Command, type CommandOptions } from "./support/command.ts";
import { printedPort } from "./support/printed-port.ts";
import { RawClient } from "./support/raw-client.ts";
import { makeSite } from "./support/site.ts";

const MAIN = join(import.meta.dirname, "..", "src", "cli", "main.ts");
/** More than the buffers of two sockets on loopback can hold. */
const LARGE_BYTES = 64 * 1024 * 1024;
const REFUSED = "heddle: the new configuration was refused; the server continues with the current one\n";
const READING = 'process.stdout.write("reading\\n"); export default { root: "one" };\n';
const SITES = { "one/index.html": "one", "two/index.html": "two", "index.html": "neither" };

/** Where `heddle` is started: two roots, and a configuration that serves the first. */
function makeFolder(t: TestContext, files: Readonly<Record<string, string>> = { "heddle.config.json": config("one") }) {
  return makeSite(t, { ...SITES, ...files });
}

function config(root: string): string {
  return `{ "root": "${root}" }`;
}

async function start(t: TestContext, cwd: string, argv: readonly string[] = [], options: CommandOptions = {}) {
  const command = new Command(t, ["--port", "0", "--threads", "2", ...argv], { cwd, ...options });
  const client = await RawClient.open(Number(new URL(await command.url()).port));
  t.after(() => client.close());
  return { command, client };
}

async function get(client: RawClient): Promise<string> {
  return (await client.request("GET", "/")).body.toString();
}

// Several at once: each waits until a file has been the same twice, half a second apart.
const SEVERAL = { timeout: 120_000, concurrency: 3 };

describe("heddle, after SIGHUP,", SEVERAL, () => {
  // Complaint: static-web-server (SIGHUP does nothing)
  test("reads a program again, with what it imports, and keeps connections", async (t) => {
    const folder = makeFolder(t, {
      "heddle.config.ts": 'import { root } from "./root.ts";\nexport default { root };\n',
      "root.ts": 'export const root: string = "one";\n',
    });
    const { command, client } = await start(t, folder);
    assert.equal(await get(client), "one");
    writeFileSync(join(folder, "root.ts"), 'export const root: string = "two";\n');
    command.kill("SIGHUP");
    await command.printed(/^heddle: reloaded heddle\.config\.ts\n/m);
    assert.equal(await get(client), "two");
    command.kill("SIGTERM");
    assert.equal(await command.ended(), 0);
    assert.equal(command.stderr, "");
  });

  test("keeps what was given on the command line and in the environment", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder, ["one"], { environment: { HEDDLE_LISTING: "true" } });
    writeFileSync(join(folder, "heddle.config.json"), '{ "root": "two", "listing": false, "graceMs": 1 }');
    command.kill("SIGHUP");
    await command.printed(/reloaded heddle\.config\.json\n/);
    assert.equal(await get(client), "one");
    rmSync(join(folder, "one", "index.html"));
    command.kill("SIGHUP");
    await command.printed(/reloaded .*\n.*reloaded .*\n/);
    assert.match(await get(client), /<html/);
  });

  test("finds a file that was not there at the start, and follows it", async (t) => {
    const folder = makeFolder(t, {});
    const { command, client } = await start(t, folder);
    assert.equal(await get(client), "neither");
    writeFileSync(join(folder, "heddle.config.json"), config("one"));
    command.kill("SIGHUP");
    await command.printed(/reloaded heddle\.config\.json\n/);
    assert.equal(await get(client), "one");
    writeFileSync(join(folder, "heddle.config.json"), config("two"));
    await command.printed(/reloaded .*\n.*reloaded .*\n/);
    assert.equal(await get(client), "two");
  });

  test("goes back to the defaults when the file is gone, and says so", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder);
    rmSync(join(folder, "heddle.config.json"));
    command.kill("SIGHUP");
    await command.printed(/^heddle: found no configuration file; the server continues without one\n/m);
    assert.equal(await get(client), "neither");
  });

  test("refuses when a file that was named is gone", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder, ["--config", "heddle.config.json"]);
    rmSync(join(folder, "heddle.config.json"));
    command.kill("SIGHUP");
    await command.complained(new RegExp(`heddle\\.config\\.json does not exist\n${REFUSED}`));
    assert.equal(await get(client), "one");
  });

  test("names what only the next start can change", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder);
    writeFileSync(join(folder, "heddle.config.json"), '{ "root": "two", "host": "127.0.0.2", "maxThreads": 5 }');
    command.kill("SIGHUP");
    await command.complained(/^heddle: restart to change: host, maxThreads\n$/);
    assert.equal(await get(client), "two");
  });

  test("says nothing of success with --quiet, and everything of mistakes", async (t) => {
    const folder = makeFolder(t, { "heddle.config.mjs": READING });
    const command = new Command(t, ["--quiet", "--port", "0"], { cwd: folder });
    await command.printed(/^reading\n/);
    writeFileSync(join(folder, "heddle.config.mjs"), "export default { trace: true };\n");
    await command.complained(/^heddle: restart to change: trace\n$/);
    writeFileSync(join(folder, "heddle.config.mjs"), "export default {");
    await command.complained(new RegExp(REFUSED));
    assert.equal(command.stdout, "reading\n");
  });

  test("before it listens, reads again as soon as it does", async (t) => {
    const folder = makeFolder(t, { "heddle.config.mjs": READING });
    const command = new Command(t, ["--port", "0"], { cwd: folder });
    await command.printed(/^reading\n/);
    command.kill("SIGHUP");
    await command.printed(/ serving .*\n(.*\n)?heddle: reloaded heddle\.config\.mjs\n/);
  });
});

describe("heddle, when its configuration changes,", SEVERAL, () => {
  const changes: [name: string, change: (file: string, text: string) => void][] = [
    ["is written", writeFileSync],
    [
      "is replaced by rename",
      (file, text) => {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      },
    ],
    [
      "is removed and written anew",
      (file, text) => {
        rmSync(file);
        writeFileSync(file, text);
      },
    ],
    [
      "is written many times, with mistakes in between",
      (file, text) => {
        for (const words of ["{", "", "null", '{ "root": 5 }', text]) writeFileSync(file, words);
      },
    ],
  ];
  for (const [name, change] of changes) {
    test(`reads it once when it ${name}`, async (t) => {
      const folder = makeFolder(t);
      const { command, client } = await start(t, folder);
      change(join(folder, "heddle.config.json"), config("two"));
      await command.printed(/^heddle: reloaded heddle\.config\.json\n/m);
      assert.equal(await get(client), "two");
      change(join(folder, "heddle.config.json"), config("one"));
      await command.printed(/reloaded .*\n.*reloaded .*\n/);
      assert.equal(await get(client), "one");
      assert.equal(command.stdout.match(/reloaded heddle\.config\.json\n/g)?.length, 2);
      assert.equal(command.stderr, "");
    });
  }

  test("follows links that are swapped, as in a ConfigMap", async (t) => {
    const folder = makeFolder(t, { "v1/heddle.config.json": config("one"), "v2/heddle.config.json": config("two") });
    symlinkSync("v1", join(folder, "..data"));
    symlinkSync("..data/heddle.config.json", join(folder, "heddle.config.json"));
    const { command, client } = await start(t, folder);
    assert.equal(await get(client), "one");
    symlinkSync("v2", join(folder, "..new"));
    renameSync(join(folder, "..new"), join(folder, "..data"));
    rmSync(join(folder, "v1"), { recursive: true });
    await command.printed(/reloaded heddle\.config\.json\n/);
    assert.equal(await get(client), "two");
  });

  const mistakes: [text: string, words: RegExp][] = [
    [
      '{ "root": 5, "nonsense": 1 }',
      /json: root: found 5, .*\nheddle: heddle\.config\.json: nonsense: found an unknown name, /,
    ],
    [
      '{ "root": "three" }',
      /^heddle: heddle\.config\.json: root: found "\/.*\/three", wanted a folder that can be read \(it does not exist\)\n/,
    ],
    ["{\n,}", /^heddle: heddle\.config\.json:2: not valid JSON/],
  ];
  for (const [text, words] of mistakes) {
    test(`refuses ${JSON.stringify(text)}, goes on, and takes the next that is right`, async (t) => {
      const folder = makeFolder(t);
      const { command, client } = await start(t, folder);
      writeFileSync(join(folder, "heddle.config.json"), text);
      await command.complained(words);
      await command.complained(new RegExp(REFUSED));
      assert.equal(await get(client), "one");
      writeFileSync(join(folder, "heddle.config.json"), config("two"));
      await command.printed(/reloaded heddle\.config\.json\n/);
      assert.equal(await get(client), "two");
    });
  }

  const reasons: [what: string, refuse: (folder: string) => void, repair: (folder: string) => void, words: RegExp][] = [
    [
      "whose folder comes later",
      (folder) => writeFileSync(join(folder, "heddle.config.ts"), 'export default { root: "three" };\n'),
      (folder) => {
        mkdirSync(join(folder, "three"));
        writeFileSync(join(folder, "three", "index.html"), "later");
      },
      /root: found ".*three", wanted a folder that can be read \(it does not exist\)\n/,
    ],
    [
      "whose import is mended later",
      (folder) => {
        writeFileSync(join(folder, "root.ts"), "export const root = ;\n");
        writeFileSync(join(folder, "heddle.config.ts"), 'export { default } from "./default.ts";\n');
        writeFileSync(join(folder, "default.ts"), 'import { root } from "./root.ts";\nexport default { root };\n');
      },
      (folder) => {
        mkdirSync(join(folder, "three"));
        writeFileSync(join(folder, "three", "index.html"), "later");
        writeFileSync(join(folder, "root.ts"), 'export const root = "three";\n');
      },
      /Expression expected|Unexpected token|not supported/,
    ],
  ];
  for (const [what, refuse, repair, words] of reasons) {
    test(`takes a configuration ${what}, and tells the refusal once`, async (t) => {
      const folder = makeFolder(t, { "heddle.config.ts": 'export default { root: "one" };\n' });
      const { command, client } = await start(t, folder);
      refuse(folder);
      await command.complained(words);
      await command.complained(new RegExp(REFUSED));
      assert.equal(await get(client), "one");
      repair(folder);
      await command.printed(/reloaded heddle\.config\.ts\n/);
      assert.equal(await get(client), "later");
      assert.equal(command.stderr.match(new RegExp(REFUSED, "g"))?.length, 1);
    });
  }

  test("reads it when it comes back after a signal that did not find it", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder);
    renameSync(join(folder, "heddle.config.json"), join(folder, "kept.json"));
    command.kill("SIGHUP");
    await command.printed(/^heddle: found no configuration file; the server continues without one\n/m);
    renameSync(join(folder, "kept.json"), join(folder, "heddle.config.json"));
    await command.printed(/^heddle: reloaded heddle\.config\.json\n/m);
    assert.equal(await get(client), "one");
  });

  test("reads it when the second file, of which only one may be, is gone again", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder);
    writeFileSync(join(folder, "heddle.config.mjs"), "export default {};\n");
    writeFileSync(join(folder, "heddle.config.json"), config("two"));
    await command.complained(/found heddle\.config\.mjs and heddle\.config\.json in /);
    rmSync(join(folder, "heddle.config.mjs"));
    await command.printed(/^heddle: reloaded heddle\.config\.json\n/m);
    assert.equal(await get(client), "two");
  });

  test("does not look at it with --no-config, and can be asked all the same", async (t) => {
    const folder = makeFolder(t);
    const { command, client } = await start(t, folder, ["--no-config"]);
    writeFileSync(join(folder, "heddle.config.json"), config("two"));
    mkdirSync(join(folder, "public"));
    writeFileSync(join(folder, "public", "index.html"), "public");
    command.kill("SIGHUP");
    await command.printed(/^heddle: found no configuration file; the server continues without one\n/m);
    assert.equal(await get(client), "public");
  });
});

if (process.platform === "linux" && existsSync("/usr/bin/script")) {
  test("heddle stops when its terminal is closed, and finishes what it is at", { timeout: 60_000 }, async (t) => {
    const folder = makeFolder(t);
    writeFileSync(join(folder, "one", "large.bin"), "");
    truncateSync(join(folder, "one", "large.bin"), LARGE_BYTES);
    const command = `exec "${process.execPath}" --disable-warning=ExperimentalWarning "${MAIN}" --port 0`;
    const terminal = spawn("/usr/bin/script", ["-qc", command, "/dev/null"], { cwd: folder, stdio: "pipe" });
    t.after(() => terminal.kill("SIGKILL"));
    const port = await printedPort(terminal);
    const client = await RawClient.open(port);
    t.after(() => client.close());
    client.write("GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
    await client.more();
    client.stream.pause();
    const idle = await RawClient.open(port);
    terminal.kill("SIGKILL");
    // The signal has come: idle connections are closed.
    assert.equal((await idle.rest()).length, 0);
    client.stream.resume();
    assert.equal((await client.response()).body.length, LARGE_BYTES);
    assert.equal((await client.rest()).length, 0);
  });
}
