// Everything that is measured: the one list of metrics, in the order of docs/metrics.md. The counts of all threads are
// added up, so no series comes twice; threads of a pool have series of their own besides, threads per connection have
// none, because there is no bound to how many there were.
import { DURATION_BOUNDS } from "../../threads/counter-layout.ts";
import type { Labelled } from "../../threads/metric-values.ts";
import { packageVersion } from "../package-version.ts";
import type { AdminView } from "../view.ts";
import { counter, type Family, gauge, histogram, info } from "./family.ts";
import { processFamilies } from "./process-metrics.ts";

/** What is measured needs no samples. */
type Measured = Omit<AdminView, "samples">;

export function families(
  { phase, threads, metrics, options, transport, mptcpAddressCount, certificates, reloads }: AdminView,
  nowMs: number,
): Family[] {
  // Each getter of the view adds up all threads: asked once, and of one moment.
  const view = { phase, threads, metrics, options, transport, mptcpAddressCount, certificates, reloads };
  return [
    ...ofServer(view),
    ...ofRequests(view),
    ...ofConnections(view),
    ...ofThreads(view),
    ...ofCaches(view),
    ...ofTls(view),
    ...processFamilies(nowMs),
  ];
}

function ofServer({ phase, options, transport, reloads, threads }: Measured): Family[] {
  const labels = { version: packageVersion(), node: process.version, mode: options.mode, transport: transport ?? "" };
  return [
    info("heddle_build_info", "Version of the server and of Node.js, and how it serves.", labels),
    gauge(
      "heddle_ready",
      "1 while new requests are wanted, 0 while the server starts or stops.",
      Number(phase === "serving"),
    ),
    counter("heddle_reloads_total", "Reloads of the configuration, or of rule files in the roots.", [
      { labels: { outcome: "succeeded" }, value: reloads.succeeded },
      { labels: { outcome: "failed" }, value: reloads.failed },
    ]),
    gauge(
      "heddle_last_reload_success_timestamp_seconds",
      "When the options in use came, in seconds since 1970.",
      reloads.lastSuccessMs / 1000,
    ),
    counter("heddle_log_dropped_lines_total", "Lines of the access log that were dropped.", threads.droppedLines),
  ];
}

function ofRequests({ threads, metrics }: Measured): Family[] {
  const { totals } = metrics;
  return [
    counter("heddle_requests_total", "Replies by site, method and class of the status.", totals.replies),
    counter("heddle_http2_requests_total", "Requests over HTTP/2, each a stream.", totals.streams),
    gauge("heddle_http2_streams", "Streams of HTTP/2 whose reply is being made or sent.", totals.openStreams),
    histogram("heddle_request_duration_seconds", "Time from the head of a request to the end of its reply.", {
      bounds: DURATION_BOUNDS,
      counts: totals.durationCounts,
      sum: totals.durationSeconds,
    }),
    counter("heddle_sent_bytes_total", "Bytes given to the sockets, heads included.", threads.sentBytes),
  ];
}

function ofConnections({ threads, metrics, mptcpAddressCount }: Measured): Family[] {
  // A code has a series once it has occurred: there are more than a hundred, and most servers see a few.
  const refusals = Object.entries(threads.refusals).map(([code, value]) => ({ labels: { code }, value }));
  return [
    counter(
      "heddle_connections_accepted_total",
      "Connections that were accepted; on the portable transport, without those whose TLS handshake was never complete.",
      threads.accepted,
    ),
    gauge("heddle_connections", "Connections that are open.", threads.connections),
    gauge("heddle_mptcp_addresses", "Addresses where clients may use Multipath TCP.", mptcpAddressCount),
    gauge("heddle_connections_limit", "Connections that may be open.", metrics.connectionLimitCount),
    counter("heddle_refusals_total", "Requests, connections and handshakes that were refused, by code.", refusals),
  ];
}

