// Entry point of a thread that serves. The class has a file of its own, so that tests need no thread for it.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessagePort, parentPort, workerData } from "node:worker_threads";
import type { CompiledCode, StartData } from "../messages.ts";
import { ChunkLoader } from "./chunk-loader.ts";

const given: StartData | MessagePort = workerData;
const loader = given instanceof MessagePort || given.code === undefined ? undefined : new ChunkLoader(given.code);
// In the package, the next line loads by this. From source, the files are TypeScript, which Node loads.
const folder = dirname(fileURLToPath(import.meta.url));
if (loader !== undefined) Object.assign(import.meta, { load: (path: string) => loader.require(join(folder, path)) });
const { ServingThread } = await import("./serving-thread.ts");

/** Undefined when there is nothing new to hand over. */
const collect = (): CompiledCode | undefined =>
  loader === undefined || loader.missCount === 0 ? undefined : loader.collect();

const start = given instanceof MessagePort ? await receive(given) : given;
if (start.ruleset !== undefined) (await import("../../linux/landlock.ts")).restrictThread(start.ruleset);
await ServingThread.start(start, parentPort!, collect);

/** A worker that was started early has its code loaded by now, and waits here to be used: see worker-entry.ts. */
function receive(port: MessagePort): Promise<StartData> {
  // Likely to be used next. Without node:ffi it cannot be loaded, and is not used.
  if (process.platform === "linux") ServingThread.loadKernel().catch(() => {});
  return new Promise((resolve) => port.once("message", resolve));
}
