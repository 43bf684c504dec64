// The sending half of one connection: first the output of the engine, then the content of the reply. What the socket
// does not take at once waits here, with the rest of the content behind it, until the kernel has room again. The pump
// says when to send; a failure aborts the connection, which the engine then reports.
import type { Content, ContentStream } from "../../http/message.ts";
import type { OutputBuffer } from "../../http/output-buffer.ts";
import type { Connection } from "../../http1/connection.ts";
import { libc, MSG_MORE, MSG_NOSIGNAL, SIOCOUTQ } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import type { Clock } from "../clock.ts";
import { release } from "../exchange.ts";
import type { TransportCounters } from "../transport.ts";
import { ContentCursor } from "./content-cursor.ts";
import { isFull } from "./is-full.ts";
import type { SecureChannel } from "./secure-channel.ts";

/** What one connection may send of its content before others get their turn: about a millisecond's worth. */
const SLICE_BYTES = 1024 * 1024;

/** Where SIOCOUTQ is answered. */
const queued = new Pinned(4);

/** What the senders of one thread share. */
export interface SenderContext {
  readonly out: OutputBuffer<Pinned>;
  readonly clock: Clock;
  readonly counters: TransportCounters;
}

/** A pump, as its sender sees it. */
interface SendingPump {
  readonly fd: number;
  readonly connection: Connection;
  readonly isOpen: boolean;
  /** Undefined where bytes are sent as they are. */
  readonly channel: SecureChannel | undefined;
  turn(): void;
}

/** Bytes that the socket did not take, in their own memory. */
interface Leftover {
  readonly memory: Pinned;
  start: number;
  readonly end: number;
  /** Ends the wait of a stream's source for room. */
  wakeSource: (() => void) | undefined;
}

export class Sender {
  readonly #pump: SendingPump;
  readonly #context: SenderContext;
  /** Whether our end follows the output. */
  #isLast = false;
  /** What the kernel has taken. */
  #sentBytes = 0;
  #leftover: Leftover | undefined;
  /** Content that is being sent; it begins when the leftover is gone. */
  #cursor: ContentCursor | undefined;

  constructor(pump: SendingPump, context: SenderContext) {
    this.#pump = pump;
    this.#context = context;
  }

  /** Whether something waits to be sent. */
  get isSending(): boolean {
    return this.#leftover !== undefined || this.#cursor !== undefined || this.#pump.channel?.hasPending === true;
  }

  /** Whether the socket has not taken all of the output. */
  get hasLeftover(): boolean {
    return this.#leftover !== undefined;
  }

  /** Whether sending can go on when the socket has room. Content that is being read from the disk waits for that. */
  get wantsRoom(): boolean {
    return this.isSending && !this.#isWarming;
  }

