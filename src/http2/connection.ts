// One HTTP/2 connection, the server's side, without I/O: bytes and the time go in, events, bytes to send and the next
// deadline come out. This file joins the parts of the folder and ends the connection: frames are read in peer-side.ts,
// requests in request-side.ts, replies are written in reply-side.ts; the states of a stream are in state.ts.
//
// A transport does five things, always in this order: feed bytes (`receive`), take events (`next` until it gives none),
// send content of the streams that `nextStream` names, write the output, and arm `deadline`.
import type { Reply } from "../http/message.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import type { Http2Context } from "./context.ts";
import { Deadlines } from "./deadlines.ts";
import type { Http2Event, OnProblem } from "./events.ts";
import { Floods } from "./floods.ts";
import { ERROR_CODE, writeGoaway, writePing, writeRstStream } from "./frames.ts";
import { OUTPUT_LIMIT_BYTES } from "./limits.ts";
import { DRAIN_PING, PeerSide } from "./peer-side.ts";
import type { ConnectionProblem } from "./problems.ts";
import { errorCodeOf, rejection } from "./rejection.ts";
import { ReplySide } from "./reply-side.ts";
import { RequestSide } from "./request-side.ts";
import { PeerSettings } from "./settings.ts";
import { SlowStreams } from "./slow-streams.ts";
import { REPLY, STREAM } from "./state.ts";
import { FATE, type Stream, StreamTable } from "./streams.ts";

const GREATEST_STREAM = 0x7fffffff;
const CONTINUE = 100;

/**
 * How far the end of the connection is: a drain is wanted; it is announced, and a round trip of the peer is waited for;
 * no further stream is taken on; the last bytes are written; nothing goes in or out.
 */
type Ending = "no" | "wanted" | "announced" | "last" | "finished" | "over";

export class Http2Connection {
  readonly #context: Http2Context;
  readonly #onProblem: OnProblem;
  readonly #deadlines: Deadlines;
  readonly #streams: StreamTable = new StreamTable();
  readonly #settings: PeerSettings = new PeerSettings();
  readonly #floods: Floods;
  readonly #replies: ReplySide;
  readonly #requests: RequestSide;
  readonly #peer: PeerSide;
  readonly #slow: SlowStreams;
  #ending: Ending = "no";
  /** Why the connection ends, if the peer made a mistake. */
  #problem: ConnectionProblem | undefined;
  /** The peer has ended its half of the connection. */
  #isInputEnded = false;
  /** Frames wait in the input until the output has left. */
  #isHeldBack = false;
  #isOutputPending = false;
  #isClosedTold = false;
  /** Bytes that were dropped after the end. */
  #discarded = 0;

