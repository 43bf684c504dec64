// Reads that bring parts of files into the page cache, on libuv's pool. What is read is dropped. Only a few go on at once,
// because each holds as much memory as its part has, and a hundred streams of one connection may all want a cold file.
import { read } from "node:fs";

/** As many as libuv's pool has threads by default. More of them would wait there, each with its memory. */
const READ_LIMIT_COUNT = 4;

/** Half-open, in bytes. */
interface Slice {
  readonly start: number;
  readonly end: number;
}

/** An open file whose users are counted. */
interface CountedFile {
  readonly fd: number;
  retain(): void;
  release(): void;
}

interface ColdRead {
  readonly file: CountedFile;
  readonly slice: Slice;
  readonly onRead: () => void;
}

export type ReadPart = (fd: number, slice: Slice, onRead: () => void) => void;

export class ColdReads {
  readonly #readPart: ReadPart;
  readonly #waiting: Set<ColdRead> = new Set();
  #underWayCount = 0;

  constructor(readPart: ReadPart = readAndDrop) {
    this.#readPart = readPart;
  }

  /**
   * Calls back when the slice has been read once, or reading has failed. The file stays open until then.
   * @returns a function that takes back a read that has not begun: it is not called back, and the file is released
   */
  add(file: CountedFile, slice: Slice, onRead: () => void): () => void {
    const coldRead = { file, slice, onRead };
    file.retain();
    this.#waiting.add(coldRead);
    this.#beginNext();
    return () => {
      if (this.#waiting.delete(coldRead)) file.release();
    };
  }

  #beginNext(): void {
    if (this.#underWayCount >= READ_LIMIT_COUNT) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#underWayCount++;
    this.#readPart(next.file.fd, next.slice, () => {
      this.#underWayCount--;
      next.file.release();
      this.#beginNext();
      next.onRead();
    });
  }
}

function readAndDrop(fd: number, { start, end }: Slice, onRead: () => void): void {
  const scratch = Buffer.allocUnsafeSlow(end - start);
  read(fd, scratch, 0, scratch.length, start, onRead);
}
