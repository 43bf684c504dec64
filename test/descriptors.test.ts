// Out of descriptors: the server neither spins nor dies, and makes room by closing who has waited longest.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { printedPort } from "./support/printed-port.ts";
import { RawClient } from "./support/raw-client.ts";
import { makeSite } from "./support/site.ts";

const MAIN = join(import.meta.dirname, "..", "src", "cli", "main.ts");
const DESCRIPTOR_LIMIT = 100;

if (process.platform === "linux") {
  test("the kernel transport serves on when descriptors run out", { timeout: 60_000 }, async (t) => {
    const root = makeSite(t, { "index.html": "still here" });
    const options = `--port 0 --threads 2 --transport kernel`;
    const command = `ulimit -n ${DESCRIPTOR_LIMIT} && exec "$0" "$@"`;
    const child = spawn("sh", ["-c", command, process.execPath, MAIN, root, ...options.split(" ")]);
    t.after(() => child.kill("SIGKILL"));
    const exited = once(child, "exit");
    const port = await printedPort(child);
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
