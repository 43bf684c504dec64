// Joins one stream to the engine of its protocol, by four steps that are always in this order: feed bytes with the time,
// take events, write bytes, watch the deadline. The pump decides nothing about the protocol and nothing about files. It
// moves bytes, and stops when the other side does not keep up.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ClientCertificate, Scheme } from "../../http/message.ts";
import { NEXT_REQUEST_MS } from "../../http1/limits.ts";
import { UNCOUNTED } from "../../limits/lease.ts";
import type { Origin } from "../../proxies/clients.ts";
import { type Activity, activityOf, type Observed } from "../activity.ts";
import type { Engine, ProtocolHalf } from "../engine.ts";
import type { ExchangeContext } from "../exchange.ts";
import type { StreamHalf } from "./exchanges.ts";
import { Http1Exchanges } from "./http1-exchanges.ts";
import { addressOf } from "./peer.ts";
import { StreamWriter, type StreamWriterContext } from "./stream-writer.ts";

/** What the pumps of one transport share. */
export interface PumpContext extends ExchangeContext, StreamWriterContext {
  readonly onClose: (pump: Pump) => void;
  /** Undefined where HTTP/1.1 is all that is spoken. */
  readonly newHttp2: ReturnType<typeof import("./http2-exchanges.ts").newHttp2> | undefined;
}

/** What a TLS handshake has agreed on. */
export interface Secured {
  readonly isHttp2: boolean;
  /** What the client has proved itself with. */
  readonly certificate: ClientCertificate | undefined;
  /** What a PROXY header has said before. */
  readonly origin?: Origin | undefined;
}

/** Of a connection without TLS. */
export const UNSECURED: Secured = { isHttp2: false, certificate: undefined };

/** The most that libuv reads at once. Less means that the socket's receive queue is empty now. */
const READ_BYTES = 65_536;

export class Pump implements StreamHalf, Observed {
  readonly id: number;
  readonly openedMs: number;
  /** What it holds of the count of its client (limits/lease.ts). */
  readonly lease: number;
  /** The index of the listener that the connection came to. */
  readonly listener: number;
  readonly #stream: Duplex;
  readonly #context: PumpContext;
  readonly writer: StreamWriter;
  readonly certificate: ClientCertificate | undefined;
  readonly origin: Origin | undefined;
  #exchanges: ProtocolHalf;
  #isPaused = false;
  #isYielding = false;
  /** Whether the last read emptied the socket's receive queue. A stream that is no socket has none that we could know. */
  #isQueueEmpty = false;
  /** What the next engine has to be told as well, if another takes over. */
  #isLastCall = false;
  #isDraining = false;
  #address: string | undefined;
  isOpen = true;

  constructor(
    stream: Duplex,
    context: PumpContext,
    id: number,
    { isHttp2, certificate, origin }: Secured,
    listener: number,
    lease: number = UNCOUNTED,
  ) {
    this.listener = listener;
    this.certificate = certificate;
    this.origin = origin;
    this.#stream = stream;
    this.#context = context;
    this.id = id;
    this.openedMs = context.onTrace === undefined ? 0 : context.clock.exactMs();
    this.lease = lease;
    const { clock } = context;
    clock.read();
    this.writer = new StreamWriter(stream, context);
    this.#exchanges = isHttp2 ? context.newHttp2!(this, context) : this.#speakHttp1();
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

  get connection(): Engine {
    return this.#exchanges.connection;
  }

  /** A connection in memory has no address. */
  get address(): string {
    this.#address ??= this.origin?.address ?? addressOf(this.#stream);
    return this.#address;
  }

  get scheme(): Scheme {
    return this.origin?.scheme ?? (this.#context.isSecure ? "https" : "http");
  }

  get proxy(): string | undefined {
    return this.origin?.proxy;
  }

  get activity(): Activity {
    return activityOf(this.connection, !this.writer.isTaken);
  }

  get isHttp2(): boolean {
    return !(this.#exchanges instanceof Http1Exchanges);
  }

  get requestCount(): number {
    return this.#exchanges.requestCount;
  }

  get isIdle(): boolean {
    return this.connection.isIdle && this.writer.isTaken;
  }

  /** The exchange at hand is the last one, or the next if there is none. */
  lastCall(): void {
    this.#isLastCall = true;
    this.connection.lastCall();
    this.turn();
  }

  /** Closes the connection: now when it is idle, otherwise after the exchange at hand, which may be about to begin. */
  drain(): void {
    this.#isDraining = true;
    this.connection.drain(NEXT_REQUEST_MS);
    this.turn();
  }

  destroy(): void {
    this.connection.abort();
    this.turn();
  }

  /** Checks the output and the deadline. Called a few times a second. */
  tick(): void {
    const { now } = this.#context.clock;
    this.noteOutput();
    if (this.connection.deadline <= now) this.connection.expire(now);
    this.turn();
  }

  turn(): void {
    // A late reply may have been written. All connections share the output, so it must leave before another one writes.
    if (this.#isYielding) return this.writer.flush();
    const lastRequest = this.#exchanges.requestCount + this.#context.http1.limits.pipelineLimitCount;
    do this.#takeEvents(lastRequest);
    while (this.#exchanges.send(false) && !this.#isYielding);
    if (this.#exchanges.isSending) this.#yield();
    if (this.isOpen) this.#regulate();
  }

  noteOutput(): void {
    this.connection.noteOutput(this.writer.takenBytes, !this.writer.isTaken, this.#context.clock.now);
  }

  finish(): void {
    this.writer.flush();
    // As in the kernel pump: nothing can be lost, so the connection is closed at once. The socket sends what it holds.
    const isTaken = this.#isQueueEmpty && this.writer.isTaken;
    if (isTaken && this.connection.isPeerDone) this.connection.abort();
    else this.#stream.end();
  }

  close(): void {
    this.writer.flush();
    this.#stream.destroy();
    this.#end();
  }

  #takeEvents(lastRequest: number): void {
    while (!this.#isYielding && !this.#isCongested) {
      if (!this.#exchanges.takeEvent()) return;
      if (this.#exchanges.requestCount >= lastRequest) this.#yield();
    }
  }

  #speakHttp1(): ProtocolHalf {
    return new Http1Exchanges(this, this.#context, (first) => {
      this.#exchanges = this.#context.newHttp2!(this, this.#context);
      if (this.#isLastCall) this.connection.lastCall();
      if (this.#isDraining) this.connection.drain(NEXT_REQUEST_MS);
      this.connection.receive(first, this.#context.clock.now);
    });
  }

  get #isCongested(): boolean {
    return this.#exchanges.isCongested && !this.connection.isOver;
  }

  /** Pauses the stream while received bytes wait, and tells the engine how much output the peer has taken. */
  #regulate(): void {
    if (!this.writer.isTaken) this.noteOutput();
    const isWanted = this.connection.wantsInput && !this.#isCongested;
    if (isWanted === !this.#isPaused) return;
    this.#isPaused = !isWanted;
    if (this.#isPaused) this.#stream.pause();
    else this.#stream.resume();
  }

  /** It has had its share. Its replies leave and other connections get their turn, then this one goes on. */
  #yield(): void {
    if (this.#isYielding) return;
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
    this.#exchanges.drop();
    this.#context.onClose(this);
  }
}
