import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { script } from "../../../test/support/dictionary-client.ts";
import { makeSite } from "../../../test/support/site.ts";
import { precompress } from "./precompress.ts";

const TEXT = "Every connection passes through a thread. ".repeat(100);

async function run(
  argv: readonly string[],
  { isTTY = false, signal = new AbortController().signal } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY,
    columns: 60,
  });
  const code = await precompress(argv, { stdout: output("stdout"), stderr: output("stderr"), signal });
  return { code, ...written };
}

test("precompress() writes a line for each precompressed file where there is no terminal, and the savings", async (t) => {
  const root = makeSite(t, { "a.js": TEXT });
  const { code, stdout, stderr } = await run([root]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^a\.js gzip: 4\.1 KiB -> \d+ B$/m);
  assert.match(stdout, /^1 compressible file: 3 precompressed files written, 0 already up to date$/m);
  assert.match(stdout, /^ {2}br +1 file +4\.1 KiB -> +\d+ B, 9\d % saved$/m);
  assert.match(
    (await run([root])).stdout,
    /^1 compressible file: 0 precompressed files written, 3 already up to date$/m,
  );
});

test("precompress() writes differences to a previous release, and says which folder does not exist", async (t) => {
  const previous = makeSite(t, { "app-BxK3f9aZ.js": script("one") });
  const root = makeSite(t, { "app-CyL4g0bA.js": script("two") });
  const { code, stdout } = await run([root, "--previous", previous]);
  assert.equal(code, 0);
  assert.match(stdout, /^app-CyL4g0bA\.js dcb: 19\.6 KiB -> \d+ B$/m);
  assert.match(stdout, /^ {2}dcb +1 file +19\.6 KiB -> +\d+ B, 100 % saved$/m);
  const missing = await run([root, "--previous", join(previous, "no")]);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /^heddle: --previous .*no does not exist\.\n$/);
});

test("precompress() draws a bar on a terminal, no wider than it, and takes it away for the summary", async (t) => {
  const { stdout } = await run([makeSite(t, { "a.js": TEXT })], { isTTY: true });
  const drawn = stdout.split("\r\x1b[K");
  assert.match(drawn[1]!, /░ {3}0 %/);
  assert.ok(drawn.slice(0, -1).every((line) => line.length < 60 && !line.includes("\n")));
  assert.match(drawn.at(-1)!, /^1 compressible file: /);
});

test("precompress() writes the codings that are asked for, for files of the size that is asked for", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "b.js": `${TEXT}${TEXT}` });
  const { code } = await run([root, "--codings", "gzip,br", "--min-size", "5000", "--quiet"]);
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(root).sort(), ["a.js", "b.js", "b.js.br", "b.js.gz"]);
});

test("precompress() says what it would do, and does not", async (t) => {
  const root = makeSite(t, { "a.js": TEXT });
  const { stdout } = await run([root, "--dry-run"], { isTTY: true });
  assert.match(stdout, /^a\.js br: 4\.1 KiB, would be compressed$/m);
  assert.match(stdout, /nothing written/);
  assert.ok(!existsSync(join(root, "a.js.br")));
});

test("precompress() prints only errors with --quiet", async (t) => {
  const root = makeSite(t, { "a.js": TEXT });
  mkdirSync(join(root, "a.js.br"));
  const { code, stdout, stderr } = await run([root, "--quiet"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^heddle: a\.js: /);
});

test("precompress() gives 130 when it is interrupted, and says so", async (t) => {
  const { code, stdout } = await run([makeSite(t, { "a.js": TEXT })], { signal: AbortSignal.abort() });
  assert.equal(code, 130);
  assert.match(stdout, /; interrupted$/m);
});

test("precompress() never writes what a file name would do to a terminal", async (t) => {
  const { stdout } = await run([makeSite(t, { "a\x1b[2J.js": TEXT }), "--codings", "gzip"]);
  assert.match(stdout, /^a\\x1b\[2J\.js gzip/m);
});

const mistakes: [argv: string[], stderr: RegExp][] = [
  [[], /^heddle: name the folder: heddle precompress dist\n/],
  [["a", "b"], /too many arguments/],
  [
    ["a", "--codings", "br,deflate"],
    /^heddle: --codings: found "br,deflate", wanted some of br, zstd and gzip, separated by commas\n/,
  ],
  [["a", "--codings", ""], /--codings: found "", wanted some of br, zstd and gzip/],
  [["a", "--codings", "\x1b[2J"], /--codings: found "\\u001b\[2J", wanted /],
  [["a", "--min-size", "1k"], /^heddle: --min-size: found "1k", wanted a whole number of bytes\n/],
  [["a", "--nonsense"], /unknown option '--nonsense'/],
];
for (const [argv, stderr] of mistakes) {
  test(`precompress() refuses ${JSON.stringify(argv)}`, async () => {
    const found = await run(argv);
    assert.equal(found.code, 2);
    assert.match(found.stderr, /^heddle: /);
    assert.match(found.stderr, stderr);
  });
}

test("precompress() counts one precompressed file as one", async (t) => {
  const root = makeSite(t, { "a.js": "let a;\n".repeat(1000) });
  assert.match(
    (await run([root, "--codings", "gzip"])).stdout,
    /: 1 precompressed file written, 0 already up to date$/m,
  );
});

for (const [name, problem] of [
  ["missing", "does not exist"],
  ["a.js", "is a file, not a folder"],
] as const) {
  test(`precompress() says of the root ${name} that it ${problem}`, async (t) => {
    const root = join(makeSite(t, { "a.js": TEXT }), name);
    assert.deepEqual(await run([root]), { code: 1, stdout: "", stderr: `heddle: ${root} ${problem}.\n` });
  });
}

test("precompress() explains itself", async () => {
  const { code, stdout } = await run(["--help"]);
  assert.equal(code, 0);
  for (const flag of ["--codings", "--previous", "--min-size", "--dry-run", "--quiet"])
    assert.ok(stdout.includes(flag));
});
