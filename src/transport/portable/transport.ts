// All connections of one thread over node:stream: sockets of node:net on every platform, and pairs in memory
// for tests. The transport owns what they share (parser, writer, output memory, one coarse timer) and ends them.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Handler } from "../../http/message.ts";
import { OutputBuffer } from "../../http/output-buffer.ts";
import { HeadParser } from "../../http1/head-parser.ts";
import { HeadWriter } from "../../http1/head-writer.ts";
import { REFUSED, UNCOUNTED } from "../../limits/lease.ts";
import type { Clients, Origin } from "../../proxies/clients.ts";
import { traceClose, traceOpen } from "../../telemetry/trace.ts";
import type { Observed } from "../activity.ts";
import { newClock } from "../clock.ts";
import { ExactStopwatch } from "../durations.ts";
import { refusing } from "../exchange.ts";
import { makeRoom, whoCanGo } from "../room.ts";
import {
  type ClientCounter,
  idsFromOne,
  REFUSED_AT_ONCE,
  type TransportHooks,
  type TransportListener,
  type TransportOptions,
} from "../transport.ts";
import { peerOf } from "./peer.ts";
import { Pump, type PumpContext, type Secured, UNSECURED } from "./pump.ts";

/** Deadlines are seconds: four checks a second cost nothing, and no deadline is missed by more than one of them. */
const TICK_MS = 250;

export interface PortableOptions extends TransportOptions {
  /** Whether all streams are protected by TLS, where no listener says it. @default false */
  readonly isSecure?: boolean;
  /** Over so many connections, further ones get 503. @default none do */
  readonly refusedOverCount?: number | undefined;
  /** For a transport that speaks HTTP/2: where ALPN says so, or without TLS by prior knowledge. */
  readonly http2?: Pick<typeof import("./http2-exchanges.ts"), "newHttp2"> | undefined;
}

export class PortableTransport {
  readonly #pumps = new Set<Pump>();
  /** For streams that are protected by TLS, and for others. The first is that of the first listener. */
  readonly #secure: PumpContext;
  readonly #plain: PumpContext;
  readonly #context: PumpContext;
  readonly #waiters: (() => void)[] = [];
  readonly #listeners: readonly TransportListener[];
  #timer: NodeJS.Timeout | undefined;
  /** On the clock that all threads share; that of a thread begins with it. */
  readonly #clockBeganMs: number = Number(process.hrtime.bigint() / 1_000_000n) - Math.floor(performance.now());
  #isDraining = false;
  readonly #newId: () => number;

  readonly #clients: ClientCounter | undefined;
  readonly #refusedOverCount: number;
  /** For connections that get 503 and are closed. */
  readonly #refusing: Handler;
  /** How many of the open connections these are. */
  #refusedCount = 0;

  constructor(handler: Handler, options: PortableOptions, hooks: TransportHooks) {
    const { isSecure = false, http2 } = options;
    const { listeners = [{ name: "", isSecure, hasHttp2: http2 !== undefined, hasProxyHeader: false }] } = options;
    this.#listeners = listeners;
    this.#newId = hooks.newConnectionId ?? idsFromOne();
    this.#clients = options.clients;
    this.#refusedOverCount = options.refusedOverCount ?? Number.POSITIVE_INFINITY;
    this.#refusing = refusing(handler);
    const clock = newClock();
    const shared = {
      handler,
      clients: options.proxies,
      clock,
      stopwatch: hooks.durations && new ExactStopwatch(clock.exactMs, hooks.durations),
      out: new OutputBuffer(),
      counters: hooks.counters,
      onTrace: hooks.onTrace,
      tracesSecrets: hooks.tracesSecrets === true,
      accessLog: hooks.accessLog,
      onRefusal: hooks.onRefusal,
      onError: hooks.onError,
      onClose: (pump: Pump) => this.#remove(pump),
      pause,
    };
    const contextOf = (isSecure: boolean): PumpContext => ({
      ...shared,
      ...protocolsOf(options, listeners, isSecure),
      isSecure,
    });
    this.#secure = contextOf(true);
    this.#plain = contextOf(false);
    this.#context = this.#contextOf(0);
  }

