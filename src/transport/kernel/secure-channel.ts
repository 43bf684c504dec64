// TLS on one socket of the kernel transport: what recv(2) gives is opened, and what is sent is sealed. To its pump and
// sender it looks like a socket: a write takes some bytes, or none when the socket is full.
import { EAGAIN, errno, libc, MSG_NOSIGNAL } from "../../linux/libc.ts";
import type { Session } from "../../linux/openssl.ts";
import type { Pinned } from "../../linux/pinned.ts";

/** How much is received at once: it fits into the session beside a record that is not complete. */
const FEED_BYTES: number = 16 * 1024;
/** The first byte of a handshake record: RFC 8446 §5.1. */
const HANDSHAKE = 22;

/** The results of OpenSSL's calls, which read and write pass on. */
export const ENDED = 0;
export const AGAIN = -1;
export const FAILED = -2;
/** The peer speaks, and not TLS: its bytes are in the memory as they came, `plainLength` of them. */
export const NOT_TLS = -3;

export class SecureChannel {
  readonly #fd: number;
  readonly #session: Session;
  #isBegun = false;
  #isOpen = false;
  /** Sealed bytes wait for room in the socket. */
  #hasPending = false;
  #isEnding = false;
  plainLength = 0;
  /** Whether the last `recv` emptied the socket's receive queue. */
  isQueueEmpty = false;
  /** What the socket has taken, sealed. */
  sentBytes = 0;

  constructor(fd: number, session: Session) {
    this.#fd = fd;
    this.#session = session;
  }

  /** Whether the handshake is complete. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get hasPending(): boolean {
    return this.#hasPending;
  }

  /** Receives once, and opens all that came. @returns how many bytes are in the memory, or what happened instead */
  read(memory: Pinned): number {
    const count = libc.recv(this.#fd, memory.at(0, FEED_BYTES), FEED_BYTES, 0);
    this.isQueueEmpty = count < FEED_BYTES;
    if (count < 0) return errno() === EAGAIN ? AGAIN : FAILED;
    // A TCP end without close_notify: what was received is whole, as HTTP frames its messages (RFC 9112 §9.8).
    if (count === 0) return ENDED;
    if (!this.#isBegun && memory.bytes[0] !== HANDSHAKE) {
      this.plainLength = count;
      return NOT_TLS;
    }
    this.#isBegun = true;
    if (this.#session.feed(memory.at(0, count), count) !== count) return FAILED;
    if (!this.#isOpen) {
      const outcome = this.#session.handshake();
      this.flush();
      if (outcome !== 1) return outcome === AGAIN ? AGAIN : FAILED;
      this.#isOpen = true;
    }
    return this.#open(memory);
  }

  /** Seals and sends. @returns how many bytes are on their way; AGAIN when the socket is full; FAILED */
  write(address: bigint, length: number): number {
    if (this.#hasPending && !this.flush()) return AGAIN;
    let total = 0;
    while (total < length) {
      const count = this.#session.write(address + BigInt(total), length - total);
      if (count <= 0) return total > 0 ? total : count === AGAIN ? AGAIN : FAILED;
      total += count;
      if (!this.flush()) break;
    }
    return total;
  }

  /** Sends what is sealed. @returns whether nothing is left */
  flush(): boolean {
    for (let length = this.#session.pending(); length > 0; length = this.#session.pending()) {
      const sent = libc.send(this.#fd, this.#session.pendingAddress, length, MSG_NOSIGNAL);
      if (sent < 0) {
        this.#hasPending = true;
        return false;
      }
      this.sentBytes += sent;
      this.#session.sent(sent);
    }
    this.#hasPending = false;
    return true;
  }

  /** Says that nothing follows: close_notify, RFC 8446 §6.1. */
  end(): void {
    if (this.#isEnding || !this.#isOpen) return;
    this.#isEnding = true;
    this.#session.end();
    this.flush();
  }

  close(): void {
    this.end();
    this.#session.free();
  }

  #open(memory: Pinned): number {
    let total = 0;
    for (;;) {
      const room = memory.bytes.length - total;
      const count = this.#session.read(memory.at(total, room), room);
      if (count > 0) total += count;
      else if (total > 0) return total;
      else if (count === ENDED) return ENDED;
      else if (count === AGAIN) return AGAIN;
      else {
        this.flush(); // the alert
        return FAILED;
      }
    }
  }
}