  get #isWarming(): boolean {
    return this.#cursor?.cold !== undefined;
  }

  sendContent(content: Content | ContentStream): void {
    if (content.kind === "stream") void this.#pull(content);
    else this.#cursor = new ContentCursor(content, this.#pump.channel);
  }

  /**
   * Sends the output, and behind it as much of the content as the socket takes and is fair to others.
   * @param isLast whether our half of the connection ends when this is sent
   * @returns whether content has ended, so that the engine may go on
   */
  send(isLast: boolean): boolean {
    this.#isLast = isLast;
    this.flush();
    this.#isLast = false;
    if (this.#cursor === undefined || this.#leftover !== undefined) return false;
    return this.#sendContent(this.#cursor);
  }

  /** Sends the output, or keeps it behind what is left over: the output's memory is free afterwards. */
  flush(): void {
    const { out } = this.#context;
    if (out.length === 0) return;
    if (this.#leftover === undefined) this.#sendOutput();
    else this.#keep(0);
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
    rest.wakeSource?.();
  }

  /** Tells the engine how much the peer has taken. */
  noteOutput(): void {
    this.#pump.connection.noteOutput(this.#takenBytes(), this.isSending, this.#context.clock.now);
  }

  /** Tells the engine when sending has begun or ended. In between, the pump asks when the deadline has come. */
  noteChange(): void {
    if (this.isSending !== this.#pump.connection.isOutputPending) this.noteOutput();
  }

  /** Drops what was not sent: the connection is closed. */
  close(): void {
    this.#cursor?.release();
    this.#cursor = undefined;
    this.#leftover?.wakeSource?.();
    this.#leftover = undefined;
  }

  #sendOutput(): void {
    const { out } = this.#context;
    // When content follows, the packet with the head should not leave half empty. When our end follows, the FIN leaves
    // in the last packet instead of one more.
    const flags = this.#isLast || this.#cursor !== undefined ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
    const count = this.#sendBytes(out.block.at(0, out.length), out.length, flags);
    if (count < out.length) this.#keep(count);
  }

  /** @returns how many bytes the socket, or the channel, has taken; a failure aborts the connection */
  #sendBytes(address: bigint, length: number, flags: number): number {
    const { channel, fd } = this.#pump;
    const sent = channel === undefined ? libc.send(fd, address, length, flags) : channel.write(address, length);
    if (sent >= 0) return this.#count(sent);
    if (!isFull(sent, channel)) this.#pump.connection.abort();
    return 0;
  }

  #count(sent: number): number {
    this.#sentBytes += sent;
    this.#context.counters.countSent(sent);
    return sent;
  }

  /** Copies the output from `from` on, behind what was left over before. */
  #keep(from: number): void {
    const { out } = this.#context;
    const before = this.#leftover;
    const beforeLength = before === undefined ? 0 : before.end - before.start;
    const memory = new Pinned(beforeLength + out.length - from);
    before?.memory.bytes.copy(memory.bytes, 0, before.start, before.end);
    out.block.bytes.copy(memory.bytes, beforeLength, from, out.length);
    this.#leftover = { memory, start: 0, end: memory.bytes.length, wakeSource: before?.wakeSource };
  }

  #sendContent(cursor: ContentCursor): boolean {
    if (this.#isWarming) return false;
    this.#pump.connection.countContent(this.#count(cursor.send(this.#pump.fd, SLICE_BYTES)));
    if (this.#isWarming) this.#warm(cursor);
    if (cursor.hasFailed) this.#pump.connection.abort();
    else if (!cursor.isDone) return false;
    this.#cursor = undefined;
    cursor.release();
    // Sending may have taken minutes: the wait for the next request begins now.
    this.noteOutput();
    return true;
  }

  /** The disk is slow and others are waiting: a thread of libuv's pool reads, and this connection goes on after it. */
  #warm(cursor: ContentCursor): void {
    cursor.warm(() => {
      this.#context.clock.read();
      this.#pump.turn();
    });
  }

  async #pull(content: ContentStream): Promise<void> {
    const pump = this.#pump;
    const { out } = this.#context;
    try {
      for await (const bytes of content.chunks) {
        if (!pump.isOpen) return;
        this.#pump.connection.sendContent(bytes, out);
        pump.turn();
        const leftover = this.#leftover;
        if (leftover !== undefined) await new Promise<void>((resolve) => (leftover.wakeSource = resolve));
      }
      if (pump.isOpen) this.#pump.connection.sendEnd(out);
    } catch {
      // The source failed after the head was sent: the content can only be cut short.
      if (pump.isOpen) this.#pump.connection.abort();
    } finally {
      release(content);
    }
    pump.turn();
  }

  /**
   * How many bytes the peer has taken. The kernel holds megabytes for a slow reader and makes room for more only in
   * large steps, so the bytes that it took from us say nothing about the last half minute.
   */
  #takenBytes(): number {
    if (!this.isSending || libc.ioctl(this.#pump.fd, SIOCOUTQ, queued.at(0, 4)) < 0) return this.#sentBytes;
    return this.#sentBytes - queued.bytes.readInt32LE(0);
  }
}
