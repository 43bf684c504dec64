// Joins one socket to the engine of its protocol, by system calls. The same four steps as the portable pump, always in
// this order: feed bytes with the time, take events, write bytes, watch the deadline. This half knows the socket, TLS and
// the timer; requests and replies are the business of the other half (exchanges.ts). What the socket does not take at once
// waits in the writer.
import type { ClientCertificate, Scheme } from "../../http/message.ts";
import type { Http1Context } from "../../http1/connection.ts";
import { NEXT_REQUEST_MS } from "../../http1/limits.ts";
import { UNCOUNTED } from "../../limits/lease.ts";
import { EAGAIN, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, errno, libc, SHUT_WR } from "../../linux/libc.ts";
import type { Pinned } from "../../linux/pinned.ts";
import { AGAIN, ENDED } from "../../linux/tls-outcome.ts";
import type { Origin, originOf } from "../../proxies/clients.ts";
import type { ProxyRefusal } from "../../proxies/refusals.ts";
import { type Activity, activityOf, type Observed } from "../activity.ts";
import type { Engine } from "../engine.ts";
import type { ExchangeContext } from "../exchange.ts";
import type { HandshakePeer, Handshakes } from "../handshakes.ts";
import type { Epoll } from "./epoll.ts";
import type { Exchanges, SocketHalf } from "./exchanges.ts";
import { Http1Exchanges } from "./http1-exchanges.ts";
import { addressOf } from "./peer.ts";
import type { ProxyPrelude } from "./proxy-prelude.ts";
import { NOT_TLS, type SecureChannel } from "./secure-channel.ts";
import { SocketWriter, type WriterContext } from "./socket-writer.ts";
import { Timer, type TimerWheel } from "./timer-wheel.ts";

/** The size of the receive buffer: how much one connection may give us before others get their turn. */
export const INPUT_BYTES: number = 64 * 1024;

/** What the pumps of one thread share. */
export interface KernelContext extends ExchangeContext, WriterContext {
  readonly out: WriterContext["out"];
  readonly epoll: Epoll;
  /** Calls back when other connections have had their turn. */
  readonly later: (callback: () => void) => void;
  readonly timers: TimerWheel<KernelPump>;
  /**
   * One receive buffer serves all connections of the thread: after each turn, the engine has used or copied the bytes.
   */
  readonly input: Pinned;
  readonly onClose: (pump: KernelPump) => void;
  /** Undefined where HTTP/1.1 is all that is spoken. */
  readonly newHttp2: ReturnType<typeof import("./http2-exchanges.ts").newHttp2> | undefined;
  /** Undefined where bytes come and go as they are. */
  readonly secure: Secure | undefined;
  /** Undefined where connections begin without a PROXY header. */
  readonly proxyHeaders: ProxyHeaders | undefined;
}

/** TLS for the sockets of one thread. */
interface Secure {
  newChannel(fd: number): SecureChannel;
  readonly handshakes: Handshakes;
  /** For connections that should speak TLS and do not: each request is refused. */
  readonly refusing: Http1Context;
}

/** PROXY headers in front of the connections of one thread. */
interface ProxyHeaders {
  newPrelude(fd: number, deadline: number): ProxyPrelude;
  readonly originOf: typeof originOf;
}

/**
 * - serving: requests are answered as they come
 * - yielding: a full pipeline was answered, and others have their turn; no request is taken, but the output leaves
 * - finishing: the last reply is written, and our half of the connection ends, or all of it, when it is sent
 * - lingering: our half has ended, and the peer's is read until it ends too
 */
type Phase = "serving" | "yielding" | "finishing" | "lingering" | "closed";

