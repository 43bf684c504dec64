// Joins one socket to one HTTP/1.1 connection, by system calls. The same four steps as the portable pump: feed
// bytes with the time, take events, write bytes, watch the deadline. What the socket does not take at once
// waits here, with the rest of the content behind it, until the kernel says that there is room again.
import type { Content, ContentStream, Peer, Reply, Request } from "../../http/message.ts";
import { Connection } from "../../http1/connection.ts";
import type { Http1Event } from "../../http1/events.ts";
import type { RequestHead } from "../../http1/request-head.ts";
import { traceReply, traceRequest } from "../../telemetry/trace.ts";
import { ContentCursor } from "./content-cursor.ts";
import { EAGAIN, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, errno, libc, MSG_NOSIGNAL, SHUT_WR, SIOCOUTQ } from "./libc.ts";
import { addressOf } from "./peer.ts";
import { Pinned } from "./pinned.ts";
import { Timer } from "./timer-wheel.ts";
import type { KernelContext } from "./transport.ts";

/** The size of the receive buffer: what one connection may give us before others get their turn. */
export const INPUT_BYTES: number = 64 * 1024;
/** What one connection may send of a file before others get their turn: about a millisecond's worth. */
const SLICE_BYTES = 1024 * 1024;

/** Where SIOCOUTQ is answered. */
const queued = new Pinned(4);

/** Bytes that the socket did not take, in memory of their own. */
interface Leftover {
  readonly memory: Pinned;
  start: number;
  readonly end: number;
}

export class KernelPump implements Peer {
  readonly fd: number;
  readonly timer: Timer<KernelPump> = new Timer<KernelPump>(this);
  readonly #context: KernelContext;
  readonly #connection: Connection;
  readonly #id: number;
  #exchange = 0;
  #flushedBytes = 0;
  #leftover: Leftover | undefined;
  /** Content that is being sent; it begins when the leftover is gone. */
  #cursor: ContentCursor | undefined;
  /** Ends the wait of a stream's source for room. */
  #wakeSource: (() => void) | undefined;
  #isInputEnded = false;
  #wasSending = false;
  #isFinishing = false;
  #isYielding = false;
  #isWarming = false;
  /** What epoll watches the socket for. */
  #interest: number = EPOLLIN;
  isOpen = true;

