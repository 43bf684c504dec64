// The requests of a connection: field blocks become heads, DATA frames become content, and mistakes end their stream. What
// a request may do in which state is RFC 9113 §5.1; when it is malformed, §8.1.1.
import { HpackDecoder } from "../hpack/decoder.ts";
import { FIELD_BIT } from "../http/fields.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import type { ReceiveBuffer } from "../http/receive-buffer.ts";
import type { Http2Context } from "./context.ts";
import type { Deadlines } from "./deadlines.ts";
import type { OnProblem, Outcome } from "./events.ts";
import { FieldBlock } from "./field-block.ts";
import type { Floods } from "./floods.ts";
import { ReceiveWindow } from "./flow-control.ts";
import { FLAG, FRAME_HEAD_BYTES, readUint31, writeRstStream, writeWindowUpdate } from "./frames.ts";
import { EARLY_PRIORITY_LIMIT_COUNT } from "./limits.ts";
import { type Priority, parsePriority } from "./priority.ts";
import type { ConnectionProblem, RejectionCode, StreamProblem } from "./problems.ts";
import { errorCodeOf, isRejection, rejection } from "./rejection.ts";
import type { ReplySide } from "./reply-side.ts";
import { checkTrailers } from "./request.ts";
import { RequestContent } from "./request-content.ts";
import type { PeerSettings } from "./settings.ts";
import { STREAM } from "./state.ts";
import { FATE, type Stream, type StreamTable } from "./streams.ts";

/** Where in a DATA frame the reader stands. */
const NOWHERE = -1;

export class RequestSide {
  /** The highest stream that we take on. Streams above came after our last GOAWAY and are ignored: RFC 9113 §6.8. */
  acceptedLast: number = Number.POSITIVE_INFINITY;
  readonly #context: Http2Context;
  readonly #settings: PeerSettings;
  readonly #streams: StreamTable;
  readonly #floods: Floods;
  readonly #deadlines: Deadlines;
  readonly #replies: ReplySide;
  readonly #onProblem: OnProblem;
  readonly #decoder: HpackDecoder = new HpackDecoder();
  readonly #block: FieldBlock;
  readonly #window: ReceiveWindow = new ReceiveWindow();
  /** What PRIORITY_UPDATE has said of streams that are not open yet. */
  readonly #early: Map<number, Priority> = new Map();
  /** Of the DATA frame at hand: its stream if that is open, what is left of its content and padding, and its end. */
  #contentStream: Stream | undefined;
  #contentLeft = NOWHERE;
  #paddingLeft = 0;
  #isContentLast = false;
  /** The request on this stream is complete, which is not told yet. */
  #ended: Stream | undefined;

  constructor(
    context: Http2Context,
    settings: PeerSettings,
    streams: StreamTable,
    floods: Floods,
    deadlines: Deadlines,
    replies: ReplySide,
    onProblem: OnProblem,
  ) {
    this.#onProblem = onProblem;
    this.#context = context;
    this.#settings = settings;
    this.#streams = streams;
    this.#floods = floods;
    this.#deadlines = deadlines;
    this.#replies = replies;
    this.#block = new FieldBlock(context.limits);
  }

  get isInContent(): boolean {
    return this.#contentLeft !== NOWHERE;
  }

  get isInBlock(): boolean {
    return this.#block.stream !== 0;
  }

  get blockStream(): number {
    return this.#block.stream;
  }

  /** The stream whose request is complete, once. */
  takeEnded(): Stream | undefined {
    const stream = this.#ended;
    this.#ended = undefined;
    return stream !== undefined && this.#streams.find(stream.id) === stream ? stream : undefined;
  }

  /** A mistake of the peer ends a stream. */
  fail(stream: Stream, problem: StreamProblem, out: OutputBuffer): Outcome {
    const flood = this.#floods.countReset(this.#deadlines.now);
    if (flood !== undefined) return flood;
    this.#onProblem(problem, stream.id);
    this.#replies.reset(stream, errorCodeOf(problem), out);
    return stream.isOwed ? { kind: "cancelled", stream: stream.id } : "again";
  }

