// The streams of one HTTP/2 connection, for all pumps: each is an exchange, and many are under way at once. Requests go to
// the handler, replies to the engine, and content that is owed leaves frame by frame, in the order that the engine says.
// Where content comes from differs by transport (`newSource`), and so does how bytes leave.
import type { Content, ContentStream, Peer, Rejection, Reply } from "../http/message.ts";
import type { Notes, Pace } from "../http/notes.ts";
import type { RequestHead } from "../http/request-head.ts";
import { Http2Connection } from "../http2/connection.ts";
import type { Http2Context } from "../http2/context.ts";
import { ERROR_CODE } from "../http2/frames.ts";
import type { ProblemCode } from "../http2/problems.ts";
import { traceClient, traceProxied, traceStreamReply, traceStreamRequest, traceTimes } from "../telemetry/trace.ts";
import type { ConnectionLog } from "./connection-log.ts";
import {
  ask,
  type Carrier,
  EARLY_HINTS,
  type ExchangeContext,
  logOf,
  release,
  replyWhenPaid,
  tellRefusal,
} from "./exchange.ts";
import { FAILED, type FrameSource, type SourceEvents, StreamSource, WAITS } from "./frame-source.ts";

/** What one connection may send of its content before others get their turn: about a millisecond's worth. */
const SLICE_BYTES = 1024 * 1024;

/** Where content comes from, and where frames go: this differs by transport. */
export interface StreamIo {
  /** How much is given to the peer's side at once. */
  readonly batchBytes: number;
  /** Whether the peer's side takes nothing now: no frame is written. */
  readonly isFull: boolean;
  /** Sends the output. @param isLast whether our half of the connection ends when this is sent */
  flush(isLast: boolean): void;
  /** For content of a known length, which the source releases. */
  newSource(content: Content, connection: Http2Connection, events: SourceEvents): FrameSource;
}

export class Http2Streams {
  readonly connection: Http2Connection;
  readonly #carrier: Carrier;
  readonly #io: StreamIo;
  readonly #context: ExchangeContext;
  readonly #http2: Http2Context;
  /** Undefined without an access log. */
  readonly #log: ConnectionLog | undefined;
  /** The stream whose request has come last, and when. */
  #begun = 0;
  #begunMs = 0;
  /** When the requests came whose replies are not sent yet, by stream; undefined where durations are not asked for. */
  readonly #started: Map<number, number> | undefined;
  /** How many requests have begun. */
  requestCount = 0;
  /** Whether this connection has had its share, and could send more. */
  isSending = false;
  /** When the request of a stream was read that has no reply yet; only with a trace. */
  readonly #requestedMs = new Map<number, number>();
  /** How fast content is sent, by stream: those of clients whose bandwidth is limited. */
  readonly #paces = new Map<number, Pace>();
  /** Content that is owed, by stream. */
  readonly #sources = new Map<number, FrameSource>();
  /**
   * What has happened outside of a turn: a late reply, the end of a source. All connections share the output, and this one
   * may not take more at that time. So it waits for a turn.
   */
  readonly #tasks: (() => void)[] = [];

  constructor(carrier: Carrier, io: StreamIo, context: ExchangeContext, http2: Http2Context) {
    this.#carrier = carrier;
    this.#io = io;
    this.#context = context;
    this.#http2 = http2;
    this.#log = logOf(carrier, context, true);
    this.#started = context.stopwatch && new Map();
    this.connection = new Http2Connection(http2, context.clock.now, (code, stream, read) =>
      this.#tellProblem(code, stream, read),
    );
  }

  /** Acts on the next event. @returns whether there was one */
  takeEvent(): boolean {
    const task = this.#tasks.shift();
    if (task !== undefined) {
      task();
      return true;
    }
    const event = this.connection.next(this.#context.out);
    if (event === undefined) return false;
    switch (event.kind) {
      case "head":
        this.#handle(event.head, event.stream);
        break;
      case "content":
      case "end":
        break;
      case "rejected":
        this.#tellRejection(event.rejection, event.stream);
        this.#sendReply(this.#context.handler.refuse(event.rejection), event.stream);
        break;
      case "cancelled":
        this.#forget(event.stream, true);
        break;
      case "finish":
        this.#carrier.finish();
        break;
      case "closed":
        this.#carrier.close();
        break;
      default:
        event satisfies never;
    }
    return true;
  }

  /** As `ProtocolHalf.send`. */
  send(isLast: boolean): boolean {
    const { out } = this.#context;
    const io = this.#io;
    // The engine takes no more input while there is so much output.
    let canGoOn = out.length >= io.batchBytes;
    this.isSending = false;
    for (let left = SLICE_BYTES; !io.isFull; ) {
      const count = this.#writeFrames(Math.max(1, io.batchBytes - out.length));
      io.flush(isLast);
      left -= count;
      if (count === 0) break;
      canGoOn = true;
      this.isSending = left <= 0;
      if (this.isSending) break;
    }
    io.flush(isLast);
    return canGoOn && !this.isSending && !io.isFull;
  }

  /**
   * Writes content, a frame at a time, each of the stream whose turn it is.
   * @param limitBytes so much is written, and the rest of a frame
   * @returns how many bytes of content; 0 when none can be sent now
   */
  #writeFrames(limitBytes: number): number {
    const { connection } = this;
    let total = 0;
    while (total < limitBytes && !this.#io.isFull) {
      const stream = connection.nextStream();
      if (stream === 0) break;
      const allowance = connection.allowance(stream);
      const pace = this.#paces.size === 0 ? undefined : this.#paces.get(stream);
      const limit = pace === undefined ? allowance : pace.take(allowance);
      if (limit === 0) {
        this.#pause(stream, pace!);
        continue;
      }
      const count = this.#sources.get(stream)!.writeFrame(stream, limit);
      pace?.giveBack(limit - Math.max(count, 0));
      if (count === WAITS) connection.holdStream(stream);
      else if (count === FAILED) this.#fail(stream);
      else {
        total += count;
        this.#log?.count(stream, count);
      }
      if (count > 0 && !connection.owesContent(stream)) this.#forget(stream, false);
    }
    return total;
  }

