// Joins one socket to one HTTP/1.1 connection, by system calls. The same four steps as the portable pump, always in
// this order: feed bytes with the time, take events, write bytes, watch the deadline. What the socket does not take at
// once waits in the sender.
import type { ClientCertificate, Content, ContentStream } from "../../http/message.ts";
import { Connection, type Http1Context } from "../../http1/connection.ts";
import { FIRST_REQUEST_MS } from "../../http1/limits.ts";
import { EAGAIN, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, errno, libc, SHUT_WR } from "../../linux/libc.ts";
import type { Pinned } from "../../linux/pinned.ts";
import { AGAIN, ENDED } from "../../linux/tls-outcome.ts";
import { type ExchangeContext, type ExchangePump, takeEvent } from "../exchange.ts";
import type { HandshakePeer, Handshakes } from "../handshakes.ts";
import type { Epoll } from "./epoll.ts";
import { addressOf } from "./peer.ts";
import { NOT_TLS, type SecureChannel } from "./secure-channel.ts";
import { Sender, type SenderContext } from "./sender.ts";
import { Timer, type TimerWheel } from "./timer-wheel.ts";

/** The size of the receive buffer: how much one connection may give us before others get their turn. */
export const INPUT_BYTES: number = 64 * 1024;

/** What the pumps of one thread share. */
export interface KernelContext extends ExchangeContext, SenderContext {
  readonly out: SenderContext["out"];
  readonly epoll: Epoll;
  /** Calls back when other connections have had their turn. */
  readonly later: (callback: () => void) => void;
  readonly timers: TimerWheel<KernelPump>;
  /**
   * One receive buffer serves all connections of the thread: after each turn, the engine has used or copied the bytes.
   */
  readonly input: Pinned;
  readonly onClose: (pump: KernelPump) => void;
  /** Undefined where bytes come and go as they are. */
  readonly secure: Secure | undefined;
}

/** TLS for the sockets of one thread. */
interface Secure {
  newChannel(fd: number): SecureChannel;
  readonly handshakes: Handshakes;
  /** For connections that should speak TLS and do not: each request is refused. */
  readonly refusing: Http1Context;
}

/**
 * - serving: requests are answered as they come
 * - yielding: a full pipeline was answered, and others have their turn; no request is taken, but the output leaves
 * - finishing: the last reply is written, and our half of the connection ends, or all of it, when it is sent
 * - lingering: our half has ended, and the peer's is read until it ends too
 */
type Phase = "serving" | "yielding" | "finishing" | "lingering" | "closed";

export class KernelPump implements ExchangePump, HandshakePeer {
  readonly fd: number;
  readonly id: number;
  readonly timer: Timer<KernelPump> = new Timer<KernelPump>(this);
  readonly #context: KernelContext;
  connection: Connection;
  /** Undefined where bytes come and go as they are. */
  channel: SecureChannel | undefined;
  exchange = 0;
  readonly #sender: Sender;
  #phase: Phase = "serving";
  /** What epoll watches the socket for. */
  #interest: number = EPOLLIN;
  /** Whether the last `recv` emptied the socket's receive queue. */
  #isQueueEmpty = false;

  constructor(fd: number, context: KernelContext, id: number) {
    this.fd = fd;
    this.#context = context;
    this.id = id;
    this.connection = new Connection(context.http1, context.clock.now);
    if (context.secure !== undefined) this.channel = context.secure.newChannel(fd);
    this.#sender = new Sender(this, context);
    context.secure?.handshakes.begin(this, context.clock.now);
    context.timers.set(this.timer, this.deadline);
  }

  get isOpen(): boolean {
    return this.#phase !== "closed";
  }

  /** A system call: made only where a site has rules about addresses. */
  get address(): string {
    return addressOf(this.fd);
  }

  get certificate(): ClientCertificate | undefined {
    return this.channel?.clientCertificate;
  }

  /** Whether nothing would be lost if the connection were closed. */
  get isIdle(): boolean {
    return this.connection.isIdle && !this.#sender.isSending;
  }

