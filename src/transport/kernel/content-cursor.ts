// Where the sending of a reply's content stands: segment by segment, cached ones by `send` from where they lie,
// slices of a file by `sendfile`, which moves pages of the kernel without a copy through us.
import type { Content, FileSlice } from "../../http/message.ts";
import { EAGAIN, errno, libc, MSG_MORE, MSG_NOSIGNAL } from "./libc.ts";
import { addressOf, Pinned } from "./pinned.ts";
import { isResident, warm } from "./residency.ts";

/** How much of a file is looked at, and warmed, at once: two short calls for it, and a read that a disk does in one go. */
const WINDOW_BYTES = 1024 * 1024;

/** The `off_t` that sendfile reads and writes; one serves a thread, as each call is complete when it returns. */
const offsetCell = new Pinned(8);
const offsetWords = new Uint32Array(offsetCell.bytes.buffer, 0, 2);

export class ContentCursor {
  readonly #content: Content;
  #index = 0;
  /** Bytes of the current segment that are sent. */
  #sent = 0;
  hasFailed = false;
  /** What has to be read from the disk before the next `send`; see residency.ts. */
  cold: FileSlice | undefined;
  /** Up to this offset, the file was in the page cache when we looked. */
  #warmEnd = 0;

  constructor(content: Content) {
    this.#content = content;
  }

  get isDone(): boolean {
    return this.#index === this.#content.segments.length;
  }

  /** For the head that is sent before it: the first packet is not to leave half empty. */
  get moreFlag(): number {
    return MSG_MORE;
  }

  /** Sends until the socket is full, `limit` is reached or all is sent. @returns bytes sent */
  send(fd: number, limit: number): number {
    let total = 0;
    while (!this.isDone && total < limit) {
      const segment = this.#content.segments[this.#index]!;
      const length = lengthOf(segment) - this.#sent;
      const count = length === 0 ? 0 : this.#sendPart(fd, segment, Math.min(length, limit - total));
      if (this.cold !== undefined) break;
      if (count < 0) {
        if (errno() !== EAGAIN) this.hasFailed = true;
        break;
      }
      if (count === 0 && length > 0) {
        // The file is shorter than it was when its length was announced: never padded, never stalled.
        this.hasFailed = true;
        break;
      }
      total += count;
      this.#sent += count;
      if (count < length) continue;
      this.#index++;
      this.#sent = 0;
      this.#warmEnd = 0;
    }
    return total;
  }

  /** Has the cold slice read, away from this thread. */
  warm(onWarm: () => void): void {
    const slice = this.cold!;
    warm(this.#content.file!, slice, () => {
      this.cold = undefined;
      this.#warmEnd = slice.end;
      onWarm();
    });
  }

  release(): void {
    this.#content.file?.release();
  }

  #sendPart(fd: number, segment: Buffer | FileSlice, count: number): number {
    if (Buffer.isBuffer(segment)) {
      const isLast = this.#index === this.#content.segments.length - 1;
      return libc.send(fd, addressOf(segment, this.#sent, count), count, MSG_NOSIGNAL | (isLast ? 0 : MSG_MORE));
    }
    const offset = segment.start + this.#sent;
    if (offset >= this.#warmEnd && !this.#look(segment, offset)) return 0;
    offsetWords[0] = offset % 2 ** 32;
    offsetWords[1] = Math.floor(offset / 2 ** 32);
    return libc.sendfile(fd, this.#content.file!.fd, offsetCell.at(0, 8), Math.min(count, this.#warmEnd - offset));
  }

  /** Whether the next window is in the page cache; else it is `cold`. */
  #look(segment: FileSlice, offset: number): boolean {
    const window = { start: offset, end: Math.min(segment.end, offset + WINDOW_BYTES) };
    if (isResident(this.#content.file!, window)) this.#warmEnd = window.end;
    else this.cold = window;
    return this.cold === undefined;
  }
}

function lengthOf(segment: Buffer | FileSlice): number {
  return Buffer.isBuffer(segment) ? segment.length : segment.end - segment.start;
}
