// Our side of a connection: replies become HEADERS and DATA frames, as far as the windows allow, and streams end. One
// object serves a connection for its whole life.
import { HpackEncoder } from "../hpack/encoder.ts";
import { type PreparedFields, preparedOf, prepareFields } from "../hpack/prepared-fields.ts";
import type { Reply } from "../http/message.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import { isShort, segmentsOf } from "../http/short-content.ts";
import type { Http2Context } from "./context.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Floods } from "./floods.ts";
import { DEFAULT_WINDOW_BYTES, SendWindow } from "./flow-control.ts";
import { FLAG, FRAME, FRAME_HEAD_BYTES, setFrameHead, writeFrameHead, writeRstStream } from "./frames.ts";
import { AT_ONCE_LIMIT_BYTES, INTERIM_LIMIT_COUNT } from "./limits.ts";
import { Scheduler } from "./scheduler.ts";
import type { PeerSettings } from "./settings.ts";
import { REPLY, STREAM } from "./state.ts";
import { FATE, type Stream, type StreamTable } from "./streams.ts";

export class ReplySide {
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly scheduler: Scheduler = new Scheduler();
  /** What we may send on all streams together. */
  readonly window: SendWindow = new SendWindow(DEFAULT_WINDOW_BYTES);
  /** Streams whose reply is complete, and whose request is too long to be read on: they are to be reset. */
  readonly unwanted: Stream[] = [];
  readonly #context: Http2Context;
  readonly #settings: PeerSettings;
  readonly #streams: StreamTable;
  readonly #floods: Floods;
  readonly #deadlines: Deadlines;

  constructor(
    context: Http2Context,
    settings: PeerSettings,
    streams: StreamTable,
    floods: Floods,
    deadlines: Deadlines,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#streams = streams;
    this.#floods = floods;
    this.#deadlines = deadlines;
  }

  /** Writes the head, and short content behind it if nothing else waits. @returns whether content is still owed */
  send(stream: Stream, reply: Reply, out: OutputBuffer): boolean {
    const { content } = reply;
    const isContentless = reply.status === 204 || reply.status === 304;
    if (isContentless !== (content === undefined)) {
      throw new ProtocolMisuseError(`a reply of status ${reply.status} with content, or one that lacks it`);
    }
    stream.moveReply(REPLY.by.reply);
    const length =
      content === undefined || stream.isHead
        ? 0
        : content.kind === "content"
          ? content.length
          : Number.POSITIVE_INFINITY;
    this.#writeHeaders(stream.id, preparedOf(reply, this.#context.date), length === 0 ? FLAG.END_STREAM : 0, out);
    stream.left = length;
    if (length === 0) {
      this.#end(stream);
      return false;
    }
    if (this.#canSendAtOnce(stream, reply, out)) {
      for (const segment of segmentsOf(reply)) this.#writeAll(stream, segment, out);
      return false;
    }
    stream.isHeld = length === Number.POSITIVE_INFINITY;
    this.scheduler.add(stream);
    this.watch(stream);
    return true;
  }

  /** RFC 9110 §15.2. Nothing is written beyond what clients bear. */
  sendInterim(stream: Stream, status: number, fields: string, out: OutputBuffer): void {
    stream.moveReply(REPLY.by.interim);
    if (++stream.interimCount > INTERIM_LIMIT_COUNT) return;
    this.#writeHeaders(stream.id, prepareFields(status, fields, undefined), 0, out, false);
  }

