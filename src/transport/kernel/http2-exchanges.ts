// HTTP/2 on one connection of the kernel transport: the frames of many streams, in as few writes as the socket takes. While
// the socket is full, the peer's frames are still read, and only a little is written for them.
import type { Content } from "../../http/message.ts";
import type { OutputBuffer } from "../../http/output-buffer.ts";
import type { Http2Connection } from "../../http2/connection.ts";
import { Http2Context } from "../../http2/context.ts";
import { FRAME_HEAD_BYTES } from "../../http2/frames.ts";
import type { EngineLimits } from "../../http2/limits.ts";
import type { Pinned } from "../../linux/pinned.ts";
import { CONTENT_LIMIT_BYTES } from "../../tls/record-layer.ts";
import type { ExchangeContext } from "../exchange.ts";
import { type FrameSource, isInMemory, MemorySource, type SourceEvents } from "../frame-source.ts";
import { Http2Streams, type StreamIo } from "../http2-streams.ts";
import type { Exchanges, SocketHalf } from "./exchanges.ts";
import { FileSource } from "./file-source.ts";

/** How much is given to the socket at once: it fits into the largest packet (content-cursor.ts), or into four records. */
const BATCH_BYTES: number = 63 * 1024;
/** So much output may wait for the socket before no event is taken any more: the answers to what a peer may ask meanwhile. */
const LEFTOVER_LIMIT_BYTES: number = 64 * 1024;

/** Over TLS, a frame with its head fits one record: the peer can use it as soon as that is complete. */
const FRAME_IN_RECORD_BYTES: number = CONTENT_LIMIT_BYTES - FRAME_HEAD_BYTES;

/** @returns makes the exchanges of one connection; only threads that speak HTTP/2 load this file */
export function newHttp2(
  limits: EngineLimits,
  security: "none" | "tls",
): (pump: SocketHalf, context: KernelOut) => Exchanges {
  const http2 = new Http2Context(limits, security, security === "tls" ? FRAME_IN_RECORD_BYTES : undefined);
  return (pump, context) => new Http2Exchanges(pump, context, http2);
}

interface KernelOut extends ExchangeContext {
  readonly out: OutputBuffer<Pinned>;
}

class Http2Exchanges implements Exchanges, StreamIo {
  readonly #pump: SocketHalf;
  readonly #context: KernelOut;
  readonly #streams: Http2Streams;
  readonly batchBytes = BATCH_BYTES;
  /** Streams that wait for a disk are none that could send. */
  readonly isWaiting = false;

  constructor(pump: SocketHalf, context: KernelOut, http2: Http2Context) {
    this.#pump = pump;
    this.#context = context;
    this.#streams = new Http2Streams(pump, this, context, http2);
  }

  get connection(): Http2Connection {
    return this.#streams.connection;
  }

  get requestCount(): number {
    return this.#streams.requestCount;
  }

  get isSending(): boolean {
    return this.#streams.isSending;
  }

  get isFull(): boolean {
    return this.#pump.writer.hasLeftover;
  }

  get isCongested(): boolean {
    return this.#pump.writer.leftoverBytes > LEFTOVER_LIMIT_BYTES;
  }

  takeEvent(): boolean {
    return this.#streams.takeEvent();
  }

  newSource(content: Content, connection: Http2Connection, events: SourceEvents): FrameSource {
    const { out } = this.#context;
    if (isInMemory(content)) return new MemorySource(content, connection, out);
    return new FileSource(content, connection, out, this.#pump, events);
  }

  send(isLast: boolean): boolean {
    return this.#streams.send(isLast);
  }

  flush(isLast: boolean): void {
    this.#pump.writer.flush(isLast);
  }

  drop(): void {
    this.#streams.drop();
  }
}
