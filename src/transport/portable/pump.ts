// Joins one stream to one HTTP/1.1 connection. The loop is always the same four steps: feed bytes with the
// time, take events, write bytes, watch the deadline. It decides nothing about the protocol and nothing about
// files; it moves bytes, and stops moving them when the other side does not keep up.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Content, ContentStream, Peer, Reply, Request } from "../../http/message.ts";
import { Connection } from "../../http1/connection.ts";
import type { Http1Event } from "../../http1/events.ts";
import type { RequestHead } from "../../http1/request-head.ts";
import { traceReply, traceRequest } from "../../telemetry/trace.ts";
import { type ContentSink, sendContent } from "./content-sender.ts";
import type { PumpContext } from "./transport.ts";

export class Pump implements ContentSink, Peer {
  readonly #stream: Duplex;
  readonly #context: PumpContext;
  readonly #connection: Connection;
  /** Names the connection in the trace. */
  readonly #id: number;
  /** Counts exchanges, so that a reply which comes too late for its own is noticed. */
  #exchange = 0;
  #enqueuedBytes = 0;
  #isPaused = false;
  #isYielding = false;
  /** Ends the wait of the content sender; a stream that is destroyed may never call back for what it held. */
  #wakeSender: () => void = () => {};
  isOpen = true;

