// Where each count lies in a thread's slice of the shared memory: named blocks, one line each. Counts only grow, and are
// added to the totals when their thread ends. Gauges say how much there is at this moment, and end with their thread.
// Who reads and writes them: counters.ts.
import { HANDSHAKE_FAILURES } from "../tls/handshake-failure.ts";

/** Two pairs of cache lines, which x86 fetches together; Apple's lines are 128 bytes. So no two slices share a line. */
const ALIGNED_LENGTH = 256 / Float64Array.BYTES_PER_ELEMENT;

// Doubles count exactly to 2^53 and, unlike 64-bit integers, allocate nothing. Every 64-bit processor stores them
// whole, and a reader that sees a count a moment late loses nothing.
let length = 0;

/** Reserves the next places of a slice. @returns the first of them */
function block(count = 1): number {
  const start = length;
  length += count;
  return start;
}

/** So many doubles stand before the first slice, for the whole process. Only the supervisor writes them. */
export const HEADER_LENGTH: number = ALIGNED_LENGTH;
/** In the header: 1 once the server stops. */
export const STOPPING = 0;

// Gauges.
/** When the event loop turned last, on the clock of `sharedMs`; Infinity while it waits for something to do, however long. */
export const BEAT_AT: number = block();
/** TLS handshakes under way: these connections are not counted as accepted yet. */
export const PENDING: number = block();
/** 1 when connections could make room for others, when the thread has looked last; 0 otherwise. */
export const ROOM: number = block();

/** From here on, each place is a count. */
export const COUNTS: number = length;

export const BEATS: number = block();
export const ACCEPTED: number = block();
export const CLOSED: number = block();
export const REQUESTS: number = block();
export const SENT_BYTES: number = block();
/** Connections that the supervisor has handed over, as soon as the thread has received them. */
export const TAKEN: number = block();
/** By HANDSHAKE_FAILURES. */
export const FAILURES: number = block(HANDSHAKE_FAILURES.length);

/** So many doubles has a slice. */
export const SLICE_LENGTH: number = Math.ceil(length / ALIGNED_LENGTH) * ALIGNED_LENGTH;