  constructor(context: Http2Context, now: number, onProblem: OnProblem = () => {}) {
    this.#onProblem = onProblem;
    this.#context = context;
    const { limits } = context;
    this.#deadlines = new Deadlines(limits, now);
    this.#floods = new Floods(limits);
    this.#replies = new ReplySide(context, this.#settings, this.#streams, this.#floods, this.#deadlines);
    this.#requests = new RequestSide(
      context,
      this.#settings,
      this.#streams,
      this.#floods,
      this.#deadlines,
      this.#replies,
      onProblem,
    );
    this.#slow = new SlowStreams(limits, this.#streams, this.#deadlines, this.#replies, this.#requests);
    this.#peer = new PeerSide(
      context,
      this.#settings,
      this.#streams,
      this.#floods,
      this.#deadlines,
      this.#replies,
      this.#requests,
    );
  }

  // Public methods for asking where the connection stands.

  /** The time, on the clock of `now`, at which `expire` must be called; Infinity for never. It may come too early. */
  get deadline(): number {
    return this.#deadlines.next;
  }

  /** True while no request is under way, in either direction: closing loses nothing. */
  get isIdle(): boolean {
    return this.#isQuiet && !this.#hasBegunFrame;
  }

  /** True until the first request begins. */
  get isFresh(): boolean {
    return this.#streams.last === 0;
  }

  /** True while a frame or a head has begun and is not complete, and nothing else goes on. */
  get isInHead(): boolean {
    return this.#isQuiet && this.#hasBegunFrame;
  }

  /** Whether output waits to be taken by the peer, as `noteOutput` was told last. */
  get isOutputPending(): boolean {
    return this.#isOutputPending;
  }

  /** True when nothing more goes in or out: "closed" was reported, or comes after the events of open streams. */
  get isOver(): boolean {
    return this.#ending === "over";
  }

  /** Whether lingering can be left out: the peer has ended its half, or has said that it leaves. */
  get isPeerDone(): boolean {
    return this.#isInputEnded || (this.#peer.isLeaving && this.#peer.input.length === 0);
  }

  /** Why the connection was ended, if the peer made a mistake: a code of docs/errors.md. */
  get problem(): ConnectionProblem | undefined {
    return this.#problem;
  }

  // Public methods for receiving requests.

  /** False while frames wait for the output to leave, and once the peer has ended its half. Do not read then. */
  get wantsInput(): boolean {
    return !this.#isInputEnded && !this.#isHeldBack;
  }

  /**
   * Takes bytes that arrived. They are borrowed: the memory must not change until `next` gives no more events.
   * @param now monotonic time in ms
   * @param length how many bytes, from the first on; all by default
   */
  receive(bytes: Buffer, now: number, length: number = bytes.length): void {
    this.#deadlines.now = now;
    if (this.isOver) return;
    this.#peer.input.feed(bytes, length);
  }

  /** The peer has ended its half. It still gets the replies that are owed. */
  receiveEnd(now: number): void {
    this.#deadlines.now = now;
    this.#isInputEnded = true;
    if (this.#ending === "finished" && !this.#isOutputPending) this.abort();
  }

  /** The next event; undefined when more bytes, a reply, or room in the output have to come first. */
  next(out: OutputBuffer): Http2Event | undefined {
    let event: Http2Event | undefined | "again";
    do event = this.#advance(out);
    while (event === "again");
    if (event === undefined) this.#peer.input.keep();
    return event;
  }

  /** For a transport that stops taking events early: ends the borrowing of its memory. */
  keepInput(): void {
    this.#peer.input.keep();
  }

  /** The content of this request is not wanted: it is dropped as it arrives, up to `discardLimitBytes`. */
  discardContent(id: number): void {
    const content = this.#streams.find(id)?.content;
    if (content !== undefined) content.isDiscarding = true;
  }

  /** The content will be read: sends 100 (Continue) to a peer that waits for it, RFC 9110 §10.1.1. */
  acceptContent(id: number, out: OutputBuffer): void {
    const stream = this.#streams.find(id);
    if (stream?.content?.isContinueExpected !== true) return;
    stream.content.isContinueExpected = false;
    this.#replies.sendInterim(stream, CONTINUE, "", out);
  }

  // Public methods for sending replies.

  /** False when the request was answered already, or its stream is gone: then a reply must be dropped. */
  isReplyOwed(id: number): boolean {
    return this.#streams.find(id)?.reply === REPLY.at.owed;
  }

  /**
   * Writes the head of a reply, and short content at once if it can.
   * @returns whether content is still owed: then `nextStream` offers the stream in its turn
   * @throws {ProtocolMisuseError} when no reply is owed
   */
  sendReply(id: number, reply: Reply, out: OutputBuffer, now: number): boolean {
    this.#deadlines.now = now;
    return this.#replies.send(this.#find(id), reply, out);
  }

  /** An interim answer, such as 103 (Early Hints). The sixth and any further one is left out. */
  sendInterim(id: number, status: number, fields: string, out: OutputBuffer): void {
    this.#replies.sendInterim(this.#find(id), status, fields, out);
  }

  /** Whether the request on this stream is HEAD: then its reply has no content. */
  isHead(id: number): boolean {
    return this.#streams.find(id)?.isHead === true;
  }

  /** Whether content is still owed on this stream. */
  owesContent(id: number): boolean {
    return this.#streams.find(id)?.reply === REPLY.at.content;
  }

  /** The stream that may send content now, or 0: by urgency, and fairly among equals (RFC 9218 §10). */
  nextStream(): number {
    if (this.#replies.window.left <= 0) return 0;
    return this.#replies.scheduler.next()?.id ?? 0;
  }

  /** How many bytes of content one frame may carry on this stream now. */
  allowance(id: number): number {
    const stream = this.#streams.find(id);
    return stream === undefined ? 0 : this.#replies.allowance(stream);
  }

  /** The content of this stream is not at hand now: `nextStream` leaves it out until `resumeStream`. */
  holdStream(id: number): void {
    const stream = this.#streams.find(id);
    if (stream !== undefined) stream.isHeld = true;
  }

  resumeStream(id: number): void {
    const stream = this.#streams.find(id);
    if (stream !== undefined) stream.isHeld = false;
  }

  /**
   * Writes the head of a DATA frame. Exactly `count` bytes of content must follow it before anything else.
   * @param count from 1 to `allowance`
   * @throws {ProtocolMisuseError} for any other count
   */
  writeDataHead(id: number, count: number, out: OutputBuffer): void {
    this.#replies.writeDataHead(this.#find(id), count, out);
  }

  /** Content with the head of its frame, for content that is in memory. @throws {ProtocolMisuseError} beyond `allowance` */
  sendData(id: number, bytes: Uint8Array, out: OutputBuffer): void {
    this.#replies.writeDataHead(this.#find(id), bytes.length, out);
    out.append(bytes);
  }

  /** Ends content of unknown length. @throws {ProtocolMisuseError} when a length was announced */
  endContent(id: number, out: OutputBuffer): void {
    this.#replies.endContent(this.#find(id), out);
  }

  /** Gives a reply up. @param code one of ERROR_CODE */
  resetStream(id: number, code: number, out: OutputBuffer): void {
    const stream = this.#streams.find(id);
    if (stream !== undefined) this.#replies.reset(stream, code, out);
  }

  /**
   * Tells how much of the output has left, for the write deadline and the lingering close.
   * @param flushedBytes how many bytes the peer's side has taken so far
   * @param isPending whether further bytes wait to be taken
   */
  noteOutput(flushedBytes: number, isPending: boolean, now: number): void {
    this.#deadlines.now = now;
    if (this.isOver) return;
    this.#isOutputPending = isPending;
    this.#deadlines.noteOutput(flushedBytes, isPending);
    if (this.#ending !== "finished" || isPending) return;
    // As in RFC 9112 §9.6: only once the last bytes are out does the wait for the peer's own close begin.
    if (this.#isInputEnded) this.abort();
    else this.#deadlines.linger();
  }

  // Public methods for ending the connection. What they cause is written by the next `next`.

  /** Acts on a deadline that has come. */
  expire(now: number): void {
    this.#deadlines.now = now;
    switch (this.#deadlines.expired()) {
      case "none":
        return;
      case "write":
      case "linger":
        return this.abort();
      case "frame":
        return this.#peer.phase === "preface" ? this.abort() : this.#fail("FRAME_TOO_SLOW");
      case "idle":
        return this.#peer.phase === "preface" ? this.abort() : this.#endAtOnce();
      case "drain":
        this.#deadlines.endDrain();
        this.#ending = "last";
        return;
      case "streams":
        return this.#expireStreams();
    }
  }

  /**
   * Ends the connection after the requests that are under way, in two steps (RFC 9113 §6.8): the peer is told to open no
   * more streams, and after a round trip which of them was the last.
   */
  lastCall(): void {
    if (this.#ending === "no") this.#ending = "wanted";
  }

  /**
   * As `lastCall`, but an idle connection ends at once.
   * @param withinMs another request is answered if it begins within this time since the last one, or since the connection
   *   began: a peer that asks one after the other, or has just connected, has a request under way
   */
  drain(withinMs = 0): void {
    const isInPreface = this.#peer.phase === "preface";
    if (isInPreface || !this.isFresh) {
      if (withinMs > 0) this.#deadlines.expectNext(withinMs);
      else if (this.isIdle) return isInPreface ? this.abort() : this.#endAtOnce();
    }
    this.lastCall();
  }

  /** Cuts the connection off. */
  abort(): void {
    if (this.isOver) return;
    this.#ending = "over";
    this.#peer.input.drop();
    this.#deadlines.stop();
  }

  // The steps of `next`. Each gives an event, or undefined to wait, or "again" when another step can be taken.

  #advance(out: OutputBuffer): Http2Event | undefined | "again" {
    if (this.#ending !== "no") {
      const found = this.#end(out);
      if (found !== "again") return found;
    }
    if (this.#problem !== undefined) return this.#endByProblem(out);
    if (this.#replies.unwanted.length > 0) this.#resetUnwanted(out);
    const late = this.#slow.late.pop();
    if (late !== undefined) return this.#tellLate(late, out);
    const ended = this.#requests.takeEnded();
    if (ended !== undefined) return { kind: "end", stream: ended.id };
    this.#isHeldBack = out.length >= OUTPUT_LIMIT_BYTES;
    if (this.#isHeldBack) return undefined;
    const found = this.#peer.read(out);
    if (found === undefined) return this.#isInputEnded ? this.#endByPeer() : undefined;
    if (typeof found === "object" || found === "again") return found;
    this.#fail(found);
    return "again";
  }

  /** The steps of an ending. "again" when frames are to be read on. */
  #end(out: OutputBuffer): Http2Event | undefined | "again" {
    switch (this.#ending) {
      case "over":
        return this.#tellOver();
      case "finished":
        return this.#dropInput();
      case "wanted":
        if (this.#peer.phase === "preface") return "again";
        writeGoaway(out, GREATEST_STREAM, ERROR_CODE.NO_ERROR);
        writePing(out, 0, DRAIN_PING);
        this.#deadlines.beginDrain();
        this.#ending = "announced";
        return "again";
      case "announced":
        if (!this.#peer.hasAnsweredPing) return "again";
        this.#ending = "last";
        return this.#endLast(out);
      case "last":
        return this.#endLast(out);
      default:
        return "again";
    }
  }

  /** No further stream is taken on; when the last one is over, so is the connection. */
  #endLast(out: OutputBuffer): Http2Event | "again" {
    if (this.#requests.acceptedLast === Number.POSITIVE_INFINITY) {
      this.#requests.acceptedLast = this.#streams.last;
      this.#deadlines.endDrain();
      if (!this.#isInputEnded) writeGoaway(out, this.#streams.last, ERROR_CODE.NO_ERROR);
    }
    return this.#streams.count === 0 && this.#problem === undefined ? this.#finish() : "again";
  }

  /** Ends all streams, each by itself, and then the connection: some clients take content that GOAWAY cuts for whole. */
  #endByProblem(out: OutputBuffer): Http2Event {
    const code = errorCodeOf(this.#problem!);
    for (const stream of this.#streams.values()) {
      writeRstStream(out, stream.id, code);
      this.#replies.drop(stream, FATE.resetBySelf);
      if (stream.isOwed) return { kind: "cancelled", stream: stream.id };
    }
    writeGoaway(out, Math.min(this.#streams.last, this.#requests.acceptedLast), code);
    return this.#finish();
  }

  /** The peer sends nothing more: requests that are not complete never will be. */
  #endByPeer(): Http2Event | undefined {
    for (const stream of this.#streams.values()) {
      const isComplete = stream.state !== STREAM.at.open && stream.state !== STREAM.at.halfClosedLocal;
      if (isComplete && !this.#isShut(stream)) continue;
      this.#replies.drop(stream, FATE.resetByPeer);
      if (stream.isOwed) return { kind: "cancelled", stream: stream.id };
    }
    return this.#streams.count === 0 ? this.#finish() : undefined;
  }

  /** Whether the peer, which sends no more, has left no window for content that is owed. */
  #isShut(stream: Stream): boolean {
    return stream.reply === REPLY.at.content && this.#replies.allowance(stream) === 0;
  }

  #finish(): Http2Event {
    this.#ending = "finished";
    this.#deadlines.finish();
    this.#isHeldBack = false;
    return { kind: "finish" };
  }

  #tellOver(): Http2Event | undefined {
    for (const stream of this.#streams.values()) {
      this.#replies.drop(stream, FATE.resetBySelf);
      this.#deadlines.stop();
      if (stream.isOwed) return { kind: "cancelled", stream: stream.id };
    }
    if (this.#isClosedTold) return undefined;
    this.#isClosedTold = true;
    return { kind: "closed" };
  }

  /** While we linger, bytes that arrive are read and dropped, so that the last ones are not lost to a reset. */
  #dropInput(): undefined | Http2Event {
    this.#discarded += this.#peer.input.drop();
    if (this.#discarded <= this.#context.limits.discardLimitBytes) return undefined;
    this.abort();
    return this.#tellOver();
  }

  #fail(problem: ConnectionProblem): void {
    if (this.#problem === undefined) {
      const { bytes, start, end } = this.#peer.input;
      this.#onProblem(problem, 0, bytes.subarray(start, end));
      this.#problem = problem;
    }
    this.#slow.late.length = 0;
    this.#peer.input.drop();
  }

  #endAtOnce(): void {
    if (this.#ending !== "finished" && !this.isOver) this.#ending = "last";
  }

  // Streams that are too slow.

  #expireStreams(): void {
    const problem = this.#slow.check();
    if (problem !== undefined) this.#fail(problem);
  }

  #tellLate(stream: Stream, out: OutputBuffer): Http2Event | "again" {
    if (this.#streams.find(stream.id) !== stream) return "again";
    if (stream.reply === REPLY.at.owed) {
      stream.content!.isDiscarding = true;
      return { kind: "rejected", stream: stream.id, rejection: rejection("CONTENT_TIMEOUT") };
    }
    const isAnswered = stream.reply === REPLY.at.done;
    const problem = isAnswered ? "CONTENT_TOO_SLOW" : "STREAM_UNREAD";
    this.#onProblem(problem, stream.id);
    this.#replies.reset(stream, errorCodeOf(problem), out);
    return isAnswered ? "again" : { kind: "cancelled", stream: stream.id };
  }

  /** RFC 9113 §8.1: the reply is complete, and the peer need not send the rest of its request. */
  #resetUnwanted(out: OutputBuffer): void {
    for (const stream of this.#replies.unwanted.splice(0)) {
      if (this.#streams.find(stream.id) === stream) this.#replies.reset(stream, errorCodeOf("CONTENT_UNWANTED"), out);
    }
  }

  /** Whether no request and no reply is under way. */
  get #isQuiet(): boolean {
    return this.#streams.count === 0 && !this.#isOutputPending;
  }

  get #hasBegunFrame(): boolean {
    return this.#requests.isInBlock || this.#peer.input.length > 0;
  }

  #find(id: number): Stream {
    const stream = this.#streams.find(id);
    if (stream === undefined) throw new ProtocolMisuseError(`stream ${id} is not open`);
    return stream;
  }
}
