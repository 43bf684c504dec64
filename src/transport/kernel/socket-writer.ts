// The way out of one connection: what the engine has written goes to the socket, or through TLS. What is not taken at once
// waits here until the kernel has room again, and later output waits behind it. Content of HTTP/1.1 follows by itself:
// content-cursor.ts. A failure aborts the connection, which the engine then reports.
import type { OpenFile } from "../../http/message.ts";
import type { OutputBuffer } from "../../http/output-buffer.ts";
import { libc, MSG_MORE, MSG_NOSIGNAL, SIOCOUTQ } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import type { TransportCounters } from "../transport.ts";
import { isFull } from "./is-full.ts";
import type { SecureChannel } from "./secure-channel.ts";
import { sendSlice } from "./send-slice.ts";

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

/** Bytes that the socket did not take, in their own memory; or part of a file that has to follow what is before it. */
type Part =
  | { readonly memory: Pinned; start: number; readonly end: number }
  | { readonly file: OpenFile; start: number; readonly end: number };

export class SocketWriter {
  readonly #pump: WritingPump;
  readonly #context: WriterContext;
  /** What the kernel has taken. */
  #sentBytes = 0;
  /** What the socket did not take, in order. */
  readonly #leftover: Part[] = [];
  /** Called when nothing is left over. */
  #onTaken: (() => void) | undefined;

  constructor(pump: WritingPump, context: WriterContext) {
    this.#pump = pump;
    this.#context = context;
  }

  /** Whether the socket has not taken all of the output. */
  get hasLeftover(): boolean {
    return this.#leftover.length > 0;
  }

  /** How much of it. */
  get leftoverBytes(): number {
    let count = 0;
    for (const part of this.#leftover) count += part.end - part.start;
    return count;
  }

  /** Whether there is any, or something of TLS waits. */
  get isPending(): boolean {
    return this.#leftover.length > 0 || this.#pump.channel?.hasPending === true;
  }

  /**
   * Sends the output, or keeps it behind what is left over: the output's memory is free afterwards.
   * @param isMoreComing whether content, or our end of the connection, follows at once: then the last packet waits for it
   */
  flush(isMoreComing: boolean): void {
    const { out } = this.#context;
    if (out.length === 0) return;
    if (this.hasLeftover) this.#keep(0);
    else {
      const flags = isMoreComing ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
      const count = this.#sendBytes(out.block.at(0, out.length), out.length, flags);
      if (count < out.length) this.#keep(count);
    }
    out.clear();
  }

  /**
   * Sends part of a file behind the output, by sendfile(2). What the socket does not take of it is left over. A file that
   * has become shorter aborts the connection: we never pad it, and never wait for it to grow.
   */
  sendFile(file: OpenFile, offset: number, count: number): void {
    // Without MSG_MORE: with it, 10 MiB over loopback took as much processor time, and a third longer.
    this.flush(false);
    const part = { file, start: offset, end: offset + count };
    if (!this.hasLeftover && this.#sendPart(part)) return;
    file.retain();
    this.#leftover.push(part);
  }

  /** The socket has room again. */
  sendLeftover(): void {
    this.#pump.channel?.flush();
    for (let part = this.#leftover[0]; part !== undefined; part = this.#leftover[0]) {
      if (!this.#sendPart(part)) return;
      this.#leftover.shift();
      if ("file" in part) part.file.release();
    }
    this.#wake();
  }

  /** Resolves when nothing is left over, or never will be sent. */
  whenTaken(): Promise<void> {
    if (!this.hasLeftover) return Promise.resolve();
    return new Promise((resolve) => (this.#onTaken = resolve));
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
    for (const part of this.#leftover.splice(0)) if ("file" in part) part.file.release();
    this.#wake();
  }

  #wake(): void {
    const onTaken = this.#onTaken;
    this.#onTaken = undefined;
    onTaken?.();
  }

  /** @returns whether the socket has taken all of it */
  #sendPart(part: Part): boolean {
    const length = part.end - part.start;
    part.start +=
      "file" in part
        ? this.#sendSlice(part)
        : this.#sendBytes(part.memory.at(part.start, length), length, MSG_NOSIGNAL);
    return part.start === part.end;
  }

  #sendSlice({ file, start, end }: Part & { readonly file: OpenFile }): number {
    const sent = sendSlice(this.#pump.fd, file.fd, start, end - start);
    if (sent > 0) return this.count(sent);
    if (sent === 0 || !isFull(sent, undefined)) this.#pump.abort();
    return 0;
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
    const last = this.#leftover.at(-1);
    const before = last !== undefined && "memory" in last ? last : undefined;
    const beforeLength = before === undefined ? 0 : before.end - before.start;
    const memory = new Pinned(beforeLength + out.length - from);
    before?.memory.bytes.copy(memory.bytes, 0, before.start, before.end);
    out.block.bytes.copy(memory.bytes, beforeLength, from, out.length);
    if (before !== undefined) this.#leftover.pop();
    this.#leftover.push({ memory, start: 0, end: memory.bytes.length });
  }
}
