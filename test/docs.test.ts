// What the documentation counts, names and wants to be typed is so. Its tables have tests of their own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { parseArguments } from "../src/cli/arguments.ts";
import { createServer } from "../src/server.ts";
import { makeSite } from "./support/site.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];

test("README.md counts the dependencies", () => {
  const count = Object.keys(JSON.parse(read("package.json")).dependencies).length;
  assert.match(read("README.md"), new RegExp(`\\b${NUMBERS[count]} dependencies without install scripts`));
});

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