const STATES = ["starting", "ready", "ending"] as const;

function ofThreads({ threads, metrics }: Measured): Family[] {
  const all = threads.threads;
  const states = STATES.map((state) => ({
    labels: { state },
    value: all.filter((thread) => thread.state === state).length,
  }));
  return [
    gauge("heddle_threads", "Threads that serve, by state.", states),
    counter("heddle_threads_started_total", "Threads that were started, replacements included.", metrics.startedCount),
    counter("heddle_thread_deaths_total", "Threads that died.", threads.deathCount),
    counter(
      "heddle_busy_seconds_total",
      "Time in which event loops of threads did not wait.",
      metrics.totals.busySeconds,
    ),
    gauge("heddle_heap_bytes", "Memory that JavaScript uses, of all threads.", metrics.totals.heapBytes),
    ...(threads.mode === "pool" ? ofEachThread({ threads, metrics }) : []),
  ];
}

function ofEachThread({ threads, metrics }: Pick<AdminView, "threads" | "metrics">): Family[] {
  const each = (read: (thread: (typeof metrics.threads)[number]) => number): Labelled[] =>
    metrics.threads.map((thread) => ({ labels: { thread: String(thread.thread) }, value: read(thread) }));
  const connections = threads.threads.map((thread) => ({
    labels: { thread: String(thread.thread) },
    value: thread.connections,
  }));
  return [
    gauge("heddle_thread_connections", "Connections that are open, by thread.", connections),
    counter(
      "heddle_thread_busy_seconds_total",
      "Time in which the event loop of a thread did not wait, since that thread started.",
      each(({ values }) => values.busySeconds),
    ),
    gauge(
      "heddle_thread_heap_bytes",
      "Memory that JavaScript uses, by thread.",
      each(({ values }) => values.heapBytes),
    ),
    gauge(
      "heddle_thread_http2_streams",
      "Streams of HTTP/2 whose reply is being made or sent, by thread.",
      each(({ values }) => values.openStreams),
    ),
    gauge(
      "heddle_thread_silent_seconds",
      "For how long the event loop of a thread has not turned.",
      each(({ silentMs }) => silentMs / 1000),
    ),
  ];
}

function ofCaches({ metrics, options }: Measured): Family[] {
  const { totals } = metrics;
  const bytes = [
    { labels: { of: "files" }, value: totals.cacheBytes },
    { labels: { of: "encoded" }, value: totals.encodedBytes },
  ];
  const limits = [
    { labels: { of: "files" }, value: options.cacheLimitBytes },
    { labels: { of: "encoded" }, value: options.encodedLimitBytes },
  ];
  return [
    counter("heddle_cache_lookups_total", "Paths that were looked for in the caches, by outcome.", totals.found),
    gauge("heddle_cache_bytes", "Memory of the caches of all threads.", bytes),
    gauge("heddle_cache_limit_bytes", "Most memory of these caches.", limits),
    counter("heddle_cache_evictions_total", "What had to make room in these caches.", totals.evicted),
    gauge("heddle_cache_open_files", "Files that the caches keep open.", totals.openFileCount),
    counter("heddle_encodings_total", "Files that were to be compressed on demand.", totals.encodings),
  ];
}

function ofTls({ threads, certificates, options }: Measured): Family[] {
  if (options.tls === undefined) return [];
  const failures = Object.entries(threads.handshakeFailures).map(([reason, value]) => ({ labels: { reason }, value }));
  const expiries = certificates.map(({ names, expiresAt }, index) => ({
    labels: { certificate: String(index), name: names[0] ?? "" },
    value: expiresAt / 1000,
  }));
  return [
    counter("heddle_tls_handshake_failures_total", "TLS handshakes that failed, by reason.", failures),
    gauge(
      "heddle_certificate_expiry_timestamp_seconds",
      "When a certificate expires, in seconds since 1970.",
      expiries,
    ),
  ];
}