export class KernelPump implements SocketHalf, HandshakePeer, Observed {
  readonly fd: number;
  readonly id: number;
  readonly openedMs: number;
  /** What it holds of the count of its client (limits/lease.ts). */
  readonly lease: number;
  /** The index of the listener that the connection came to. */
  readonly listener: number;
  readonly timer: Timer<KernelPump> = new Timer<KernelPump>(this);
  readonly #context: KernelContext;
  #exchanges: Exchanges;
  /** Undefined where bytes come and go as they are. */
  channel: SecureChannel | undefined;
  readonly writer: SocketWriter;
  /** Set until the PROXY header has come, where one has to. */
  #prelude: ProxyPrelude | undefined;
  /** What that header has said. */
  origin: Origin | undefined;
  #phase: Phase = "serving";
  #address: string | undefined;
  /** What epoll watches the socket for. */
  #interest: number = EPOLLIN;
  /** What other exchanges have to be told as well, if they take over. */
  #isLastCall = false;
  #isDraining = false;
  /** Whether the last `recv` emptied the socket's receive queue. */
  #isQueueEmpty = false;

  constructor(fd: number, context: KernelContext, id: number, listener = 0, lease: number = UNCOUNTED) {
    this.fd = fd;
    this.listener = listener;
    this.#context = context;
    this.id = id;
    this.openedMs = context.onTrace === undefined ? 0 : context.clock.exactMs();
    this.lease = lease;
    this.writer = new SocketWriter(this, context);
    this.#exchanges = new Http1Exchanges(this, context);
    if (context.secure !== undefined) this.channel = context.secure.newChannel(fd);
    const { now } = context.clock;
    if (context.proxyHeaders === undefined) context.secure?.handshakes.begin(this, now);
    else this.#prelude = context.proxyHeaders.newPrelude(fd, now + context.http1.limits.headTimeoutMs);
    context.timers.set(this.timer, this.deadline);
  }

  get connection(): Engine {
    return this.#exchanges.connection;
  }

  get isOpen(): boolean {
    return this.#phase !== "closed";
  }

  /** A system call, once: made only where somebody asks for the address. */
  get address(): string {
    this.#address ??= this.origin?.address ?? addressOf(this.fd);
    return this.#address;
  }

  get scheme(): Scheme {
    return this.origin?.scheme ?? this.#ownScheme;
  }