  #contextOf(listener: number): PumpContext {
    return this.#listeners[listener]!.isSecure ? this.#secure : this.#plain;
  }

  /** Who is a proxy, as other options say: connections that are open go by it, too. */
  setClients(clients: Clients | undefined): void {
    this.#secure.clients = clients;
    this.#plain.clients = clients;
  }

  /** For the live page. */
  get observed(): Iterable<Observed> {
    return this.#pumps;
  }

  /** The monotonic clock that all threads share, as read when something has happened last. */
  get monotonicMs(): number {
    return this.#context.clock.now + this.#clockBeganMs;
  }

  get connectionCount(): number {
    return this.#pumps.size;
  }

  /**
   * Takes over a connected stream, until it closes.
   * @param listener the index of the listener that it came to
   */
  serve(stream: Duplex, secured: Secured = UNSECURED, listener = 0): void {
    this.#serve(stream, this.#contextOf(listener), secured, listener);
  }

  /** As `serve`, for a stream that should be protected by TLS and is not: its first request is refused. */
  refusePlain(stream: Duplex, listener = 0, origin?: Origin): void {
    const { http1 } = this.#secure;
    const parser = new HeadParser(http1.limits, "wanted");
    this.#serve(
      stream,
      { ...this.#secure, http1: { ...http1, parser, allowsHttp2: false } },
      { ...UNSECURED, origin },
      listener,
    );
  }

  #serve(stream: Duplex, context: PumpContext, secured: Secured, listener: number): void {
    const id = this.#newId();
    if (this.#context.onTrace !== undefined)
      this.#context.onTrace(traceOpen(id, peerOf(stream), this.#placeOf(listener)));
    const lease = this.#leaseFor(stream);
    const isRefused = lease === REFUSED;
    const own = isRefused ? { ...context, handler: this.#refusing } : context;
    const pump = new Pump(stream, own, id, secured, listener, lease);
    this.#pumps.add(pump);
    this.#context.counters.countConnection(1);
    // An immediate comes after sockets were read: a thread that was too busy to read finds no peer late for that.
    this.#timer ??= setInterval(() => setImmediate(() => this.#tick()), TICK_MS);
    if (isRefused) this.#refuse(pump);
    if (this.#isDraining && pump.isOpen) pump.drain();
  }

  /** @returns what is counted of its client, or that there is no room for it */
  #leaseFor(stream: Duplex): number {
    if (this.#pumps.size - this.#refusedCount >= this.#refusedOverCount) return REFUSED;
    if (this.#clients === undefined || !(stream instanceof Socket)) return UNCOUNTED;
    const { remoteAddress = "" } = stream;
    // The connections of a proxy are those of many clients.
    const isProxy = this.#context.clients?.trust.has(remoteAddress) === true;
    return isProxy ? UNCOUNTED : this.#clients.enter(remoteAddress);
  }

  /** It gets 503 for one request, which has to come soon. A flood of connections is closed without a word. */
  #refuse(pump: Pump): void {
    this.#refusedCount++;
    if (this.#refusedCount > REFUSED_AT_ONCE) pump.destroy();
    else pump.drain();
  }

  /** Every connection is served to the end of one request at most, idle ones and those that still come, too. */
  lastCall(): void {
    this.#isDraining = true;
    for (const pump of [...this.#pumps]) pump.lastCall();
  }

  /** Idle connections close now, others after the reply to their current request. */
  closeIdle(): void {
    for (const pump of [...this.#pumps]) pump.drain();
    this.#tick();
  }

  /** Stops: both of the above. What accepts connections is not ours. */
  drain(_isReplaced = false): void {
    this.lastCall();
    this.closeIdle();
  }

  /** Closes a few connections, those that have waited longest. @returns whether there is room now */
  makeRoom(): boolean {
    const { clock, http1 } = this.#context;
    clock.read();
    return makeRoom(this.#pumps, http1.limits, clock.now);
  }

  /** Whether connections could make room for others. */
  get canMakeRoom(): boolean {
    const { clock, http1 } = this.#context;
    clock.read();
    return whoCanGo(this.#pumps, http1.limits, clock.now).length > 0;
  }

  /** Resolves when no connection is open. */
  whenEmpty(): Promise<void> {
    if (this.#pumps.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Closes every connection now, also in the middle of a reply. */
  destroy(): void {
    for (const pump of [...this.#pumps]) pump.destroy();
  }

  /** Only where there are several. */
  #placeOf(listener: number): string | undefined {
    return this.#listeners.length > 1 ? this.#listeners[listener]?.name : undefined;
  }

  #tick(): void {
    this.#context.clock.read();
    for (const pump of this.#pumps) pump.tick();
  }

  #remove(pump: Pump): void {
    this.#pumps.delete(pump);
    if (pump.lease === REFUSED) this.#refusedCount--;
    else this.#clients?.leave(pump.lease);
    this.#context.counters.countConnection(-1);
    const { onTrace, clock } = this.#context;
    if (onTrace !== undefined) onTrace(traceClose(pump.id, clock.exactMs() - pump.openedMs));
    if (this.#pumps.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** HTTP/2 is spoken by all listeners of one kind, or by none. */
function protocolsOf(
  { limits, http2 }: PortableOptions,
  listeners: readonly TransportListener[],
  isSecure: boolean,
): Pick<PumpContext, "http1" | "newHttp2"> {
  const security = isSecure ? "tls" : "none";
  const hasHttp2 = listeners.some((one) => one.isSecure === isSecure && one.hasHttp2);
  return {
    http1: {
      limits,
      parser: new HeadParser(limits, security),
      writer: new HeadWriter(),
      allowsHttp2: hasHttp2 && !isSecure,
    },
    newHttp2: hasHttp2 ? http2!.newHttp2(limits, security) : undefined,
  };
}

function pause(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
