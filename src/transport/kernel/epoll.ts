// One epoll instance: which descriptors are watched, for which events, and which are ready. It is level-triggered: an
// event that is not handled is reported again, so nothing is lost by stopping early.
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, libc, systemError } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";

/** struct epoll_event is packed on x86-64 (u32 events, u64 data), and aligned everywhere else. */
const EVENT_WORDS: number = process.arch === "x64" ? 3 : 4;
const DATA_WORD: number = process.arch === "x64" ? 1 : 2;
/** How many ready descriptors are taken at once. The next call gives the rest. */
const BATCH_COUNT = 512;
const READY_BYTES: number = EVENT_WORDS * 4 * BATCH_COUNT;

export class Epoll {
  readonly fd: number;
  readonly #change = new Pinned(EVENT_WORDS * 4);
  readonly #changeWords: Int32Array = words(this.#change);
  readonly #ready = new Pinned(READY_BYTES);
  readonly #readyWords: Int32Array = words(this.#ready);

  constructor() {
    this.fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw systemError("epoll_create1");
  }

  /** @throws the system's error, ENOSPC or ENOMEM */
  add(fd: number, events: number): void {
    if (this.#control(EPOLL_CTL_ADD, fd, events) < 0) throw systemError("epoll_ctl");
  }

  change(fd: number, events: number): void {
    if (this.#control(EPOLL_CTL_MOD, fd, events) < 0) throw systemError("epoll_ctl");
  }

  /** Closing a descriptor removes it as well. */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0);
  }

  /** @returns how many are ready after at most `timeoutMs`; 0 also when a signal came */
  wait(timeoutMs: number): number {
    return Math.max(0, libc.epoll_wait(this.fd, this.#ready.at(0, READY_BYTES), BATCH_COUNT, timeoutMs));
  }

  /** A ready descriptor of the last `wait`. */
  fdAt(index: number): number {
    return this.#readyWords[index * EVENT_WORDS + DATA_WORD]!;
  }

  /** The events that it is ready for. */
  eventsAt(index: number): number {
    return this.#readyWords[index * EVENT_WORDS]!;
  }

  close(): void {
    libc.close(this.fd);
  }

  #control(operation: number, fd: number, events: number): number {
    this.#changeWords[0] = events;
    this.#changeWords[DATA_WORD] = fd;
    return libc.epoll_ctl(this.fd, operation, fd, this.#change.at(0, EVENT_WORDS * 4));
  }
}

function words({ bytes }: Pinned): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
