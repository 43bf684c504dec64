import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runInProcess } from "../../../test/support/command-io.ts";
import { makeSite } from "../../../test/support/site.ts";
import { explainCommand } from "./explain.ts";

const run = (cwd: string, argv: readonly string[]) => runInProcess(explainCommand, cwd, argv);

function makeFolder(t: TestContext): string {
  return makeSite(t, {
    "heddle.config.json": '{ "root": "dist", "redirects": [{ "from": "/old", "to": "/new" }] }',
    "dist/a.txt": "a",
    "other/a.txt": "another",
  });
}

test("explainCommand() names the file of the configuration, the steps in a table, and the head", async (t) => {
  const folder = makeFolder(t);
  const { code, stdout, stderr } = await run(folder, ["/old?x", "-H", "A: b"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const [config, path, redirect, empty, status] = stdout.split("\n");
  assert.deepEqual(
    [config, path, redirect, empty, status],
    [
      `config    ${join(folder, "heddle.config.json")}`,
      "path      /old",
      "redirect  308 to /new (from /old)",
      "",
      "HTTP/1.1 308 Permanent Redirect",
    ],
  );
  assert.match(stdout, /^Location: \/new\?x$/m);
});

test("explainCommand() takes the options of serving, the folder behind the address", async (t) => {
  const { code, stdout } = await run(makeFolder(t), [
    "-H",
    "Accept: */*",
    "--no-config",
    "/a.txt",
    "-X",
    "HEAD",
    "other",
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /^config +no file$/m);
  assert.match(stdout, /^file +a\.txt \(7 bytes/m);
});

const mistakes: [argv: string[], stderr: RegExp][] = [
  [[], /^heddle: name the address: heddle explain \/a\.html\n/],
  [["/a", "b", "c"], /too many arguments/],
  [["/a", "-X"], /--method needs a value: write --method <name>/],
  [["/a", "-X", "A B"], /wanted a method/],
  [["/a", "-H", "no colon"], /wanted a field line/],
  [["example.com/a"], /perhaps http:\/\/example\.com\/a/],
  [["/a", "--port", "x"], /--port: found "x"/],
  [["/a", "missing"], /wanted a folder that can be read/],
];
for (const [argv, stderr] of mistakes) {
  test(`explainCommand() refuses ${JSON.stringify(argv)}`, async (t) => {
    const found = await run(makeFolder(t), argv);
    assert.deepEqual([found.code, found.stdout], [2, ""]);
    assert.match(found.stderr, /^heddle: /);
    assert.match(found.stderr, stderr);
  });
}

test("explainCommand() explains itself", async (t) => {
  const { code, stdout } = await run(makeFolder(t), ["--help"]);
  assert.equal(code, 0);
  for (const word of ["<url>", "--header", "--method", "--clean-urls"]) assert.ok(stdout.includes(word));
  assert.ok(!stdout.includes("hash-password          "), "the commands stand in the help of serving");
});
