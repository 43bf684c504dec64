// HTTP/1.1 on one connection of the kernel transport: one exchange after the other, and the content of the reply at hand
// behind its head. Content of a known length is sent from where it lies; a stream is pulled as fast as the peer takes it.
import type { Content, ContentStream } from "../../http/message.ts";
import type { Pace } from "../../http/notes.ts";
import { Connection, type Http1Context } from "../../http1/connection.ts";
import type { ConnectionLog } from "../connection-log.ts";
import { type ExchangeContext, logOf, release, whenPaid } from "../exchange.ts";
import { endExchange, type Http1Half, NOT_TIMED, takeEvent } from "../http1-exchange.ts";
import { ContentCursor } from "./content-cursor.ts";
import type { Exchanges, SocketHalf } from "./exchanges.ts";

/** What one connection may send of its content before others get their turn: about a millisecond's worth. */
const SLICE_BYTES = 1024 * 1024;

export class Http1Exchanges implements Exchanges, Http1Half {
  readonly connection: Connection;
  readonly pump: SocketHalf;
  readonly #context: ExchangeContext;
  exchange = 0;
  begunMs = 0;
  readonly log: ConnectionLog | undefined;
  startedMs: number = NOT_TIMED;
  pace: Pace | undefined = undefined;
  /** Ends the wait for the share of the bandwidth; undefined while there is none to wait for. */
  #endPause: (() => void) | undefined;
  /** Content that is being sent; it begins when the output is gone. */
  #cursor: ContentCursor | undefined;

  /** @param http1 the engine's context; only a connection that is to be refused has another */
  constructor(pump: SocketHalf, context: ExchangeContext, http1: Http1Context = context.http1) {
    this.pump = pump;
    this.#context = context;
    this.connection = new Connection(http1, context.clock.now);
    this.log = logOf(pump, context);
  }

  get requestCount(): number {
    return this.exchange;
  }

  get isSending(): boolean {
    return this.#cursor !== undefined && this.#endPause === undefined;
  }

  get isWaiting(): boolean {
    return this.#cursor?.cold !== undefined || this.#endPause !== undefined;
  }

  get isCongested(): boolean {
    return this.pump.writer.hasLeftover;
  }

  takeEvent(): boolean {
    const event = this.connection.next();
    if (event === undefined) return false;
    takeEvent(event, this, this.#context);
    return true;
  }

  speakHttp2(first: Buffer): void {
    this.pump.speakHttp2(first);
  }

  sendContent(content: Content | ContentStream): void {
    if (content.kind === "stream") void this.#pull(content);
    else this.#cursor = new ContentCursor(content, this.pump.channel);
  }

  send(isLast: boolean): boolean {
    const { writer } = this.pump;
    const cursor = this.#cursor;
    // When content follows, the packet with the head should not leave half empty.
    writer.flush(isLast || cursor !== undefined);
    return cursor !== undefined && !writer.hasLeftover && this.#sendContent(cursor);
  }

  drop(): void {
    this.#endPause?.();
    this.#cursor?.release();
    this.#cursor = undefined;
    endExchange(this, this.#context, this.exchange, true);
  }

  #sendContent(cursor: ContentCursor): boolean {
    if (this.isWaiting) return false;
    const { pace } = this;
    const limitBytes = pace === undefined ? SLICE_BYTES : pace.take(SLICE_BYTES);
    if (limitBytes === 0) return this.#pause(pace!);
    const sentBytes = cursor.send(this.pump.fd, limitBytes);
    pace?.giveBack(limitBytes - sentBytes);
    this.connection.countContent(this.pump.writer.count(sentBytes));
    if (cursor.cold !== undefined) this.#warm(cursor);
    if (cursor.hasFailed) this.connection.abort();
    else if (!cursor.isDone) return false;
    this.#cursor = undefined;
    cursor.release();
    endExchange(this, this.#context, this.exchange, cursor.hasFailed);
    // Sending may have taken minutes: the wait for the next request begins now.
    this.pump.noteOutput();
    return true;
  }

  /** Others have used the bandwidth: this reply goes on when there is some for it. */
  #pause(pace: Pace): false {
    this.#endPause = this.#context.pause(pace.waitMs, () => {
      this.#endPause = undefined;
      this.#context.clock.read();
      this.pump.turn();
    });
    // It is not the peer who is slow now.
    this.pump.noteOutput();
    return false;
  }

  /** The disk is slow and others are waiting: a thread of libuv's pool reads, and this connection goes on after it. */
  #warm(cursor: ContentCursor): void {
    cursor.warm(() => {
      this.#context.clock.read();
      this.pump.turn();
    });
  }

  async #pull(content: ContentStream): Promise<void> {
    const pump = this.pump;
    const { out } = this.#context;
    const { exchange, pace } = this;
    let isWhole = false;
    try {
      for await (const bytes of content.chunks) {
        if (!pump.isOpen) return;
        this.connection.sendContent(bytes, out);
        pump.turn();
        if (pump.writer.hasLeftover) await pump.writer.whenTaken();
        if (pace === undefined) continue;
        pace.charge(bytes.length);
        await whenPaid(pace, this.#context);
      }
      if (!pump.isOpen) return;
      this.connection.sendEnd(out);
      isWhole = true;
    } catch {
      // The source failed after the head was sent: the content can only be cut short.
      if (pump.isOpen) this.connection.abort();
    } finally {
      release(content);
      endExchange(this, this.#context, exchange, !isWhole);
    }
    pump.turn();
  }
}