  constructor(stream: Duplex, context: PumpContext, id: number) {
    this.#stream = stream;
    this.#context = context;
    this.#id = id;
    this.#connection = new Connection(context.http1, performance.now());
    if (stream instanceof Socket) {
      stream.allowHalfOpen = true;
      stream.setNoDelay(true);
    }
    stream.on("data", (bytes: Buffer) => {
      this.#connection.receive(bytes, performance.now());
      this.#turn();
    });
    stream.on("end", () => {
      this.#connection.receiveEnd(performance.now());
      this.#turn();
    });
    stream.on("drain", () => this.#turn());
    stream.on("finish", () => this.tick(performance.now()));
    // What a socket fails with is the peer's business or the network's; "close" follows and ends it all.
    stream.on("error", () => {});
    stream.on("close", () => this.#close());
  }

  /** Two connections in memory have no address. */
  get address(): string {
    return (this.#stream instanceof Socket ? this.#stream.remoteAddress : undefined) ?? "";
  }

  /** Closes now when idle, else after the exchange at hand. */
  drain(): void {
    this.#connection.drain();
    this.#turn();
  }

  destroy(): void {
    this.#connection.abort();
    this.#turn();
  }

  /** Looks at the output and at the deadline; called a few times a second. */
  tick(now: number): void {
    this.#noteOutput(now);
    if (this.#connection.deadline <= now) this.#connection.expire(now);
    this.#turn();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeSender = resolve;
      if (this.#connection.isContentFramed) {
        this.#connection.sendContent(bytes, this.#context.out);
        this.#flush(undefined, resolve);
      } else {
        this.#connection.countContent(bytes.length);
        this.#flush([bytes], resolve);
      }
    });
  }

  #turn(): void {
    // A late reply may have been written: the output is everybody's, and must not wait for the next who flushes it.
    if (this.#isYielding) return this.#flush();
    const { limits } = this.#context.http1;
    let answered = 0;
    while (!this.#isCongested) {
      const event = this.#connection.next();
      if (event === undefined) break;
      this.#take(event);
      if (event.kind !== "head" || ++answered < limits.pipelineLimitCount) continue;
      this.#yield();
      break;
    }
    this.#flush();
    if (this.isOpen) this.#regulate();
  }

  #take(event: Http1Event): void {
    switch (event.kind) {
      case "head":
        return this.#handle(event.head);
      case "rejected":
        this.#exchange++;
        return this.#reply(this.#context.handler.refuse(event.rejection), this.#exchange);
      case "finish":
        this.#flush();
        this.#stream.end();
        return;
      case "closed":
        this.#flush();
        this.#stream.destroy();
        return this.#close();
      case "content":
      case "end":
        return;
      default:
        event satisfies never;
    }
  }

  #handle(head: RequestHead): void {
    const { counters, onTrace } = this.#context;
    const exchange = ++this.#exchange;
    counters.countRequest();
    this.#connection.discardContent();
    if (onTrace !== undefined) onTrace(traceRequest(this.#id, head));
    const reply = this.#answer(head);
    if (!(reply instanceof Promise)) return this.#reply(reply, exchange);
    reply
      .catch((error: unknown) => this.#fail(error))
      .then((late) => {
        this.#reply(late, exchange);
        this.#turn();
      });
  }

  #answer(request: Request): Reply | Promise<Reply> {
    try {
      return this.#context.handler.handle(request, this);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** A handler that throws has a bug; its connection must not pay with those of others. */
  #fail(error: unknown): Reply {
    this.#context.onError(error);
    return this.#context.handler.refuse({ status: 500, code: "HANDLER_FAILED" });
  }

  #reply(reply: Reply, exchange: number): void {
    const { content } = reply;
    if (!this.isOpen || exchange !== this.#exchange) return release(content);
    const { out, http1, onTrace } = this.#context;
    const start = out.length;
    http1.writer.setTime(Date.now());
    const headEnd = this.#connection.sendReply(reply, out, performance.now());
    if (onTrace !== undefined) onTrace(traceReply(this.#id, out.view(), start, headEnd));
    if (!this.#connection.wantsContent || content === undefined) return release(content);
    if (isInMemory(content)) {
      this.#connection.countContent(content.length);
      this.#flush(content.segments);
    } else {
      void this.#send(content);
    }
  }

  async #send(content: Content | ContentStream): Promise<void> {
    const isComplete = await sendContent(content, this);
    release(content);
    if (!this.isOpen) return;
    if (!isComplete) this.#connection.abort();
    else if (content.kind === "stream") this.#connection.sendEnd(this.#context.out);
    // It may have taken minutes: what waits next waits from now on.
    this.#noteOutput(performance.now());
    this.#turn();
  }

  /**
   * Gives the output, and segments behind it, to the stream in one write. `onTaken` is called when the peer's
   * side has it all, or never will: until then the segments must not change.
   */
  #flush(segments?: readonly Uint8Array[], onTaken?: () => void): void {
    const { out, counters } = this.#context;
    const stream = this.#stream;
    const isSocket = stream instanceof Socket;
    let count = out.length;
    if (segments !== undefined) stream.cork();
    // A pair in memory hands the very bytes to its reader, so it gets bytes of its own.
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
    // Nothing left in the socket: the kernel has copied the bytes, and the memory can be filled again.
    if (isSocket && stream.writableLength > 0) out.renew();
    else out.clear();
  }

  /** A peer that does not take its replies gets no further ones: what we hold for it stays bounded. */
  get #isCongested(): boolean {
    return this.#stream.writableNeedDrain && !this.#connection.isOver;
  }

  #noteOutput(now: number): void {
    const pending = this.#stream.writableLength;
    this.#connection.noteOutput(this.#enqueuedBytes - pending, pending > 0, now);
  }

  /** Pauses the stream while received bytes wait, and keeps the write deadline honest. */
  #regulate(): void {
    if (this.#stream.writableLength > 0) this.#noteOutput(performance.now());
    const isWanted = this.#connection.wantsInput && !this.#isCongested;
    if (isWanted === !this.#isPaused) return;
    this.#isPaused = !isWanted;
    if (this.#isPaused) this.#stream.pause();
    else this.#stream.resume();
  }

  /** A full pipeline was answered: its replies leave, others get their turn, then it goes on. */
  #yield(): void {
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      if (this.isOpen) this.#turn();
    });
  }

  #close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#connection.abort();
    this.#wakeSender();
    this.#context.onClose(this, this.#id);
  }
}

/** Content that is in memory as a whole: cached files and error pages. It is bounded, and shared by all who send it. */
function isInMemory(content: Content | ContentStream): content is Content & { segments: readonly Buffer[] } {
  return content.kind === "content" && content.file === undefined;
}

function release(content: Content | ContentStream | undefined): void {
  if (content?.kind === "stream") content.release?.();
  else content?.file?.release();
}
