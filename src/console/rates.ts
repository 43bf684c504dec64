// What two snapshots say together: how fast things go, and how long replies take. For the page and for terminals.
import type { Snapshot, ThreadFacts } from "./snapshot.ts";

export interface Rates {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly acceptedPerSecond: number;
  /** By class: "2xx" … */
  readonly statusesPerSecond: Readonly<Record<string, number>>;
  /** Upper bounds: half of the replies, nine of ten, 99 of 100 took no longer; undefined while there were none. */
  readonly percentilesMs: Percentiles | undefined;
}

interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** @param before an older snapshot of the same server: `server.startedMs` is the same in both */
export function ratesBetween(before: Snapshot, now: Snapshot): Rates {
  const seconds = secondsBetween(before, now);
  const rate = (read: (snapshot: Snapshot) => number): number => (read(now) - read(before)) / seconds;
  const classes = Object.keys(now.totals.statuses);
  return {
    requestsPerSecond: rate(({ totals }) => totals.requests),
    bytesPerSecond: rate(({ totals }) => totals.sentBytes),
    acceptedPerSecond: rate(({ totals }) => totals.accepted),
    statusesPerSecond: Object.fromEntries(
      classes.map((name) => [name, rate(({ totals }) => totals.statuses[name] ?? 0)]),
    ),
    percentilesMs: percentilesBetween(before, now),
  };
}

export interface ThreadRates {
  readonly requestsPerSecond: number;
  /** The share of the time in which the event loop did not wait, from 0 to 1. */
  readonly busyShare: number;
}

/** @param before undefined for a thread that was not there: its counts begin at 0 */
export function threadRates(before: ThreadFacts | undefined, now: ThreadFacts, seconds: number): ThreadRates {
  // A slot's next thread begins to count anew, and may have the number of the former.
  const base = before !== undefined && before.requests <= now.requests ? before : undefined;
  return {
    requestsPerSecond: (now.requests - (base?.requests ?? 0)) / seconds,
    busyShare: Math.min(1, Math.max(0, (now.busySeconds - (base?.busySeconds ?? now.busySeconds)) / seconds)),
  };
}

/** Never 0, by which we divide. */
function secondsBetween(before: Snapshot, now: Snapshot): number {
  return Math.max(1, now.nowMs - before.nowMs) / 1000;
}

function percentilesBetween(before: Snapshot, now: Snapshot): Percentiles | undefined {
  const { boundsMs } = now.durations;
  const counts = now.durations.counts.map((count, index) => count - (before.durations.counts[index] ?? 0));
  const all = counts.at(-1) ?? 0;
  if (all <= 0) return undefined;
  const at = (share: number): number => within(counts, boundsMs, share * all);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** Straight between the bounds of a bucket, as Prometheus does it; what is beyond the last bound counts as that. */
function within(counts: readonly number[], boundsMs: readonly number[], rank: number): number {
  const bucket = counts.findIndex((count) => count >= rank);
  if (bucket < 0 || bucket >= boundsMs.length) return boundsMs.at(-1)!;
  const [low, below] = bucket === 0 ? [0, 0] : [boundsMs[bucket - 1]!, counts[bucket - 1]!];
  const share = (rank - below) / Math.max(1, counts[bucket]! - below);
  return low + (boundsMs[bucket]! - low) * share;
}
