// Content with slices of a file, for one HTTP/2 stream. In clear, a slice goes by sendfile(2) behind the head of its frame.
// Over TLS, it is read to the place of the output where it is sealed. What the page cache has not is read on libuv's pool
// first, while other streams go on.
import type { Content, FileSlice } from "../../http/message.ts";
import type { OutputBuffer } from "../../http/output-buffer.ts";
import type { Http2Connection } from "../../http2/connection.ts";
import { FRAME_HEAD_BYTES } from "../../http2/frames.ts";
import { libc } from "../../linux/libc.ts";
import { PinnedAim } from "../../linux/pinned.ts";
import { isResident, warm } from "../../linux/residency.ts";
import { release } from "../exchange.ts";
import { FAILED, type FrameSource, type SourceEvents, WAITS } from "../frame-source.ts";
import type { SocketHalf } from "./exchanges.ts";

/** How much of a file is checked, and warmed, at once. */
const WINDOW_BYTES = 256 * 1024;

const aim = new PinnedAim();

export class FileSource implements FrameSource {
  readonly #content: Content;
  readonly #connection: Http2Connection;
  readonly #out: OutputBuffer;
  readonly #pump: SocketHalf;
  readonly #events: SourceEvents;
  #index = 0;
  /** How many bytes of the current segment are sent. */
  #sent = 0;
  /** Up to this offset, the file was in the page cache at the last check. */
  #warmEnd = 0;
  #isReleased = false;
  /** Takes back the read that it waits for. */
  #cancelRead: (() => void) | undefined;

  constructor(
    content: Content,
    connection: Http2Connection,
    out: OutputBuffer,
    pump: SocketHalf,
    events: SourceEvents,
  ) {
    this.#content = content;
    this.#connection = connection;
    this.#out = out;
    this.#pump = pump;
    this.#events = events;
  }

  writeFrame(stream: number, limitBytes: number): number {
    let segment = this.#content.segments[this.#index]!;
    while (this.#sent === lengthOf(segment)) {
      segment = this.#content.segments[++this.#index]!;
      this.#sent = 0;
      this.#warmEnd = 0;
    }
    const count = Buffer.isBuffer(segment)
      ? this.#writeBytes(stream, segment.subarray(this.#sent, this.#sent + limitBytes))
      : this.#writeSlice(stream, segment, limitBytes);
    if (count > 0) this.#sent += count;
    return count;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#cancelRead?.();
    release(this.#content);
  }

  #writeBytes(stream: number, bytes: Buffer): number {
    this.#connection.sendData(stream, bytes, this.#out);
    return bytes.length;
  }

  #writeSlice(stream: number, slice: FileSlice, limitBytes: number): number {
    const offset = slice.start + this.#sent;
    if (offset >= this.#warmEnd && !this.#isNextResident(slice, offset)) return WAITS;
    const wanted = Math.min(limitBytes, this.#warmEnd - offset);
    if (this.#pump.channel !== undefined) return this.#readSlice(stream, offset, wanted);
    this.#connection.writeDataHead(stream, wanted, this.#out);
    this.#pump.writer.sendFile(this.#content.file!, offset, wanted);
    return wanted;
  }

  #readSlice(stream: number, offset: number, wanted: number): number {
    const out = this.#out;
    const start = out.length + FRAME_HEAD_BYTES;
    const memory = out.reserve(FRAME_HEAD_BYTES + wanted);
    const target = aim.at(memory.subarray(start, start + wanted));
    const count = libc.preadv2(this.#content.file!.fd, target, 1, BigInt(offset), 0);
    // The file has become shorter than the announced length. We never pad it, and never wait for it to grow.
    if (count <= 0) return FAILED;
    this.#connection.writeDataHead(stream, count, out);
    out.length += count;
    return count;
  }

  /** Whether the next window is in the page cache; if not, it is read. */
  #isNextResident(slice: FileSlice, offset: number): boolean {
    const file = this.#content.file!;
    const window = { start: offset, end: Math.min(slice.end, offset + WINDOW_BYTES) };
    if (isResident(file, window)) {
      this.#warmEnd = window.end;
      return true;
    }
    this.#cancelRead = warm(file, window, () => {
      this.#cancelRead = undefined;
      this.#warmEnd = window.end;
      if (!this.#isReleased) this.#events.onReady();
    });
    return false;
  }
}

function lengthOf(segment: Buffer | FileSlice): number {
  return Buffer.isBuffer(segment) ? segment.length : segment.end - segment.start;
}
