// A build that replaces files all the time, under a command whose caches hold next to nothing: its memory must not grow.
// What it holds is what is resident, whether V8, the contents of files, zlib or malloc holds it. bench/replaced-files.ts
// does the same at a steady rate, for minutes.
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Command } from "./support/command.ts";
import { RawClient } from "./support/raw-client.ts";
import { makeSite } from "./support/site.ts";

const LIMIT_BYTES = 1_000_000;
const MEBIBYTE = 1024 * 1024;
/** Beyond the bounds of both caches. */
const GROWTH_LIMIT_BYTES: number = 2 * LIMIT_BYTES + 40 * MEBIBYTE;
const WARM_UP_COUNT = 200;
const REPLACED_COUNT = 300;
const FILE_BYTES = 100_000;

if (process.platform === "linux") {
  test("memory does not grow while files are replaced and encoded again and again", { timeout: 240_000 }, async (t) => {
    const script = readFileSync(fileURLToPath(import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")));
    const root = makeSite(t);
    const argv = [root, "--port", "0", "--threads", "2", "--no-config", "--revalidate", "0"];
    const limits = { HEDDLE_CACHE_LIMIT_BYTES: `${LIMIT_BYTES}`, HEDDLE_ENCODED_LIMIT_BYTES: `${LIMIT_BYTES}` };
    const command = new Command(t, argv, { environment: limits });
    const clients = await openClients(Number(new URL(await command.url()).port));
    t.after(() => {
      for (const client of clients) client.close();
    });
    const replace = async (version: number): Promise<void> => {
      const start = (version * 3001) % (script.length - FILE_BYTES);
      writeFileSync(join(root, "new"), script.subarray(start, start + FILE_BYTES));
      renameSync(join(root, "new"), join(root, `${version % 50}.js`));
      for (const coding of ["br", "zstd", "gzip"]) {
        const ask = (client: RawClient) =>
          client.request("GET", `/${version % 50}.js`, `Accept-Encoding: ${coding}\r\n`);
        await Promise.all(clients.map(ask));
      }
    };
    for (let version = 0; version < WARM_UP_COUNT; version++) await replace(version);
    const before = residentBytes(command);
    let most = 0;
    for (let version = 0; version < REPLACED_COUNT; version++) {
      await replace(version + WARM_UP_COUNT);
      most = Math.max(most, residentBytes(command));
    }
    t.diagnostic(`${Math.round(before / MEBIBYTE)} MiB before, ${Math.round(most / MEBIBYTE)} MiB at most`);
    assert.ok(most - before < GROWTH_LIMIT_BYTES, `grew from ${before} to ${most} bytes`);
  });
}

/** As many as lead to both threads. */
function openClients(port: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: 4 }, () => RawClient.open(port)));
}

function residentBytes({ child }: Command): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
