// The supervisor's end of an access log: takes the lines of all threads and writes them to a file in large parts. Nothing here
// waits for the disk. While a write fails or takes long, lines wait in the rings of their threads, and are dropped there when
// these are full.
import { close, constants, fstat, open, rename, stat, writev } from "node:fs";
import { promisify } from "node:util";
import type { RingReader } from "./log-ring.ts";

/**
 * A FIFO that nobody reads, and a full pipe, must fail rather than wait: a waiting call would hold a thread of the pool for
 * good.
 */
const FLAGS: number = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/**
 * A look should find about so much: before a thread has to wake us, which costs it as much as hundreds of lines, and not much
 * sooner, because each look costs us as much.
 */
const LOOK_BYTES: number = 640 * 1024;
/** At full load. */
const SOONEST_MS = 10;
/** How often people are told of lines that were dropped. */
const TELL_MS = 60_000;
/** Lines tell who looked at what. */
const MODE = 0o640;

export interface LogFileOptions {
  /** Undefined for standard output. */
  readonly path: string | undefined;
  /** When the file is larger, it is renamed and a new one begins; Infinity for never. In bytes. */
  readonly rotateBytes: number;
  /** How many renamed files are kept: path.1 is the youngest. */
  readonly keepCount: number;
  /** Lines that do not fill a part are written after so long, in ms. */
  readonly flushMs: number;
  /** Tells people that lines cannot be written, at most once for each failure in a row. */
  readonly onFailure: (error: Error) => void;
  /** Tells people how many lines were dropped since they were told the last time: at once, then once a minute. */
  readonly onDropped: (count: number) => void;
}

const files = {
  open: promisify(open),
  close: promisify(close),
  fstat: promisify(fstat),
  stat: promisify(stat),
  rename: promisify(rename),
  writev: (fd: number, pieces: readonly Uint8Array[]): Promise<number> =>
    new Promise((resolve, reject) =>
      writev(fd, pieces, (error, count) => (error === null ? resolve(count) : reject(error))),
    ),
};