  constructor(fd: number, context: KernelContext, id: number) {
    this.fd = fd;
    this.#context = context;
    this.#id = id;
    this.#connection = new Connection(context.http1, context.clock.now);
    context.timers.set(this.timer, this.#connection.deadline);
  }

  /** Asked for only where a site has rules about addresses. */
  get address(): string {
    return addressOf(this.fd);
  }

  /** Nothing would be lost if it were closed. */
  get isIdle(): boolean {
    return this.#connection.isIdle && !this.#isSending();
  }

  get deadline(): number {
    return this.#connection.deadline;
  }

  ready(events: number): void {
    if ((events & EPOLLOUT) !== 0) this.#sendRest();
    // While it waits for its turn it has enough to do: what comes stays in the kernel.
    if ((events & EPOLLIN) !== 0 && (this.#interest & EPOLLIN) !== 0 && !this.#isYielding) this.#receive();
    // Nobody can be reached any more, and nothing that we wait for would tell: reset, or closed on both sides.
    else if ((events & (EPOLLERR | EPOLLHUP)) !== 0) this.#connection.abort();
    this.#turn();
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

  /** The timer has fired: the deadline has come, or has moved meanwhile. */
  expire(): void {
    const { clock, timers } = this.#context;
    if (this.#isSending()) this.#noteOutput();
    if (this.#connection.deadline > clock.now) return timers.set(this.timer, this.#connection.deadline);
    this.#connection.expire(clock.now);
    this.#turn();
  }

  #receive(): void {
    const { input } = this.#context;
    const count = libc.recv(this.fd, input.at(0, INPUT_BYTES), INPUT_BYTES, 0);
    const { now } = this.#context.clock;
    if (count > 0) {
      this.#connection.receive(input.bytes, now, count);
    } else if (count === 0) {
      this.#isInputEnded = true;
      this.#connection.receiveEnd(now);
    } else if (errno() !== EAGAIN) {
      this.#connection.abort();
    }
  }

  #turn(): void {
    if (!this.isOpen) return;
    // Input and output are everybody's: what was received is copied, and a late reply leaves, before others use them.
    if (this.#isYielding) {
      this.#connection.keepInput();
      return this.#flush();
    }
    const lastExchange = this.#exchange + this.#context.http1.limits.pipelineLimitCount;
    while (!this.#isCongested()) {
      const event = this.#connection.next();
      if (event === undefined) break;
      this.#take(event);
      if (this.#exchange < lastExchange) continue;
      this.#yield();
      break;
    }
    if (!this.isOpen) return;
    this.#connection.keepInput();
    this.#flush();
    this.#regulate();
  }

  #take(event: Http1Event): void {
    switch (event.kind) {
      case "head":
        return this.#handle(event.head);
      case "end":
      case "content":
        return;
      case "rejected":
        this.#exchange++;
        return this.#reply(this.#context.handler.refuse(event.rejection), this.#exchange);
      case "finish":
        this.#isFinishing = true;
        return;
      case "closed":
        this.#flush();
        return this.#close();
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
        this.#context.clock.read();
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
    const { out, http1, clock, onTrace } = this.#context;
    const start = out.length;
    http1.writer.setTime(clock.wallMs);
    const headEnd = this.#connection.sendReply(reply, out, clock.now);
    if (onTrace !== undefined) onTrace(traceReply(this.#id, out.view(), start, headEnd));
    if (!this.#connection.wantsContent || content === undefined) return release(content);
    if (content.kind === "stream") void this.#pull(content, exchange);
    else this.#cursor = new ContentCursor(content);
  }

  async #pull(content: ContentStream, exchange: number): Promise<void> {
    const isCurrent = (): boolean => this.isOpen && exchange === this.#exchange;
    try {
      for await (const bytes of content.chunks) {
        if (!isCurrent()) return;
        this.#connection.sendContent(bytes, this.#context.out);
        this.#turn();
        if (this.#leftover !== undefined) await new Promise<void>((resolve) => (this.#wakeSource = resolve));
      }
      if (isCurrent()) this.#connection.sendEnd(this.#context.out);
    } catch {
      // The source failed after the head was sent: all that is left is to cut the content short.
      if (isCurrent()) this.#connection.abort();
    } finally {
      release(content);
    }
    this.#turn();
  }

  /** Sends what was appended, then of the content as much as the socket takes now and is fair. */
  #flush(): void {
    const { out } = this.#context;
    if (out.length > 0) {
      if (this.#leftover === undefined) this.#sendOutput();
      else this.#keep(0);
      out.clear();
    }
    if (this.#leftover === undefined) this.#sendContent();
    if (this.#isFinishing && !this.#isSending()) {
      this.#isFinishing = false;
      libc.shutdown(this.fd, SHUT_WR);
      this.#noteOutput();
      this.#turn();
    }
  }

  #sendOutput(): void {
    const { out, counters } = this.#context;
    const sent = libc.send(
      this.fd,
      out.block.at(0, out.length),
      out.length,
      MSG_NOSIGNAL | (this.#cursor?.moreFlag ?? 0),
    );
    if (sent < 0 && errno() !== EAGAIN) return this.#connection.abort();
    const count = Math.max(0, sent);
    this.#flushedBytes += count;
    counters.countSent(count);
    if (count < out.length) this.#keep(count);
  }

  /** Copies the output from `from` on, behind what was left over before. */
  #keep(from: number): void {
    const { out } = this.#context;
    const before = this.#leftover;
    const beforeLength = before === undefined ? 0 : before.end - before.start;
    const memory = new Pinned(beforeLength + out.length - from);
    before?.memory.bytes.copy(memory.bytes, 0, before.start, before.end);
    out.block.bytes.copy(memory.bytes, beforeLength, from, out.length);
    this.#leftover = { memory, start: 0, end: memory.bytes.length };
  }

  #sendRest(): void {
    const rest = this.#leftover;
    if (rest === undefined) return;
    const length = rest.end - rest.start;
    const sent = libc.send(this.fd, rest.memory.at(rest.start, length), length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno() !== EAGAIN) this.#connection.abort();
      return;
    }
    this.#flushedBytes += sent;
    this.#context.counters.countSent(sent);
    rest.start += sent;
    if (rest.start < rest.end) return;
    this.#leftover = undefined;
    this.#wakeSource?.();
    this.#wakeSource = undefined;
  }

  #sendContent(): void {
    const cursor = this.#cursor;
    if (cursor === undefined || this.#isWarming) return;
    const sent = cursor.send(this.fd, SLICE_BYTES);
    if (sent > 0) {
      this.#flushedBytes += sent;
      this.#context.counters.countSent(sent);
      this.#connection.countContent(sent);
    }
    if (cursor.cold !== undefined && !this.#isWarming) this.#warm(cursor);
    if (cursor.hasFailed) this.#connection.abort();
    else if (!cursor.isDone) return;
    this.#cursor = undefined;
    cursor.release();
    // It may have taken minutes: what waits next waits from now on.
    this.#noteOutput();
    this.#turn();
  }

  /** A peer that does not take its replies gets no further ones: what we hold for it stays bounded. */
  #isCongested(): boolean {
    return this.#leftover !== undefined && !this.#connection.isOver;
  }

  /** The disk is slow and others are waiting: a thread of libuv's pool reads, and this connection goes on after it. */
  #warm(cursor: ContentCursor): void {
    this.#isWarming = true;
    cursor.warm(() => {
      this.#isWarming = false;
      this.#context.clock.read();
      this.#turn();
    });
  }

  #isSending(): boolean {
    return this.#leftover !== undefined || this.#cursor !== undefined;
  }

  /**
   * What the peer has taken: the kernel holds megabytes for a slow reader and makes room for more only in large
   * steps, so what it took from us says nothing about the last half minute.
   */
  #takenBytes(): number {
    if (!this.#isSending() || libc.ioctl(this.fd, SIOCOUTQ, queued.at(0, 4)) < 0) return this.#flushedBytes;
    return this.#flushedBytes - queued.bytes.readInt32LE(0);
  }

  #noteOutput(): void {
    this.#connection.noteOutput(this.#takenBytes(), this.#isSending(), this.#context.clock.now);
  }

  /** Has epoll watch for what can be used now: for bytes while they are wanted, for room while something waits for it. */
  #regulate(): void {
    if (!this.isOpen) return;
    // How much it takes in between is asked for when its time is up.
    if (this.#isSending() !== this.#wasSending) this.#noteOutput();
    this.#wasSending = this.#isSending();
    const { deadline } = this.#connection;
    if (deadline < this.timer.dueMs) this.#context.timers.set(this.timer, deadline);
    const wantsInput = !this.#isInputEnded && !this.#isCongested() && this.#connection.wantsInput;
    const interest = (wantsInput ? EPOLLIN : 0) | (this.#isSending() && !this.#isWarming ? EPOLLOUT : 0);
    if (interest === this.#interest) return;
    this.#interest = interest;
    this.#context.epoll.change(this.fd, interest);
  }

  /** A full pipeline was answered: its replies leave, others get their turn, then it goes on. */
  #yield(): void {
    this.#isYielding = true;
    this.#context.later(() => {
      this.#isYielding = false;
      this.#turn();
    });
  }

  #close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#cursor?.release();
    this.#cursor = undefined;
    this.#leftover = undefined;
    this.#wakeSource?.();
    this.#context.onClose(this, this.#id);
  }
}

function release(content: Content | ContentStream | undefined): void {
  if (content?.kind === "stream") content.release?.();
  else content?.file?.release();
}
