// The bytes of a zip file, made as they are read. The library writes the format and is given one file after the other.
// We open each as any file, check that it is the same from start to end, and close it however the reply ends.
import { read } from "node:fs";
import { promisify } from "node:util";
import type { makeZip } from "client-zip";
import { closeDescriptor, statDescriptor } from "../../../files/descriptors.ts";
import type { FileStat, Opened, Opener } from "../../../files/opener.ts";
import { isSameVersion } from "../../../files/version.ts";
import type { TreeEntry } from "../tree.ts";

/** One read and one write, as for files. */
const CHUNK_BYTES = 65_536;

/** The years that a zip file can hold, less a day at each end because its times have no zone. */
const FIRST_MS = Date.UTC(1980, 0, 2);
const LAST_MS = Date.UTC(2107, 11, 30);

const readAsync = promisify(read);

export interface ZipSource {
  readonly opener: Opener;
  /** Of the folder, as `resolvePath` gives it. */
  readonly path: string;
  /** The folder in the zip file that holds everything. */
  readonly name: string;
  readonly entries: readonly TreeEntry[];
}

type Entry = Parameters<typeof makeZip>[0] extends AsyncIterable<infer Item> | Iterable<infer Item> ? Item : never;
type OpenedFile = Extract<Opened, { kind: "file" }>;

export class ZipStream implements AsyncIterableIterator<Uint8Array> {
  readonly #source: ZipSource;
  readonly #onError: (cause: unknown) => void;
  /** Made at the first read: the library begins at once, and a reply to HEAD is never read. */
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #file: OpenedFile | undefined;
  /** A read ahead, which uses the descriptor until it is done. */
  #reading: Promise<unknown> = Promise.resolve();
  #isOver = false;

  /** @param onError told why the file ended too early; the peer learns only that it did */
  constructor(source: ZipSource, onError: (cause: unknown) => void) {
    this.#source = source;
    this.#onError = onError;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      this.#reader ??= await this.#start();
      const { value, done } = await this.#reader.read();
      return done ? { value: undefined, done } : { value, done };
    } catch (cause) {
      if (!this.#isOver) this.#onError(cause);
      throw cause;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.release();
    return { value: undefined, done: true };
  }

  /** Stops reading and closes the open file. May be called more than once. */
  release(): void {
    this.#isOver = true;
    // The library fails when it is stopped in the middle.
    this.#reader?.cancel().catch(() => {});
    this.#close();
  }

  /** Loads the library, too: few servers ever need it. */
  async #start(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { makeZip } = await import("client-zip");
    return makeZip(this.#entries()).getReader();
  }

  async *#entries(): AsyncGenerator<Entry> {
    const { entries, name: top } = this.#source;
    for (const { path, kind, modifiedMs } of entries) {
      if (this.#isOver) return;
      const name = `${top}/${path}`;
      const lastModified = new Date(Math.min(Math.max(modifiedMs, FIRST_MS), LAST_MS));
      if (kind === "folder") {
        yield { name: `${name}/`, lastModified };
        continue;
      }
      if (await this.#open(path)) yield { name, lastModified, input: this.#content(this.#file!) };
    }
  }

  /** @returns false for a file that we may not read: a request for it would fail, too */
  async #open(path: string): Promise<boolean> {
    const { opener, path: folder } = this.#source;
    const opened = await opener.open(folder === "" ? path : `${folder}/${path}`);
    if (opened.kind === "forbidden") return false;
    if (opened.kind !== "file") {
      throw new Error(`${JSON.stringify(path)} does not exist any more (${opened.kind})`, { cause: opened });
    }
    this.#file = opened;
    // The reply ended meanwhile.
    if (this.#isOver) this.#close();
    return !this.#isOver;
  }

  async *#content({ fd, stat }: OpenedFile): AsyncGenerator<Uint8Array> {
    for (let position = 0; position < stat.sizeBytes; ) {
      const bytes = await this.#read(fd, position, Math.min(CHUNK_BYTES, stat.sizeBytes - position));
      position += bytes.length;
      yield bytes;
    }
    await this.#assertSame(fd, stat);
    this.#close();
  }

  async #read(fd: number, position: number, length: number): Promise<Buffer> {
    if (this.#isOver) throw new Error("the client does not read the zip file any more");
    // Not one buffer for all: the library reads ahead, and pieces of it may wait.
    const bytes = Buffer.allocUnsafeSlow(length);
    const reading = readAsync(fd, bytes, 0, length, position);
    this.#reading = reading.catch(() => {});
    const { bytesRead } = await reading;
    if (bytesRead === 0) throw new Error("a file became shorter while it was sent");
    return bytes.subarray(0, bytesRead);
  }

  async #assertSame(fd: number, stat: FileStat): Promise<void> {
    if (this.#isOver) throw new Error("the client does not read the zip file any more");
    const stating = statDescriptor(fd);
    this.#reading = stating.catch(() => {});
    if (!isSameVersion(stat, await stating)) throw new Error("a file changed while it was sent");
  }

  #close(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    void this.#reading.then(() => closeDescriptor(file.fd));
  }
}
