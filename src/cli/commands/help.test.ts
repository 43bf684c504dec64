import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runInProcess } from "../../../test/support/command-io.ts";
import { runCommand } from "./commands.ts";
import { help } from "./help.ts";

const MAIN = join(import.meta.dirname, "..", "main.ts");
const FOLDER = new URL("../../../docs/", import.meta.url);
const pages = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".md"))
  .map((name) => name.replace(/\.md$/, ""));

test("help() prints the help, and the list of the pages, no line over 80 columns", async () => {
  const { code, stdout, stderr } = await runInProcess(help, "/", []);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Usage: heddle \[options\] \[root\]\n/);
  assert.match(stdout, /^ {2}heddle help migrating {2,}\S/m);
  assert.deepEqual(
    [...stdout.matchAll(/^ {2}heddle help ([a-z0-9-]+) {2}/gm)].map(([, page]) => page).sort(),
    pages.sort(),
  );
  assert.ok(stdout.split("\n").every((line) => line.length <= 80));
});

for (const page of pages) {
  test(`help() prints the page ${page} without its comments`, async () => {
    const text = readFileSync(new URL(`${page}.md`, FOLDER), "utf8");
    const { code, stdout, stderr } = await runInProcess(help, "/", [page]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.doesNotMatch(stdout, /<!--|\n\n\n/);
    const isText = (line: string): boolean => line !== "" && !/^<!--.*-->$/.test(line);
    const shown = stdout.split("\n").filter((line) => line !== "");
    assert.deepEqual(shown, text.split("\n").filter(isText));
    // A blank line still separates the parts, and a page without comments is printed as it is.
    if (!text.includes("<!--")) assert.equal(stdout, text);
  });
}

test("help() takes the name of the file of a page, too", async () => {
  const named = await runInProcess(help, "/", ["threads"]);
  for (const word of ["docs/threads.md", "threads.md"]) assert.deepEqual(await runInProcess(help, "/", [word]), named);
});

const mistakes: [argv: string[], firstLine: string][] = [
  [["migratin"], "heddle: there is no page migratin: did you mean migrating?"],
  [["migr"], "heddle: there is no page migr: did you mean migrating or migrating-files?"],
  [["explian"], "heddle: there is no page explian: did you mean explain?"],
  [["nonsense"], "heddle: there is no page nonsense"],
  [["../package"], "heddle: there is no page ../package"],
  [["\x1b[2J"], "heddle: there is no page \\x1b[2J"],
];
for (const [argv, firstLine] of mistakes) {
  test(`help() refuses ${JSON.stringify(argv)}, and lists the pages`, async () => {
    const { code, stdout, stderr } = await runInProcess(help, "/", argv);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.equal(stderr.split("\n")[0], firstLine);
    assert.match(stderr, /^ {2}heddle help migrating-files {2}/m);
  });
}

test("help() refuses two pages", async () => {
  const { code, stderr } = await runInProcess(help, "/", ["threads", "errors"]);
  assert.equal(code, 2);
  assert.equal(stderr, "heddle: help takes one page: heddle help lists the pages\n");
});

test("runCommand() answers help and a command with the help of the command", async () => {
  for (const name of ["check", "config", "explain", "hash-password", "help", "precompress"]) {
    const asked = await runInProcess((argv, io) => runCommand("help", argv, io), "/", [name]);
    assert.equal(asked.code, 0);
    assert.match(asked.stdout, new RegExp(`^Usage: heddle ${name}\\b`));
    assert.ok(asked.stdout.split("\n").every((line) => line.length <= 80));
  }
});

test("heddle help with a page loads neither the parser of arguments nor the server", () => {
  const preload = `
    import { registerHooks } from "node:module";
    registerHooks({
      load(url, context, next) {
        process.stderr.write(url + "\\n");
        return next(url, context);
      },
    });`;
  const argv = [`--import=data:text/javascript,${encodeURIComponent(preload)}`, MAIN, "help", "threads"];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  assert.equal(status, 0);
  assert.match(stdout, /^# /);
  assert.match(stderr, /commands\/help\.ts/);
  assert.doesNotMatch(stderr, /node_modules|server\.ts|schema|parse\.ts/);
});
