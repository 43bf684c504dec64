// Out of descriptors: the server neither spins nor dies, and makes room by closing who has waited longest.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { RawClient } from "./support/raw-client.ts";

const MAIN = join(import.meta.dirname, "..", "src", "cli", "main.ts");
const DESCRIPTOR_LIMIT = 100;

if (process.platform === "linux") {
  test("the kernel transport serves on when descriptors run out", { timeout: 60_000 }, async (t) => {
    const root = await mkdtemp(join(tmpdir(), "heddle-descriptors-"));
    await writeFile(join(root, "index.html"), "still here");
    const options = `--port 0 --threads 2 --transport kernel`;
    const command = `ulimit -n ${DESCRIPTOR_LIMIT} && exec "$0" "$@"`;
    const child = spawn("sh", ["-c", command, process.execPath, MAIN, root, ...options.split(" ")]);
    t.after(async () => {
      child.kill("SIGKILL");
      await rm(root, { recursive: true });
    });
    const exited = once(child, "exit");
    const port = await portOf(child);
    const clients = await Promise.all(Array.from({ length: 2 * DESCRIPTOR_LIMIT }, () => RawClient.open(port)));
    // The last ones wait in the listen queue until those before them were closed for it.
    const last = clients.at(-1)!;
    const response = await last.request("GET", "/");
    assert.ok([200, 503].includes(response.status), String(response.status));
    assert.ok(clients.filter((client) => client.isEnded).length > 0);
    for (const client of clients) client.close();
    const next = await RawClient.open(port);
    assert.equal((await next.request("GET", "/")).body.toString(), "still here");
    next.close();
    child.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
  });
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface(child.stdout!)) {
    const port = /http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("the command ended without a URL");
}
