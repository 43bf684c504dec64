// One HTTP/1.1 connection, the server's side, without I/O: bytes and the time go in, events, bytes to send and
// the next deadline come out. It joins the parts of this folder and holds what is true of one connection; what
// may follow what is in state.ts alone. It answers one request at a time: pipelined ones wait as bytes, which
// keeps replies in order and bounds what a peer can make us hold to one read.
//
// A transport does four things, always in this order: feed bytes (`receive`), take events (`next` until it
// gives none), write what was appended to the output, and arm `deadline`.
import { FIELD_BIT, parseTokenList } from "../http/fields.ts";
import type { Reply } from "../http/message.ts";
import { type BodyReader, ChunkedReader, LengthReader } from "./body-reader.ts";
import { writeChunk, writeLastChunk } from "./body-writer.ts";
import { Deadlines } from "./deadlines.ts";
import type { Http1Event } from "./events.ts";
import { CHUNKED, contentLength } from "./framing.ts";
import { FRAMING_FIELDS, type HeadParser } from "./head-parser.ts";
import { type Framing, framingOf, type HeadWriter, isShort } from "./head-writer.ts";
import { isHostWithPort } from "./host.ts";
import type { Http1Limits } from "./limits.ts";
import type { OutputBuffer } from "./output-buffer.ts";
import { ReceiveBuffer } from "./receive-buffer.ts";
import { ProtocolMisuseError, type RejectionCode, rejection } from "./rejection.ts";
import { LINE_STRIDE, type RequestHead } from "./request-head.ts";
import { PEER, SELF } from "./state.ts";

const LF = 0x0a;
const CR = 0x0d;
const END: Http1Event = { kind: "end" };
const FINISH: Http1Event = { kind: "finish" };
const CLOSED: Http1Event = { kind: "closed" };

/** What the connections of one thread share. Heads that the parser gives are valid until any of them receives again. */
export interface Http1Context {
  readonly limits: Http1Limits;
  readonly parser: HeadParser;
  readonly writer: HeadWriter;
}

export class Connection {
  readonly #context: Http1Context;
  readonly #deadlines: Deadlines;
  readonly #input: ReceiveBuffer = new ReceiveBuffer();
  /** Numbers of states. */
  #peer: number = PEER.at.idle;
  #self: number = SELF.at.idle;
  /** How many bytes of an incomplete head were searched for a line end already. */
  #searched = 0;
  #isInputEnded = false;
  #isDraining = false;
  #isOver = false;
  #queued: Http1Event | undefined;

  // Of the request at hand; set by its head, dead when the next one begins.
  #isHead = false;
  #minorVersion = 1;
  #isPersistent = true;
  #isContinueExpected = false;
  #reader: BodyReader | undefined;
  #isDiscarding = false;
  #discarded = 0;

  // Of the reply at hand.
  #framing: Framing = "none";
  #contentLeft = 0;
  #isOutputPending = false;

  constructor(context: Http1Context, now: number) {
    this.#context = context;
    this.#deadlines = new Deadlines(context.limits, now);
  }

  /** The time, on the clock of `now`, at which `expire` wants to be called; Infinity for never. */
  get deadline(): number {
    return this.#deadlines.next;
  }

  /** True while nothing of a request has arrived and no reply is owed or on its way: it can be closed without loss. */
  get isIdle(): boolean {
    return (
      this.#peer === PEER.at.idle && this.#self === SELF.at.idle && this.#input.length === 0 && !this.#isOutputPending
    );
  }

  /** False while received bytes wait for a reply to be finished: the transport then stops reading. */
  get wantsInput(): boolean {
    return this.#input.length === 0 || (this.#peer !== PEER.at.done && this.#peer !== PEER.at.refused);
  }

  /** True between the head of a reply and its end: content is owed. */
  get wantsContent(): boolean {
    return this.#self === SELF.at.content;
  }

  /** Nothing more goes in or out; "closed" was reported, or is about to be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether bytes stand around the content: it must then go through `sendContent`. */
  get isContentFramed(): boolean {
    return this.#framing === "chunked";
  }

