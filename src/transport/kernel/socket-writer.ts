// The way out of one connection: what the engine has written goes to the socket, or through TLS. What is not taken at once
// waits here until the kernel has room again, and later output waits behind it. Content follows where the protocol says
// so: http1-exchanges.ts. A failure aborts the connection, which the engine then reports.
import type { OutputBuffer } from "../../http/output-buffer.ts";
import { libc, MSG_MORE, MSG_NOSIGNAL, SIOCOUTQ } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import type { TransportCounters } from "../transport.ts";
import { isFull } from "./is-full.ts";
import type { SecureChannel } from "./secure-channel.ts";

/** Where SIOCOUTQ is answered. */
const queued = new Pinned(4);

/** What the writers of one thread share. */
export interface WriterContext {
  readonly out: OutputBuffer<Pinned>;
  readonly counters: TransportCounters;
}

/** A connection, as its writer sees it. */
interface WritingPump {
  readonly fd: number;
  /** Undefined where bytes are sent as they are. */
  readonly channel: SecureChannel | undefined;
  abort(): void;
}

/** Bytes that the socket did not take, in their own memory. */
interface Leftover {
  readonly memory: Pinned;
  start: number;
  readonly end: number;
  /** Called when it is gone. */
  onSent: (() => void) | undefined;
}

export class SocketWriter {
  readonly #pump: WritingPump;
  readonly #context: WriterContext;
  /** What the kernel has taken. */
  #sentBytes = 0;
  #leftover: Leftover | undefined;

  constructor(pump: WritingPump, context: WriterContext) {
    this.#pump = pump;
    this.#context = context;
  }

  /** Whether the socket has not taken all of the output. */
  get hasLeftover(): boolean {
    return this.#leftover !== undefined;
  }

  /** How much of it. */
  get leftoverBytes(): number {
    return this.#leftover === undefined ? 0 : this.#leftover.end - this.#leftover.start;
  }

  /** Whether there is any, or something of TLS waits. */
  get isPending(): boolean {
    return this.#leftover !== undefined || this.#pump.channel?.hasPending === true;
  }

  /**
   * Sends the output, or keeps it behind what is left over: the output's memory is free afterwards.
   * @param isMoreComing whether content, or our end of the connection, follows at once: then the last packet waits for it
   */
  flush(isMoreComing: boolean): void {
    const { out } = this.#context;
    if (out.length === 0) return;
    if (this.#leftover !== undefined) this.#keep(0);
    else {
      const flags = isMoreComing ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
      const count = this.#sendBytes(out.block.at(0, out.length), out.length, flags);
      if (count < out.length) this.#keep(count);
    }
    out.clear();
  }

  /** The socket has room again. */
  sendLeftover(): void {
    this.#pump.channel?.flush();
    const rest = this.#leftover;
    if (rest === undefined) return;
    const length = rest.end - rest.start;
    rest.start += this.#sendBytes(rest.memory.at(rest.start, length), length, MSG_NOSIGNAL);
    if (rest.start < rest.end) return;
    this.#leftover = undefined;
    rest.onSent?.();
  }

  /** Resolves when nothing is left over, or never will be sent. */
  whenTaken(): Promise<void> {
    const leftover = this.#leftover;
    if (leftover === undefined) return Promise.resolve();
    return new Promise((resolve) => (leftover.onSent = resolve));
  }

  /** Counts bytes that were given to the socket, here or elsewhere. */
  count(sent: number): number {
    this.#sentBytes += sent;
    this.#context.counters.countSent(sent);
    return sent;
  }

  /**
   * How many bytes the peer has taken. The kernel holds megabytes for a slow reader and makes room for more only in
   * large steps, so the bytes that it took from us say nothing about the last half minute.
   * @param isSending whether anything waits; otherwise the kernel is not asked
   */
  takenBytes(isSending: boolean): number {
    if (!isSending || libc.ioctl(this.#pump.fd, SIOCOUTQ, queued.at(0, 4)) < 0) return this.#sentBytes;
    return this.#sentBytes - queued.bytes.readInt32LE(0);
  }

  /** Drops what was not sent: the connection is closed. */
  close(): void {
    this.#leftover?.onSent?.();
    this.#leftover = undefined;
  }

  /** @returns how many bytes the socket, or the channel, has taken */
  #sendBytes(address: bigint, length: number, flags: number): number {
    const { channel, fd } = this.#pump;
    const sent = channel === undefined ? libc.send(fd, address, length, flags) : channel.write(address, length);
    if (sent >= 0) return this.count(sent);
    if (!isFull(sent, channel)) this.#pump.abort();
    return 0;
  }

  /** Copies the output from `from` on, behind what was left over before. */
  #keep(from: number): void {
    const { out } = this.#context;
    const before = this.#leftover;
    const beforeLength = before === undefined ? 0 : before.end - before.start;
    const memory = new Pinned(beforeLength + out.length - from);
    before?.memory.bytes.copy(memory.bytes, 0, before.start, before.end);
    out.block.bytes.copy(memory.bytes, beforeLength, from, out.length);
    this.#leftover = { memory, start: 0, end: memory.bytes.length, onSent: before?.onSent };
  }
}
