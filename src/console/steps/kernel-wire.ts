// The same system calls as the kernel transport, for one connection, which is waited for in the thread itself.
import { randomBytes } from "node:crypto";
import { BoundSocket } from "node:net";
import type { Opener } from "../../files/opener.ts";
import type { OpenFile } from "../../http/message.ts";
import {
  EAGAIN,
  EPOLLIN,
  EPOLLOUT,
  errno,
  IPPROTO_TCP,
  libc,
  MSG_NOSIGNAL,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  TCP_NODELAY,
} from "../../linux/libc.ts";
import { addressOf, Pinned } from "../../linux/pinned.ts";
import { Epoll } from "../../transport/kernel/epoll.ts";
import { type Listener, listenAt, listenBound } from "../../transport/kernel/listener.ts";
import { peerOf } from "../../transport/kernel/peer.ts";
import { sendSlice } from "../../transport/kernel/send-slice.ts";
import type { Gate } from "./gate.ts";
import { failureName, newTellingOpener } from "./kernel-opener.ts";
import type { CallLog, Wire } from "./wire.ts";

const HOST = "127.0.0.1";
/** As the kernel pump reads. */
const INPUT_BYTES = 64 * 1024;
/** As the kernel transport sends a file. */
const PART_BYTES = 1024 * 1024;
/** So often the thread looks whether it has to end, while it waits for a client. */
const LOOK_MS = 50;
const NO_CONNECTION = -1;

export class KernelWire implements Wire {
  readonly #gate: Gate;
  readonly #log: CallLog;
  readonly #epoll = new Epoll();
  readonly #input = new Pinned(INPUT_BYTES);
  readonly #one = new Pinned(4);
  #listeners: Listener[] = [];
  #fd = NO_CONNECTION;
  isQueueEmpty = false;

  constructor(gate: Gate, log: CallLog) {
    this.#gate = gate;
    this.#log = log;
    this.#one.bytes.writeInt32LE(1);
  }

  newOpener(root: string, log: CallLog): Opener {
    return newTellingOpener(root, log);
  }

