import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { makeSite } from "../../../test/support/site.ts";

const run = promisify(execFile);
const ENTRY = JSON.stringify(import.meta.resolve("./worker-entry.ts"));
const SERVER = JSON.stringify(import.meta.resolve("../../server.ts"));

for (const options of [{ threads: 2 }, { threads: "per-connection" }, { threads: 2, transport: "portable" }] as const) {
  test(`startWorkerEarly() gives the first thread its worker, with ${JSON.stringify(options)}`, async (t) => {
    const root = makeSite(t, { "index.html": "early" });
    const program = `
      import { startWorkerEarly } from ${ENTRY};
      import { createServer } from ${SERVER};
      let count = 0;
      process.on("worker", () => count++);
      startWorkerEarly();
      await using server = createServer(${JSON.stringify({ ...options, root, port: 0 })});
      await server.listen();
      const names = server.threads.threads.map(({ thread, state }) => thread + " " + state);
      console.log(count, names[0], await (await fetch(server.url)).text());`;
    const file = join(makeSite(t, { "program.mjs": program }), "program.mjs");
    const { stdout } = await run(process.execPath, [file]);
    const count = options.threads === 2 ? 2 : 4;
    assert.equal(stdout, `${count} 1 ready early\n`);
  });
}

test("startWorkerEarly() lets the process end", async (t) => {
  const program = `import { startWorkerEarly } from ${ENTRY}; startWorkerEarly();`;
  const file = join(makeSite(t, { "program.mjs": program }), "program.mjs");
  const child = execFile(process.execPath, [file]);
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

// V8 that compiled a call of node:ffi in the background ended the process when the thread ended meanwhile.
test("startWorker() gives a thread that compiles its functions by itself", async (t) => {
  const root = makeSite(t, {
    "hot.mjs":
      "let sum = 0; function hotFunction(number) { sum += number; } for (let n = 0; n < 1e6; n++) hotFunction(n);",
    "program.mjs": `
      import { startWorker } from ${ENTRY};
      startWorker({ url: new URL("./hot.mjs", import.meta.url) }, { number: 2 });`,
  });
  const { stdout } = await run(process.execPath, ["--trace-opt", join(root, "program.mjs")]);
  const modes = Array.from(
    stdout.matchAll(/compiling method .*<JSFunction hotFunction .* mode: (.+)]/g),
    ([, mode]) => mode,
  );
  assert.deepEqual(new Set(modes), new Set(["ConcurrencyMode::kSynchronous"]));
});
