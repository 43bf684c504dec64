// How far the content of a reply is sent, segment by segment. Cached segments are sent from where they lie. Slices of a
// file go by sendfile(2).
import type { Content, FileSlice } from "../../http/message.ts";
import { libc, MSG_MORE, MSG_NOSIGNAL } from "../../linux/libc.ts";
import { addressOf, PinnedVector } from "../../linux/pinned.ts";
import { isResident, warm } from "../../linux/residency.ts";
import { FAILED } from "../../linux/tls-outcome.ts";
import { release } from "../exchange.ts";
import { isFull } from "./is-full.ts";
import type { SecureChannel } from "./secure-channel.ts";
import { sendSlice } from "./send-slice.ts";

/** How much of a file is checked, and warmed, at once: two short calls for a check, one read for a disk. */
const WINDOW_BYTES = 1024 * 1024;

/**
 * How much content in memory is given to the socket at once. Head and first part together fit into the largest packet
 * (64 KiB, over loopback and with segmentation offload). That takes a third less time for 100 KiB than a single call,
 * whose packets are cut and sent while more is being copied.
 */
const SEND_BYTES = 63 * 1024;

/** What is read of a file at once to be sealed: two records of TLS, for which a channel has room. */
const SEAL_BYTES = 32 * 1024;
const toSeal = new PinnedVector(SEAL_BYTES);

export class ContentCursor {
  readonly #content: Content;
  /** Undefined where bytes are sent as they are. */
  readonly #channel: SecureChannel | undefined;
  #index = 0;
  /** How many bytes of the current segment are sent. */
  #sent = 0;
  hasFailed = false;
  /** The slice that has to be read from the disk before the next `send`; see residency.ts. */
  cold: FileSlice | undefined;
  /** Up to this offset, the file was in the page cache at the last check. */
  #warmEnd = 0;
  /** Takes back the read that it waits for. */
  #cancelRead: (() => void) | undefined;

  constructor(content: Content, channel: SecureChannel | undefined) {
    this.#content = content;
    this.#channel = channel;
  }

  get isDone(): boolean {
    return this.#index === this.#content.segments.length;
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
        if (!isFull(count, this.#channel)) this.hasFailed = true;
        break;
      }
      if (count === 0 && length > 0) {
        // The file has become shorter than the announced length. We never pad it, and never wait for it to grow.
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

  /** Has a thread of libuv's pool read the cold slice. */
  warm(onWarm: () => void): void {
    const slice = this.cold!;
    this.#cancelRead = warm(this.#content.file!, slice, () => {
      this.#cancelRead = undefined;
      this.cold = undefined;
      this.#warmEnd = slice.end;
      onWarm();
    });
  }

  release(): void {
    this.#cancelRead?.();
    release(this.#content);
  }

  #sendPart(fd: number, segment: Buffer | FileSlice, count: number): number {
    if (Buffer.isBuffer(segment)) return this.#sendBytes(fd, segment, Math.min(count, SEND_BYTES));
    const offset = segment.start + this.#sent;
    if (offset >= this.#warmEnd && !this.#isNextResident(segment, offset)) return 0;
    if (this.#channel !== undefined) return this.#seal(this.#channel, offset, Math.min(count, this.#warmEnd - offset));
    return sendSlice(fd, this.#content.file!.fd, offset, Math.min(count, this.#warmEnd - offset));
  }

  /** Reads no further than `limit`: what lies behind it may have to be waited for. */
  #seal(channel: SecureChannel, offset: number, limit: number): number {
    const vector = toSeal.prefix(Math.min(limit, SEAL_BYTES));
    const count = libc.preadv2(this.#content.file!.fd, vector, 1, BigInt(offset), 0);
    if (count <= 0) return count < 0 ? FAILED : 0;
    return channel.write(toSeal.target.at(0, count), count);
  }

  #sendBytes(fd: number, segment: Buffer, count: number): number {
    if (this.#channel !== undefined) return this.#channel.write(addressOf(segment, this.#sent, count), count);
    const isLast = this.#index === this.#content.segments.length - 1;
    return libc.send(fd, addressOf(segment, this.#sent, count), count, MSG_NOSIGNAL | (isLast ? 0 : MSG_MORE));
  }

  /** Whether the next window is in the page cache; if not, it becomes `cold`. */
  #isNextResident(segment: FileSlice, offset: number): boolean {
    const window = { start: offset, end: Math.min(segment.end, offset + WINDOW_BYTES) };
    if (isResident(this.#content.file!, window)) this.#warmEnd = window.end;
    else this.cold = window;
    return this.cold === undefined;
  }
}

function lengthOf(segment: Buffer | FileSlice): number {
  return Buffer.isBuffer(segment) ? segment.length : segment.end - segment.start;
}