  setPriority(id: number, priority: Priority): void {
    const stream = this.#streams.find(id);
    if (stream !== undefined) applyPriority(stream, priority);
    else if (id > this.#streams.last && this.#early.size < EARLY_PRIORITY_LIMIT_COUNT) this.#early.set(id, priority);
  }

  /** RFC 9113 §6.4. */
  takeReset(id: number): Outcome {
    const flood = this.#floods.countReset(this.#deadlines.now);
    if (flood !== undefined) return flood;
    const stream = this.#streams.find(id);
    if (stream === undefined) return this.#streams.fateOf(id) === FATE.idle ? "STREAM_IDLE" : "again";
    this.#replies.drop(stream, FATE.resetByPeer);
    return stream.isOwed ? { kind: "cancelled", stream: id } : "again";
  }

  // HEADERS and CONTINUATION: RFC 9113 §6.2 and §6.10.

  takeHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number, out: OutputBuffer): Outcome {
    let at = start;
    let padding = 0;
    const extraLength = ((flags & FLAG.PADDED) === 0 ? 0 : 1) + ((flags & FLAG.PRIORITY) === 0 ? 0 : 5);
    if (end - start < extraLength) return "FRAME_LENGTH_WRONG";
    if ((flags & FLAG.PADDED) !== 0) padding = bytes[at++]!;
    if ((flags & FLAG.PRIORITY) !== 0) {
      if (readUint31(bytes, at) === id) return "DEPENDENCY_ON_ITSELF";
      at += 5;
    }
    if (padding > end - at) return "PADDING_TOO_LONG";
    const problem = this.#checkStreamOfBlock(id);
    if (problem !== undefined) return problem;
    const isEnd = (flags & FLAG.END_STREAM) !== 0;
    if ((flags & FLAG.END_HEADERS) !== 0) return this.#takeBlock(id, isEnd, bytes, at, end - padding, out);
    this.#block.begin(id, isEnd, bytes, at, end - padding);
    return "again";
  }

  takeContinuation(flags: number, bytes: Buffer, start: number, end: number, out: OutputBuffer): Outcome {
    const block = this.#block;
    const problem = block.continue(bytes, start, end);
    if (problem !== undefined) return problem;
    if ((flags & FLAG.END_HEADERS) === 0) return "again";
    const { stream, isEndOfStream, bytes: joined, length } = block;
    block.clear();
    return this.#takeBlock(stream, isEndOfStream, joined, 0, length, out);
  }

