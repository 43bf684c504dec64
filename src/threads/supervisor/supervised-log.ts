// The access log of a whole server: its file, and for each slot the memory in which the thread there appends its lines. That
// memory outlives the thread, so the last lines of one that dies are written, too.

import { OptionError } from "../../options/mistakes.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { LogFile } from "../../telemetry/access-log/log-file.ts";
import { newRing, RingReader } from "../../telemetry/access-log/log-ring.ts";

/** How long a line may wait for others, in ms: soon enough for a person who looks on. */
const FLUSH_MS = 250;
/** A thread for one connection needs less room, and there are many. */
const RING_BYTES_PER_CONNECTION: number = 2 ** 18;

export class SupervisedLog {
  readonly #path: string | undefined;
  readonly #file: LogFile;
  readonly #ringBytes: number | undefined;
  /** By slot. */
  readonly #rings: SharedArrayBuffer[] = [];

  /** @returns undefined where no log is wanted */
  static of(options: ResolvedOptions, onWarning: (text: string) => void): SupervisedLog | undefined {
    return options.log === "off" ? undefined : new SupervisedLog(options, onWarning);
  }

  private constructor(
    { logFile, logRotateBytes, logKeepCount, mode }: ResolvedOptions,
    onWarning: (text: string) => void,
  ) {
    this.#path = logFile;
    this.#ringBytes = mode === "pool" ? undefined : RING_BYTES_PER_CONNECTION;
    this.#file = new LogFile({
      path: logFile,
      rotateBytes: logRotateBytes || Number.POSITIVE_INFINITY,
      keepCount: logKeepCount,
      flushMs: FLUSH_MS,
      onFailure: ({ message }) => onWarning(`the access log cannot be written, and lines may be lost: ${message}`),
      onDropped: (count) =>
        onWarning(`${count} lines of the access log were dropped: they come faster than its file takes them`),
    });
  }

  /** Lines that were dropped, by all threads. */
  get droppedCount(): number {
    return this.#file.droppedCount;
  }

  /** @throws {OptionError} for a file that cannot be opened; a FIFO may find its reader later */
  async open(): Promise<void> {
    try {
      await this.#file.open();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENXIO") return;
      throw new OptionError("logFile", this.#path, `the path of a file that can be written (${code})`);
    }
  }

  /** The memory for the thread in this slot. */
  ringOf(slot: number): SharedArrayBuffer {
    const known = this.#rings[slot];
    if (known !== undefined) return known;
    const ring = newRing(this.#ringBytes);
    this.#rings[slot] = ring;
    this.#file.add(new RingReader(ring));
    return ring;
  }

  /** Another program has renamed the file. */
  reopen(): void {
    this.#file.reopen();
  }

  /** Another process writes to the same file from now on, and renames it when it is large. */
  share(): void {
    this.#file.share();
  }

  /** All threads have ended: writes what they have left. */
  close(): Promise<void> {
    return this.#file.close();
  }
}
