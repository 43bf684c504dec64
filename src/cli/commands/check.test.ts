import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { EXAMPLE, LOCALHOST } from "../../../test/support/certificates.ts";
import { runInProcess } from "../../../test/support/command-io.ts";
import { makeSite } from "../../../test/support/site.ts";
import { check } from "./check.ts";

test("check() says what the file of the working directory sets, or the one that is named", async (t) => {
  const folder = makeSite(t, {
    "heddle.config.json": '{ "port": 0, "redirects": [{ "from": "/a", "to": "/b" }] }',
    "other.json": "{}",
  });
  const found = await runInProcess(check, folder, []);
  const path = join(folder, "heddle.config.json");
  assert.deepEqual(found, { code: 0, stdout: `${path} has no mistakes; it sets port, redirects (1).\n`, stderr: "" });
  const named = await runInProcess(check, folder, ["other.json"]);
  assert.equal(named.stdout, `${join(folder, "other.json")} has no mistakes; it sets nothing.\n`);
});

test("check() names what is not honoured of the files in the root, with status 0", async (t) => {
  const files = { _redirects: "/api/* https://a.example/:splat 200", _headers: "/*\n  X-A: b" };
  const folder = makeSite(t, { ...files, "heddle.config.json": "{}" });
  const { code, stdout, stderr } = await runInProcess(check, folder, []);
  assert.equal(code, 0);
  for (const name of Object.keys(files)) assert.ok(stdout.includes(`${join(folder, name)} is read.\n`));
  assert.match(stderr, /^heddle: \S+_redirects:1: ".*": proxies are not supported: heddle serves files only\n$/);
});

test("check() needs no configuration where there are other servers' files", async (t) => {
  const folder = makeSite(t, { "public/_redirects": "/a /b" });
  const path = join(folder, "public", "_redirects");
  assert.deepEqual(await runInProcess(check, folder, []), { code: 0, stdout: `${path} is read.\n`, stderr: "" });
});

test("check() names an option without an effect, and a flag by its own name, with status 0", async (t) => {
  const folder = makeSite(t, { "heddle.config.json": '{ "zip": true }' });
  const { code, stderr } = await runInProcess(check, folder, ["--spa"]);
  assert.equal(code, 0);
  assert.equal(
    stderr,
    `heddle: zip has no effect without listing\nheddle: --spa: there is no file /index.html in ${folder}\n`,
  );
});

test("check() reads certificates, but not one that the server makes by itself", async (t) => {
  const folder = makeSite(t, {
    "heddle.config.json": JSON.stringify({ tls: LOCALHOST, limits: { headLimitCount: 9 } }),
    "dev.json": '{ "tls": "dev" }',
  });
  const path = join(folder, "heddle.config.json");
  const { code, stdout } = await runInProcess(check, folder, []);
  assert.deepEqual([code, stdout], [0, `${path} has no mistakes; it sets tls, limits (1).\n`]);
  assert.equal((await runInProcess(check, folder, ["dev.json"])).code, 0);
});

const mistakes: [files: Record<string, string>, argv: string[], stderr: RegExp][] = [
  [{}, [], /^heddle: found no heddle\.config\.ts, \.js, \.mjs or \.json in this folder: write heddle check <file>\n$/],
  [{}, ["missing.json"], /missing\.json does not exist/],
  [{ "heddle.config.json": '{ "port": -1 }' }, [], /port: found -1, wanted a whole number from 0 to 65535/],
  [{ "heddle.config.json": '{ "root": "missing" }' }, [], /root: found ".*missing", wanted a folder that can be read/],
  [
    { "heddle.config.json": JSON.stringify({ root: "missing", tls: { cert: LOCALHOST.cert, key: EXAMPLE.key } }) },
    [],
    /^heddle: heddle\.config\.json: root: .*\nheddle: heddle\.config\.json: tls\.key: found .*, wanted the private key of the certificate in .*\n$/,
  ],
  [
    { "heddle.config.json": "{}" },
    ["--tls-cert", LOCALHOST.cert, "--tls-key", "missing.pem"],
    /^heddle: --tls-key: found ".*missing\.pem", wanted a file that can be read \(no file has that name\)\n$/,
  ],
];
for (const [files, argv, stderr] of mistakes) {
  test(`check() refuses ${JSON.stringify(argv)} with ${JSON.stringify(files)}`, async (t) => {
    const found = await runInProcess(check, makeSite(t, files), argv);
    assert.deepEqual([found.code, found.stdout], [2, ""]);
    assert.match(found.stderr, stderr);
  });
}
