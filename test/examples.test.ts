// Every program in examples/ runs, ends, and prints what it is there to show.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const FOLDER = join(import.meta.dirname, "../examples");

const cases: { file: string; prints: RegExp }[] = [
  {
    file: "abort.ts",
    prints:
      /^(?:bind|node:net).*\nthread 1 connection 1 opened .* < HEAD \/ HTTP\/1\.1\n.* > HTTP\/1\.1 200 OK\n.*\nclosed\n$/s,
  },
  {
    file: "embed.ts",
    prints: /^http:\/\/localhost:\d+\/ answers 200 with text\/html; charset=utf-8\nits title is \S.*\nclosed\n$/,
  },
  {
    file: "engine.ts",
    prints:
      /^at 0 ms, the deadline is 10000 ms\nhead POST \/a\ncontent hello\nend\n.*\nfinish\n> HTTP\/1\.1 200 OK\r\n.*> HTTP\/1\.1 400 Bad Request\r\n.*\nat 1 ms, the deadline is 2001 ms\n$/s,
  },
];

for (const { file, prints } of cases) {
  test(`examples/${file} runs and prints what it shows`, async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(FOLDER, file)]);
    assert.match(stdout, prints);
    assert.equal(stderr, "");
  });
}

test("examples/ has no program that is not run here", () => {
  const programs = readdirSync(FOLDER).filter((name) => name.endsWith(".ts"));
  assert.deepEqual(
    programs.toSorted(),
    cases.map(({ file }) => file),
  );
});
