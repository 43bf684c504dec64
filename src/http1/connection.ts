// One HTTP/1.1 connection, the server's side, without I/O: bytes and the time go in, events, bytes to send and
// the next deadline come out. This file joins the parts of the folder: the tables of steps are in state.ts, the request
// at hand in request-side.ts, the reply at hand in reply-side.ts. A connection answers one request at a time. Pipelined
// requests wait as bytes: so replies stay in order, and a peer can make us hold no more than one read.
//
// A transport does four things, always in this order: feed bytes (`receive`), take events (`next` until it
// gives none), write what was appended to the output, and arm `deadline`.
import type { Reply } from "../http/message.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import { ReceiveBuffer } from "../http/receive-buffer.ts";
import type { RequestHead } from "../http/request-head.ts";
import { isShort } from "../http/short-content.ts";
import { Deadlines } from "./deadlines.ts";
import type { Http1Event } from "./events.ts";
import type { HeadParser } from "./head-parser.ts";
import type { HeadWriter } from "./head-writer.ts";
import type { Http1Limits } from "./limits.ts";
import { type RejectionCode, rejection } from "./rejection.ts";
import { ReplySide } from "./reply-side.ts";
import { RequestSide } from "./request-side.ts";
import { PEER, type PeerState, SELF, type SelfState } from "./state.ts";

const CONTINUE = 100;
const LF = 0x0a;
const CR = 0x0d;
/** What a client sends first that speaks HTTP/2, RFC 9113 §3.4. It is no request of HTTP/1.1, and no method has this name. */
const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const END: Http1Event = { kind: "end" };
const FINISH: Http1Event = { kind: "finish" };
const CLOSED: Http1Event = { kind: "closed" };

/** What the connections of one thread share. A head that the parser gives is valid until any of them receives again. */
export interface Http1Context {
  readonly limits: Http1Limits;
  readonly parser: HeadParser;
  readonly writer: HeadWriter;
  /** Whether a connection may begin with HTTP/2 instead: RFC 9113 §3.3. @default false */
  readonly allowsHttp2?: boolean;
}

/**
 * One HTTP/1.1 connection, the server's side. Feed bytes (`receive`), take events (`next`), send what was written,
 * watch `deadline`.
 */
export class Connection {
  readonly #context: Http1Context;
  readonly #deadlines: Deadlines;
  readonly #input: ReceiveBuffer = new ReceiveBuffer();
  readonly #request: RequestSide;
  readonly #reply: ReplySide;
  /** The next event, if it is known already. */
  #queued: Http1Event | undefined;
  /** The peer has ended its half. */
  #isInputEnded = false;
  #isDraining = false;
  /** A last request may still begin. */
  #isLastAwaited = false;
  /** No request has begun yet: the peer has just connected, or says nothing. */
  #isFresh = true;
  /** The head of a request has been taken. */
  #hasBegun = false;
  #isOver = false;
  #isOutputPending = false;

  constructor(context: Http1Context, now: number) {
    this.#context = context;
    this.#deadlines = new Deadlines(context.limits, now);
    this.#request = new RequestSide(context.limits);
    this.#reply = new ReplySide(context.writer);
  }

  // Public methods for asking where the connection stands.

  /** The time, on the clock of `now`, at which `expire` must be called; Infinity for never. */
  get deadline(): number {
    return this.#deadlines.next;
  }

  /** True while no byte of a request has arrived and no reply is owed or being sent: closing loses nothing. */
  get isIdle(): boolean {
    return (
      this.#request.state === PEER.at.idle &&
      this.#reply.state === SELF.at.idle &&
      this.#input.length === 0 &&
      !this.#isOutputPending
    );
  }

  /** True until the first request begins. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** True while the head of a request has begun and is not complete. */
  get isInHead(): boolean {
    return this.#request.state === PEER.at.head;
  }

  /** Whether output waits to be taken by the peer, as `noteOutput` was told last. */
  get isOutputPending(): boolean {
    return this.#isOutputPending;
  }