  async listen(): Promise<{ readonly port: number; readonly path: string }> {
    const port = listenBound(new BoundSocket({ host: HOST, port: 0 }));
    this.#listeners.push(port);
    this.#log.note("socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)", port.fd);
    this.#log.note(`bind(${port.fd}, ${HOST} port 0)`, `0   (the kernel has chosen port ${port.port})`);
    this.#log.note(`listen(${port.fd}, 4096)`, 0);
    this.#log.note("epoll_create1(EPOLL_CLOEXEC)", this.#epoll.fd);
    this.#log.note(`epoll_ctl(${this.#epoll.fd}, EPOLL_CTL_ADD, ${port.fd}, EPOLLIN)`, 0);
    const path = `@heddle-steps-${randomBytes(12).toString("hex")}`;
    const local = await listenAt(path, 0o600);
    this.#listeners.push(local);
    this.#log.note("socket(AF_UNIX, SOCK_STREAM, 0)", `${local.fd}   (for the client of this page)`);
    for (const { fd } of this.#listeners) this.#epoll.add(fd, EPOLLIN);
    return { port: port.port, path };
  }

  async whenAwaited(): Promise<void> {
    this.#wait();
  }

  accept(): void {
    const fds = this.#listeners.map(({ fd }) => fd);
    const from = fds.find((fd) => this.#readyFds().includes(fd)) ?? fds[0]!;
    this.#fd = libc.accept4(from, 0n, 0n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const who = this.#fd < 0 ? failureName(errno()) : `${this.#fd}   (${peerOf(this.#fd)})`;
    this.#log.note(`accept4(${from}, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)`, who);
    if (this.#fd < 0) return;
    // Further clients wait in the queue meanwhile: one connection at a time.
    for (const fd of fds) this.#epoll.change(fd, 0);
    const isTcp = from === fds[0];
    if (isTcp) {
      const result = libc.setsockopt(this.#fd, IPPROTO_TCP, TCP_NODELAY, this.#one.at(0, 4), 4);
      this.#log.note(`setsockopt(${this.#fd}, IPPROTO_TCP, TCP_NODELAY, 1)`, result);
    }
    this.#epoll.add(this.#fd, EPOLLIN);
    this.#log.note(`epoll_ctl(${this.#epoll.fd}, EPOLL_CTL_ADD, ${this.#fd}, EPOLLIN)`, 0);
  }

  async whenReadable(): Promise<void> {
    this.#wait();
  }

  receive(): Buffer | undefined | "failed" {
    const count = libc.recv(this.#fd, this.#input.at(0, INPUT_BYTES), INPUT_BYTES, 0);
    this.isQueueEmpty = count < INPUT_BYTES;
    this.#log.note(`recv(${this.#fd}, buffer, ${INPUT_BYTES}, 0)`, count < 0 ? failureName(errno()) : count);
    if (count < 0) return "failed";
    return count === 0 ? undefined : Buffer.from(this.#input.bytes.subarray(0, count));
  }

  async send(bytes: Buffer): Promise<boolean> {
    for (let offset = 0; offset < bytes.length; ) {
      const length = bytes.length - offset;
      const count = libc.send(this.#fd, addressOf(bytes, offset, length), length, MSG_NOSIGNAL);
      this.#log.note(`send(${this.#fd}, buffer, ${length}, MSG_NOSIGNAL)`, count < 0 ? failureName(errno()) : count);
      if (count < 0 && !this.#waitsForRoom()) return false;
      offset += Math.max(0, count);
    }
    return true;
  }

  async sendFile(file: OpenFile, start: number, end: number): Promise<boolean> {
    for (let offset = start; offset < end; ) {
      const length = Math.min(PART_BYTES, end - offset);
      const count = sendSlice(this.#fd, file.fd, offset, length);
      this.#log.note(
        `sendfile(${this.#fd}, ${file.fd}, ${offset}, ${length})`,
        count < 0 ? failureName(errno()) : count,
      );
      if (count === 0 || (count < 0 && !this.#waitsForRoom())) return false;
      offset += Math.max(0, count);
    }
    return true;
  }

  endOutput(): void {
    this.#log.note(`shutdown(${this.#fd}, SHUT_WR)`, libc.shutdown(this.#fd, SHUT_WR));
  }

  closeConnection(): void {
    if (this.#fd === NO_CONNECTION) return;
    this.#log.note(`close(${this.#fd})`, libc.close(this.#fd));
    this.#fd = NO_CONNECTION;
    for (const { fd } of this.#listeners) this.#epoll.change(fd, EPOLLIN);
  }

  close(): void {
    this.closeConnection();
    for (const listener of this.#listeners) {
      listener.refuse();
      listener.close();
    }
    this.#epoll.close();
  }

  /** After a call that has failed. @returns false when the socket is not only full */
  #waitsForRoom(): boolean {
    if (errno() !== EAGAIN) return false;
    this.#epoll.change(this.#fd, EPOLLOUT);
    this.#wait();
    this.#epoll.change(this.#fd, EPOLLIN);
    return true;
  }

  /** As a thread of the server waits, which waits for its next deadline; this one looks up now and then. */
  #wait(): void {
    let emptyCount = 0;
    for (this.#gate.check(); this.#epoll.wait(LOOK_MS) === 0; this.#gate.check()) emptyCount++;
    const before = emptyCount === 0 ? "" : `, after ${emptyCount} × 0`;
    this.#log.note(
      `epoll_wait(${this.#epoll.fd}, events, 512, ${LOOK_MS})`,
      `1   (${this.#epoll.fdAt(0)} is ready${before})`,
    );
  }

  #readyFds(): number[] {
    return Array.from({ length: this.#epoll.wait(0) }, (_, index) => this.#epoll.fdAt(index));
  }
}