  get deadline(): number {
    if (this.channel?.isOpen !== false) return this.connection.deadline;
    return Math.min(this.connection.deadline, this.#context.secure!.handshakes.deadlineOf(this));
  }

  /** The socket is ready for `events`: all four steps. */
  ready(events: number): void {
    if ((events & EPOLLOUT) !== 0) this.#sender.sendLeftover();
    // A connection that yields has requests enough: further bytes stay in the kernel.
    if ((events & EPOLLIN) !== 0 && (this.#interest & EPOLLIN) !== 0 && this.#phase !== "yielding") this.#receive();
    // The connection was reset, or closed on both sides, and no event that we watch for would tell.
    else if ((events & (EPOLLERR | EPOLLHUP)) !== 0) this.connection.abort();
    this.turn();
  }

  /** Closes the connection: now when it is idle, otherwise after the exchange at hand, which may be about to begin. */
  drain(): void {
    this.connection.drain(FIRST_REQUEST_MS);
    this.turn();
  }

  /** A handshake that we end has not failed, unless a reason was told before. */
  destroy(): void {
    this.#context.secure?.handshakes.end(this);
    this.connection.abort();
    this.turn();
  }

  /** The timer has fired. The deadline has come, or has moved meanwhile. */
  expire(): void {
    const { clock, timers } = this.#context;
    if (this.#sender.isSending) this.#sender.noteOutput();
    if (this.deadline > clock.now) return timers.set(this.timer, this.deadline);
    // Nobody could read a reply before the handshake is complete.
    if (this.channel?.isOpen === false) return this.#expireHandshake();
    this.connection.expire(clock.now);
    this.turn();
  }

  /** Steps 2 to 4. When step 3 has sent something to its end, the engine may go on: then step 2 follows again. */
  turn(): void {
    if (this.#phase === "closed") return;
    const lastExchange = this.exchange + this.#context.http1.limits.pipelineLimitCount;
    do this.#takeEvents(lastExchange);
    while (this.#write());
    if (this.isOpen && this.#phase !== "yielding") this.#watch();
  }

  sendContent(content: Content | ContentStream): void {
    this.#sender.sendContent(content);
  }

  finish(): void {
    this.#phase = "finishing";
  }

  close(): void {
    this.#sender.flush();
    this.#sender.close();
    if (this.channel?.isOpen === false)
      this.#context.secure!.handshakes.fail(this, this.channel.failure ?? "abandoned");
    this.channel?.close();
    this.#phase = "closed";
    this.#context.onClose(this);
  }

  /** Step 1: bytes and the time go in. */
  #receive(): void {
    const { input } = this.#context;
    if (this.channel !== undefined) return this.#receiveSecurely(this.channel);
    const count = libc.recv(this.fd, input.at(0, INPUT_BYTES), INPUT_BYTES, 0);
    const { now } = this.#context.clock;
    // A stream socket gives less than it was asked for only when it has no more: no FIONREAD is needed to know.
    this.#isQueueEmpty = count < INPUT_BYTES;
    if (count > 0) this.connection.receive(input.bytes, now, count);
    else if (count === 0) this.connection.receiveEnd(now);
    else if (errno() !== EAGAIN) this.connection.abort();
  }

  /** Step 1 with TLS. */
  #receiveSecurely(channel: SecureChannel): void {
    const { input, clock, secure } = this.#context;
    const wasOpen = channel.isOpen;
    const count = channel.read(input);
    if (!wasOpen && channel.isOpen) secure!.handshakes.end(this);
    this.#isQueueEmpty = channel.isQueueEmpty;
    if (channel.successor !== undefined) this.channel = channel.successor;
    if (count > 0) {
      this.connection.receive(input.bytes, clock.now, count);
      if (this.channel!.hasEnded) this.connection.receiveEnd(clock.now);
      return;
    }
    if (count === ENDED) return this.connection.receiveEnd(clock.now);
    if (count === NOT_TLS) {
      secure!.handshakes.fail(this, "plainHttp");
      this.channel = undefined;
      channel.close();
      this.connection = new Connection(secure!.refusing, clock.now);
      return this.connection.receive(input.bytes, clock.now, channel.plainLength!);
    }
    if (count !== AGAIN) this.connection.abort();
  }

  #expireHandshake(): void {
    const { secure, clock } = this.#context;
    // Otherwise the server stops, which is no failure of the client.
    if (secure!.handshakes.deadlineOf(this) <= clock.now) secure!.handshakes.fail(this, "timeout");
    this.destroy();
  }

  /** Step 2: events come out, and each request gets its reply. At `lastExchange`, others get their turn. */
  #takeEvents(lastExchange: number): void {
    while (this.#phase !== "yielding" && !this.#isCongested) {
      const event = this.connection.next();
      if (event === undefined) return;
      takeEvent(event, this, this.#context);
      if (this.exchange >= lastExchange) this.#yield();
    }
    // All connections share the receive buffer: bytes that are not used yet are copied before another one receives.
    this.connection.keepInput();
  }

  /** Step 3: bytes leave. @returns whether the engine may go on: content has ended, or our half of the connection */
  #write(): boolean {
    const isFinishing = this.#phase === "finishing";
    if (this.#sender.send(isFinishing)) return true;
    if (!isFinishing || this.#sender.isSending) return false;
    this.channel?.end();
    if (this.#sender.isSending) return false;
    // With an empty receive queue, close(2) sends what the socket holds, then a FIN. Only unread bytes, or bytes that
    // arrive later, cause a reset, which can destroy the reply before the peer has read it: RFC 9112 §9.6.
    if (this.#isQueueEmpty && this.connection.isPeerDone) this.connection.abort();
    else this.#linger();
    return true;
  }

  /** Step 4: arms the deadline, and has epoll watch for bytes while they are wanted and for room while it is needed. */
  #watch(): void {
    this.#sender.noteChange();
    const { deadline } = this.connection;
    if (deadline < this.timer.dueMs) this.#context.timers.set(this.timer, deadline);
    const wantsInput = !this.#isCongested && this.connection.wantsInput;
    const interest = (wantsInput ? EPOLLIN : 0) | (this.#sender.wantsRoom ? EPOLLOUT : 0);
    if (interest === this.#interest) return;
    this.#interest = interest;
    this.#context.epoll.change(this.fd, interest);
  }

  #linger(): void {
    this.#phase = "lingering";
    libc.shutdown(this.fd, SHUT_WR);
    this.#sender.noteOutput();
  }

  /**
   * A peer that does not take its replies gets no further ones, and no answers to its updates of keys. So the output that we
   * hold for it stays bounded.
   */
  get #isCongested(): boolean {
    return (this.#sender.hasLeftover || this.channel?.hasPending === true) && !this.connection.isOver;
  }

  #yield(): void {
    this.#phase = "yielding";
    this.#context.later(() => {
      this.#phase = "serving";
      this.turn();
    });
  }
}
