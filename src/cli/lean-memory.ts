// Keeps memory small that nobody uses any more. Three owners hold on to it: V8's heap, contents of files that wait for the
// collector, and malloc. The settings hold for all threads of the process, so only the command makes them: the process is
// its own. Measured with bench/replaced-files.ts.
import { setFlagsFromString } from "node:v8";

/**
 * V8 lets the old part of a heap grow to several times of what is alive before it collects. A cache that is full of
 * plans, and exchanges some of them all the time, would take that memory for good. How much of a heap may be garbage, in
 * percent of what is alive. V8 decides by itself below a few MiB.
 */
const GROWTH_PERCENT = 20;

/**
 * How often memory is given back, and how much the process must have grown since the last time. Threads that allocate
 * wait for it: half a millisecond for each MiB, so it is done often, and not for little.
 */
const TRIM_EACH_MS = 5_000;
const TRIM_GROWTH_BYTES: number = 8 * 1024 * 1024;

/** Works for threads that start later. A million random files cost no more CPU (measured), and 40 MiB less. */
export function keepHeapLean(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** On Linux with glibc; elsewhere malloc does it. Keeps no process running. */
export function giveMemoryBack(): void {
  if (process.platform !== "linux") return;
  let leastBytes = process.memoryUsage.rss();
  setInterval(async () => {
    const residentBytes = process.memoryUsage.rss();
    if (residentBytes < leastBytes + TRIM_GROWTH_BYTES) {
      leastBytes = Math.min(leastBytes, residentBytes);
      return;
    }
    const trim = await loadTrim();
    trim?.();
    leastBytes = process.memoryUsage.rss();
  }, TRIM_EACH_MS).unref();
}

/** Undefined where Node has no node:ffi. */
async function loadTrim(): Promise<(() => void) | undefined> {
  try {
    return (await import("../linux/trim-memory.ts")).trimMemory;
  } catch {
    return undefined;
  }
}
