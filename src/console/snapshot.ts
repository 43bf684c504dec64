// What the live page and `heddle top` are told: the whole of the server at one moment, as JSON. Everything is read from
// counters and samples in shared memory; no thread is asked. Counts grow from the start of the server: a reader takes the
// difference of two snapshots for a rate (rates.ts).
import { packageVersion } from "../admin/package-version.ts";
import type { AdminView, Phase } from "../admin/view.ts";
import { DURATION_BOUNDS } from "../threads/counter-layout.ts";
import type { SampledConnection } from "../threads/samples.ts";
import type { Samples, ThreadSnapshot } from "../threads/supervisor/events.ts";
import type { Mark } from "./marks.ts";
import type { NotedRequest } from "./recent.ts";

export type { Mark, NotedRequest };

export interface Snapshot {
  /** Grows by one when a reader of the former would misunderstand this. */
  readonly format: 1;
  /** Since 1970. */
  readonly nowMs: number;
  readonly server: ServerFacts;
  readonly totals: Totals;
  readonly durations: Durations;
  readonly memory: Memory;
  readonly cache: Cache;
  readonly threads: readonly ThreadFacts[];
  /** The youngest last. */
  readonly marks: readonly Mark[];
  /** Some of the requests, the youngest first; those that threads have noted while somebody looks. */
  readonly latest: readonly NotedRequest[];
  /** The slowest of them in the last five minutes. */
  readonly slowest: readonly NotedRequest[];
  /** Requests, connections and handshakes that were refused since the start, by code (docs/errors.md). */
  readonly refusals: Readonly<Record<string, number>>;
  /** Connections that wait to be accepted; undefined where the system does not tell. */
  readonly waiting: number | undefined;
}

interface ServerFacts {
  readonly version: string;
  readonly startedMs: number;
  readonly phase: Phase;
  /** "pool", or "per-connection". */
  readonly mode: string;
  /** "kernel" or "portable"; undefined until the threads have started. */
  readonly transport: string | undefined;
  readonly root: string;
  /** How many threads a pool has, or how many there may be at once with a thread per connection. */
  readonly threadLimit: number;
  readonly connectionLimit: number;
}

/** Since the start of the server, threads that have ended included; `connections` is how many are open. */
interface Totals {
  readonly accepted: number;
  readonly connections: number;
  readonly requests: number;
  readonly sentBytes: number;
  /** Replies by class: "2xx", "3xx", "4xx", "5xx". */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests over HTTP/2. */
  readonly streams: number;
  readonly deaths: number;
  readonly startedThreads: number;
}

/** How long replies took. */
interface Durations {
  /** Upper bounds; the last bucket has none. */
  readonly boundsMs: readonly number[];
  /** How many took no longer than each bound, and how many there are. */
  readonly counts: readonly number[];
}

interface Memory {
  /** Of the whole process. */
  readonly rssBytes: number;
  /** That JavaScript uses, of all threads. */
  readonly heapBytes: number;
}

interface Cache {
  readonly bytes: number;
  readonly limitBytes: number;
  readonly encodedBytes: number;
  readonly encodedLimitBytes: number;
  readonly openFiles: number;
  /** How paths were found: "hot" needs no file system, "looked" asked it again, "cold" for the first time. */
  readonly found: Readonly<Record<string, number>>;
  readonly evicted: number;
}

export interface ThreadFacts {
  readonly thread: number;
  readonly state: ThreadSnapshot["state"];
  /** How long its event loop has not turned. */
  readonly silentMs: number;
  /** In which its event loop did not wait, since it started. */
  readonly busySeconds: number;
  readonly heapBytes: number;
  readonly accepted: number;
  readonly connections: number;
  readonly requests: number;
  readonly sentBytes: number;
  /** What its connections do, a hundred at most; empty until the thread has shown them. */
  readonly shown: readonly SampledConnection[];
}

/** What only the console knows. */
interface Noted {
  readonly startedMs: number;
  readonly marks: readonly Mark[];
  readonly samples: Samples;
  readonly latest: readonly NotedRequest[];
  readonly slowest: readonly NotedRequest[];
}

export function snapshotOf(view: AdminView, noted: Noted, nowMs: number): Snapshot {
  const { threads: all, metrics } = view;
  const { startedMs, marks, samples, latest, slowest } = noted;
  return {
    format: 1,
    nowMs,
    server: { ...serverFacts(view), startedMs },
    totals: totalsOf(view),
    durations: { boundsMs: DURATION_BOUNDS.map((seconds) => seconds * 1000), counts: metrics.totals.durationCounts },
    memory: { rssBytes: process.memoryUsage.rss(), heapBytes: metrics.totals.heapBytes },
    cache: cacheOf(view),
    threads: all.threads.map((thread, index) => ({
      ...threadFacts(thread, metrics.threads[index]),
      shown: samples.threads.get(thread.thread)?.connections ?? [],
    })),
    marks,
    latest,
    slowest,
    refusals: all.refusals,
    waiting: samples.waitingCount,
  };
}

function serverFacts({ phase, transport, options, metrics }: AdminView): Omit<ServerFacts, "startedMs"> {
  const { mode, site, threads, maxThreads } = options;
  return {
    version: packageVersion(),
    phase,
    mode,
    transport,
    root: site.root,
    threadLimit: mode === "pool" ? threads : maxThreads,
    connectionLimit: metrics.connectionLimitCount,
  };
}

function totalsOf({ threads, metrics }: AdminView): Totals {
  const { accepted, connections, requests, sentBytes, deathCount } = threads;
  const statuses: Record<string, number> = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };
  for (const { labels, value } of metrics.totals.replies) statuses[labels["code"]!]! += value;
  return {
    accepted,
    connections,
    requests,
    sentBytes,
    statuses,
    streams: metrics.totals.streams,
    deaths: deathCount,
    startedThreads: metrics.startedCount,
  };
}

function cacheOf({ metrics: { totals }, options }: AdminView): Cache {
  return {
    bytes: totals.cacheBytes,
    limitBytes: options.cacheLimitBytes,
    encodedBytes: totals.encodedBytes,
    encodedLimitBytes: options.encodedLimitBytes,
    openFiles: totals.openFileCount,
    found: Object.fromEntries(totals.found.map(({ labels, value }) => [labels["outcome"]!, value])),
    evicted: totals.evicted.reduce((sum, { value }) => sum + value, 0),
  };
}

function threadFacts(
  thread: ThreadSnapshot,
  measured: AdminView["metrics"]["threads"][number] | undefined,
): Omit<ThreadFacts, "shown"> {
  const { accepted, connections, requests, sentBytes, state } = thread;
  return {
    thread: thread.thread,
    state,
    silentMs: Math.round(thread.silentMs),
    busySeconds: measured?.values.busySeconds ?? 0,
    heapBytes: measured?.values.heapBytes ?? 0,
    accepted,
    connections,
    requests,
    sentBytes,
  };
}
