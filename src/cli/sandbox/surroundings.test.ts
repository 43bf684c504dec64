// Which folders are covered so that a site or a certificate can be replaced.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import { aroundFile, aroundFolder } from "./surroundings.ts";

const plain: readonly (readonly [path: string, folders: string[]])[] = [
  ["/", ["/"]],
  ["/heddle-none", ["/heddle-none"]],
  ["/heddle-none/site", ["/heddle-none"]],
  ["/heddle-none/www/site", ["/heddle-none/www"]],
  ["/heddle-none/www/site/public", ["/heddle-none/www"]],
  ["/heddle-none/www/a/site/public", ["/heddle-none/www/a"]],
];

for (const [path, folders] of plain) {
  test(`aroundFolder() of ${path} is ${folders.join(", ") || "nothing"}`, () => {
    assert.deepEqual(aroundFolder(path), folders);
  });
}

test("aroundFolder() covers where a link is and where it leads, and so for a link to a link", (t) => {
  const top = makeSite(t);
  for (const folder of ["a", "b", "c/releases/7/public"]) mkdirSync(join(top, folder), { recursive: true });
  symlinkSync("../b/current", join(top, "a/site"));
  symlinkSync(join(top, "c/releases/7"), join(top, "b/current"));
  const covered = aroundFolder(join(top, "a/site/public"));
  for (const folder of ["a", "b", "c/releases"]) assert.ok(covered.includes(join(top, folder)), folder);
  assert.ok(!covered.includes(top));
});

test("aroundFolder() ends with links in a circle", (t) => {
  const top = makeSite(t);
  symlinkSync("b", join(top, "a"));
  symlinkSync("a", join(top, "b"));
  assert.ok(aroundFolder(join(top, "a")).includes(top));
});

test("aroundFile() covers no more than the file at the top of the file system", () => {
  assert.deepEqual(aroundFile("/heddle-none.pem"), ["/heddle-none.pem"]);
});

test("aroundFile() covers a certificate that is a link into an archive", (t) => {
  const top = makeSite(t, { "archive/x/cert1.pem": "", "live/x/README": "" });
  symlinkSync("../../archive/x/cert1.pem", join(top, "live/x/cert.pem"));
  assert.deepEqual(aroundFile(join(top, "live/x/cert.pem")).toSorted(), [join(top, "archive/x"), join(top, "live/x")]);
});
