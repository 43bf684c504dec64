// All connections of one thread over node:stream: sockets of node:net on every platform, and pairs in memory
// for tests. It owns what they share (parser, writer, output memory, one coarse timer) and their end.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Handler } from "../../http/message.ts";
import type { Http1Context } from "../../http1/connection.ts";
import { HeadParser } from "../../http1/head-parser.ts";
import { HeadWriter } from "../../http1/head-writer.ts";
import type { Http1Limits } from "../../http1/limits.ts";
import { OutputBuffer } from "../../http1/output-buffer.ts";
import { traceClose, traceOpen } from "../../telemetry/trace.ts";
import { Pump } from "./pump.ts";

/** Deadlines are seconds; looking at them four times a second costs nothing and is never off by more. */
const TICK_MS = 250;

/** What a thread counts; written by its transport only. */
export interface TransportCounters {
  countConnection(change: 1 | -1): void;
  countRequest(): void;
  countSent(bytes: number): void;
}

export interface TransportHooks {
  readonly counters: TransportCounters;
  /** Text for people about connections, request heads and reply heads, as they happen; costs nothing when it is not there. */
  readonly onTrace?: ((text: string) => void) | undefined;
  /** A handler failed in a way that it promises not to: a bug, told with its cause. */
  readonly onError: (error: unknown) => void;
}

/** What the pumps of one transport share. */
export interface PumpContext {
  readonly handler: Handler;
  readonly http1: Http1Context;
  readonly out: OutputBuffer;
  readonly counters: TransportCounters;
  readonly onTrace: ((text: string) => void) | undefined;
  readonly onError: (error: unknown) => void;
  readonly onClose: (pump: Pump, id: number) => void;
}

export class PortableTransport {
  readonly #pumps = new Set<Pump>();
  readonly #context: PumpContext;
  readonly #waiters: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isDraining = false;
  #accepted = 0;

  constructor(handler: Handler, options: { readonly limits: Http1Limits }, hooks: TransportHooks) {
    const { limits } = options;
    this.#context = {
      handler,
      http1: { limits, parser: new HeadParser(limits), writer: new HeadWriter() },
      out: new OutputBuffer(),
      counters: hooks.counters,
      onTrace: hooks.onTrace,
      onError: hooks.onError,
      onClose: (pump, id) => this.#remove(pump, id),
    };
  }

  get connectionCount(): number {
    return this.#pumps.size;
  }

  /** Takes over a connected stream, to its close. */
  serve(stream: Duplex): void {
    const id = ++this.#accepted;
    if (this.#context.onTrace !== undefined) this.#context.onTrace(traceOpen(id, peerOf(stream)));
    const pump = new Pump(stream, this.#context, id);
    this.#pumps.add(pump);
    this.#context.counters.countConnection(1);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    if (this.#isDraining) pump.drain();
  }

  /** Stop: idle connections close now, others after the reply to the request that they are at. */
  drain(): void {
    this.#isDraining = true;
    for (const pump of [...this.#pumps]) pump.drain();
  }

  /** Resolves when no connection is left; at once when there is none. */
  whenEmpty(): Promise<void> {
    if (this.#pumps.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Closes every connection, whatever it is at. */
  destroy(): void {
    for (const pump of [...this.#pumps]) pump.destroy();
  }

  #tick(): void {
    const now = performance.now();
    for (const pump of this.#pumps) pump.tick(now);
  }

  #remove(pump: Pump, id: number): void {
    this.#pumps.delete(pump);
    this.#context.counters.countConnection(-1);
    if (this.#context.onTrace !== undefined) this.#context.onTrace(traceClose(id));
    if (this.#pumps.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** What comes before an IPv4 address at a socket for both: RFC 4291 §2.5.5.2. */
const MAPPED = /^::ffff:(?=\d+\.)/;

function peerOf(stream: Duplex): string {
  return stream instanceof Socket && stream.remoteAddress !== undefined
    ? `${stream.remoteAddress.replace(MAPPED, "")} port ${stream.remotePort}`
    : "memory";
}
