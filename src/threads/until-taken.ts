// When a server that stops may close its listening sockets: connections wait in their queues, and others are about to.

/**
 * How long what is under way is waited for, in ms: the end of a handshake, and requests on connections that look idle. It is
 * the way to the client and back; clients that are farther away have to try again.
 */
export const ROUND_TRIP_MS = 100;
const CHECK_MS = 2;

/**
 * Resolves when no connection has to be accepted any more, new ones being held off, or after `graceMs`.
 * @param isAwaited whether connections wait to be accepted
 */
export async function untilTaken(isAwaited: () => boolean | Promise<boolean>, graceMs: number): Promise<void> {
  const began = performance.now();
  const leftMs = (): number => graceMs - (performance.now() - began);
  if (graceMs > 0) await pass(Math.min(ROUND_TRIP_MS, graceMs));
  while (leftMs() > 0 && (await isAwaited())) await pass(Math.min(CHECK_MS, leftMs()));
}

/** A thread would load node:timers/promises for this alone. */
function pass(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeMs));
}
