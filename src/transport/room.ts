// Which connections are closed when a server has no place for a new one: those that have waited longest for a request,
// because closing them loses nothing, or those whose request has begun and does not go on. Both transports ask here.
import type { Http1Limits } from "../http1/limits.ts";
import type { Engine } from "./engine.ts";

/** A connection, as one that may have to go. */
export interface Guest {
  readonly connection: Engine;
  /** Whether nothing would be lost if the connection were closed. */
  readonly isIdle: boolean;
  destroy(): void;
}

/** How many are closed at once: to look for them takes a while. */
const ROOM_COUNT = 8;
/** A connection that has waited for less, in ms, stays: its request, or the rest of it, may be on its way. */
const LEAST_WAIT_MS = 1_000;

/** Closes a few connections, those that have waited longest. @returns whether there is room now */
export function makeRoom(guests: Iterable<Guest>, limits: Http1Limits, now: number): boolean {
  const leaving = whoCanGo(guests, limits, now)
    .sort((one, other) => one.connection.deadline - other.connection.deadline)
    .slice(0, ROOM_COUNT);
  for (const guest of leaving) guest.destroy();
  return leaving.length > 0;
}

/**
 * Connections that have asked nothing yet go first. Then those go that have been served and are idle, or those that are in
 * the middle of a head, whichever are more. So a flood of heads that never end pushes out itself, and not who was served.
 */
export function whoCanGo(guests: Iterable<Guest>, limits: Http1Limits, now: number): Guest[] {
  const fresh: Guest[] = [];
  const served: Guest[] = [];
  const inHead: Guest[] = [];
  let inHeadCount = 0;
  for (const guest of guests) {
    const { connection, isIdle } = guest;
    if (connection.isInHead) inHeadCount++;
    if (!isIdle && !connection.isInHead) continue;
    // The deadline is the end of this wait.
    const beganAt = connection.deadline - (isIdle ? limits.idleTimeoutMs : limits.headTimeoutMs);
    if (beganAt > now - LEAST_WAIT_MS) continue;
    if (!isIdle) inHead.push(guest);
    else if (connection.isFresh) fresh.push(guest);
    else served.push(guest);
  }
  if (fresh.length > 0) return fresh;
  return served.length > inHeadCount ? served : inHead;
}
