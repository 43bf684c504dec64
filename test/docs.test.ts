// What the documentation counts, names and wants to be typed is so. Its tables have tests of their own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseArguments } from "../src/cli/arguments.ts";
import { explainCommand } from "../src/cli/explain.ts";
import { explain } from "../src/explain.ts";
import { resolveOptions } from "../src/options.ts";
import { createServer } from "../src/server.ts";
import { makeSite } from "./support/site.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];

test("README.md counts the dependencies", () => {
  const count = Object.keys(JSON.parse(read("package.json")).dependencies).length;
  assert.match(read("README.md"), new RegExp(`\\b${NUMBERS[count]} dependencies without install scripts`));
});

/** But for the dates, and what the client decides. */
const isSteady = (line: string): boolean => !/^(?:Date|Last-Modified|Connection):/i.test(line);

test("README.md shows replies as they are", async () => {
  const shown = [...read("README.md").matchAll(/^(.*)HTTP\/1\.1 200 OK\n((?:\1[A-Z][\w-]*: .*\n)+)/gm)];
  assert.ok(shown.length >= 3);
  const { site } = resolveOptions({ root: fileURLToPath(new URL("../public/", import.meta.url)) });
  const { head } = await explain(site, [], { url: "/robots.txt" });
  for (const [, before = "", fields = ""] of shown) {
    const lines = fields.trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => line.slice(before.length)).filter(isSteady), head.slice(1).filter(isSteady));
  }
});

const examples = [...read("docs/configuration.md").matchAll(/^\$ heddle explain (.*)\n((?:\w+ .*\n)+)/gm)];
for (const [, typed = "", table = ""] of examples) {
  test(`docs/configuration.md shows what "heddle explain ${typed}" prints`, async (t) => {
    const cwd = makeSite(t, { "dist/app.css": "a{}".repeat(1000), "dist/index.html": "home" });
    let printed = "";
    const stdout = { write: (text: string) => (printed += text) };
    const argv = typed.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
    const { signal } = new AbortController();
    await explainCommand(argv, { environment: {}, cwd, version: "", stdout, stderr: stdout, signal });
    assert.equal(printed.split("\n\n")[0]!.replace(cwd, "/srv"), table.trimEnd());
  });
}

test("docs/architecture.md has a row for all that is in src/", () => {
  const entries = readdirSync(new URL("../src/", import.meta.url), { withFileTypes: true });
  const names = entries
    .filter(({ name }) => !name.endsWith(".test.ts"))
    .map((one) => one.name + (one.isFile() ? "" : "/"));
  const page = read("docs/architecture.md");
  assert.deepEqual(
    names.filter((name) => !page.includes(`| \`src/${name}\``)),
    [],
  );
});

/** The words of an instruction in a Dockerfile of docs/container.md. */
function words(instruction: string): string[] {
  const [, list = ""] = new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(read("docs/container.md")) ?? [];
  return JSON.parse(list);
}

test("docs/container.md starts what can be started, on an address that others reach", () => {
  const [name, ...argv] = words("CMD");
  const parsed = parseArguments(argv, {}, "");
  assert.ok(name === "heddle" && parsed.kind === "run");
  assert.deepEqual(parsed.options, { root: "/srv", host: "0.0.0.0" });
});

for (const [file, isHealthy] of [
  ["index.html", true],
  ["other.html", false],
] as const) {
  test(`docs/container.md says that a server with ${file} is ${isHealthy ? "" : "not "}healthy`, async (t) => {
    await using server = createServer({ root: makeSite(t, { [file]: "x" }), port: 0, threads: 1 });
    await server.listen();
    const [name, ...argv] = words("HEALTHCHECK CMD").map((word) => word.replace("http://localhost:8080/", server.url));
    assert.equal(name, "node");
    const checked = promisify(execFile)(process.execPath, argv).then(
      () => true,
      () => false,
    );
    assert.equal(await checked, isHealthy);
  });
}
