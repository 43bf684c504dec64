// Sends content that needs more than one write: slices of a file, which libuv's pool reads in bounded chunks, and
// streams. The sender waits until the peer's side has taken each part. So a peer that does not read stops the reading
// of its file, and a connection never holds more than one part of it.
import { read } from "node:fs";
import type { Content, ContentStream, FileSlice, OpenFile } from "../../http/message.ts";
import { ReadBuffers } from "./read-buffers.ts";

/** One read: 64 KiB keep the way to libuv's pool cheap; doubling it gained under 3 % of CPU here. */
export const CHUNK_BYTES = 65_536;

/**
 * What a connection may hold while its peer does not read: node:net keeps all of a write until the peer's side has taken
 * the last byte. Writes of 8 KiB cost a fast peer too much, so the part grows with what was sent: to a 256th of it, at
 * most one chunk. The buffers of both kernels take a few MB at once; a peer that was sent more has read it.
 */
const LEAST_PART_BYTES = 8192;
const PART_SHARE = 256;

/** Reads of one thread at a time: as many as libuv's pool of threads does by default. */
const readBuffers = new ReadBuffers(4, CHUNK_BYTES);

/** The connection, as the sender sees it. */
export interface ContentSink {
  /** False once the connection is over: the sender stops then. */
  readonly isOpen: boolean;
  /** Whether the kernel has taken all that was written: its memory is free, before the promise of `write` says so. */
  readonly isTaken: boolean;
  /** Whether `isTaken` may be true right after a write. */
  readonly takesAtOnce: boolean;
  /** Hands bytes to the peer's side. Resolves when their memory is free: they are taken, or the connection is over. */
  write(bytes: Uint8Array): Promise<void>;
}

/** @returns whether all content that the head announced was sent; if not, the connection has to be cut off */
export async function sendContent(content: Content | ContentStream, sink: ContentSink): Promise<boolean> {
  if (content.kind === "stream") return sendStream(content, sink);
  const sender = new FileSender(content.file!, sink);
  for (const segment of content.segments) {
    if (!sink.isOpen) return false;
    if (Buffer.isBuffer(segment)) await sink.write(segment);
    else if (!(await sender.send(segment))) return false;
  }
  return sink.isOpen;
}

class FileSender {
  readonly #file: OpenFile;
  readonly #sink: ContentSink;
  /** The part that is being sent. Its memory is filled again once the peer's side has taken it. */
  #part: Buffer | undefined;
  #sentBytes = 0;
  /** How much to read at once: little from the disk for a peer that takes little. */
  #readBytes = CHUNK_BYTES;

  constructor(file: OpenFile, sink: ContentSink) {
    this.#file = file;
    this.#sink = sink;
  }

  async send(slice: FileSlice): Promise<boolean> {
    let position = slice.start;
    while (position < slice.end) {
      const count = await this.#sendChunk(position, Math.min(this.#readBytes, slice.end - position));
      if (count === 0 || !this.#sink.isOpen) return false;
      position += count;
    }
    return true;
  }

  /** @returns how many bytes were sent; 0 when the file has become shorter than announced: it is never padded */
  async #sendChunk(position: number, length: number): Promise<number> {
    const chunk = await readBuffers.take();
    let handed: { count: number; taken: Promise<void> };
    try {
      const count = await readAt(this.#file.fd, chunk, position, length);
      if (count === 0 || !this.#sink.isOpen) return 0;
      handed = this.#hand(chunk.subarray(0, count));
      this.#readBytes = handed.count < count ? this.#partBytes : Math.min(2 * this.#readBytes, CHUNK_BYTES);
    } finally {
      readBuffers.give(chunk);
    }
    if (!this.#sink.isTaken) await handed.taken;
    return handed.count;
  }

  /** Writes part after part, as long as the kernel takes each at once. What is left of the chunk is read again later. */
  #hand(chunk: Buffer): { count: number; taken: Promise<void> } {
    for (let offset = 0; ; ) {
      const part = this.#copy(chunk, offset);
      const taken = this.#sink.write(part);
      offset += part.length;
      this.#sentBytes += part.length;
      if (offset === chunk.length || !this.#sink.isTaken) return { count: offset, taken };
    }
  }

  #copy(chunk: Buffer, offset: number): Buffer {
    const sizeBytes = this.#partBytes;
    if (this.#part === undefined || this.#part.length < sizeBytes) this.#part = Buffer.allocUnsafeSlow(sizeBytes);
    const count = chunk.copy(this.#part, 0, offset, offset + sizeBytes);
    return this.#part.subarray(0, count);
  }

  /** TLS takes nothing at once: small parts would cost a turn of the event loop each, and save little beside its own memory. */
  get #partBytes(): number {
    if (!this.#sink.takesAtOnce) return CHUNK_BYTES;
    const share = Math.floor(this.#sentBytes / PART_SHARE / LEAST_PART_BYTES) * LEAST_PART_BYTES;
    return Math.min(Math.max(share, LEAST_PART_BYTES), CHUNK_BYTES);
  }
}

async function sendStream(content: ContentStream, sink: ContentSink): Promise<boolean> {
  try {
    for await (const bytes of content.chunks) {
      await sink.write(bytes);
      if (!sink.isOpen) return false;
    }
    return true;
  } catch {
    // The source failed after the head was sent: the content can only be cut short.
    return false;
  }
}

/** @returns how many bytes were read; 0 at the end of the file and after a failure, which both end the content early */
function readAt(fd: number, buffer: Buffer, position: number, length: number): Promise<number> {
  return new Promise((resolve) => {
    read(fd, buffer, 0, length, position, (error, count) => resolve(error === null ? count : 0));
  });
}
