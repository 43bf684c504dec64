// The content of a file that is stored coded, decoded while it is sent: for the few clients that do not accept the coding.
// Nothing is kept, and a bomb costs no memory: the peer's pace is that of the decoder.
import { read } from "node:fs";
import type { Transform } from "node:stream";
import { promisify } from "node:util";
import type { ContentStream, OpenFile } from "../../http/message.ts";
import type { Coding } from "./coding.ts";

/** One read, as for files. */
const CHUNK_BYTES = 65_536;

const readAsync = promisify(read);

/** Retains an open file until the reply is over. */
export function decodedContent(source: Buffer | OpenFile, sizeBytes: number, coding: Coding): ContentStream {
  const decoding = new Decoding(source, sizeBytes, coding);
  return { kind: "stream", chunks: decoding, release: () => decoding.release() };
}

class Decoding implements AsyncIterable<Uint8Array> {
  readonly #source: Buffer | OpenFile;
  readonly #sizeBytes: number;
  readonly #coding: Coding;
  #decoder: Transform | undefined;
  #isOver = false;

  constructor(source: Buffer | OpenFile, sizeBytes: number, coding: Coding) {
    this.#source = source;
    this.#sizeBytes = sizeBytes;
    this.#coding = coding;
    if (!Buffer.isBuffer(source)) source.retain();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    // Few threads ever need them.
    const [{ pipeline, Readable }, zlib] = await Promise.all([import("node:stream"), import("node:zlib")]);
    if (this.#isOver) return;
    const decoder = decoderOf(zlib, this.#coding);
    this.#decoder = decoder;
    // A failure reaches the reader by the decoder.
    pipeline(Readable.from(this.#stored()), decoder, () => {});
    yield* decoder;
  }

  /** May be called more than once. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#decoder?.destroy();
    if (!Buffer.isBuffer(this.#source)) this.#source.release();
  }

  async *#stored(): AsyncGenerator<Uint8Array> {
    const source = this.#source;
    if (Buffer.isBuffer(source)) return yield source;
    // On its own: the reply may be over while a read is under way, which uses the descriptor until it is done.
    source.retain();
    try {
      for (let position = 0; position < this.#sizeBytes && !this.#isOver; ) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.#sizeBytes - position));
        const { bytesRead } = await readAsync(source.fd, chunk, 0, chunk.length, position);
        if (bytesRead === 0) throw new Error("the file has become shorter");
        position += bytesRead;
        yield chunk.subarray(0, bytesRead);
      }
    } finally {
      source.release();
    }
  }
}

function decoderOf(zlib: typeof import("node:zlib"), coding: Coding): Transform {
  switch (coding) {
    case "gzip":
      return zlib.createGunzip();
    case "br":
      return zlib.createBrotliDecompress();
    case "zstd":
      return zlib.createZstdDecompress();
    default:
      return coding satisfies never;
  }
}
