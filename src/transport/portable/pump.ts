// Joins one stream to one HTTP/1.1 connection, by four steps that are always in this order: feed bytes with the time,
// take events, write bytes, watch the deadline. The pump decides nothing about the protocol and nothing about files. It
// moves bytes, and stops when the other side does not keep up.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ClientCertificate, Content, ContentStream } from "../../http/message.ts";
import { Connection } from "../../http1/connection.ts";
import { FIRST_REQUEST_MS } from "../../http1/limits.ts";
import { type ExchangeContext, type ExchangePump, release, takeEvent } from "../exchange.ts";
import { type ContentSink, sendContent } from "./content-sender.ts";

/** What the pumps of one transport share. */
export interface PumpContext extends ExchangeContext {
  readonly onClose: (pump: Pump) => void;
  /** Whether the streams are protected by TLS. */
  readonly isSecure: boolean;
}

/** The most that libuv reads at once. Less means that the socket's receive queue is empty now. */
const READ_BYTES = 65_536;

export class Pump implements ExchangePump, ContentSink {
  readonly id: number;
  readonly #stream: Duplex;
  readonly #context: PumpContext;
  readonly connection: Connection;
  readonly certificate: ClientCertificate | undefined;
  exchange = 0;
  #enqueuedBytes = 0;
  #isPaused = false;
  #isYielding = false;
  /** Whether the last read emptied the socket's receive queue. A stream that is no socket has none that we could know. */
  #isQueueEmpty = false;
  /** Ends the wait of the content sender. A stream that is destroyed may never call back for the bytes that it held. */
  #wakeSender: () => void = () => {};
  isOpen = true;

