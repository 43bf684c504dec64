// What the server says of its own health: alive while a thread responds, ready while new connections are wanted. A
// balancer is told that the server stops before it does, so that it sends nobody any more.
import type { ThreadsSnapshot } from "../threads/supervisor/events.ts";
import type { AdminView } from "./view.ts";

export interface Health {
  readonly isWell: boolean;
  /** A few words for people; programs look at the status. */
  readonly reason: string;
}

const WELL: Health = { isWell: true, reason: "ok" };

/** Some thread's event loop turns. A server that still starts has none yet, and must not be ended for it. */
export function liveness({ phase, threads, options }: AdminView): Health {
  return phase === "starting" || hasResponsive(threads, options.stallTimeoutMs) ? WELL : NO_THREAD;
}

export function readiness({ phase, threads, options }: AdminView): Health {
  if (phase !== "serving") return { isWell: false, reason: phase };
  return hasResponsive(threads, options.stallTimeoutMs) ? WELL : NO_THREAD;
}

const NO_THREAD: Health = { isWell: false, reason: "no thread responds" };

function hasResponsive({ threads }: ThreadsSnapshot, stallTimeoutMs: number): boolean {
  return threads.some(({ state, silentMs }) => state === "ready" && silentMs < stallTimeoutMs);
}
