// Files of every kind, whole and broken: what is read, and what is said.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeSite } from "../../../test/support/site.ts";
import { findConfig, loadConfig, loadConfigAgain } from "./config-file.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const TYPED = "const port: number = 80;\nexport default { port };\n";

const wholes: Readonly<Record<string, string>> = {
  "heddle.config.ts": TYPED,
  "heddle.config.mjs": "export default { port: await 80 };\n",
  "heddle.config.js": "export default Promise.resolve({ port: 80 });\n",
  "common.js": "module.exports = { port: 80 };\n",
  "heddle.config.json": '\ufeff{ "$schema": "./schema.json", "port": 80 }\n',
};

for (const [name, text] of Object.entries(wholes)) {
  test(`loadConfig() and loadConfigAgain() read a ${name}`, async (t) => {
    const file = join(makeSite(t, { [name]: text }), name);
    assert.deepEqual(await loadConfig(file), { port: 80 });
    assert.deepEqual(await loadConfigAgain(file), { port: 80 });
  });
}

test("loadConfigAgain() sees changes, also of what a file imports", async (t) => {
  const folder = makeSite(t, {
    "heddle.config.ts": 'import { port } from "./port.ts";\nexport default { port };\n',
    "port.ts": "export const port = 1;\n",
  });
  const file = join(folder, "heddle.config.ts");
  assert.deepEqual(await loadConfig(file), { port: 1 });
  writeFileSync(join(folder, "port.ts"), "export const port = 2;\n");
  assert.deepEqual(await loadConfigAgain(file), { port: 2 });
});

// "commonjs" is what `npm init` writes.
for (const type of [{}, { type: "commonjs" }, { type: "module" }]) {
  test(`loadConfig() reads modules as such in a package with ${JSON.stringify(type)}, and says nothing else`, (t) => {
    const folder = makeSite(t, {
      "package.json": JSON.stringify(type),
      "heddle.config.ts": 'import { root } from "./root.js";\nexport default { root } as const;\n',
      "root.js": 'export const root = ".";\n',
    });
    const { stderr, status } = spawnSync(process.execPath, [MAIN, "check"], { cwd: folder, encoding: "utf8" });
    assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
  });
}

test("loadConfig() reads what has no statement of a module as package.json says", async (t) => {
  const folder = makeSite(t, {
    "package.json": '{ "type": "commonjs" }',
    "heddle.config.ts": 'const os: object = require("node:os");\nmodule.exports = { port: 80 };\n',
  });
  assert.deepEqual(await loadConfig(join(folder, "heddle.config.ts")), { port: 80 });
});

const broken: { name: string; text: string; message: RegExp }[] = [
  { name: "a.ts", text: "export default {\n  a b\n};\n", message: /^a\.ts:2: / },
  { name: "a.mjs", text: "export default {\n  a b\n};\n", message: /^a\.mjs:2: Unexpected identifier 'b'$/ },
  { name: "a.json", text: '{\n  "a": 1,\n}', message: /^a\.json.*: not valid JSON: / },
  { name: "b.json", text: '{\n  "a" 1\n}', message: /^b\.json:2: not valid JSON: / },
  {
    name: "enum.ts",
    text: "\nenum A { B }\n",
    message: /^enum\.ts:2: enum is not possible here, because Node\.js only removes types\. Use a plain object\.$/,
  },
  {
    name: "a.ts",
    text: "\nnamespace N { export const a = 1; }\n",
    message: /^a\.ts:2: namespace declaration is not possible here, because .* Write the file without it\.$/,
  },
  {
    name: "a.ts",
    text: "const a = <number>1;\n",
    message: /^a\.ts:1: .*the 'as' syntax.*\. Node\.js only removes types\.$/,
  },
  {
    name: "a.ts",
    text: "export const port = 1;\n",
    message: /^a\.ts: found no default export: write export default \{ … \}$/,
  },
  {
    name: "a.ts",
    text: "\nexport default { port: nowhere };\n",
    message: /^a\.ts:2: the program threw ReferenceError: nowhere is/,
  },
  { name: "a.ts", text: 'throw "words";\n', message: /^a\.ts: the program threw words$/ },
  {
    name: "a.mjs",
    text: 'import { defineConfig } from "heddle";\nexport default defineConfig({});\n',
    message: /^a\.mjs: the package heddle is not installed .*: install it there, or write .* without defineConfig$/,
  },
  { name: "a.mjs", text: 'import "./none.js";\n', message: /^a\.mjs: Cannot find module/ },
];

