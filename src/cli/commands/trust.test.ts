import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import type { Io } from "./io.ts";
import { trust } from "./trust.ts";

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user with a profile of Chromium, and with nothing on the PATH but a certutil that writes down what it was asked. */
function user(t: TestContext) {
  const home = makeSite(t, { ".pki/nssdb/cert9.db": "", "bin/certutil": "" });
  const log = join(home, "log");
  writeFileSync(join(home, "bin/certutil"), `#!/bin/sh\necho "$@" >> '${log}'\n`);
  chmodSync(join(home, "bin/certutil"), 0o755);
  const environment = { HOME: home, PATH: join(home, "bin"), XDG_CONFIG_HOME: join(home, "config") };
  const run = async (...argv: string[]): Promise<Run> => {
    const written = { stdout: "", stderr: "" };
    const output = (name: keyof typeof written) => ({ write: (text: string) => (written[name] += text) });
    const io = { environment, cwd: home, version: "0", signal: new AbortController().signal };
    const status = await trust(argv, { ...io, stdout: output("stdout"), stderr: output("stderr") } satisfies Io);
    return { status, ...written };
  };
  return { home, run, asked: () => (existsSync(log) ? readFileSync(log, "utf8") : "") };
}

test("trust --dry-run makes nothing", async (t) => {
  const { home, run, asked } = user(t);
  const { status, stdout } = await run("--dry-run");
  assert.equal(status, 0);
  assert.match(stdout, /^makes an authority in .*config\/heddle\/dev\n$/);
  assert.ok(!existsSync(join(home, "config")));
  await run();
  const before = asked();
  assert.match(
    (await run("--dry-run")).stdout,
    /^Chromium:\n {2}certutil -d sql:.*nssdb -A -n heddle-dev-[\da-f]{12} /m,
  );
  assert.equal(asked(), before);
});

test("trust makes an authority, tells the browsers of it, and takes that back", async (t) => {
  const { home, run, asked } = user(t);
  const { status, stdout } = await run();
  // The store of the system needs root, or a program that is not on the PATH.
  assert.equal(status, 1);
  assert.match(stdout, /^authority: .*authority\.crt\nthe system: .+\n/);
  const file = join(home, "config/heddle/dev/authority.crt");
  assert.match(readFileSync(file, "latin1"), /^-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n$/);
  assert.match(asked(), new RegExp(`^-d sql:${home}/\\.pki/nssdb -A -n heddle-dev-[\\da-f]{12} -t C,, -i ${file}\n$`));
  await run("--remove");
  assert.match(asked(), /\n-d sql:.*nssdb -D -n heddle-dev-[\da-f]{12}\n$/);
});

test("trust tells what a program said that failed", async (t) => {
  const { home, run } = user(t);
  writeFileSync(join(home, "bin/certutil"), "#!/bin/sh\necho 'the database is locked' >&2\nexit 1\n");
  const { status, stderr } = await run();
  assert.equal(status, 1);
  assert.equal(stderr, "heddle: the database is locked\n");
});

test("trust refuses other arguments, and removes nothing where there is no authority", async (t) => {
  const { run } = user(t);
  assert.deepEqual(await run("--force"), {
    status: 2,
    stdout: "",
    stderr: "heddle: trust takes --dry-run and --remove, not --force\n",
  });
  const { status, stderr } = await run("--remove");
  assert.equal(status, 1);
  assert.match(stderr, /^heddle: found no authority in .*: nothing trusts it\n$/);
});