  /** How much content one frame may carry now. */
  allowance(stream: Stream): number {
    const most = Math.min(this.#settings.frameLimitBytes, this.#context.frameLimitBytes, stream.left);
    return Math.max(0, Math.min(most, stream.window.left, this.window.left));
  }

  /**
   * Writes the head of a DATA frame, and counts its content. Where the length is known, the last frame ends the stream.
   * @throws {ProtocolMisuseError} when so much is not allowed
   */
  writeDataHead(stream: Stream, count: number, out: OutputBuffer): void {
    if (stream.reply !== REPLY.at.content || count <= 0 || count > this.allowance(stream)) {
      throw new ProtocolMisuseError(`${count} bytes of content on stream ${stream.id}`);
    }
    stream.window.take(count);
    this.window.take(count);
    stream.left -= count;
    const isLast = stream.left === 0;
    writeFrameHead(out, count, FRAME.DATA, isLast ? FLAG.END_STREAM : 0, stream.id);
    this.#floods.noteContentSent(count, isLast);
    this.scheduler.noteSent(stream);
    if (isLast) this.#end(stream);
  }

  /** Ends content of unknown length. @throws {ProtocolMisuseError} when a length was announced */
  endContent(stream: Stream, out: OutputBuffer): void {
    if (stream.reply !== REPLY.at.content || stream.left !== Number.POSITIVE_INFINITY) {
      throw new ProtocolMisuseError(`${stream.left} bytes of content are missing on stream ${stream.id}`);
    }
    writeFrameHead(out, 0, FRAME.DATA, FLAG.END_STREAM, stream.id);
    this.#end(stream);
  }

  reset(stream: Stream, code: number, out: OutputBuffer): void {
    writeRstStream(out, stream.id, code);
    this.drop(stream, FATE.resetBySelf);
  }

  /** Forgets a stream that was reset. @param fate one of FATE */
  drop(stream: Stream, fate: number): void {
    stream.move(STREAM.by.reset);
    this.#forget(stream, fate);
  }

  /** The peer has ended its half. */
  endByPeer(stream: Stream): void {
    stream.move(STREAM.by.endByPeer);
    if (stream.content !== undefined) stream.content.deadline = Number.POSITIVE_INFINITY;
    if (stream.state === STREAM.at.closed) this.#forget(stream, FATE.ended);
  }

  /** From now on, the peer has to let the content of this stream go. */
  watch(stream: Stream): void {
    const deadline = this.#deadlines.now + this.#context.limits.writeTimeoutMs;
    stream.window.watch(deadline);
    if (this.window.deadline === Number.POSITIVE_INFINITY) this.window.watch(deadline);
    this.#deadlines.watchStream(deadline);
  }

  /** The reply is complete: ends our half. */
  #end(stream: Stream): void {
    stream.moveReply(REPLY.by.end);
    stream.move(STREAM.by.endBySelf);
    this.scheduler.remove(stream);
    if (stream.state === STREAM.at.closed) return this.#forget(stream, FATE.ended);
    // RFC 9113 §8.1: the rest of the request is not needed. A short rest is read, because some clients drop a reply that
    // a reset follows.
    stream.content!.isDiscarding = true;
    if (stream.content!.isTooMuch(this.#context.limits.discardLimitBytes)) this.unwanted.push(stream);
  }

  #forget(stream: Stream, fate: number): void {
    this.scheduler.remove(stream);
    this.#streams.close(stream.id, fate);
    if (this.#streams.count > 0) return;
    this.window.deadline = Number.POSITIVE_INFINITY;
    this.#deadlines.beginIdle();
  }

  #canSendAtOnce(stream: Stream, reply: Reply, out: OutputBuffer): boolean {
    return (
      isShort(reply.content) &&
      this.scheduler.waiting.length === 0 &&
      out.length < AT_ONCE_LIMIT_BYTES &&
      stream.left <= stream.window.left &&
      stream.left <= this.window.left
    );
  }

  #writeAll(stream: Stream, bytes: Buffer, out: OutputBuffer): void {
    let start = 0;
    while (start < bytes.length) {
      const count = Math.min(bytes.length - start, this.allowance(stream));
      this.writeDataHead(stream, count, out);
      out.append(count === bytes.length ? bytes : bytes.subarray(start, start + count));
      start += count;
    }
  }

  /** HEADERS, and CONTINUATION where the block does not fit into one frame. */
  #writeHeaders(id: number, prepared: PreparedFields, flags: number, out: OutputBuffer, hasDate = true): void {
    const start = out.length;
    out.reserve(FRAME_HEAD_BYTES);
    out.length += FRAME_HEAD_BYTES;
    this.encoder.encode(prepared, hasDate ? this.#context.date : undefined, out);
    const length = out.length - start - FRAME_HEAD_BYTES;
    const most = Math.min(this.#settings.frameLimitBytes, this.#context.frameLimitBytes);
    if (length <= most) {
      return setFrameHead(out.reserve(0), start, length, FRAME.HEADERS, flags | FLAG.END_HEADERS, id);
    }
    const block = Buffer.from(out.reserve(0).subarray(start + FRAME_HEAD_BYTES, out.length));
    out.length = start;
    for (let at = 0; at < length; at += most) {
      const end = Math.min(length, at + most);
      const type = at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION;
      writeFrameHead(out, end - at, type, (at === 0 ? flags : 0) | (end === length ? FLAG.END_HEADERS : 0), id);
      out.append(block.subarray(at, end));
    }
  }
}
