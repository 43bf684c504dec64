// HTTP/1.1 on one connection of the portable transport: one exchange after the other, and the content of the reply at hand.
import type { Content, ContentStream } from "../../http/message.ts";
import type { Pace } from "../../http/notes.ts";
import { Connection } from "../../http1/connection.ts";
import type { ConnectionLog } from "../connection-log.ts";
import type { ProtocolHalf } from "../engine.ts";
import { type ExchangeContext, logOf, release } from "../exchange.ts";
import { isInMemory } from "../frame-source.ts";
import { endExchange, type Http1Half, NOT_TIMED, takeEvent } from "../http1-exchange.ts";
import { type ContentSink, sendContent } from "./content-sender.ts";
import type { StreamHalf } from "./exchanges.ts";

export class Http1Exchanges implements ProtocolHalf, Http1Half, ContentSink {
  readonly connection: Connection;
  readonly speakHttp2: (first: Buffer) => void;
  readonly pump: StreamHalf;
  readonly #context: ExchangeContext;
  exchange = 0;
  begunMs = 0;
  readonly log: ConnectionLog | undefined;
  startedMs: number = NOT_TIMED;
  /** The content sender waits for the peer by itself. */
  readonly isSending = false;
  pace: Pace | undefined = undefined;
  /** Ends the wait of the content sender. A stream that is destroyed may never call back for the bytes that it held. */
  #wakeSender: () => void = () => {};

  /** @param speakHttp2 another engine takes over, with these bytes */
  constructor(pump: StreamHalf, context: ExchangeContext, speakHttp2: (first: Buffer) => void) {
    this.pump = pump;
    this.speakHttp2 = speakHttp2;
    this.#context = context;
    this.connection = new Connection(context.http1, context.clock.now);
    this.log = logOf(pump, context);
  }

  get isOpen(): boolean {
    return this.pump.isOpen;
  }

  get requestCount(): number {
    return this.exchange;
  }

  get isCongested(): boolean {
    return this.pump.writer.isFull;
  }

  get isTaken(): boolean {
    return this.pace === undefined && this.pump.writer.isTaken;
  }

  get takesAtOnce(): boolean {
    return this.pace === undefined && this.pump.writer.takesAtOnce;
  }

  takeEvent(): boolean {
    const event = this.connection.next();
    if (event === undefined) return false;
    takeEvent(event, this, this.#context);
    return true;
  }

  /** Content follows by itself, when the peer's side has taken what is before it. */
  send(): boolean {
    this.pump.writer.flush();
    return false;
  }

  drop(): void {
    this.#wakeSender();
    endExchange(this, this.#context, this.exchange, true);
  }

  sendContent(content: Content | ContentStream): void {
    if (isInMemory(content) && this.pace === undefined) {
      this.connection.countContent(content.length);
      this.pump.writer.flush(content.segments);
      release(content);
      endExchange(this, this.#context, this.exchange, false);
    } else {
      void this.#send(content);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.pace === undefined ? this.#write(bytes) : this.#writeAt(this.pace, bytes);
  }

  /** Part by part, as much as the bandwidth has for this reply. */
  async #writeAt(pace: Pace, bytes: Uint8Array): Promise<void> {
    const { pause, clock } = this.#context;
    for (let offset = 0; offset < bytes.length && this.isOpen; ) {
      const count = pace.take(bytes.length - offset);
      if (count > 0) await this.#write(bytes.subarray(offset, offset + count));
      else await new Promise<void>((resolve) => pause(pace.waitMs, resolve));
      clock.read();
      offset += count;
    }
  }

  #write(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeSender = resolve;
      if (this.connection.isContentFramed) {
        this.connection.sendContent(bytes, this.#context.out);
        this.pump.writer.flush(undefined, resolve);
      } else {
        this.connection.countContent(bytes.length);
        this.pump.writer.flush([bytes], resolve);
      }
    });
  }

  async #send(content: Content | ContentStream): Promise<void> {
    const { exchange } = this;
    const isComplete = await sendContent(content, this);
    release(content);
    endExchange(this, this.#context, exchange, !isComplete);
    if (!this.isOpen) return;
    if (!isComplete) this.connection.abort();
    else if (content.kind === "stream") this.connection.sendEnd(this.#context.out);
    // Sending may have taken minutes: the wait for the next request begins now.
    this.#context.clock.read();
    this.pump.noteOutput();
    this.pump.turn();
  }
}
