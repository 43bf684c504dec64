import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import { dictionary } from "./dictionary.ts";

const HEADER = Array.from({ length: 30 }, (_, index) => `<a href="/${index}/">chapter ${index}</a>`).join("\n");
const pageWith = (text: string): string => `<html><head><title>${text}</title></head>${HEADER}<p>${text}`;
const PAGES = { "a.html": pageWith("a"), "b/index.html": pageWith("b"), "c.html": pageWith("c"), "x.txt": HEADER };

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const code = await dictionary(argv, { stdout: output("stdout"), stderr: output("stderr") });
  return { code, ...written };
}

const dictionariesIn = (root: string): string[] => readdirSync(root).filter((name) => name.endsWith(".dict.txt"));

test("dictionary() writes what pages have in common, and prints how a page names it", async (t) => {
  const root = makeSite(t, PAGES);
  const { code, stdout, stderr } = await run(root);
  assert.deepEqual([code, stderr], [0, ""]);
  const [name] = dictionariesIn(root);
  assert.match(name!, /^pages-[\da-f]{20}\.dict\.txt$/);
  const shared = readFileSync(join(root, name!), "utf8");
  for (const line of HEADER.split("</a>\n")) assert.ok(shared.includes(line.replace("</a>", "")));
  assert.match(stdout, new RegExp(`^${name}: \\d+ bytes of 3 pages, \\d+ as Brotli\n`));
  assert.ok(stdout.includes(`<link rel="compression-dictionary" href="/${name}">`));
  assert.equal(readFileSync(join(root, "a.html"), "utf8"), PAGES["a.html"]);
});

test("dictionary() writes the link into the pages, and again in place of an earlier one", async (t) => {
  const root = makeSite(t, PAGES);
  const { code, stdout } = await run(root, "--insert");
  assert.equal(code, 0);
  assert.match(stdout, /^3 pages changed/m);
  const [name] = dictionariesIn(root);
  const link = `<link rel="compression-dictionary" href="/${name}">`;
  const linked = readFileSync(join(root, "b/index.html"), "utf8");
  assert.equal(linked, PAGES["b/index.html"].replace("</head>", `${link}</head>`));
  const { mtimeMs } = statSync(join(root, "a.html"));
  assert.match((await run(root, "--insert")).stdout, /^0 pages changed/m);
  assert.equal(statSync(join(root, "a.html")).mtimeMs, mtimeMs);
  assert.deepEqual(dictionariesIn(root), [name]);
  await run(root, "--insert", "--size", "600");
  const other = dictionariesIn(root).find((one) => one !== name)!;
  assert.equal(
    readFileSync(join(root, "a.html"), "utf8")
      .match(/<link[^>]*>/g)
      ?.join(),
    link.replace(name!, other),
  );
});

test("dictionary() leaves the permissions of pages as they were, whatever the umask", async (t) => {
  const root = makeSite(t, PAGES);
  chmodSync(join(root, "a.html"), 0o666);
  assert.equal((await run(root, "--insert")).code, 0);
  assert.equal(statSync(join(root, "a.html")).mode & 0o777, 0o666);
});

test("dictionary() writes nothing for pages that have nothing in common", async (t) => {
  const root = makeSite(t, { "a.html": "a", "b.html": "b" });
  const { code, stdout } = await run(root);
  assert.deepEqual([code, stdout], [0, "2 pages have nothing in common that is worth a dictionary\n"]);
  assert.deepEqual(dictionariesIn(root), []);
});

const mistakes: readonly [argv: string[], code: number, wanted: RegExp][] = [
  [[], 2, /name one folder/],
  [["a", "b"], 2, /name one folder/],
  [["a", "--size", "x"], 2, /--size: found "x", wanted bytes/],
  [["a", "--sise", "1"], 2, /--sise/],
  [["/no/such/folder"], 1, /does not exist/],
];
for (const [argv, code, wanted] of mistakes) {
  test(`dictionary(${argv.join(" ")}) says what is wrong`, async () => {
    const found = await run(...argv);
    assert.equal(found.code, code);
    assert.match(found.stderr, wanted);
  });
}