export class LogFile {
  readonly #options: LogFileOptions;
  readonly #readers: Set<RingReader> = new Set();
  /** Of threads that have ended. */
  #droppedBefore = 0;
  #fd: number | undefined;
  #sizeBytes = 0;
  #mustReopen = false;
  #isShared = false;
  /** The reader whose line was written in part: its rest comes first. */
  #unfinished: RingReader | undefined;
  #isFailing = false;
  /** When to look next whether the file was renamed. */
  #followAt = 0;
  #retryAt = 0;
  #work: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lookedAt: number = performance.now();
  /** Since then. */
  #writtenBytes = 0;
  /** Dropped lines that people know of. */
  #toldCount = 0;
  #toldAt: number = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#lookIn(options.flushMs);
  }

  /** Lines that found no room in the ring of their thread. */
  get droppedCount(): number {
    let count = this.#droppedBefore;
    for (const reader of this.#readers) count += reader.droppedCount;
    return count;
  }

  /** Opens the file before there are lines. @throws the system's error */
  async open(): Promise<void> {
    await this.#opened();
  }

  add(reader: RingReader): void {
    this.#readers.add(reader);
    void this.#follow(reader);
  }

  /** The thread has ended: what it has left is written, and its memory is let go. */
  async remove(reader: RingReader): Promise<void> {
    await this.#flush();
    this.#readers.delete(reader);
    this.#droppedBefore += reader.droppedCount + lineCountOf(reader.peek());
    reader.wake();
  }

  /** Another program has renamed the file: what follows goes to a new one of the old name. */
  reopen(): void {
    this.#mustReopen = this.#options.path !== undefined;
    void this.#flush();
  }

  /** Another process writes to the file as well, and renames it when it is large: this one follows. */
  share(): void {
    this.#isShared = true;
  }

  /** Writes what waits, if it can be written now, and closes the file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#work;
    this.#retryAt = 0;
    for (const reader of this.#readers) await this.remove(reader);
    this.#tellDropped(0);
    await this.#closeFile();
  }

  #tellDropped(afterMs: number): void {
    const count = this.droppedCount;
    const now = performance.now();
    if (count <= this.#toldCount || now - this.#toldAt < afterMs) return;
    this.#options.onDropped(count - this.#toldCount);
    this.#toldCount = count;
    this.#toldAt = now;
  }

  #lookIn(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#look(), delayMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    await this.#flush();
    this.#tellDropped(TELL_MS);
    if (!this.#isClosed) this.#lookIn(this.#nextLookMs());
  }

  /** By how much has come since the last look. */
  #nextLookMs(): number {
    const now = performance.now();
    const bytesPerMs = this.#writtenBytes / Math.max(1, now - this.#lookedAt);
    this.#lookedAt = now;
    this.#writtenBytes = 0;
    return Math.min(Math.max(SOONEST_MS, LOOK_BYTES / bytesPerMs), this.#options.flushMs);
  }

  async #follow(reader: RingReader): Promise<void> {
    while (this.#readers.has(reader)) {
      await reader.filled();
      await this.#flush();
    }
  }

  /** One at a time; a second call waits for the first. */
  #flush(): Promise<void> {
    this.#work ??= this.#writeAll().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async #writeAll(): Promise<void> {
    const now = performance.now();
    if (now < this.#retryAt) return;
    try {
      if (this.#unfinished !== undefined) await this.#write(this.#unfinished);
      if (this.#mustReopen) await this.#reopen();
      if (this.#hasRotation) await this.#followFile();
      for (const reader of this.#readers) await this.#write(reader);
      this.#isFailing = false;
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  /** Writes all that waits in the ring of one thread. */
  async #write(reader: RingReader): Promise<void> {
    while (reader.length > 0) {
      if (this.#unfinished === undefined) await this.#changeFile();
      const fd = await this.#opened();
      const pieces = reader.peek();
      const wanted = pieces.reduce((sum, { length }) => sum + length, 0);
      const count = await files.writev(fd, pieces);
      reader.release(count);
      this.#sizeBytes += count;
      this.#writtenBytes += count;
      this.#unfinished = count < wanted ? reader : undefined;
    }
  }

  async #opened(): Promise<number> {
    const { path } = this.#options;
    if (path === undefined) return 1;
    if (this.#fd !== undefined) return this.#fd;
    const fd = await files.open(path, FLAGS, MODE);
    this.#fd = fd;
    this.#sizeBytes = (await files.fstat(fd)).size;
    return fd;
  }

  /** At once, and not with the next line: whoever renames files wants to see the new one. */
  async #reopen(): Promise<void> {
    await this.#closeFile();
    await this.#opened();
    this.#mustReopen = false;
  }

  async #closeFile(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await files.close(fd).catch(() => {});
  }

  /** Between two lines. */
  async #changeFile(): Promise<void> {
    if (this.#mustReopen) await this.#reopen();
    else if (this.#sizeBytes >= this.#options.rotateBytes) await this.#rotate();
  }

  get #hasRotation(): boolean {
    return this.#options.rotateBytes !== Number.POSITIVE_INFINITY;
  }

  /** Another process may have renamed the file, in an upgrade: what follows belongs into the new one. */
  async #followFile(): Promise<void> {
    const { path } = this.#options;
    const now = performance.now();
    if (path === undefined || this.#fd === undefined || now < this.#followAt) return;
    this.#followAt = now + this.#options.flushMs;
    if (await this.#isRenamed(path, this.#fd)) await this.#reopen();
  }

  async #isRenamed(path: string, fd: number): Promise<boolean> {
    const [own, found] = await Promise.all([files.fstat(fd), files.stat(path).catch(() => undefined)]);
    this.#sizeBytes = own.size;
    return found !== undefined && (found.dev !== own.dev || found.ino !== own.ino);
  }

  async #rotate(): Promise<void> {
    const { path, keepCount } = this.#options;
    if (path === undefined) return;
    // One process is enough for that, and two would leave an empty file behind.
    if (this.#fd !== undefined && (await this.#isRenamed(path, this.#fd))) return this.#reopen();
    if (this.#isShared) return;
    await this.#closeFile();
    for (let number = keepCount - 1; number >= 1; number--)
      await files.rename(`${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing);
    await files.rename(path, `${path}.1`).catch(ignoreMissing);
  }

  /** EAGAIN: whoever reads the pipe is slow, which is no failure. */
  #fail(error: NodeJS.ErrnoException): void {
    if (error.code === "EAGAIN") return;
    this.#retryAt = performance.now() + this.#options.flushMs;
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#options.onFailure(error);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function lineCountOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.filter((byte) => byte === 0x0a).length, 0);
}