  /** True when nothing more goes in or out: "closed" was reported, or is the next event. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Where both sides stand, as the tables of state.ts name it: for people who look on. */
  get states(): { readonly peer: PeerState; readonly self: SelfState } {
    return { peer: PEER.nameOf(this.#request.state), self: SELF.nameOf(this.#reply.state) };
  }

  /**
   * Whether lingering can be left out after the last reply: the peer has ended its half, or its last request said that
   * nothing follows (`close`, or HTTP/1.0), and nothing did. A reset could only come from bytes that the peer must not
   * send: RFC 9112 §9.6. Bytes that wait in the socket are the transport's to know.
   */
  get isPeerDone(): boolean {
    return this.#isInputEnded || (this.#request.isLast && this.#input.length === 0);
  }

  // Public methods for receiving requests.

  /** False while received bytes wait for the end of a reply, and once the peer has ended its half. Do not read then. */
  get wantsInput(): boolean {
    if (this.#isInputEnded) return false;
    const { state } = this.#request;
    return this.#input.length === 0 || (state !== PEER.at.done && state !== PEER.at.refused);
  }

  /**
   * Takes bytes that arrived. They are borrowed: the memory must not change until `next` gives no more events.
   * @param now monotonic time in ms
   * @param length how many bytes, from the first on; all by default
   */
  receive(bytes: Buffer, now: number, length: number = bytes.length): void {
    this.#deadlines.now = now;
    if (this.#isOver) return;
    this.#input.feed(bytes, length);
    this.#deadlines.countReceived(length);
  }

  /** The peer has ended its half. It still gets the replies that are owed. */
  receiveEnd(now: number): void {
    this.#deadlines.now = now;
    this.#isInputEnded = true;
    if (this.#reply.state === SELF.at.lingering && !this.#isOutputPending) this.abort();
  }

  /** The next event; undefined when more bytes, or the end of a reply, have to come first. */
  next(): Http1Event | undefined {
    let event: Http1Event | undefined | "again";
    do event = this.#advance();
    while (event === "again");
    if (event === undefined) this.#input.keep();
    return event;
  }

  /** For a transport that stops taking events early: ends the borrowing of its memory. */
  keepInput(): void {
    this.#input.keep();
  }

  /** The content of this request is not wanted: it is dropped as it arrives, up to `discardLimitBytes`. */
  discardContent(): void {
    this.#request.discardContent();
  }

  /** The content will be read: sends 100 (Continue) to a peer that waits for it, RFC 9110 §10.1.1. */
  acceptContent(out: OutputBuffer): void {
    if (!this.#request.isContinueExpected) return;
    this.#request.isContinueExpected = false;
    this.#reply.writeInterim(CONTINUE, "", out);
  }

  // Public methods for sending replies.

  /**
   * Writes the head of the reply to the request at hand, and the content too if it is in memory and short. Then
   * `wantsContent` tells whether content is still owed.
   * @returns where in the output the head ends
   * @throws {ProtocolMisuseError} when no reply is owed
   */
  sendReply(reply: Reply, out: OutputBuffer, now: number): number {
    return this.#sendHead(reply, !this.#request.isHead && isShort(reply.content), out, now);
  }

  /**
   * Writes an interim reply, such as 103 (Early Hints), before the reply. A peer that speaks HTTP/1.0 gets none (RFC 9110
   * §15.2).
   * @returns whether it was written
   * @throws {ProtocolMisuseError} when no reply is owed
   */
  sendInterim(status: number, fields: string, out: OutputBuffer): boolean {
    if (this.#request.minorVersion === 0) return false;
    this.#reply.writeInterim(status, fields, out);
    return true;
  }

  /** Writes the head alone. @throws {ProtocolMisuseError} when no reply is owed */
  sendHead(reply: Reply, out: OutputBuffer, now: number): void {
    this.#sendHead(reply, false, out, now);
  }

  /** True between the head of a reply and its end, while content is owed. */
  get wantsContent(): boolean {
    return this.#reply.state === SELF.at.content;
  }

  /** How many bytes of content are written of the last reply that has begun. */
  get contentBytes(): number {
    return this.#reply.contentBytes;
  }

  /** Whether the content is framed: then it must go through `sendContent`. */
  get isContentFramed(): boolean {
    return this.#reply.isChunked;
  }

  /**
   * Writes content, with the framing that the head announced.
   * @throws {ProtocolMisuseError} beyond the announced length
   */
  sendContent(bytes: Uint8Array, out: OutputBuffer): void {
    this.#reply.write(bytes, out);
  }

  /**
   * Counts content that the transport writes itself, as from a file.
   * @throws {ProtocolMisuseError} beyond its length
   */
  countContent(count: number): void {
    this.#reply.count(count);
  }

  /** Ends content of an unknown length. @throws {ProtocolMisuseError} when a length was announced */
  sendEnd(out: OutputBuffer): void {
    this.#reply.end(out);
  }

  /**
   * Tells how much of the output has left, for the write deadline and the lingering close.
   * @param flushedBytes how many bytes the peer's side has taken so far
   * @param isPending whether further bytes wait to be taken
   */
  noteOutput(flushedBytes: number, isPending: boolean, now: number): void {
    this.#deadlines.now = now;
    if (this.#isOver) return;
    this.#isOutputPending = isPending;
    this.#deadlines.noteOutput(flushedBytes, isPending);
    if (this.#reply.state !== SELF.at.lingering || isPending) return;
    // RFC 9112 §9.6: only once the last reply is out does the wait for the peer's own close begin.
    if (this.#isInputEnded) this.abort();
    else this.#deadlines.linger();
  }

  // Public methods for ending the connection.

  /** Acts on a deadline that has come. Call `next` afterwards. */
  expire(now: number): void {
    this.#deadlines.now = now;
    const expired = this.#deadlines.expired();
    if (expired === "none") return;
    if (expired === "head") this.#reject("HEAD_TIMEOUT", this.#input.end);
    else if (expired === "content") this.#reject("CONTENT_TIMEOUT", this.#input.end);
    else this.abort();
  }

  /**
   * The exchange at hand is the last one if its reply can still say so. Otherwise the next one is: a peer that was promised
   * another exchange may have asked already.
   */
  lastCall(): void {
    this.#isDraining = true;
    if (this.#hasPromisedNext) this.#isLastAwaited = true;
    else this.#request.isPersistent = false;
  }

  /**
   * Begins no exchange after the one at hand. An idle connection closes at once, or when its last reply is out.
   * @param withinMs another request is answered if it begins within this time since the last one, or since the connection
   *   began: a peer that asks one after the other, or has just connected, has a request under way
   */
  drain(withinMs = 0): void {
    this.lastCall();
    if (withinMs > 0) return this.#deadlines.expectNext(withinMs);
    if (this.isIdle) return this.abort();
    this.#isLastAwaited = false;
    this.#request.isPersistent = false;
  }

  /** Cuts the connection off: the transport has failed, or cannot send the length that a reply has announced. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#input.drop();
    this.#deadlines.stop();
    this.#queued = CLOSED;
  }

  // The steps of `next`. Each gives an event, or undefined to wait, or "again" when another step can be taken.

  #advance(): Http1Event | undefined | "again" {
    if (this.#queued !== undefined) {
      const event = this.#queued;
      this.#queued = event.kind === "mistake" && this.#isOver ? CLOSED : undefined;
      return event;
    }
    if (this.#isOver) return undefined;
    const self = this.#reply.state;
    if (self === SELF.at.lingering) return this.#dropInput();
    switch (this.#request.state) {
      case PEER.at.idle:
        return this.#awaitHead();
      case PEER.at.head:
        return this.#readHead();
      case PEER.at.content:
        // RFC 9110 §10.1.1: the peer waited for 100 (Continue) and got its reply; content may never come.
        if (this.#request.isContinueExpected && self === SELF.at.done) return this.#finish();
        return this.#readContent();
      case PEER.at.done:
      case PEER.at.refused:
        return self === SELF.at.done ? this.#endExchange() : undefined;
      default:
        return undefined;
    }
  }

  #awaitHead(): Http1Event | undefined | "again" {
    this.#skipEmptyLines();
    const { bytes, start, length } = this.#input;
    // A lone CR may become an empty line, so a request has not begun yet.
    if (length === 0 || (length === 1 && bytes[start] === CR)) {
      return this.#isInputEnded || (this.#isDraining && !this.#isLastAwaited) ? this.#finish() : undefined;
    }
    this.#isFresh = false;
    this.#isLastAwaited = false;
    this.#request.beginHead();
    this.#deadlines.beginHead();
    return "again";
  }

  /** Whether the peer may ask once more: the last head that it got says so, or it has asked nothing yet. */
  get #hasPromisedNext(): boolean {
    const { state } = this.#reply;
    if (state === SELF.at.idle) return this.#request.state === PEER.at.idle;
    return (state === SELF.at.content || state === SELF.at.done) && this.#request.isPersistent;
  }

  /** RFC 9112 §2.2: some peers send an empty line behind the content of a request. */
  #skipEmptyLines(): void {
    const { bytes, start, end } = this.#input;
    let offset = start;
    while (offset + 1 < end && bytes[offset] === CR && bytes[offset + 1] === LF) offset += 2;
    if (offset > start) this.#input.consume(offset);
  }

  #readHead(): Http1Event | undefined | "again" {
    const input = this.#input;
    if (!this.#request.isHeadWorthParsing(input))
      return this.#isInputEnded ? this.#fail("HEAD_INCOMPLETE", input.end) : undefined;
    const { parser } = this.#context;
    const outcome = parser.parse(input.bytes, input.start, input.end);
    // The reply to HEAD has no content, also when the reply is a refusal.
    this.#request.isHead = parser.head.method === "HEAD";
    if (outcome === "incomplete") return this.#isInputEnded ? this.#fail("HEAD_INCOMPLETE", input.end) : undefined;
    if (outcome !== "complete") return isPreface(input) ? this.#meetHttp2() : this.#fail(outcome, parser.mistakeAt);
    return this.#beginExchange(parser.head);
  }

  /** Only a connection can begin with HTTP/2, and no request comes before it. */
  #meetHttp2(): Http1Event | "again" {
    if (this.#context.allowsHttp2 !== true || this.#hasBegun) return this.#fail("HTTP2_UNEXPECTED");
    const { bytes, start, end } = this.#input;
    this.abort();
    this.#queued = undefined;
    return { kind: "http2", bytes: bytes.subarray(start, end) };
  }

  #beginExchange(head: RequestHead): Http1Event | "again" {
    const problem = this.#request.begin(head);
    if (problem !== undefined) return this.#fail(problem);
    if (this.#isDraining) this.#request.isPersistent = false;
    this.#hasBegun = true;
    this.#input.consume(head.end);
    this.#request.move(PEER.by.message);
    this.#reply.move(SELF.by.request);
    if (this.#request.hasContent) {
      this.#deadlines.beginContent();
    } else {
      this.#endRequest();
      this.#queued = END;
    }
    return { kind: "head", head };
  }

  #readContent(): Http1Event | undefined | "again" {
    const found = this.#request.readContent(this.#input);
    if (typeof found !== "string") return { kind: "content", bytes: found };
    switch (found) {
      case "more":
        return this.#isInputEnded ? this.#fail("CONTENT_INCOMPLETE", this.#input.end) : undefined;
      case "end":
        this.#endRequest();
        return END;
      case "discarded":
        return "again";
      case "excess":
        // Too much to read in order to drop it. The reply, if it is not out yet, will be the last.
        this.#request.refuse();
        this.#deadlines.endRequest();
        return "again";
      default:
        return this.#fail(found);
    }
  }

  #endRequest(): void {
    this.#request.move(PEER.by.end);
    this.#deadlines.endRequest();
  }

  /** Both sides are done: the next request, or the end. */
  #endExchange(): Http1Event | "again" {
    this.#deadlines.endRequest();
    if (!this.#request.isPersistent || this.#request.state !== PEER.at.done) return this.#finish();
    this.#request.move(PEER.by.cycle);
    this.#reply.move(SELF.by.cycle);
    this.#deadlines.beginIdle();
    return "again";
  }

  #finish(): Http1Event {
    this.#request.close();
    this.#reply.move(SELF.by.finish);
    this.#deadlines.endRequest();
    return FINISH;
  }

  /** While we linger, bytes that arrive are read and dropped, so that the last reply is not lost to a reset. */
  #dropInput(): undefined | "again" {
    const count = this.#input.drop();
    if (count > 0) this.#request.isLast = false;
    if (this.#request.discard(count)) return undefined;
    this.abort();
    return "again";
  }

  #fail(code: RejectionCode, at: number = this.#input.start): "again" {
    this.#reject(code, at);
    return "again";
  }

  /** @param at where in the input the mistake is */
  #reject(code: RejectionCode, at: number): void {
    this.#request.refuse();
    this.#deadlines.endRequest();
    const { bytes, start, end } = this.#input;
    const mistake = { rejection: rejection(code), read: bytes.subarray(start, end), mistakeAt: at - start };
    this.#input.drop();
    const { state } = this.#reply;
    // A reply that has begun cannot be replaced: it is cut off. A complete reply stays the answer.
    if (state === SELF.at.content) this.abort();
    if (state === SELF.at.content || state === SELF.at.done) {
      this.#queued = { kind: "mistake", ...mistake };
      return;
    }
    this.#reply.move(SELF.by.reject);
    this.#queued = { kind: "rejected", ...mistake };
  }

  // The steps of `sendReply`.

  #sendHead(reply: Reply, isWhole: boolean, out: OutputBuffer, now: number): number {
    this.#deadlines.now = now;
    const request = this.#request;
    this.#reply.begin(reply, request.minorVersion, request.isHead);
    if (!this.#canPersist()) request.isPersistent = false;
    // An HTTP/1.0 peer must be told that the connection persists: RFC 9112 §9.3.
    const connection = request.isPersistent ? (request.minorVersion === 0 ? "keep-alive" : undefined) : "close";
    return this.#reply.writeHead(reply, connection, isWhole, out);
  }

  /** RFC 9112 §9.6: the last reply says that it is the last, if that is known. */
  #canPersist(): boolean {
    if (this.#reply.isCloseDelimited) return false;
    // A peer that has ended its half can ask for no more than what is here.
    if (this.#isInputEnded && this.#input.length === 0) return false;
    return this.#request.canBeFollowed();
  }
}

/** Whether the input, a head that is refused, begins as the preface does, as far as it has come. */
function isPreface({ bytes, start, end, length }: ReceiveBuffer): boolean {
  const count = Math.min(length, PREFACE.length);
  return PREFACE.compare(bytes, start, Math.min(end, start + count), 0, count) === 0;
}
