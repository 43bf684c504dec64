// Encodes on several threads, at most one for each core. A thread gets its next order when it has finished one.
import { availableParallelism } from "node:os";
import { JobThread } from "../workers/job-thread.ts";
import type { Order, Outcome } from "./encode-thread.ts";

const ENTRY = new URL("./encode-thread.ts", import.meta.url);

/**
 * Resolves when `take` has handled every outcome, or the signal aborts; no thread is left then. Rejects with the error
 * that `take` throws.
 * @param take runs while its thread works on the next order; the thread then waits for it, so that no results pile up
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

/** A thread that dies, of too little memory most likely, rejects. */
async function encodeSome<T extends Order>(
  waiting: Iterator<T>,
  take: (order: T, outcome: Outcome) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const thread = new JobThread<Order, Outcome>({ entry: ENTRY });
  const onAbort = (): void => void thread.abort();
  signal.addEventListener("abort", onAbort);
  let taking = Promise.resolve();
  try {
    for (let next = waiting.next(); !next.done && !signal.aborted; next = waiting.next()) {
      const { path, coding, dictionary } = next.value;
      const [outcome] = await Promise.all([thread.run({ path, coding, dictionary }), taking]);
      if (!signal.aborted) taking = take(next.value, outcome);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await thread.abort();
  }
  await taking;
}
