// The memory of all limits, which the supervisor makes once and every thread shares. The system gives pages of it only where
// something is written, so limits that nobody sets cost nothing.
import { tableBytes } from "./bucket-table.ts";

/** Clients that are remembered at once, in 1 MiB; nginx remembers 16,000 of them in as much. */
export const CLIENT_COUNT = 65_536;
/** Limits that all clients of a site share: two for each of a thousand sites, and room so that none gives way to another. */
export const TOTAL_COUNT = 8192;

/** The key of the hash, and behind it whether it is set. */
export const HEADER_BYTES = 64;

export function newLimitMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + tableBytes(CLIENT_COUNT) + tableBytes(TOTAL_COUNT));
}
