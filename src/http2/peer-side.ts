// The peer's side of a connection: bytes become frames, and frames become requests and changes of what we may send. This
// file reads frames and knows their order (RFC 9113 §3.4, §4, §6.10); what the frames about requests mean is in
// request-side.ts, and what the others mean is at its end.

import type { OutputBuffer } from "../http/output-buffer.ts";
import { ReceiveBuffer } from "../http/receive-buffer.ts";
import type { Http2Context } from "./context.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Outcome } from "./events.ts";
import type { Floods } from "./floods.ts";
import {
  checkFrameHead,
  FLAG,
  FRAME,
  FRAME_HEAD_BYTES,
  PREFACE,
  readUint31,
  writePing,
  writeSettingsAck,
} from "./frames.ts";
import { parsePriority } from "./priority.ts";
import type { ConnectionProblem } from "./problems.ts";
import type { ReplySide } from "./reply-side.ts";
import type { RequestSide } from "./request-side.ts";
import { type PeerSettings, writeSettings } from "./settings.ts";
import { FATE, type StreamTable } from "./streams.ts";

/** The payload of the ping that a drain waits for. */
export const DRAIN_PING: Buffer = Buffer.from("draining", "latin1");

/** What must come next. */
type Phase = "preface" | "settings" | "frames";

export class PeerSide {
  readonly input: ReceiveBuffer = new ReceiveBuffer();
  phase: Phase = "preface";
  /** The peer has sent GOAWAY: it opens no further streams. */
  isLeaving = false;
  /** The answer to DRAIN_PING has come. */
  hasAnsweredPing = false;
  readonly #context: Http2Context;
  readonly #settings: PeerSettings;
  readonly #streams: StreamTable;
  readonly #floods: Floods;
  readonly #deadlines: Deadlines;
  readonly #replies: ReplySide;
  readonly #requests: RequestSide;

  constructor(
    context: Http2Context,
    settings: PeerSettings,
    streams: StreamTable,
    floods: Floods,
    deadlines: Deadlines,
    replies: ReplySide,
    requests: RequestSide,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#streams = streams;
    this.#floods = floods;
    this.#deadlines = deadlines;
    this.#replies = replies;
    this.#requests = requests;
  }

  /** Reads up to the next thing that is to be told. */
  read(out: OutputBuffer): Outcome {
    if (this.phase === "preface") return this.#readPreface(out);
    if (this.#requests.isInContent) return this.#requests.readContent(this.input, out);
    return this.#readFrame(out);
  }

  #readPreface(out: OutputBuffer): Outcome {
    const { bytes, start, length } = this.input;
    const count = Math.min(length, PREFACE.length);
    const isPreface = bytes.compare(PREFACE, 0, count, start, start + count) === 0;
    if (isPreface && length < PREFACE.length) return this.#await(length > 0);
    // RFC 9113 §3.4: ours is a SETTINGS frame, also before a GOAWAY.
    writeSettings(this.#context.settings, out);
    this.phase = "settings";
    if (!isPreface) return "PREFACE_MALFORMED";
    this.#deadlines.endFrame();
    this.input.consume(start + PREFACE.length);
    return "again";
  }

  #readFrame(out: OutputBuffer): Outcome {
    const { bytes, start, length: available } = this.input;
    if (available < FRAME_HEAD_BYTES) return this.#await(available > 0 || this.#requests.isInBlock);
    const length = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
    const type = bytes[start + 3]!;
    const flags = bytes[start + 4]!;
    const stream = readUint31(bytes, start + 5);
    const problem = checkFrameHead(type, stream, length) ?? this.#checkOrder(type, flags, stream);
    if (problem !== undefined) return problem;
    if (type === FRAME.DATA)
      return this.#requests.beginContent(this.input, length, flags, stream, out) ?? this.#await(true);
    if (available < FRAME_HEAD_BYTES + length) return this.#await(true);
    this.#deadlines.endFrame();
    const end = start + FRAME_HEAD_BYTES + length;
    this.input.consume(end);
    return this.#take(type, flags, stream, bytes, start + FRAME_HEAD_BYTES, end, out);
  }

