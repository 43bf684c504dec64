// zsync fetches a new version of a large file by the ranges that an old version lacks. It reads multipart/byteranges by
// hand, and asks for many ranges at a time: a reader as strict as this one is found among few clients.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startServer, TRANSPORTS } from "../support/server.ts";
import { makeSite } from "../support/site.ts";

const BLOCK_BYTES = 2048;
const BLOCK_COUNT = 1000;

const run = promisify(execFile);

for (const transport of TRANSPORTS) {
  test(`zsync finishes a file of many ranges over the ${transport} transport`, { skip: whyNot() }, async (t) => {
    const wanted = randomBytes(BLOCK_COUNT * BLOCK_BYTES);
    const root = makeSite(t, { "image.iso": wanted });
    const { port } = await startServer(t, { root, transport, threads: 1 });
    const url = `http://127.0.0.1:${port}/image.iso`;
    execFileSync("zsyncmake", [
      "-b",
      String(BLOCK_BYTES),
      "-u",
      url,
      "-o",
      join(root, "image.zsync"),
      join(root, "image.iso"),
    ]);

    const former = Buffer.from(wanted);
    for (let block = 3; block < BLOCK_COUNT; block += 7) former.fill(0, block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
    const folder = makeSite(t);
    writeFileSync(join(folder, "former.iso"), former);
    const { stdout } = await run(
      "zsync",
      ["-q", "-i", "former.iso", "-o", "new.iso", `http://127.0.0.1:${port}/image.zsync`],
      { cwd: folder, timeout: 20_000 },
    );
    assert.ok(readFileSync(join(folder, "new.iso")).equals(wanted), stdout);
  });
}

function whyNot(): string | false {
  try {
    execFileSync("zsyncmake", ["-V"], { stdio: "ignore" });
    return false;
  } catch {
    return "there is no zsync here: test/clients/setup installs it";
  }
}
