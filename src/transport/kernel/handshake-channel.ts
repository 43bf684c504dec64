// The handshake on one socket of the kernel transport, by OpenSSL. With TLS 1.2 it goes on with the records; with TLS 1.3
// it gives up its secrets, and a channel of our own takes over.
import { EAGAIN, errno, libc, MSG_NOSIGNAL } from "../../linux/libc.ts";
import type { Session } from "../../linux/openssl.ts";
import type { Pinned } from "../../linux/pinned.ts";
import { AGAIN, ENDED, FAILED } from "../../linux/tls-outcome.ts";
import { ClientCertificate } from "../../tls/client-certificate.ts";
import { type HandshakeFailure, handshakeFailureOf } from "../../tls/handshake-failure.ts";
import { CIPHER_SUITES } from "../../tls/key-schedule.ts";
import { HANDSHAKE, type HandshakeResult } from "../../tls/record-layer.ts";
import type { RecordChannel } from "./record-channel.ts";
import { NOT_TLS, type SecureChannel } from "./secure-channel.ts";

/** How much is received at once: it fits into the session beside a record that is not complete. */
const FEED_BYTES: number = 16 * 1024;

/** What goes on where OpenSSL stops. */
type NewRecordChannel = (fd: number, result: HandshakeResult) => RecordChannel;

export class HandshakeChannel implements SecureChannel {
  readonly #fd: number;
  readonly #session: Session;
  readonly #newRecordChannel: NewRecordChannel;
  #isBegun = false;
  isOpen = false;
  failure: HandshakeFailure | undefined;
  clientCertificate: ClientCertificate | undefined;
  hasPending = false;
  #isEnding = false;
  plainLength = 0;
  isQueueEmpty = false;
  hasEnded = false;
  successor: RecordChannel | undefined;

  constructor(fd: number, session: Session, newRecordChannel: NewRecordChannel) {
    this.#fd = fd;
    this.#session = session;
    this.#newRecordChannel = newRecordChannel;
  }

  get isHttp2(): boolean {
    return this.#session.isHttp2;
  }

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
    return this.isOpen ? this.#open(memory) : this.#shakeHands(memory);
  }

  write(address: bigint, length: number): number {
    if (this.hasPending && !this.flush()) return AGAIN;
    let total = 0;
    while (total < length) {
      const count = this.#session.write(address + BigInt(total), length - total);
      if (count <= 0) return total > 0 ? total : count === AGAIN ? AGAIN : FAILED;
      total += count;
      if (!this.flush()) break;
    }
    return total;
  }

  flush(): boolean {
    for (let length = this.#session.pending(); length > 0; length = this.#session.pending()) {
      const sent = libc.send(this.#fd, this.#session.pendingAddress, length, MSG_NOSIGNAL);
      if (sent < 0) {
        this.hasPending = true;
        return false;
      }
      this.#session.sent(sent);
    }
    this.hasPending = false;
    return true;
  }

  end(): void {
    if (this.#isEnding || !this.isOpen) return;
    this.#isEnding = true;
    this.#session.end();
    this.flush();
  }

  close(): void {
    this.end();
    this.#session.free();
  }

  #shakeHands(memory: Pinned): number {
    const outcome = this.#session.handshake();
    if (outcome !== 1) {
      if (outcome === FAILED) this.failure = handshakeFailureOf(this.#session.failure);
      this.flush();
      return outcome === AGAIN ? AGAIN : FAILED;
    }
    this.isOpen = true;
    if (this.#session.isAnswered) {
      this.end();
      return ENDED;
    }
    const der = this.#session.clientCertificate;
    if (der !== undefined) this.clientCertificate = new ClientCertificate(der);
    // While the client's last flight was on its way, nothing of ours was pending: it has answered all of it.
    const result = this.hasPending ? undefined : this.#session.handOver();
    this.flush();
    const suite = result && CIPHER_SUITES.get(result.suite);
    // A full socket is rare here, and OpenSSL keeps what it has sealed.
    if (suite === undefined || this.hasPending) return this.#open(memory);
    this.successor = this.#newRecordChannel(this.#fd, { ...result!, suite });
    this.successor.clientCertificate = this.clientCertificate;
    this.successor.isQueueEmpty = this.isQueueEmpty;
    const outcomeOfRest = this.successor.readFrom(this.#session, memory);
    this.#session.free();
    return outcomeOfRest;
  }

  #open(memory: Pinned): number {
    let total = 0;
    for (;;) {
      const room = memory.bytes.length - total;
      const count = this.#session.read(memory.at(total, room), room);
      if (count > 0) {
        total += count;
        continue;
      }
      // OpenSSL may have answered by itself: with the alert of a failure, or with the one that refuses to renegotiate.
      this.flush();
      if (count === FAILED) return FAILED;
      this.hasEnded ||= count === ENDED;
      return total > 0 ? total : count;
    }
  }
}
