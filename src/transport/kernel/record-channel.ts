// TLS 1.3 on one socket of the kernel transport, after the handshake: our own record layer between recv(2) and send(2).
// An idle connection keeps two keys and two secrets. What is received and what is sealed lies in memory that all
// connections of the thread share; only what is left over is copied.
import { RecordAead } from "../../linux/aead.ts";
import { EAGAIN, errno, libc, MSG_NOSIGNAL } from "../../linux/libc.ts";
import type { Session } from "../../linux/openssl.ts";
import { Pinned } from "../../linux/pinned.ts";
import { AGAIN, ENDED, FAILED } from "../../linux/tls-outcome.ts";
import type { ClientCertificate } from "../../tls/client-certificate.ts";
import {
  CONTENT_LIMIT_BYTES,
  type HandshakeResult,
  OVERHEAD_BYTES,
  RECORD_LIMIT_BYTES,
  type RecordContext,
  RecordLayer,
} from "../../tls/record-layer.ts";
import type { SecureChannel } from "./secure-channel.ts";

/** How much is received at once. */
const RECEIVE_BYTES: number = 32 * 1024;
/** So many records are sealed before they are sent: one call sends them all. */
const SEAL_COUNT = 4;

/** What was received, behind the beginning of a record that came before. */
const received = new Pinned(RECORD_LIMIT_BYTES + RECEIVE_BYTES);
const sealed = new Pinned(SEAL_COUNT * (CONTENT_LIMIT_BYTES + OVERHEAD_BYTES));
/** Alerts and updates of keys, which are shorter. */
const answer = new Pinned(8);

const context: RecordContext<bigint, Pinned> = {
  newAead: (suite, key, use) => new RecordAead(suite.aead, key, use),
  sourceOf: (bytes) => {
    answer.bytes.set(bytes);
    return answer.at(0, bytes.length);
  },
};

export class RecordChannel implements SecureChannel {
  readonly #fd: number;
  readonly #records: RecordLayer<bigint, Pinned>;
  readonly isOpen = true;
  clientCertificate: ClientCertificate | undefined;
  isQueueEmpty = false;
  #isEnding = false;
  /** Whether the socket takes nothing any more. */
  #hasFailed = false;
  /** Sealed bytes that the socket did not take, and how many of them it has taken since. */
  #pending: Pinned | undefined;
  #pendingStart = 0;

  constructor(fd: number, result: HandshakeResult) {
    this.#fd = fd;
    this.#records = new RecordLayer(result, context);
  }

  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  get hasEnded(): boolean {
    return this.#records.state === "ended";
  }

  read(memory: Pinned): number {
    const start = this.#records.restore(received);
    const count = libc.recv(this.#fd, received.at(start, RECEIVE_BYTES), RECEIVE_BYTES, 0);
    this.isQueueEmpty = count < RECEIVE_BYTES;
    if (count > 0) return this.#open(start + count, memory);
    // What was restored is kept again.
    if (count < 0 && errno() === EAGAIN) return this.#open(start, memory);
    // A TCP end without close_notify: what was received is whole, as HTTP frames its messages (RFC 9112 §9.8).
    return count === 0 ? ENDED : FAILED;
  }

  /** Opens what came right behind the handshake, and was received with it. @returns as `read` */
  readFrom(session: Session, memory: Pinned): number {
    return this.#open(session.unread(received.at(0, RECEIVE_BYTES), RECEIVE_BYTES), memory);
  }

  write(address: bigint, length: number): number {
    if (!this.flush()) return this.#hasFailed ? FAILED : AGAIN;
    let total = 0;
    while (total < length && !this.hasPending) {
      let end = this.#sealAnswers(0);
      for (let count = 0; count < SEAL_COUNT - 1 && total < length && !this.#records.hasAnswer; count++) {
        const part = Math.min(length - total, CONTENT_LIMIT_BYTES);
        end += this.#records.seal(total === 0 ? address : address + BigInt(total), part, sealed, end);
        total += part;
      }
      this.#send(end);
    }
    return this.#hasFailed ? FAILED : total;
  }

  flush(): boolean {
    const pending = this.#pending;
    if (pending === undefined) return true;
    const length = pending.bytes.length - this.#pendingStart;
    const sent = this.#give(pending, this.#pendingStart, length);
    this.#pendingStart += sent;
    if (sent < length) return false;
    this.#pending = undefined;
    return true;
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    // An alert was our last word.
    if (this.#records.state === "failed") return;
    this.#records.end();
    this.#answer();
  }

  close(): void {
    this.end();
    this.#records.free();
    this.#pending = undefined;
  }

  #open(length: number, memory: Pinned): number {
    const count = this.#records.open(received, length, memory);
    if (this.#records.hasAnswer) this.#answer();
    if (this.#records.state === "failed") return FAILED;
    if (count > 0) return count;
    return this.hasEnded ? ENDED : AGAIN;
  }

  /** Seals and sends what the record layer has to say; what the socket does not take follows what is pending. */
  #answer(): void {
    const end = this.#sealAnswers(0);
    if (this.flush()) this.#send(end);
    else this.#keep(sealed.bytes.subarray(0, end));
  }

  #sealAnswers(at: number): number {
    let end = at;
    while (this.#records.hasAnswer) end += this.#records.sealAnswer(sealed, end);
    return end;
  }

  /** Sends the first `end` sealed bytes. */
  #send(end: number): void {
    const sent = end === 0 ? 0 : this.#give(sealed, 0, end);
    if (sent < end) this.#keep(sealed.bytes.subarray(sent, end));
  }

  /** @returns how many bytes the socket has taken */
  #give(memory: Pinned, start: number, length: number): number {
    const sent = libc.send(this.#fd, memory.at(start, length), length, MSG_NOSIGNAL);
    if (sent < 0) this.#hasFailed ||= errno() !== EAGAIN;
    return Math.max(0, sent);
  }

  #keep(rest: Buffer): void {
    const before = this.#pending?.bytes.subarray(this.#pendingStart);
    const memory = new Pinned((before?.length ?? 0) + rest.length);
    before?.copy(memory.bytes);
    rest.copy(memory.bytes, before?.length ?? 0);
    this.#pending = memory;
    this.#pendingStart = 0;
  }
}
