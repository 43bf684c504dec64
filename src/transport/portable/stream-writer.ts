// The way out of one connection of the portable transport: the output and content behind it go to the stream in one write.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { OutputBuffer } from "../../http/output-buffer.ts";
import type { TransportCounters } from "../transport.ts";

/** What the writers of one transport share. */
export interface StreamWriterContext {
  readonly out: OutputBuffer;
  readonly counters: TransportCounters;
  /** Whether the streams are protected by TLS. */
  readonly isSecure: boolean;
}

export class StreamWriter {
  readonly #stream: Duplex;
  readonly #context: StreamWriterContext;
  #enqueuedBytes = 0;

  constructor(stream: Duplex, context: StreamWriterContext) {
    this.#stream = stream;
    this.#context = context;
  }

  /** Whether the kernel has taken all that was written. */
  get isTaken(): boolean {
    return this.#stream.writableLength === 0;
  }

  /** Whether `isTaken` may be true right after a write. */
  get takesAtOnce(): boolean {
    return this.#stream instanceof Socket && !this.#context.isSecure;
  }

  /** Whether the peer's side is behind. */
  get isFull(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** What the peer's side has taken. */
  get takenBytes(): number {
    return this.#enqueuedBytes - this.#stream.writableLength;
  }

  /**
   * Gives the output, and segments behind it, to the stream in one write. `onTaken` is called when the peer's
   * side has taken all of it, or never will. Until then the segments must not change.
   */
  flush(segments?: readonly Uint8Array[], onTaken?: () => void): void {
    const { out, counters } = this.#context;
    const stream = this.#stream;
    const isSocket = stream instanceof Socket;
    let count = out.length;
    if (count === 0 && segments === undefined) return onTaken?.();
    const bytes = isSocket ? out.view() : Buffer.from(out.view());
    // A pair in memory hands over the memory itself to its reader, which may answer before `write` returns. So it gets a copy, and
    // the output is free by then.
    if (!isSocket) out.clear();
    if (segments !== undefined) stream.cork();
    if (bytes.length > 0) stream.write(bytes, segments ? undefined : onTaken);
    for (const [index, segment] of (segments ?? []).entries()) {
      count += segment.length;
      const isLast = index === segments!.length - 1;
      stream.write(isSocket ? segment : Buffer.from(segment), isLast ? onTaken : undefined);
    }
    if (segments !== undefined) stream.uncork();
    this.#enqueuedBytes += count;
    counters.countSent(count);
    // When the socket holds nothing, the kernel has copied the bytes, and the memory can be filled again.
    if (isSocket && stream.writableLength > 0) out.renew();
    else if (isSocket) out.clear();
  }
}