  /** RFC 9113 §5.1.1: a new stream has the next odd number. On one that was reset, a block may still be under way. */
  #checkStreamOfBlock(id: number): ConnectionProblem | undefined {
    if (id > this.#streams.last && id % 2 === 1) return undefined;
    if (this.#streams.find(id) !== undefined) return undefined;
    const fate = this.#streams.fateOf(id);
    if (fate === FATE.ended) return "STREAM_OVER";
    return fate === FATE.resetByPeer || fate === FATE.resetBySelf ? undefined : "STREAM_NUMBER_WRONG";
  }

  /** A whole block. It is decoded whatever becomes of it, because the decoder's table must stay in step: RFC 9113 §4.3. */
  #takeBlock(id: number, isEnd: boolean, bytes: Buffer, start: number, end: number, out: OutputBuffer): Outcome {
    const problem = this.#decoder.decode(bytes, start, end, this.#context.section);
    if (problem !== undefined) return problem;
    if (id > this.#streams.last) return this.#takeRequest(id, isEnd, out);
    const stream = this.#streams.find(id);
    if (stream !== undefined) return this.#takeTrailers(stream, isEnd, out);
    if (this.#streams.fateOf(id) === FATE.resetBySelf) return this.#ignore();
    return this.#refuse(id, "STREAM_HALF_CLOSED", out);
  }

  #takeRequest(id: number, isEnd: boolean, out: OutputBuffer): Outcome {
    const { requests, section, head, limits } = this.#context;
    if (id > this.acceptedLast) return this.#ignoreNew(id);
    if (this.#streams.count >= limits.concurrentStreamLimitCount) return this.#refuseNew(id, "STREAMS_TOO_MANY", out);
    const problem = requests.read(section, head);
    const isRefused = problem !== undefined && isRejection(problem);
    if (problem !== undefined && !isRejection(problem)) return this.#refuseNew(id, problem, out);
    if (isEnd && requests.contentLength > 0) return this.#refuseNew(id, "LENGTH_WRONG", out);

    const stream = this.#streams.open(id, this.#settings.initialWindowBytes);
    this.#deadlines.endIdle();
    stream.isHead = head.method === "HEAD";
    if (section.priorityLine >= 0 || this.#early.size > 0) this.#readPriority(stream);
    if (isEnd) this.#replies.endByPeer(stream);
    else this.#expectContent(stream, !isRefused && head.has(FIELD_BIT.expect));
    if (isRefused) return this.#reject(stream, problem as RejectionCode);
    if (isEnd) this.#ended = stream;
    return { kind: "head", stream: id, head };
  }

  #reject(stream: Stream, code: RejectionCode): Outcome {
    if (stream.content !== undefined) stream.content.isDiscarding = true;
    return { kind: "rejected", stream: stream.id, rejection: rejection(code) };
  }

  #expectContent(stream: Stream, isContinueExpected: boolean): void {
    stream.content = new RequestContent(this.#context.requests.contentLength, isContinueExpected);
    this.watchContent(stream.content);
  }

  /** From now on, content has to arrive. */
  watchContent(content: RequestContent): void {
    content.deadline = this.#deadlines.now + this.#context.limits.bodyTimeoutMs;
    content.receivedInWindow = 0;
    this.#deadlines.watchStream(content.deadline);
  }

  /** RFC 9218 §7: a frame that came before the request overrides its field. */
  #readPriority(stream: Stream): void {
    const { section, head } = this.#context;
    const early = this.#early.get(stream.id);
    for (const id of this.#early.keys()) if (id <= stream.id) this.#early.delete(id);
    if (early !== undefined) applyPriority(stream, early);
    else if (section.priorityLine >= 0) applyPriority(stream, parsePriority(head.field("priority") ?? ""));
  }

  /** RFC 9113 §8.1: trailers end the stream. They are checked and dropped, as RFC 9110 §6.5.1 allows. */
  #takeTrailers(stream: Stream, isEnd: boolean, out: OutputBuffer): Outcome {
    if (stream.state !== STREAM.at.open && stream.state !== STREAM.at.halfClosedLocal) {
      return this.fail(stream, "STREAM_HALF_CLOSED", out);
    }
    if (!isEnd) return this.fail(stream, "TRAILERS_UNENDED", out);
    const problem = checkTrailers(this.#context.section, this.#context.head);
    return problem === undefined ? this.#endRequest(stream, out) : this.fail(stream, problem, out);
  }

  /** All of the request has arrived. */
  #endRequest(stream: Stream, out: OutputBuffer): Outcome {
    if (!stream.content!.isComplete) return this.fail(stream, "LENGTH_WRONG", out);
    this.#replies.endByPeer(stream);
    if (stream.state !== STREAM.at.closed) this.#ended = stream;
    return "again";
  }

  // DATA: RFC 9113 §6.1. Content is told as it arrives, also while its frame is incomplete.

  /** The head of the frame is there. @returns undefined when the length of its padding is not */
  beginContent(input: ReceiveBuffer, length: number, flags: number, id: number, out: OutputBuffer): Outcome {
    const { bytes, start } = input;
    const isPadded = (flags & FLAG.PADDED) !== 0;
    if (isPadded && length === 0) return "FRAME_LENGTH_WRONG";
    if (isPadded && input.length === FRAME_HEAD_BYTES) return undefined;
    const padding = isPadded ? bytes[start + FRAME_HEAD_BYTES]! : 0;
    if (isPadded && padding >= length) return "PADDING_TOO_LONG";
    const stream = this.#streams.find(id);
    if (stream === undefined && this.#streams.fateOf(id) === FATE.idle) return "STREAM_IDLE";
    if (!this.#window.take(length)) return "WINDOW_EXCEEDED";

    input.consume(start + FRAME_HEAD_BYTES + (isPadded ? 1 : 0));
    this.#deadlines.endFrame();
    this.#contentLeft = length - padding - (isPadded ? 1 : 0);
    this.#paddingLeft = padding;
    this.#isContentLast = (flags & FLAG.END_STREAM) !== 0;
    this.#contentStream = undefined;
    if (this.#contentLeft === 0 && !this.#isContentLast) {
      const flood = this.#floods.countControl(this.#deadlines.now);
      if (flood !== undefined) return flood;
    }
    if (stream === undefined) return this.#takeLateContent(id, out);
    const problem = this.#countContent(stream, length);
    if (problem !== undefined) return this.fail(stream, problem, out);
    this.#contentStream = stream;
    return "again";
  }

  /** Content for a stream that is over counts towards the window of the connection, and is dropped: RFC 9113 §5.1. */
  #takeLateContent(id: number, out: OutputBuffer): Outcome {
    return this.#streams.fateOf(id) === FATE.resetBySelf ? this.#ignore() : this.#refuse(id, "STREAM_HALF_CLOSED", out);
  }

  #countContent(stream: Stream, length: number): StreamProblem | undefined {
    const { content } = stream;
    if (content === undefined || (stream.state !== STREAM.at.open && stream.state !== STREAM.at.halfClosedLocal)) {
      return "STREAM_HALF_CLOSED";
    }
    if (!content.window.take(length)) return "STREAM_WINDOW_EXCEEDED";
    if (!content.count(this.#contentLeft)) return "LENGTH_WRONG";
    return this.#isContentLast && !content.isComplete ? "LENGTH_WRONG" : undefined;
  }

  readContent(input: ReceiveBuffer, out: OutputBuffer): Outcome {
    const { bytes, start, length } = input;
    if (this.#contentLeft + this.#paddingLeft === 0) return this.#endFrame(out);
    if (length === 0) {
      // The deadline of an open stream is its content's own.
      if (this.#contentStream === undefined) this.#deadlines.beginFrame();
      return undefined;
    }
    const count = Math.min(length, this.#contentLeft);
    const paddingCount = Math.min(length - count, this.#paddingLeft);
    this.#contentLeft -= count;
    this.#paddingLeft -= paddingCount;
    input.consume(start + count + paddingCount);
    const stream = this.#contentStream;
    if (count === 0 || stream?.content === undefined || this.#streams.find(stream.id) !== stream) return "again";
    stream.content.receivedInWindow += count;
    if (stream.content.isDiscarding) return "again";
    return { kind: "content", stream: stream.id, bytes: bytes.subarray(start, start + count) };
  }

  /** The end of a DATA frame: what it has taken of our windows is given back, and with the last one the request ends. */
  #endFrame(out: OutputBuffer): Outcome {
    this.#contentLeft = NOWHERE;
    this.#deadlines.endFrame();
    const increment = this.#window.replenish();
    if (increment > 0) writeWindowUpdate(out, 0, increment);
    const stream = this.#contentStream;
    this.#contentStream = undefined;
    if (stream === undefined || this.#streams.find(stream.id) !== stream) return "again";
    if (this.#isContentLast) return this.#endRequest(stream, out);
    this.#replenish(stream, out);
    return "again";
  }

  /** What nobody wants and is too much is not asked for: then the peer must wait for the reply. */
  #replenish(stream: Stream, out: OutputBuffer): void {
    const content = stream.content!;
    if (content.isDiscarding && content.isTooMuch(this.#context.limits.discardLimitBytes)) {
      content.deadline = Number.POSITIVE_INFINITY;
      return;
    }
    const increment = content.window.replenish();
    if (increment > 0) writeWindowUpdate(out, stream.id, increment);
  }

  // What comes for streams that are not open.

  #ignore(): Outcome {
    return this.#floods.countControl(this.#deadlines.now) ?? "again";
  }

  #ignoreNew(id: number): Outcome {
    this.#skip(id);
    return this.#ignore();
  }

  #refuseNew(id: number, problem: StreamProblem, out: OutputBuffer): Outcome {
    this.#skip(id);
    return this.#refuse(id, problem, out);
  }

  #skip(id: number): void {
    this.#streams.last = id;
    this.#streams.close(id, FATE.resetBySelf);
  }

  #refuse(id: number, problem: StreamProblem, out: OutputBuffer): Outcome {
    const flood = this.#floods.countReset(this.#deadlines.now);
    if (flood !== undefined) return flood;
    this.#onProblem(problem, id);
    writeRstStream(out, id, errorCodeOf(problem));
    return "again";
  }
}

function applyPriority(stream: Stream, { urgency, isIncremental }: Priority): void {
  stream.urgency = urgency;
  stream.isIncremental = isIncremental;
}
