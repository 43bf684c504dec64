// The rooms of src/ and the arrows between them (docs/rooms.ts): the table is acyclic and complete, and Biome, which
// checks the code by it, refuses a wrong import and a circle of imports.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { architecture, importRules, ROOMS } from "../docs/rooms.ts";
import { makeSite } from "./support/site.ts";

const PROJECT = join(import.meta.dirname, "..");
const BIOME = join(PROJECT, "node_modules", ".bin", "biome");

test("biome.rooms.json and docs/architecture.md are up to date (node docs/rooms.ts)", () => {
  assert.equal(readFileSync(join(PROJECT, "biome.rooms.json"), "utf8"), importRules());
  assert.equal(readFileSync(join(PROJECT, "docs", "architecture.md"), "utf8"), architecture());
});

test("every folder of src/ is a room, and every room is there", () => {
  const folders = globSync("src/**/*.ts", { cwd: PROJECT }).map((path) => dirname(path).slice("src/".length));
  const rooms = ROOMS.map(({ name }) => name).filter((name) => !name.endsWith(".ts"));
  assert.deepEqual([...new Set(folders)].filter(Boolean).sort(), rooms.sort());
});

test("src/ holds one file: server.ts", () => {
  assert.deepEqual(globSync("*.ts", { cwd: join(PROJECT, "src"), exclude: ["*.test.ts"] }), ["server.ts"]);
});

const family = (name: string): string => name.split("/")[0]!;
const order = [...new Set(ROOMS.map(({ name }) => family(name)))];
for (const { name, mayImport } of ROOMS) {
  test(`src/${name} may import only what stands below it`, () => {
    for (const other of mayImport) {
      const isBelow = order.indexOf(family(other)) > order.indexOf(family(name));
      assert.ok(isBelow || family(other) === family(name), other);
    }
  });
}

/** What Biome says, by the project's rules, of a project that holds these files. */
function lint(t: TestContext, files: Record<string, string>): string {
  const folder = makeSite(t, { "package.json": "{}", ...files });
  for (const name of ["biome.json", "biome.rooms.json"]) copyFileSync(join(PROJECT, name), join(folder, name));
  const { stdout, stderr } = spawnSync(BIOME, ["lint", "--vcs-enabled=false", "src"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout + stderr;
}

const wrong: [path: string, line: string][] = [
  ["src/http/new.ts", 'import "../http1/connection.ts";'],
  ["src/http1/new.ts", 'import type { Plan } from "../content/plans/plan.ts";'],
  ["src/features/fields/new.ts", 'export { resolveOptions } from "../../options/resolve.ts";'],
  ["src/content/plans/new.ts", 'await import("../../site/site.ts");'],
  ["src/threads/worker/new.ts", 'import "../supervisor/pool.ts";'],
  ["src/transport/kernel/new.ts", 'import "../portable/pump.ts";'],
  ["src/site/new.ts", 'import "../server.ts";'],
];
for (const [path, line] of wrong) {
  test(`Biome refuses ${line} in ${path}`, (t) => {
    assert.match(lint(t, { [path]: `${line}\n` }), /noRestrictedImports[\s\S]*may import .*\(docs\/rooms\.ts\)/);
  });
}

const right: [path: string, line: string][] = [
  ["src/http1/new.ts", 'import "../http/fields.ts";'],
  ["src/content/plans/new.ts", 'import type { Opener } from "../../files/opener.ts";'],
  ["src/cli/commands/new.ts", 'import "../arguments/parse.ts";'],
  ["src/http/new.test.ts", 'import "../../test/support/site.ts";'],
];
for (const [path, line] of right) {
  test(`Biome lets ${line} pass in ${path}`, (t) => {
    const said = lint(t, { [path]: `${line}\n` });
    assert.match(said, /Checked 1 file/);
    assert.doesNotMatch(said, /noRestrictedImports/);
  });
}

test("Biome refuses a circle of imports, also of types alone", (t) => {
  const said = lint(t, {
    "src/http/a.ts": 'import type { B } from "./b.ts";\nexport interface A {\n  readonly b: B;\n}\n',
    "src/http/b.ts": 'import type { A } from "./a.ts";\nexport interface B {\n  readonly a: A;\n}\n',
  });
  assert.equal(said.match(/lint\/suspicious\/noImportCycles/g)?.length, 2);
});
