// Closes a listening socket of node:net, and loses no connection that waits in its queue.
import type { Server } from "node:net";
import { untilTaken } from "./until-taken.ts";

/** A turn of the event loop accepts what has come before it; in the first one, this may have been done already. */
const QUIET_TURN_COUNT = 2;

/** Accepts what waits, for `graceMs` at most, then closes. The listener for "connection" goes on serving. */
export async function closeWhenTaken(server: Server, graceMs: number): Promise<void> {
  let acceptedCount = 0;
  server.on("connection", () => acceptedCount++);
  const endHold = graceMs > 0 ? await holdOffNew(server) : undefined;
  await untilTaken(() => grows(() => acceptedCount), graceMs);
  server.close();
  endHold?.();
}

/** Whether connections were accepted within the next turns: then more may wait. */
export async function grows(acceptedCount: () => number): Promise<boolean> {
  const before = acceptedCount();
  for (let turn = 0; turn < QUIET_TURN_COUNT; turn++) await new Promise(setImmediate);
  return acceptedCount() !== before;
}

/**
 * Where the kernel can: elsewhere, a connection that comes between the last turn and `close` is lost.
 * @returns what ends it, to be called when the server is closed
 */
export async function holdOffNew(server: Server): Promise<(() => void) | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const { holdOff } = await import("../transport/kernel/listening-calls.ts");
    // Asked only now: it may have been closed or parked meanwhile.
    const fd = descriptorOf(server);
    return fd < 0 ? undefined : holdOff(fd);
  } catch {
    return undefined; // there is no node:ffi, or it is not allowed
  }
}

/** node:net does not say it, but has it where descriptors exist. */
function descriptorOf(server: Server): number {
  return (server as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
}
