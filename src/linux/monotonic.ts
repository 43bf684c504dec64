// The monotonic clock by clock_gettime(2), without `performance`, which takes a thread 1 ms to load. The call stays in the
// process (vDSO) and makes no object.
import { libc } from "./libc.ts";
import { Pinned } from "./pinned.ts";

const CLOCK_MONOTONIC = 1;
const TIMESPEC_BYTES = 16;

const timespec = new Pinned(TIMESPEC_BYTES);
const halves = new Uint32Array(timespec.bytes.buffer);
/** The seconds at the start, so that the milliseconds since then stay small integers for 24 days. */
const startSeconds: number = readSeconds();

/** What turns `monotonicMs` into the time that all threads share, which `process.hrtime` gives as well. */
export const MONOTONIC_BEGAN_MS: number = startSeconds * 1000;

/** In ms and fractions, from the second in which this thread loaded the file. */
export function monotonicMs(): number {
  const seconds = readSeconds() - startSeconds;
  return seconds * 1000 + halves[2]! / 1_000_000;
}

/** The lower half of the seconds lasts for 136 years. */
function readSeconds(): number {
  libc.clock_gettime(CLOCK_MONOTONIC, timespec.at(0, TIMESPEC_BYTES));
  return halves[0]!;
}
