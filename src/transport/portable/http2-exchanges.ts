// HTTP/2 on one connection of the portable transport: the frames of many streams, as long as the peer's side takes them.
import type { Content } from "../../http/message.ts";
import type { Http2Connection } from "../../http2/connection.ts";
import { Http2Context } from "../../http2/context.ts";
import type { EngineLimits } from "../../http2/limits.ts";
import type { ProtocolHalf } from "../engine.ts";
import type { ExchangeContext } from "../exchange.ts";
import { type FrameSource, isInMemory, MemorySource, type SourceEvents } from "../frame-source.ts";
import { Http2Streams, type StreamIo } from "../http2-streams.ts";
import type { StreamHalf } from "./exchanges.ts";
import { FileSource } from "./file-source.ts";
import { ReadBuffers } from "./read-buffers.ts";

/** How much is given to the stream at once. */
const BATCH_BYTES: number = 64 * 1024;
/** A connection holds so many parts of files for its peer, of this size: they wait for their turn among its streams. */
const PART_COUNT = 4;
const PART_BYTES: number = 64 * 1024;

/** @returns makes the exchanges of one connection; only threads that speak HTTP/2 load this file */
export function newHttp2(
  limits: EngineLimits,
  security: "none" | "tls",
): (pump: StreamHalf, context: ExchangeContext) => ProtocolHalf {
  const http2 = new Http2Context(limits, security);
  return (pump, context) => new Http2Exchanges(pump, context, http2);
}

class Http2Exchanges implements ProtocolHalf, StreamIo {
  readonly #pump: StreamHalf;
  readonly #context: ExchangeContext;
  readonly #streams: Http2Streams;
  readonly #buffers = new ReadBuffers(PART_COUNT, PART_BYTES);
  readonly batchBytes = BATCH_BYTES;

  constructor(pump: StreamHalf, context: ExchangeContext, http2: Http2Context) {
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
    return this.#pump.writer.isFull;
  }

  get isCongested(): boolean {
    return this.#pump.writer.isFull;
  }

  takeEvent(): boolean {
    return this.#streams.takeEvent();
  }

  newSource(content: Content, connection: Http2Connection, events: SourceEvents): FrameSource {
    const { out } = this.#context;
    if (isInMemory(content)) return new MemorySource(content, connection, out);
    return new FileSource(content, connection, out, events, this.#buffers);
  }

  send(isLast: boolean): boolean {
    return this.#streams.send(isLast);
  }

  flush(): void {
    this.#pump.writer.flush();
  }

  drop(): void {
    this.#streams.drop();
  }
}