  /** The connection is closed: releases all that was not sent. */
  drop(): void {
    for (const stream of [...this.#sources.keys()]) this.#forget(stream, true);
    this.#log?.drop();
    this.#paces.clear();
    for (const stream of [...(this.#started?.keys() ?? [])]) this.#endTiming(stream);
    // Late replies find that nobody waits for them.
    for (const task of this.#tasks.splice(0)) task();
  }

  #handle(head: RequestHead, stream: number): void {
    const { counters, onTrace, clients, stopwatch } = this.#context;
    const carrier = this.#carrier;
    this.requestCount++;
    counters.countRequest(true);
    if (stopwatch !== undefined) {
      this.#begun = stream;
      this.#begunMs = stopwatch.begin();
    }
    this.connection.discardContent(stream);
    if (onTrace !== undefined) {
      const { id, certificate } = carrier;
      if (this.requestCount === 1 && certificate !== undefined) onTrace(traceClient(id, certificate));
      onTrace(traceStreamRequest(id, stream, head, this.#context.tracesSecrets));
      this.#requestedMs.set(stream, this.#context.clock.exactMs());
    }
    const peer = clients === undefined ? carrier : clients.of(head, carrier);
    if (peer !== carrier && onTrace !== undefined) onTrace(traceProxied(carrier.id, peer, stream));
    this.#log?.begin(stream, head, peer);
    let reply = ask(head, peer, this.#context);
    const { notes } = head;
    const { pace } = notes;
    if (pace !== undefined) {
      this.#paces.set(stream, pace);
      if (pace.debtMs > 0) reply = replyWhenPaid(reply, pace, this.#context);
    }
    if (notes.earlyHints !== undefined) this.#sendEarlyHints(notes, stream);
    if (reply instanceof Promise) {
      // They are needed when the reply comes: the next request of the thread gets others.
      notes.isShared = true;
      this.#log?.hold();
      this.#hold(stream);
      void this.#sendLater(reply, notes, stream, peer);
    } else this.#sendReply(reply, stream, peer);
  }

  async #sendLater(reply: Promise<Reply>, notes: Notes, stream: number, peer: Peer): Promise<void> {
    const late = await reply;
    this.#later(() => {
      this.#sendEarlyHints(notes, stream);
      this.#sendReply(late, stream, peer);
    });
  }

  /** Once. */
  #sendEarlyHints(notes: Notes, stream: number): void {
    const { earlyHints } = notes;
    notes.earlyHints = undefined;
    if (earlyHints === undefined || !this.#carrier.isOpen || !this.connection.isReplyOwed(stream)) return;
    const { fields } = earlyHints;
    const { out, onTrace, tracesSecrets } = this.#context;
    onTrace?.(
      traceStreamReply(this.#carrier.id, stream, { status: EARLY_HINTS, fields, content: undefined }, tracesSecrets),
    );
    this.connection.sendInterim(stream, EARLY_HINTS, fields, out);
    // In a TLS record of their own: a record is read whole, and the page would fill it. On a slow line that is a third of a
    // second (16 KiB at 50 kB/s).
    if (!this.#io.isFull) this.#io.flush(false);
  }

  #sendReply(reply: Reply, stream: number, peer?: Peer): void {
    const { content } = reply;
    const { connection } = this;
    if (!this.#carrier.isOpen || !connection.isReplyOwed(stream)) {
      this.#log?.end(stream, true);
      this.#paces.delete(stream);
      return release(content);
    }
    if (reply.status >= 400 && reply.code !== undefined)
      tellRefusal(reply, this.#carrier, this.#context, { stream, peer });
    const { out, clock, onTrace } = this.#context;
    if (onTrace !== undefined) {
      onTrace(traceStreamReply(this.#carrier.id, stream, reply, this.#context.tracesSecrets));
      this.#traceTimes(stream, onTrace);
    }
    this.#http2.setTime(clock.wallMs);
    const isHead = connection.isHead(stream);
    const wholeBytes = this.#log === undefined || isHead ? 0 : lengthOf(content);
    const isOwed = connection.sendReply(stream, reply, out, clock.now);
    this.#log?.reply(stream, reply, isOwed ? 0 : wholeBytes, !isOwed);
    if (!isOwed) {
      this.#endTiming(stream);
      this.#chargeWhole(stream, isHead ? 0 : lengthOf(content));
      return release(content);
    }
    if (this.#begun === stream) this.#hold(stream);
    this.#sources.set(stream, this.#sourceOf(content!, stream));
  }

  /** Other streams of the client can have what is left. */
  #chargeWhole(stream: number, count: number): void {
    this.#paces.get(stream)?.charge(count);
    this.#paces.delete(stream);
  }

  /** Others have used the bandwidth: this stream goes on when there is some for it. */
  #pause(stream: number, pace: Pace): void {
    this.connection.holdStream(stream);
    this.#context.pause(pace.waitMs, () => {
      if (this.#carrier.isOpen) this.#later(() => this.connection.resumeStream(stream));
    });
  }

  #traceTimes(stream: number, onTrace: (text: string) => void): void {
    const { id, openedMs } = this.#carrier;
    const now = this.#context.clock.exactMs();
    const begunMs = this.#requestedMs.get(stream) ?? now;
    this.#requestedMs.delete(stream);
    onTrace(traceTimes(`connection ${id} stream ${stream}`, now - begunMs, now - openedMs));
  }

  #sourceOf(content: Content | ContentStream, stream: number): FrameSource {
    const { connection } = this;
    const events: SourceEvents = {
      onReady: () => this.#later(() => connection.resumeStream(stream)),
      onEnd: () => this.#later(() => this.#end(stream)),
      onFailure: () => this.#later(() => this.#fail(stream)),
    };
    if (content.kind === "content") return this.#io.newSource(content, connection, events);
    return new StreamSource(content, connection, this.#context.out, events);
  }

  #tellRejection({ code, status }: Rejection, stream: number): void {
    this.#context.onRefusal?.({ by: "http2", code, status, stream }, this.#carrier);
  }

  /** @param stream 0 for a mistake that ends the connection */
  #tellProblem(code: ProblemCode, stream: number, read?: Buffer): void {
    const about = stream === 0 ? { read, mistakeAt: 0 } : { stream };
    this.#context.onRefusal?.({ by: "http2", code, status: undefined, ...about }, this.#carrier);
  }

  #later(task: () => void): void {
    this.#tasks.push(task);
    if (!this.#carrier.isOpen) return this.drop();
    this.#context.clock.read();
    this.#carrier.turn();
  }

  /** A source of unknown length has given all. */
  #end(stream: number): void {
    const isOwed = this.connection.owesContent(stream);
    if (isOwed) this.connection.endContent(stream, this.#context.out);
    this.#forget(stream, !isOwed);
  }

  /** The content cannot be sent to its end. The peer must not take it for whole: RFC 9113 §8.1.1. */
  #fail(stream: number): void {
    if (this.connection.owesContent(stream)) {
      this.connection.resetStream(stream, ERROR_CODE.INTERNAL_ERROR, this.#context.out);
    }
    this.#forget(stream, true);
  }

  /** The reply is not sent at once: its stream counts as open until it is, where somebody asks. */
  #hold(stream: number): void {
    const started = this.#started;
    if (started === undefined || started.has(stream)) return;
    started.set(stream, this.#begunMs);
    this.#context.counters.countStream?.(1);
  }

  /** The reply is sent or cut. Does nothing for one that has been counted. */
  #endTiming(stream: number): void {
    const { stopwatch } = this.#context;
    if (stopwatch === undefined) return;
    const startedMs = this.#started!.size === 0 ? undefined : this.#started!.get(stream);
    if (startedMs !== undefined) {
      this.#started!.delete(stream);
      this.#context.counters.countStream?.(-1);
      stopwatch.end(startedMs);
    } else if (this.#begun === stream) stopwatch.end(this.#begunMs);
    // Streams are never used again, so what comes now was counted.
    if (this.#begun === stream) this.#begun = 0;
  }

  /** @param isCut whether the reply was not sent to its end */
  #forget(stream: number, isCut: boolean): void {
    this.#requestedMs.delete(stream);
    this.#log?.end(stream, isCut);
    this.#endTiming(stream);
    this.#sources.get(stream)?.release();
    this.#sources.delete(stream);
    this.#paces.delete(stream);
  }
}

function lengthOf(content: Content | ContentStream | undefined): number {
  return content?.kind === "content" ? content.length : 0;
}
