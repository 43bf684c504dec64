// Content with slices of a file, for one HTTP/2 stream: libuv's pool reads a part, which then leaves frame by frame. The
// streams of a connection share a few buffers for such parts.
import { read } from "node:fs";
import type { Content, FileSlice } from "../../http/message.ts";
import type { OutputBuffer } from "../../http/output-buffer.ts";
import type { Http2Connection } from "../../http2/connection.ts";
import { release } from "../exchange.ts";
import { FAILED, type FrameSource, type SourceEvents, WAITS } from "../frame-source.ts";
import type { ReadBuffers } from "./read-buffers.ts";

export class FileSource implements FrameSource {
  readonly #content: Content;
  readonly #connection: Http2Connection;
  readonly #out: OutputBuffer;
  readonly #events: SourceEvents;
  readonly #buffers: ReadBuffers;
  #index = 0;
  /** How many bytes of the current segment are sent. */
  #sent = 0;
  /** What was read of it, from `#sent` on. Undefined where the next part has to be read; empty where there was none. */
  #part: Buffer | undefined;
  /** The memory of the part. */
  #buffer: Buffer | undefined;
  #isReading = false;
  #isReleased = false;

  constructor(
    content: Content,
    connection: Http2Connection,
    out: OutputBuffer,
    events: SourceEvents,
    buffers: ReadBuffers,
  ) {
    this.#content = content;
    this.#connection = connection;
    this.#out = out;
    this.#events = events;
    this.#buffers = buffers;
  }

  writeFrame(stream: number, limitBytes: number): number {
    let segment = this.#content.segments[this.#index]!;
    while (this.#sent === lengthOf(segment)) {
      segment = this.#content.segments[++this.#index]!;
      this.#sent = 0;
    }
    if (Buffer.isBuffer(segment)) return this.#send(stream, segment.subarray(this.#sent), limitBytes);
    if (this.#part === undefined) {
      void this.#read({ start: segment.start + this.#sent, end: segment.end });
      return WAITS;
    }
    const { length } = this.#part;
    // The file has become shorter than the announced length. We never pad it, and never wait for it to grow.
    if (length === 0) return FAILED;
    const count = this.#send(stream, this.#part, limitBytes);
    this.#part = this.#part.subarray(count);
    // A stream that may not send for long must not keep a buffer from others: the rest is read again.
    if (count === length || this.#connection.allowance(stream) === 0) this.#giveBack();
    return count;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    // A read that is under way needs the file until it ends.
    if (this.#isReading) return;
    this.#giveBack();
    release(this.#content);
  }

  #send(stream: number, bytes: Buffer, limitBytes: number): number {
    const frame = bytes.subarray(0, limitBytes);
    this.#connection.sendData(stream, frame, this.#out);
    this.#sent += frame.length;
    return frame.length;
  }

  async #read({ start, end }: FileSlice): Promise<void> {
    this.#isReading = true;
    const buffer = await this.#buffers.take();
    const count = this.#isReleased ? 0 : await readAt(this.#content.file!.fd, buffer, start, end - start);
    this.#isReading = false;
    this.#buffer = buffer;
    this.#part = buffer.subarray(0, count);
    if (!this.#isReleased) return this.#events.onReady();
    this.#giveBack();
    release(this.#content);
  }

  #giveBack(): void {
    if (this.#buffer !== undefined) this.#buffers.give(this.#buffer);
    this.#buffer = undefined;
    this.#part = undefined;
  }
}

function lengthOf(segment: Buffer | FileSlice): number {
  return Buffer.isBuffer(segment) ? segment.length : segment.end - segment.start;
}

/** @returns how many bytes were read; 0 at the end of the file and after a failure, which both end the content early */
function readAt(fd: number, buffer: Buffer, position: number, length: number): Promise<number> {
  return new Promise((resolve) => {
    read(fd, buffer, 0, Math.min(length, buffer.length), position, (error, count) =>
      resolve(error === null ? count : 0),
    );
  });
}