for (const { name, text, message } of broken) {
  test(`loadConfig() and loadConfigAgain() refuse ${JSON.stringify(text)} with ${message}`, async (t) => {
    const file = join(makeSite(t, { [name]: text }), name);
    await assert.rejects(loadConfig(file), { name: "ConfigError", message });
    await assert.rejects(loadConfigAgain(file), { name: "ConfigError", message });
  });
}

const isRoot = process.getuid?.() === 0;
for (const name of ["a.json", "a.ts"]) {
  test(`loadConfig() says that it may not read ${name}`, { skip: process.platform === "win32" }, (t) => {
    const folder = makeSite(t, { [name]: "{}" });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, name), 0);
    const program = `
      const { loadConfig } = await import(${JSON.stringify(new URL("config-file.ts", import.meta.url).href)});
      ${isRoot ? "process.setuid(65534);" : ""}
      await loadConfig(${JSON.stringify(join(folder, name))}).catch((error) => console.log(error.message));`;
    const argv = ["--input-type=module", "-e", program];
    const { stdout } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    assert.equal(stdout, `${name}: this user may not read the file\n`);
  });
}

test("loadConfig() refuses a folder, and a file that is not there", async (t) => {
  const folder = makeSite(t);
  await assert.rejects(loadConfig(folder), {
    name: "ConfigError",
    message: `${folder} is a folder: write the path of a configuration file`,
  });
  await assert.rejects(loadConfig(join(folder, "a.ts")), { message: /a\.ts does not exist$/ });
});

test("loadConfigAgain() refuses a program that does not end", async (t) => {
  const folder = makeSite(t, { "endless.mjs": "for (;;);" });
  await assert.rejects(
    loadConfigAgain(join(folder, "endless.mjs"), 100),
    /^ConfigError: endless\.mjs: the program did not finish within 0\.1 s$/,
  );
});

test("loadConfigAgain() refuses what is not plain, and a file that ends its thread", async (t) => {
  const folder = makeSite(t, {
    "function.mjs": "export default { port() {} };\n",
    "exit.mjs": "process.exit(0);\n",
  });
  await assert.rejects(
    loadConfigAgain(join(folder, "function.mjs")),
    /function\.mjs: found a value that cannot be copied, .*: export only plain values/,
  );
  await assert.rejects(
    loadConfigAgain(join(folder, "exit.mjs")),
    /exit\.mjs: the program ended before it exported its options/,
  );
});

test("loadConfig() refuses a file that is not there", async () => {
  await assert.rejects(loadConfig("/nowhere/a.ts"), {
    name: "ConfigError",
    message: "the configuration file /nowhere/a.ts does not exist",
  });
});

test("findConfig() finds the one that there is", (t) => {
  assert.equal(findConfig(makeSite(t, { "index.html": "" })), undefined);
  const folder = makeSite(t, { "heddle.config.mjs": "" });
  assert.equal(findConfig(folder), join(folder, "heddle.config.mjs"));
});

test("findConfig() refuses to choose between two", (t) => {
  const folder = makeSite(t, { "heddle.config.ts": "", "heddle.config.json": "" });
  assert.throws(() => findConfig(folder), {
    name: "ConfigError",
    message: /^found heddle\.config\.ts and heddle\.config\.json in .*: remove one, or choose one with --config$/,
  });
});