  constructor(stream: Duplex, context: PumpContext, id: number, certificate?: ClientCertificate) {
    this.certificate = certificate;
    this.#stream = stream;
    this.#context = context;
    this.id = id;
    const { clock } = context;
    clock.read();
    this.connection = new Connection(context.http1, clock.now);
    // Of a TLS socket, we know the records that it has opened, and not what waits behind them.
    const isPlain = stream instanceof Socket && !context.isSecure;
    if (stream instanceof Socket) {
      stream.allowHalfOpen = true;
      stream.setNoDelay(true);
    }
    stream.on("data", (bytes: Buffer) => {
      clock.read();
      this.#isQueueEmpty = isPlain && bytes.length < READ_BYTES;
      this.connection.receive(bytes, clock.now);
      this.turn();
    });
    stream.on("end", () => {
      clock.read();
      this.connection.receiveEnd(clock.now);
      this.turn();
    });
    stream.on("drain", () => {
      clock.read();
      this.turn();
    });
    stream.on("finish", () => {
      clock.read();
      this.tick();
    });
    // The peer or the network has failed. "close" follows, and ends the connection.
    stream.on("error", () => {});
    stream.on("close", () => this.#end());
  }

  /** A connection in memory has no address. */
  get address(): string {
    return (this.#stream instanceof Socket ? this.#stream.remoteAddress : undefined) ?? "";
  }

  get isIdle(): boolean {
    return this.connection.isIdle && this.isTaken;
  }

  /** Closes the connection: now when it is idle, otherwise after the exchange at hand, which may be about to begin. */
  drain(): void {
    this.connection.drain(FIRST_REQUEST_MS);
    this.turn();
  }

  destroy(): void {
    this.connection.abort();
    this.turn();
  }

  /** Checks the output and the deadline. Called a few times a second. */
  tick(): void {
    const { now } = this.#context.clock;
    this.#noteOutput();
    if (this.connection.deadline <= now) this.connection.expire(now);
    this.turn();
  }

  turn(): void {
    // A late reply may have been written. All connections share the output, so it must leave before another one writes.
    if (this.#isYielding) return this.#flush();
    const lastExchange = this.exchange + this.#context.http1.limits.pipelineLimitCount;
    while (!this.#isCongested) {
      const event = this.connection.next();
      if (event === undefined) break;
      takeEvent(event, this, this.#context);
      if (this.exchange < lastExchange) continue;
      this.#yield();
      break;
    }
    this.#flush();
    if (this.isOpen) this.#regulate();
  }

  sendContent(content: Content | ContentStream): void {
    if (isInMemory(content)) {
      this.connection.countContent(content.length);
      this.#flush(content.segments);
    } else {
      void this.#send(content);
    }
  }

  finish(): void {
    this.#flush();
    // As in the kernel pump: nothing can be lost, so the connection is closed at once. The socket sends what it holds.
    const isTaken = this.#isQueueEmpty && this.#stream.writableLength === 0;
    if (isTaken && this.connection.isPeerDone) this.connection.abort();
    else this.#stream.end();
  }

  close(): void {
    this.#flush();
    this.#stream.destroy();
    this.#end();
  }

  get isTaken(): boolean {
    return this.#stream.writableLength === 0;
  }

  get takesAtOnce(): boolean {
    return this.#stream instanceof Socket && !this.#context.isSecure;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeSender = resolve;
      if (this.connection.isContentFramed) {
        this.connection.sendContent(bytes, this.#context.out);
        this.#flush(undefined, resolve);
      } else {
        this.connection.countContent(bytes.length);
        this.#flush([bytes], resolve);
      }
    });
  }

  async #send(content: Content | ContentStream): Promise<void> {
    const isComplete = await sendContent(content, this);
    release(content);
    if (!this.isOpen) return;
    if (!isComplete) this.connection.abort();
    else if (content.kind === "stream") this.connection.sendEnd(this.#context.out);
    // Sending may have taken minutes: the wait for the next request begins now.
    this.#context.clock.read();
    this.#noteOutput();
    this.turn();
  }

  /**
   * Gives the output, and segments behind it, to the stream in one write. `onTaken` is called when the peer's
   * side has taken all of it, or never will. Until then the segments must not change.
   */
  #flush(segments?: readonly Uint8Array[], onTaken?: () => void): void {
    const { out, counters } = this.#context;
    const stream = this.#stream;
    const isSocket = stream instanceof Socket;
    let count = out.length;
    if (segments !== undefined) stream.cork();
    // A pair in memory hands over the memory itself to its reader, so it gets a copy.
    if (out.length > 0) stream.write(isSocket ? out.view() : Buffer.from(out.view()), segments ? undefined : onTaken);
    else if (segments === undefined) return onTaken?.();
    for (const [index, segment] of (segments ?? []).entries()) {
      count += segment.length;
      const isLast = index === segments!.length - 1;
      stream.write(isSocket ? segment : Buffer.from(segment), isLast ? onTaken : undefined);
    }
    if (segments !== undefined) stream.uncork();
    this.#enqueuedBytes += count;
    counters.countSent(count);
    // When the socket holds nothing, the kernel has copied the bytes, and the memory can be filled again.
    if (isSocket && stream.writableLength > 0) out.renew();
    else out.clear();
  }

  /** A peer that does not take its replies gets no further ones. So the output that we hold for it stays bounded. */
  get #isCongested(): boolean {
    return this.#stream.writableNeedDrain && !this.connection.isOver;
  }

  #noteOutput(): void {
    const pending = this.#stream.writableLength;
    this.connection.noteOutput(this.#enqueuedBytes - pending, pending > 0, this.#context.clock.now);
  }

  /** Pauses the stream while received bytes wait, and tells the engine how much output the peer has taken. */
  #regulate(): void {
    if (this.#stream.writableLength > 0) this.#noteOutput();
    const isWanted = this.connection.wantsInput && !this.#isCongested;
    if (isWanted === !this.#isPaused) return;
    this.#isPaused = !isWanted;
    if (this.#isPaused) this.#stream.pause();
    else this.#stream.resume();
  }

  /** A full pipeline was answered. Its replies leave and other connections get their turn, then this one goes on. */
  #yield(): void {
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      if (!this.isOpen) return;
      this.#context.clock.read();
      this.turn();
    });
  }

  #end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.connection.abort();
    this.#wakeSender();
    this.#context.onClose(this);
  }
}

/** Content that is in memory as a whole: cached files and error pages, of a bounded size and shared by all replies. */
function isInMemory(content: Content | ContentStream): content is Content & { segments: readonly Buffer[] } {
  return content.kind === "content" && content.file === undefined;
}