  /**
   * Takes bytes that arrived. They are only borrowed: they must stay as they are until `next` gives no more events.
   * @param now monotonic time in ms
   * @param length how many of them, from the first on; all by default
   */
  receive(bytes: Buffer, now: number, length: number = bytes.length): void {
    this.#deadlines.now = now;
    if (this.#isOver) return;
    this.#input.feed(bytes, length);
    this.#deadlines.countReceived(length);
  }

  /** The peer has ended its half; it still gets the replies that it is owed. */
  receiveEnd(now: number): void {
    this.#deadlines.now = now;
    this.#isInputEnded = true;
    if (this.#self === SELF.at.lingering && !this.#isOutputPending) this.abort();
  }

  /** The next event, or undefined when more bytes, or the end of a reply, are needed first. */
  next(): Http1Event | undefined {
    let event: Http1Event | undefined | "again";
    do event = this.#advance();
    while (event === "again");
    if (event === undefined) this.#input.keep();
    return event;
  }

  /** For a transport that stops taking events before there are none: its memory is its own again. */
  keepInput(): void {
    this.#input.keep();
  }

  /** Lets a deadline that has come take effect; call `next` afterwards. */
  expire(now: number): void {
    this.#deadlines.now = now;
    const expired = this.#deadlines.expired();
    if (expired === "none") return;
    if (expired === "head") this.#reject("HEAD_TIMEOUT");
    else if (expired === "content") this.#reject("CONTENT_TIMEOUT");
    else this.abort();
  }

  /** Nobody will read this request's content: it is dropped as it arrives, up to `discardLimitBytes`. */
  discardContent(): void {
    this.#isDiscarding = true;
  }

  /** Somebody will read the content: tells a peer that waits for 100 (Continue), RFC 9110 §10.1.1. */
  acceptContent(out: OutputBuffer): void {
    if (!this.#isContinueExpected) return;
    this.#isContinueExpected = false;
    this.#moveSelf(SELF.by.interim);
    this.#context.writer.writeContinue(out);
  }

  /** After the exchange at hand no other is begun; an idle connection closes at once, or when its last reply is out. */
  drain(): void {
    this.#isPersistent = false;
    this.#isDraining = true;
    if (this.isIdle) this.abort();
  }

  /**
   * Writes the head of the reply to the request at hand, and behind it the content if all of that is in memory and
   * short; `wantsContent` tells whether content is still owed.
   * @returns where in the output the head ends
   * @throws {ProtocolMisuseError} when no reply is owed
   */
  sendReply(reply: Reply, out: OutputBuffer, now: number): number {
    const isWhole = !this.#isHead && isShort(reply.content);
    this.#beginReply(reply, now);
    const headEnd = this.#writeHead(reply, isWhole, out);
    if (isWhole) this.countContent(this.#contentLeft);
    return headEnd;
  }

  /** Writes the head alone. @throws {ProtocolMisuseError} when no reply is owed */
  sendHead(reply: Reply, out: OutputBuffer, now: number): void {
    this.#beginReply(reply, now);
    this.#writeHead(reply, false, out);
  }

  /** Writes content, with the framing that the head announced. @throws {ProtocolMisuseError} beyond the announced length */
  sendContent(bytes: Uint8Array, out: OutputBuffer): void {
    this.countContent(bytes.length);
    if (this.#framing === "chunked") writeChunk(bytes, out);
    else out.append(bytes);
  }

  /** Counts content of a known length that the transport writes itself, as from a file. @throws {ProtocolMisuseError} beyond that length */
  countContent(count: number): void {
    if (count === 0) return;
    if (this.#self !== SELF.at.content || count > this.#contentLeft) {
      throw new ProtocolMisuseError(`${count} bytes of content where ${this.#contentLeft} are left`);
    }
    this.#contentLeft -= count;
    if (this.#contentLeft === 0) this.#moveSelf(SELF.by.end);
  }

  /** Ends content of an unknown length. @throws {ProtocolMisuseError} when a length was announced: it ends itself */
  sendEnd(out: OutputBuffer): void {
    if (this.#framing === "length") throw new ProtocolMisuseError(`${this.#contentLeft} announced bytes are missing`);
    this.#moveSelf(SELF.by.end);
    if (this.#framing === "chunked") writeLastChunk(out);
  }

  /**
   * Tells how the transport gets rid of the output, for the write deadline and the lingering close.
   * @param flushedBytes all that the peer's side has taken so far
   * @param isPending whether bytes are waiting to be taken
   */
  noteOutput(flushedBytes: number, isPending: boolean, now: number): void {
    this.#deadlines.now = now;
    if (this.#isOver) return;
    this.#isOutputPending = isPending;
    this.#deadlines.noteOutput(flushedBytes, isPending);
    if (this.#self !== SELF.at.lingering || isPending) return;
    // RFC 9112 §9.6: only once the last reply is out does the wait for the peer's own close begin.
    if (this.#isInputEnded) this.abort();
    else this.#deadlines.linger();
  }

  /** Cuts the connection off: the transport has failed, or cannot keep what a reply has announced. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#input.drop();
    this.#deadlines.stop();
    this.#queued = CLOSED;
  }

  #advance(): Http1Event | undefined | "again" {
    if (this.#queued !== undefined) {
      const event = this.#queued;
      this.#queued = undefined;
      return event;
    }
    if (this.#isOver) return undefined;
    if (this.#self === SELF.at.lingering) return this.#dropInput();
    switch (this.#peer) {
      case PEER.at.idle:
        return this.#awaitHead();
      case PEER.at.head:
        return this.#readHead();
      case PEER.at.content:
        // RFC 9110 §10.1.1: the peer waited for 100 (Continue) and got its reply; content may never come.
        if (this.#isContinueExpected && this.#self === SELF.at.done) return this.#finish();
        return this.#readContent();
      case PEER.at.done:
      case PEER.at.refused:
        return this.#self === SELF.at.done ? this.#endExchange() : undefined;
      default:
        return undefined;
    }
  }

  #awaitHead(): Http1Event | undefined | "again" {
    this.#skipEmptyLines();
    const { bytes, start, length } = this.#input;
    // A CR by itself may become an empty line: it is no beginning of a request either.
    if (length === 0 || (length === 1 && bytes[start] === CR)) {
      return this.#isInputEnded || this.#isDraining ? this.#finish() : undefined;
    }
    this.#movePeer(PEER.by.begin);
    this.#searched = 0;
    this.#deadlines.beginHead();
    return "again";
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
    if (!this.#hasNewLine()) return this.#isInputEnded ? this.#fail("HEAD_INCOMPLETE") : undefined;
    const { parser } = this.#context;
    const outcome = parser.parse(input.bytes, input.start, input.end);
    // RFC 9110 §9.3.2: the reply to HEAD has no content, also when the reply is a refusal.
    this.#isHead = parser.head.method === "HEAD";
    if (outcome === "incomplete") return this.#isInputEnded ? this.#fail("HEAD_INCOMPLETE") : undefined;
    if (outcome !== "complete") return this.#fail(outcome);
    return this.#beginExchange(parser.head);
  }

  /** Whether parsing again can give anything new: a line has ended since, or no more may come. */
  #hasNewLine(): boolean {
    const { bytes, start, end, length } = this.#input;
    const from = start + this.#searched;
    const isFirstLook = this.#searched === 0;
    this.#searched = length;
    return isFirstLook || length >= this.#context.limits.headLimitBytes || bytes.subarray(from, end).includes(LF);
  }

  #beginExchange(head: RequestHead): Http1Event | "again" {
    this.#minorVersion = head.minorVersion;
    this.#isPersistent = head.minorVersion === 1;
    this.#isContinueExpected = false;
    this.#isDiscarding = false;
    this.#discarded = 0;
    const problem = checkHost(head) ?? (head.has(FRAMING_FIELDS) ? this.#readFraming(head) : undefined);
    if (problem !== undefined) return this.#fail(problem);
    if (this.#isDraining) this.#isPersistent = false;
    this.#input.consume(head.end);
    this.#movePeer(PEER.by.message);
    this.#moveSelf(SELF.by.request);
    if (this.#reader === undefined) {
      this.#movePeer(PEER.by.end);
      this.#deadlines.endRequest();
      this.#queued = END;
    } else {
      this.#deadlines.beginContent();
    }
    return { kind: "head", head };
  }

  #readFraming(head: RequestHead): RejectionCode | undefined {
    const problem = this.#readConnection(head);
    if (problem !== undefined) return problem;
    const length = contentLength(head);
    if (typeof length === "string") return length;
    if (length === CHUNKED) this.#reader = new ChunkedReader(this.#context.limits);
    else if (length > 0) this.#reader = new LengthReader(length);
    if (!head.has(FIELD_BIT.expect)) return undefined;
    // RFC 9110 §10.1.1: the expectation of an HTTP/1.0 request is ignored, one that is not understood may be refused.
    if (head.field("expect")?.toLowerCase() !== "100-continue") return "EXPECTATION_FAILED";
    this.#isContinueExpected = head.minorVersion === 1 && this.#reader !== undefined;
    return undefined;
  }

  /** RFC 9112 §9.3, in its order: close, 1.1, keep-alive of 1.0. */
  #readConnection(head: RequestHead): RejectionCode | undefined {
    if (!head.has(FIELD_BIT.connection)) return undefined;
    const isRepeated = (head.repeated & FIELD_BIT.connection) !== 0;
    if (!isRepeated && head.valueIs(head.lineOf("connection"), "keep-alive")) {
      this.#isPersistent = true;
      return undefined;
    }
    const options = parseTokenList(head.field("connection") ?? "");
    if (options === undefined) return "CONNECTION_MALFORMED";
    if (options.includes("close")) this.#isPersistent = false;
    else if (options.includes("keep-alive")) this.#isPersistent = true;
    return undefined;
  }

  #readContent(): Http1Event | undefined | "again" {
    const input = this.#input;
    const reader = this.#reader!;
    const outcome = reader.read(input.bytes, input.start, input.end);
    if (reader.offset > input.start) this.#isContinueExpected = false;
    switch (outcome) {
      case "more":
        input.consume(reader.offset);
        return this.#isInputEnded ? this.#fail("CONTENT_INCOMPLETE") : undefined;
      case "end":
        input.consume(reader.offset);
        this.#reader = undefined;
        this.#movePeer(PEER.by.end);
        this.#deadlines.endRequest();
        return END;
      case "content":
        return this.#takeContent(reader);
      default:
        return this.#fail(outcome);
    }
  }

  #takeContent(reader: BodyReader): Http1Event | "again" {
    const bytes = this.#isDiscarding ? undefined : this.#input.bytes.subarray(reader.contentStart, reader.contentEnd);
    this.#input.consume(reader.offset);
    if (bytes !== undefined) return { kind: "content", bytes };
    this.#discarded += reader.contentEnd - reader.contentStart;
    if (this.#discarded <= this.#context.limits.discardLimitBytes) return "again";
    // Too much to read for nothing. The reply, if it is not out yet, will be the last.
    this.#isPersistent = false;
    this.#reader = undefined;
    this.#movePeer(PEER.by.reject);
    this.#deadlines.endRequest();
    return "again";
  }

  /** Both sides are done: the next request, or the end. */
  #endExchange(): Http1Event | "again" {
    this.#deadlines.endRequest();
    if (this.#isPersistent && this.#peer === PEER.at.done) {
      this.#movePeer(PEER.by.cycle);
      this.#moveSelf(SELF.by.cycle);
      this.#deadlines.beginIdle();
      return "again";
    }
    return this.#finish();
  }

  #finish(): Http1Event {
    this.#movePeer(PEER.by.close);
    this.#moveSelf(SELF.by.finish);
    this.#deadlines.endRequest();
    this.#discarded = 0;
    return FINISH;
  }

  /** While lingering, what still arrives is read and dropped, so that the last reply is not lost to a reset. */
  #dropInput(): undefined | "again" {
    this.#discarded += this.#input.drop();
    if (this.#discarded <= this.#context.limits.discardLimitBytes) return undefined;
    this.abort();
    return "again";
  }

  #fail(code: RejectionCode): "again" {
    this.#reject(code);
    return "again";
  }

  #reject(code: RejectionCode): void {
    this.#isPersistent = false;
    this.#isContinueExpected = false;
    this.#reader = undefined;
    this.#deadlines.endRequest();
    this.#input.drop();
    this.#discarded = 0;
    if (this.#peer !== PEER.at.refused) this.#movePeer(PEER.by.reject);
    // Once a reply has begun there is no way to say more; when it is complete, that was the answer.
    if (this.#self === SELF.at.content) this.abort();
    if (this.#self === SELF.at.content || this.#self === SELF.at.done) return;
    this.#moveSelf(SELF.by.reject);
    this.#queued = { kind: "rejected", rejection: rejection(code) };
  }

  #canPersist(): boolean {
    if (this.#framing === "close-delimited") return false;
    // RFC 9112 §9.6: what is known to be the last reply says so. A peer that has ended its half can ask for no more,
    // and content that is more than we discard is not read to its end.
    if (this.#isInputEnded && this.#input.length === 0) return false;
    if (this.#isDiscarding && this.#discarded + (this.#reader?.left ?? 0) > this.#context.limits.discardLimitBytes)
      return false;
    // A peer that waits for 100 (Continue) and gets a final reply may send the content or not: RFC 9110 §10.1.1.
    return !this.#isContinueExpected;
  }

  #beginReply(reply: Reply, now: number): void {
    this.#deadlines.now = now;
    const framing = framingOf(reply, this.#minorVersion);
    this.#moveSelf(SELF.by.reply);
    this.#framing = framing;
    if (!this.#canPersist()) this.#isPersistent = false;
    this.#contentLeft = reply.content?.kind === "content" ? reply.content.length : Number.POSITIVE_INFINITY;
    if (this.#isHead || framing === "none" || this.#contentLeft === 0) this.#moveSelf(SELF.by.end);
  }

  #writeHead(reply: Reply, isWhole: boolean, out: OutputBuffer): number {
    const { writer } = this.#context;
    // An HTTP/1.0 peer must be told that the connection persists: RFC 9112 §9.3.
    const connection = this.#isPersistent ? (this.#minorVersion === 0 ? "keep-alive" : undefined) : "close";
    return writer.write(reply, this.#framing, connection, isWhole, out);
  }

  #movePeer(step: number): void {
    const state = PEER.next(this.#peer, step);
    if (state < 0) throw new ProtocolMisuseError(`the peer cannot do that while ${PEER.nameOf(this.#peer)}`);
    this.#peer = state;
  }

  #moveSelf(step: number): void {
    const state = SELF.next(this.#self, step);
    if (state < 0) throw new ProtocolMisuseError(`we cannot do that while ${SELF.nameOf(this.#self)}`);
    this.#self = state;
  }
}

/** RFC 9112 §3.2: exactly one Host in HTTP/1.1, well-formed, also when an absolute-form target overrides it. */
function checkHost(head: RequestHead): RejectionCode | undefined {
  if (!head.has(FIELD_BIT.host)) return head.minorVersion === 1 ? "HOST_MISSING" : undefined;
  if ((head.repeated & FIELD_BIT.host) !== 0) return "HOST_REPEATED";
  const at = head.lineOf("host") * LINE_STRIDE;
  return isHostWithPort(head.bytes, head.lines[at + 2]!, head.lines[at + 3]!) ? undefined : "HOST_MALFORMED";
}
