// A thread that reads one configuration and ends, so that nothing of an earlier reading is left: see file.ts.
import { parentPort, workerData } from "node:worker_threads";
import { type LoadedInThread, loadConfig } from "./file.ts";

const file = workerData as string;
try {
  parentPort!.postMessage({ options: await loadConfig(file) } satisfies LoadedInThread);
} catch (error) {
  const failure = error instanceof DOMException ? `${file}: it may hold only plain values` : (error as Error).message;
  parentPort!.postMessage({ failure } satisfies LoadedInThread);
}
