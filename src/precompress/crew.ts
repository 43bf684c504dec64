// As many threads as there are orders, up to one for each core; each is given the next order when it has done one.
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Order, Outcome } from "./thread.ts";

const ENTRY = new URL(`./thread${extname(import.meta.filename)}`, import.meta.url);

/**
 * Resolves when every outcome is taken, or the signal aborts; then the threads are gone. What `take` throws it rejects
 * with.
 * @param take goes on while its thread has the next order, but no longer, so that no results pile up
 */
export async function encodeAll<T extends Order>(
  orders: readonly T[],
  take: (order: T, outcome: Outcome) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = orders.values();
  const count = Math.min(orders.length, availableParallelism());
  await Promise.all(Array.from({ length: count }, () => encodeSome(waiting, take, signal)));
}

async function encodeSome<T extends Order>(
  waiting: Iterator<T>,
  take: (order: T, outcome: Outcome) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const thread = new Worker(ENTRY);
  let taking = Promise.resolve();
  try {
    for (let next = waiting.next(); !next.done && !signal.aborted; next = waiting.next()) {
      const { path, coding } = next.value;
      const [outcome] = await Promise.all([order(thread, { path, coding }, signal), taking]);
      if (outcome !== undefined && !signal.aborted) taking = take(next.value, outcome);
    }
    await taking;
  } finally {
    await thread.terminate();
  }
}

/** Undefined when the signal aborts first. A thread that dies, of too little memory most likely, rejects. */
function order(thread: Worker, what: Order, signal: AbortSignal): Promise<Outcome | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome | undefined>();
  const onAbort = (): void => resolve(undefined);
  signal.addEventListener("abort", onAbort);
  thread.once("message", resolve);
  thread.once("error", reject);
  thread.postMessage(what);
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    thread.off("message", resolve);
    thread.off("error", reject);
  });
}