  /** @param hasBegun whether a frame or a head is incomplete */
  #await(hasBegun: boolean): undefined {
    if (hasBegun) this.#deadlines.beginFrame();
  }

  /** RFC 9113 §3.4: SETTINGS comes first; §6.10: nothing comes between the frames of a field block. */
  #checkOrder(type: number, flags: number, stream: number): ConnectionProblem | undefined {
    if (this.phase === "settings") {
      if (type !== FRAME.SETTINGS || (flags & FLAG.ACK) !== 0) return "SETTINGS_MISSING";
      this.phase = "frames";
    }
    if (this.#requests.isInBlock) {
      return type !== FRAME.CONTINUATION || stream !== this.#requests.blockStream ? "BLOCK_INTERRUPTED" : undefined;
    }
    return type === FRAME.CONTINUATION ? "CONTINUATION_UNEXPECTED" : undefined;
  }

  #take(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
    out: OutputBuffer,
  ): Outcome {
    switch (type) {
      case FRAME.HEADERS:
        return this.#requests.takeHeaders(flags, stream, bytes, start, end, out);
      case FRAME.CONTINUATION:
        return this.#requests.takeContinuation(flags, bytes, start, end, out);
      case FRAME.RST_STREAM:
        return this.#requests.takeReset(stream);
      case FRAME.WINDOW_UPDATE:
        return this.#takeWindowUpdate(stream, readUint31(bytes, start), out);
      case FRAME.PUSH_PROMISE:
        return "PUSH_BY_CLIENT";
      default:
        return (
          this.#floods.countControl(this.#deadlines.now) ??
          this.#takeControl(type, flags, stream, bytes, start, end, out)
        );
    }
  }

  /** Frames that bring no request and open no window. A type that nobody knows is ignored, RFC 9113 §5.5. */
  #takeControl(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
    out: OutputBuffer,
  ): Outcome {
    switch (type) {
      case FRAME.SETTINGS:
        return this.#takeSettings(flags, bytes, start, end, out);
      case FRAME.PING:
        return this.#takePing(flags, bytes.subarray(start, end), out);
      case FRAME.PRIORITY:
        return this.#takePriority(stream, bytes, start, end, out);
      case FRAME.PRIORITY_UPDATE:
        return this.#takePriorityUpdate(bytes, start, end);
      case FRAME.GOAWAY:
        this.isLeaving = true;
        return "again";
      default:
        return "again";
    }
  }

  /** RFC 9113 §6.9. */
  #takeWindowUpdate(id: number, increment: number, out: OutputBuffer): Outcome {
    const flood = this.#floods.countUpdate(this.#deadlines.now);
    if (flood !== undefined) return flood;
    if (id === 0) {
      if (increment === 0) return "WINDOW_UNMOVED";
      return this.#replies.window.add(increment) ? "again" : "WINDOW_OVERFLOW";
    }
    const stream = this.#streams.find(id);
    if (stream === undefined) return this.#streams.fateOf(id) === FATE.idle ? "STREAM_IDLE" : "again";
    if (increment === 0) return this.#requests.fail(stream, "STREAM_WINDOW_UNMOVED", out);
    return stream.window.add(increment) ? "again" : this.#requests.fail(stream, "STREAM_WINDOW_OVERFLOW", out);
  }

  /** RFC 9113 §6.5.3. */
  #takeSettings(flags: number, bytes: Buffer, start: number, end: number, out: OutputBuffer): Outcome {
    if ((flags & FLAG.ACK) !== 0) return start === end ? "again" : "FRAME_LENGTH_WRONG";
    const before = this.#settings.initialWindowBytes;
    const problem = this.#settings.apply(bytes, start, end);
    if (problem !== undefined) return problem;
    if (this.#settings.tableBytes !== undefined) this.#replies.encoder.setTableLimit(this.#settings.tableBytes);
    const change = this.#settings.initialWindowBytes - before;
    // RFC 9113 §6.9.2: the windows of all streams change, and may fall below 0.
    if (change !== 0) {
      for (const stream of this.#streams.values()) if (!stream.window.add(change)) return "WINDOW_OVERFLOW";
    }
    writeSettingsAck(out);
    return "again";
  }

  /** RFC 9113 §6.7. */
  #takePing(flags: number, payload: Buffer, out: OutputBuffer): Outcome {
    if ((flags & FLAG.ACK) === 0) writePing(out, FLAG.ACK, payload);
    else if (payload.equals(DRAIN_PING)) this.hasAnsweredPing = true;
    return "again";
  }

  /** RFC 9113 §6.3: checked, and otherwise ignored. */
  #takePriority(id: number, bytes: Buffer, start: number, end: number, out: OutputBuffer): Outcome {
    if (end - start === 5) return readUint31(bytes, start) === id ? "DEPENDENCY_ON_ITSELF" : "again";
    const stream = this.#streams.find(id);
    // A stream that is not open cannot be reset.
    return stream === undefined ? "FRAME_LENGTH_WRONG" : this.#requests.fail(stream, "PRIORITY_LENGTH_WRONG", out);
  }

  /** RFC 9218 §7.1. */
  #takePriorityUpdate(bytes: Buffer, start: number, end: number): Outcome {
    const id = readUint31(bytes, start);
    if (id % 2 === 0) return "PRIORITY_OF_NOTHING";
    this.#requests.setPriority(id, parsePriority(bytes.toString("latin1", start + 4, end)));
    return "again";
  }
}
