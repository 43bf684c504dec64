// Where the content of one HTTP/2 stream comes from, frame by frame. Content in memory and streams of unknown length are
// the same for all transports and stand here; files are read in kernel/ and portable/, each in its own way.
import type { Content, ContentStream } from "../http/message.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import type { Http2Connection } from "../http2/connection.ts";
import { release } from "./exchange.ts";

/** The content has to come first: the source tells when it is there. */
export const WAITS = -1;
/** The content cannot be sent to its end. */
export const FAILED = -2;

export interface FrameSource {
  /**
   * Writes one frame of its stream.
   * @param limitBytes the most content that the frame may carry, at least 1
   * @returns how much it carries, or WAITS, or FAILED
   */
  writeFrame(stream: number, limitBytes: number): number;
  /** The reply is over, whether or not its content was sent. Nothing is told any more. */
  release(): void;
}

/** What a source tells outside of `writeFrame`. */
export interface SourceEvents {
  /** After WAITS: content is there. */
  readonly onReady: () => void;
  /** Content of unknown length has ended. */
  readonly onEnd: () => void;
  readonly onFailure: () => void;
}

/** Content that is in memory as a whole: cached files and error pages, shared by all replies. */
export class MemorySource implements FrameSource {
  readonly #content: Content;
  readonly #segments: readonly Buffer[];
  readonly #connection: Http2Connection;
  readonly #out: OutputBuffer;
  #index = 0;
  #sent = 0;

  constructor(content: Content & { segments: readonly Buffer[] }, connection: Http2Connection, out: OutputBuffer) {
    this.#content = content;
    this.#segments = content.segments;
    this.#connection = connection;
    this.#out = out;
  }

  writeFrame(stream: number, limitBytes: number): number {
    while (this.#sent === this.#segments[this.#index]!.length) {
      this.#index++;
      this.#sent = 0;
    }
    const part = this.#segments[this.#index]!.subarray(this.#sent, this.#sent + limitBytes);
    this.#connection.sendData(stream, part, this.#out);
    this.#sent += part.length;
    return part.length;
  }

  release(): void {
    release(this.#content);
  }
}

/** Content of unknown length: the next part is asked for when the last one is framed, so no more than one waits here. */
export class StreamSource implements FrameSource {
  readonly #content: ContentStream;
  readonly #connection: Http2Connection;
  readonly #out: OutputBuffer;
  readonly #events: SourceEvents;
  readonly #parts: AsyncIterator<Uint8Array>;
  #part: Uint8Array | undefined;
  #isReleased = false;

  /** The engine holds its stream until the first part is there. */
  constructor(content: ContentStream, connection: Http2Connection, out: OutputBuffer, events: SourceEvents) {
    this.#content = content;
    this.#connection = connection;
    this.#out = out;
    this.#events = events;
    this.#parts = content.chunks[Symbol.asyncIterator]();
    void this.#pull();
  }

  writeFrame(stream: number, limitBytes: number): number {
    const part = this.#part;
    if (part === undefined) return WAITS;
    const bytes = part.subarray(0, limitBytes);
    this.#connection.sendData(stream, bytes, this.#out);
    this.#part = bytes.length < part.length ? part.subarray(bytes.length) : undefined;
    if (this.#part === undefined) void this.#pull();
    return bytes.length;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#parts.return?.().catch(() => {});
    release(this.#content);
  }

  async #pull(): Promise<void> {
    const { onReady, onEnd, onFailure } = this.#events;
    try {
      let next = await this.#parts.next();
      // An empty part would be an empty frame, which asks for work and brings nothing.
      while (!next.done && next.value.length === 0 && !this.#isReleased) next = await this.#parts.next();
      if (this.#isReleased) return;
      if (next.done) return onEnd();
      this.#part = next.value;
    } catch {
      if (!this.#isReleased) onFailure();
      return;
    }
    onReady();
  }
}

/** Content that is in memory as a whole. */
export function isInMemory(content: Content | ContentStream): content is Content & { segments: readonly Buffer[] } {
  return content.kind === "content" && content.file === undefined;
}
