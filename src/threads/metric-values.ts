// What the counts of the threads say, by name: read from a slice, or from the sum of slices, when somebody asks for metrics.
import { EVERY_CODING } from "../content/codings/coding.ts";
import {
  BUSY_MS,
  CACHE_BYTES,
  CLASSES,
  DURATION_BOUNDS,
  DURATION_MS,
  DURATIONS,
  ENCODED_BYTES,
  ENCODED_KINDS,
  ENCODINGS,
  EVICTED,
  EVICTIONS,
  FOUND,
  HEAP_BYTES,
  METHODS,
  OPEN_FILES,
  OPEN_STREAMS,
  OUTCOMES,
  REPLIES,
  SITE_LENGTH,
  STREAMS,
} from "./counter-layout.ts";

/** A count, and what it is about. */
export interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Sums over all threads since the start, and gauges over those that live. */
export interface MetricValues {
  readonly replies: readonly Labelled[];
  readonly found: readonly Labelled[];
  readonly evicted: readonly Labelled[];
  readonly encodings: readonly Labelled[];
  /** How many replies took no longer than each of DURATION_BOUNDS, and how many there are. */
  readonly durationCounts: readonly number[];
  readonly durationSeconds: number;
  readonly streams: number;
  /** Those whose reply is being made or sent now. */
  readonly openStreams: number;
  readonly busySeconds: number;
  readonly heapBytes: number;
  readonly cacheBytes: number;
  readonly encodedBytes: number;
  readonly openFileCount: number;
}

/** @param sites names of the sites, by number */
export function metricValuesOf(slice: Float64Array, sites: readonly string[]): MetricValues {
  const at = (place: number): number => slice[place]!;
  return {
    replies: sites.flatMap((site, number) => repliesOf(slice, site, number)),
    found: OUTCOMES.map((outcome, index) => ({ labels: { outcome }, value: at(FOUND + index) })),
    evicted: EVICTIONS.map((of, index) => ({ labels: { of }, value: at(EVICTED + index) })),
    encodings: EVERY_CODING.flatMap((coding, row) =>
      ENCODED_KINDS.map((outcome, index) => ({
        labels: { coding, outcome },
        value: at(ENCODINGS + row * ENCODED_KINDS.length + index),
      })),
    ),
    durationCounts: cumulated(slice.subarray(DURATIONS, DURATIONS + DURATION_BOUNDS.length + 1)),
    durationSeconds: at(DURATION_MS) / 1000,
    streams: at(STREAMS),
    openStreams: at(OPEN_STREAMS),
    busySeconds: at(BUSY_MS) / 1000,
    heapBytes: at(HEAP_BYTES),
    cacheBytes: at(CACHE_BYTES),
    encodedBytes: at(ENCODED_BYTES),
    openFileCount: at(OPEN_FILES),
  };
}

/** Those that there were: a thousand sites would have 20,000 lines of zeros. Each begins with GET, 2xx. */
function repliesOf(slice: Float64Array, site: string, number: number): Labelled[] {
  const start = REPLIES + number * SITE_LENGTH;
  return METHODS.flatMap((method, row) =>
    CLASSES.map((code, column) => ({
      labels: { site, method, code },
      value: slice[start + row * CLASSES.length + column]!,
    })),
  ).filter(({ value }, index) => value > 0 || index === 0);
}

function cumulated(counts: Float64Array): number[] {
  let sum = 0;
  return Array.from(counts, (count) => (sum += count));
}
