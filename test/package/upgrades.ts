// Tests with two versions of the package, as npm installs them: the second takes the first one's folder, as an installation
// does, and then its place, while clients go on asking. For installed.package.ts, which has built and installed it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { Command } from "../support/command.ts";
import type { InstalledPackage } from "../support/installed-package.ts";
import { makeSite } from "../support/site.ts";
import { until } from "../support/until.ts";

const skip = process.platform === "linux" ? false : "needs Linux";
const NEXT = "99.0.0";
/** At least, before, during and after the upgrade together: each on a connection of its own. */
const REQUEST_COUNTS: Readonly<Record<string, number>> = { 2: 2_000, "per-connection": 200 };
const CLIENT_COUNT = 4;

/** Puts a package of another version into the folder of this one. */
function replacePackage(root: string, version: string): void {
  const next = join(dirname(root), "heddle-next");
  const former = join(dirname(root), `heddle-former-${version}-${process.hrtime.bigint()}`);
  cpSync(root, next, { recursive: true });
  const file = join(next, "package.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version }));
  renameSync(root, former);
  renameSync(next, root);
}

async function ask(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 200 .*two versions$/s);
}

/** @param installed asked when the tests run */
export function testUpgrades(installed: () => InstalledPackage): void {
  for (const transport of ["kernel", "portable"]) {
    for (const threads of ["2", "per-connection"]) {
      test(`a new version of the package takes over, ${transport}, threads ${threads}`, { skip }, async (t) => {
        const { main, root: place } = copyOf(t, installed());
        replacePackage(place, "98.0.0");
        const root = makeSite(t, { "index.html": "two versions" });
        const argv = [root, "--no-config", "--listen", "127.0.0.1:0", "--threads", threads, "--transport", transport];
        const former = new Command(t, argv, { main });
        const port = Number(new URL(await former.url()).port);
        const requestCount = REQUEST_COUNTS[threads]!;
        let askedCount = 0;
        let isOver = false;
        const client = async (): Promise<void> => {
          while (askedCount++ < requestCount || !isOver) await ask(port);
        };
        const clients = Promise.all(Array.from({ length: CLIENT_COUNT }, client));
        clients.catch(() => {
          isOver = true; // awaited below
        });
        await until(() => askedCount > requestCount / 8 || isOver);
        replacePackage(place, NEXT);
        const upgrade = new Command(t, ["upgrade", "--pid", String(former.child.pid)], { main });
        assert.equal(await upgrade.ended(), 0, upgrade.stderr);
        const [, pid] = /^heddle 99\.0\.0 serves as process (\d+); 98\.0\.0, process \d+, /.exec(upgrade.stdout)!;
        t.after(() => process.kill(Number(pid), "SIGKILL"));
        await until(() => former.child.exitCode !== null);
        isOver = true;
        await clients;
        t.diagnostic(`${askedCount} requests`);
        assert.equal(former.child.exitCode, 0);
      });
    }
  }
}

/** Of its own: the folder is replaced. */
function copyOf(t: TestContext, { folder, root, main }: InstalledPackage): { root: string; main: string } {
  const copy = makeSite(t);
  cpSync(join(folder, "node_modules"), join(copy, "node_modules"), { recursive: true });
  return { root: join(copy, relative(folder, root)), main: join(copy, relative(folder, main)) };
}