  get #ownScheme(): Scheme {
    return this.#context.secure === undefined ? "http" : "https";
  }

  get proxy(): string | undefined {
    return this.origin?.proxy;
  }

  get certificate(): ClientCertificate | undefined {
    return this.channel?.clientCertificate;
  }

  get activity(): Activity {
    if (this.channel?.isOpen === false) return "greeting";
    if (this.#phase === "finishing" || this.#phase === "lingering") return "closing";
    return activityOf(this.connection, this.#isSending);
  }

  get isHttp2(): boolean {
    return !(this.#exchanges instanceof Http1Exchanges);
  }

  get requestCount(): number {
    return this.#exchanges.requestCount;
  }

  /** Whether nothing would be lost if the connection were closed. */
  get isIdle(): boolean {
    return this.connection.isIdle && !this.#isSending;
  }

  get deadline(): number {
    if (this.#prelude !== undefined) return Math.min(this.connection.deadline, this.#prelude.deadline);
    if (this.channel?.isOpen !== false) return this.connection.deadline;
    return Math.min(this.connection.deadline, this.#context.secure!.handshakes.deadlineOf(this));
  }

  /** The socket is ready for `events`: all four steps. */
  ready(events: number): void {
    if ((events & EPOLLOUT) !== 0) this.writer.sendLeftover();
    // A connection that yields has requests enough: further bytes stay in the kernel.
    if ((events & EPOLLIN) !== 0 && (this.#interest & EPOLLIN) !== 0 && this.#phase !== "yielding") this.#receive();
    // The connection was reset, or closed on both sides, and no event that we watch for would tell.
    else if ((events & (EPOLLERR | EPOLLHUP)) !== 0) this.abort();
    this.turn();
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

  /** The socket has failed, or the reply cannot be completed: the engine reports that the connection is over. */
  abort(): void {
    this.connection.abort();
  }

  /** A handshake that we end has not failed, unless a reason was told before. */
  destroy(): void {
    this.#context.secure?.handshakes.end(this);
    this.abort();
    this.turn();
  }

  /** The timer has fired. The deadline has come, or has moved meanwhile. */
  expire(): void {
    const { clock, timers } = this.#context;
    if (this.#isSending) this.noteOutput();
    if (this.deadline > clock.now) return timers.set(this.timer, this.deadline);
    if (this.#prelude !== undefined) return this.#expireHeader(this.#prelude);
    // Nobody could read a reply before the handshake is complete.
    if (this.channel?.isOpen === false) return this.#expireHandshake();
    this.connection.expire(clock.now);
    this.turn();
  }

  /** Steps 2 to 4. When step 3 has sent something to its end, the engine may go on: then step 2 follows again. */
  turn(): void {
    if (this.#phase === "closed") return;
    const lastRequest = this.#exchanges.requestCount + this.#context.http1.limits.pipelineLimitCount;
    do this.#takeEvents(lastRequest);
    while (this.#write());
    if (this.isOpen && this.#phase !== "yielding") this.#watch();
  }

  noteOutput(): void {
    const isSending = this.#isSending;
    this.connection.noteOutput(this.writer.takenBytes(isSending), isSending, this.#context.clock.now);
  }

  finish(): void {
    this.#phase = "finishing";
  }

  speakHttp2(first: Buffer): void {
    this.#goOnWith(this.#context.newHttp2!(this, this.#context));
    this.connection.receive(first, this.#context.clock.now);
  }

  close(): void {
    this.writer.flush(false);
    this.writer.close();
    this.#exchanges.drop();
    if (this.channel?.isOpen === false)
      this.#context.secure!.handshakes.fail(this, this.channel.failure ?? "abandoned");
    this.channel?.close();
    this.#phase = "closed";
    this.#context.onClose(this);
  }

  /** Step 1: bytes and the time go in. */
  #receive(): void {
    const { input } = this.#context;
    if (this.#prelude !== undefined && !this.#receiveHeader(this.#prelude)) return;
    if (this.channel !== undefined) return this.#receiveSecurely(this.channel);
    const count = libc.recv(this.fd, input.at(0, INPUT_BYTES), INPUT_BYTES, 0);
    const { now } = this.#context.clock;
    // A stream socket gives less than it was asked for only when it has no more: no FIONREAD is needed to know.
    this.#isQueueEmpty = count < INPUT_BYTES;
    if (count > 0) this.connection.receive(input.bytes, now, count);
    else if (count === 0) this.connection.receiveEnd(now);
    else if (errno() !== EAGAIN) this.abort();
  }

  /** What comes before TLS and HTTP. @returns whether it is complete */
  #receiveHeader(prelude: ProxyPrelude): boolean {
    const { input, clients, clock, secure, timers } = this.#context;
    const own = addressOf(this.fd);
    if (!clients!.trust.has(own)) return this.#refuseHeader("PROXY_PEER_UNTRUSTED");
    const outcome = prelude.receive(input);
    if (outcome === "incomplete") return false;
    if (outcome === "malformed") return this.#refuseHeader("PROXY_HEADER_MALFORMED");
    if (outcome === "ended") return this.#endHeader(prelude);
    this.origin = this.#context.proxyHeaders!.originOf(outcome, { address: own, scheme: this.#ownScheme });
    this.#prelude = undefined;
    this.#address = undefined;
    secure?.handshakes.begin(this, clock.now);
    timers.set(this.timer, this.deadline);
    return true;
  }

  /** A look whether the port is open is no mistake. */
  #endHeader(prelude: ProxyPrelude): boolean {
    if (prelude.hasBegun) return this.#refuseHeader("PROXY_HEADER_MALFORMED");
    this.abort();
    return false;
  }

  #refuseHeader(code: ProxyRefusal): boolean {
    this.#context.onRefusal?.({ by: "proxies", code, status: undefined, read: this.#prelude!.bytes }, this);
    this.abort();
    return false;
  }

  #expireHeader(prelude: ProxyPrelude): void {
    // Otherwise the server stops, which is no mistake of the proxy.
    if (prelude.deadline <= this.#context.clock.now) this.#refuseHeader("PROXY_HEADER_TIMEOUT");
    else this.abort();
    this.turn();
  }

  /** Step 1 with TLS. */
  #receiveSecurely(channel: SecureChannel): void {
    const { input, clock, secure } = this.#context;
    const wasOpen = channel.isOpen;
    const count = channel.read(input);
    if (!wasOpen && channel.isOpen) {
      secure!.handshakes.end(this);
      if (channel.isHttp2 === true) this.#goOnWith(this.#context.newHttp2!(this, this.#context));
    }
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
      this.#goOnWith(new Http1Exchanges(this, this.#context, secure!.refusing));
      return this.connection.receive(input.bytes, clock.now, channel.plainLength!);
    }
    if (count !== AGAIN) this.abort();
  }

  /** Nothing was asked before. */
  #goOnWith(exchanges: Exchanges): void {
    this.#exchanges = exchanges;
    if (this.#isLastCall) this.connection.lastCall();
    if (this.#isDraining) this.connection.drain(NEXT_REQUEST_MS);
  }

  #expireHandshake(): void {
    const { secure, clock } = this.#context;
    // Otherwise the server stops, which is no failure of the client.
    if (secure!.handshakes.deadlineOf(this) <= clock.now) secure!.handshakes.fail(this, "timeout");
    this.destroy();
  }

  /** Step 2: events come out, and each request gets its reply. At `lastRequest`, others get their turn. */
  #takeEvents(lastRequest: number): void {
    while (this.#phase !== "yielding" && !this.#isCongested) {
      if (!this.#exchanges.takeEvent()) return;
      if (this.#exchanges.requestCount >= lastRequest) this.#yield();
    }
    // All connections share the receive buffer: bytes that are not used yet are copied before another one receives.
    this.connection.keepInput();
  }

  /** Step 3: bytes leave. @returns whether the engine may go on: content has ended, or our half of the connection */
  #write(): boolean {
    const isFinishing = this.#phase === "finishing";
    // When our end follows, the FIN leaves in the last packet instead of one more.
    if (this.#exchanges.send(isFinishing)) return true;
    if (!isFinishing || this.#isSending) return false;
    this.channel?.end();
    if (this.#isSending) return false;
    // With an empty receive queue, close(2) sends what the socket holds, then a FIN. Only unread bytes, or bytes that
    // arrive later, cause a reset, which can destroy the reply before the peer has read it: RFC 9112 §9.6.
    if (this.#isQueueEmpty && this.connection.isPeerDone) this.abort();
    else this.#linger();
    return true;
  }

  /** Step 4: arms the deadline, and has epoll watch for bytes while they are wanted and for room while it is needed. */
  #watch(): void {
    // In between, the pump asks when the deadline has come.
    if (this.#isSending !== this.connection.isOutputPending) this.noteOutput();
    const { deadline } = this.connection;
    if (deadline < this.timer.dueMs) this.#context.timers.set(this.timer, deadline);
    const wantsInput = !this.#isCongested && this.connection.wantsInput;
    const interest = (wantsInput ? EPOLLIN : 0) | (this.#wantsRoom ? EPOLLOUT : 0);
    if (interest === this.#interest) return;
    this.#interest = interest;
    this.#context.epoll.change(this.fd, interest);
  }

  #linger(): void {
    this.#phase = "lingering";
    libc.shutdown(this.fd, SHUT_WR);
    this.noteOutput();
  }

  /** Whether something waits to be sent. */
  get #isSending(): boolean {
    return this.writer.isPending || this.#exchanges.isSending;
  }

  /** Whether sending can go on when the socket has room. */
  get #wantsRoom(): boolean {
    return this.#isSending && !this.#exchanges.isWaiting;
  }

  /**
   * A peer that does not take its replies gets no further ones, and no answers to its updates of keys. So the output that we
   * hold for it stays bounded.
   */
  get #isCongested(): boolean {
    return (this.#exchanges.isCongested || this.channel?.hasPending === true) && !this.connection.isOver;
  }

  #yield(): void {
    this.#phase = "yielding";
    this.#context.later(() => {
      this.#phase = "serving";
      this.turn();
    });
  }
}
