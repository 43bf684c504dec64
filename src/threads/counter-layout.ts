// Where each count lies in a thread's slice of the shared memory: named blocks, one line each. Counts only grow, and are
// added to the totals when their thread ends. Gauges say how much there is at this moment, and end with their thread.
// Who reads and writes them: counters.ts.
import { EVERY_CODING } from "../content/codings/coding.ts";
import { REFUSAL_CODES } from "../refusals/codes.ts";
import { HANDSHAKE_FAILURES } from "../tls/handshake-failure.ts";

/** Two pairs of cache lines, which x86 fetches together; Apple's lines are 128 bytes. So no two slices share a line. */
const ALIGNED_LENGTH = 256 / Float64Array.BYTES_PER_ELEMENT;

/** How a path was found: its plan was fresh, its plan was confirmed or made again, or there was none. */
export const OUTCOMES = ["hot", "looked", "cold"] as const;
/** Of a job of the encoder; see content/codings/encoder.ts. */
export const ENCODED_KINDS = ["coded", "useless", "refused"] as const;
export const EVICTIONS = ["files", "encoded"] as const;
/** The methods that replies are counted by. The last stands for all others, and for requests that were refused before. */
export const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "other"] as const;
/** The classes of final statuses. */
export const CLASSES = ["2xx", "3xx", "4xx", "5xx"] as const;
/** Upper bounds of the durations of replies, in seconds; longer ones are in a bucket of their own. */
export const DURATION_BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

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
const HEADER_LENGTH: number = ALIGNED_LENGTH;
/** In the header: 1 once the server stops. */
export const STOPPING = 0;
/** In the header: how many doubles each slice has. */
const LENGTH_OF_SLICES = 1;

// Gauges.
/** When the event loop turned last, on the clock of `sharedMs`; Infinity while it waits for something to do, however long. */
export const BEAT_AT: number = block();
/** On the portable transport, TLS handshakes under way: these connections are not counted as accepted yet. */
export const PENDING: number = block();
/** 1 when connections could make room for others, when the thread has looked last; 0 otherwise. */
export const ROOM: number = block();
/** Streams of HTTP/2 whose reply is not sent at once, only where somebody can ask for them. */
export const OPEN_STREAMS: number = block();
/** These are written about once a second, and only where somebody can ask for them. */
export const HEAP_BYTES: number = block();
export const CACHE_BYTES: number = block();
export const ENCODED_BYTES: number = block();
export const OPEN_FILES: number = block();

/** From here on, each place is a count. */
export const COUNTS: number = length;

export const BEATS: number = block();
export const ACCEPTED: number = block();
export const CLOSED: number = block();
/** Requests whose head has arrived. */
export const REQUESTS: number = block();
/** Of these, those over HTTP/2: each is a stream. */
export const STREAMS: number = block();
export const SENT_BYTES: number = block();
/** Connections that the supervisor has handed over, as soon as the thread has received them. */
export const TAKEN: number = block();
/** By HANDSHAKE_FAILURES. */
export const FAILURES: number = block(HANDSHAKE_FAILURES.length);
/** Time in which the event loop did not wait, in ms. */
export const BUSY_MS: number = block();
/** By OUTCOMES. */
export const FOUND: number = block(OUTCOMES.length);
/** By EVICTIONS. */
export const EVICTED: number = block(EVICTIONS.length);
/** By EVERY_CODING, and in each by ENCODED_KINDS. */
export const ENCODINGS: number = block(EVERY_CODING.length * ENCODED_KINDS.length);
/** By DURATION_BOUNDS, and one more. */
export const DURATIONS: number = block(DURATION_BOUNDS.length + 1);
/** The sum of all durations, in ms. */
export const DURATION_MS: number = block();
/** By REFUSAL_CODES. */
export const REFUSALS: number = block(REFUSAL_CODES.length);
/** By site, in each by METHODS, in each by CLASSES. The last block: it is as long as there is room for sites. */
export const REPLIES: number = length;

/** What a site has of the last block. */
export const SITE_LENGTH: number = METHODS.length * CLASSES.length;

/** All slices of all threads, and no more, may have this much memory for their sites. */
const SITES_LIMIT_BYTES = 32 * 1024 * 1024;
/** A thousand sites have 20,000 series. */
const SITES_LIMIT_COUNT = 1024;
const SITES_LEAST_COUNT = 8;

/**
 * For how many sites there is room: those that there are, and as many that reloads may bring. Further ones share the last
 * place.
 */
export function siteRoomOf(siteCount: number, slotCount: number): number {
  const affordable = Math.floor(SITES_LIMIT_BYTES / (slotCount * SITE_LENGTH * Float64Array.BYTES_PER_ELEMENT));
  return Math.min(Math.max(2 * siteCount, SITES_LEAST_COUNT), SITES_LIMIT_COUNT, Math.max(affordable, 1));
}

/** How many doubles a slice has. @param siteRoom 0 where nobody asks for the replies of sites */
export function sliceLengthOf(siteRoom: number): number {
  return Math.ceil((REPLIES + siteRoom * SITE_LENGTH) / ALIGNED_LENGTH) * ALIGNED_LENGTH;
}

/** Memory for the header and a slice for each slot. */
export function newCounterMemory(slotCount: number, siteRoom: number): SharedArrayBuffer {
  const sliceLength = sliceLengthOf(siteRoom);
  const memory = new SharedArrayBuffer((HEADER_LENGTH + slotCount * sliceLength) * Float64Array.BYTES_PER_ELEMENT);
  headerOf(memory)[LENGTH_OF_SLICES] = sliceLength;
  return memory;
}

export function headerOf(memory: SharedArrayBuffer): Float64Array {
  return new Float64Array(memory, 0, HEADER_LENGTH);
}

export function sliceOf(memory: SharedArrayBuffer, slot: number): Float64Array {
  const sliceLength = headerOf(memory)[LENGTH_OF_SLICES]!;
  return new Float64Array(memory, (HEADER_LENGTH + slot * sliceLength) * Float64Array.BYTES_PER_ELEMENT, sliceLength);
}
