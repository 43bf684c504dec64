// Bytes -> coded bytes, with the zlib that Node brings. Encoding blocks its thread: only threads that serve no requests
// call it. There are three efforts: "quick", so that the second visitor gets a small reply already, "best" for all
// later visitors, and "utmost" for encoding ahead of time, where seconds do not count.
import { createHash } from "node:crypto";
import { type BrotliOptions, brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import type { Coding, DictionaryCoding } from "./coding.ts";
import { dictionaryHeader } from "./dictionary-header.ts";
import type { Effort } from "./encoder.ts";

/**
 * The last levels of Brotli take 1.8 s for each MiB, those of zstd 0.3 s, and save 3 to 8 percent more. Up to this size
 * that is a second, for which the end of a server may have to wait.
 */
const SLOW_LIMIT_BYTES = 512 * 1024;

/**
 * The result has memory of its own, which `giveBackEncoded` frees: it is written in one piece, where zlib would join pieces
 * of 16 KiB. Node takes those, and a small result, from a pool that nobody can free.
 * @throws the system's error when there is no memory
 */
export function encode(bytes: Uint8Array, coding: Coding, effort: Effort): Buffer {
  const chunkSize = Math.max(bytes.length, Buffer.poolSize);
  const isSlow = effort === "utmost" || (effort === "best" && bytes.length <= SLOW_LIMIT_BYTES);
  const isQuick = effort === "quick";
  switch (coding) {
    case "br":
      return brotliCompressSync(bytes, {
        chunkSize,
        params: {
          [constants.BROTLI_PARAM_QUALITY]: isQuick ? 4 : isSlow ? 11 : 9,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      });
    case "zstd":
      // Browsers refuse windows above 8 MiB (RFC 9659 §3), which begin with level 20 here.
      return zstdCompressSync(bytes, {
        chunkSize,
        params: {
          [constants.ZSTD_c_compressionLevel]: isQuick ? 3 : isSlow ? 19 : 12,
          [constants.ZSTD_c_windowLog]: isQuick ? 0 : 23,
        },
        pledgedSrcSize: bytes.length,
      });
    case "gzip":
      return gzipSync(bytes, { chunkSize, level: isQuick ? 4 : 9 });
  }
}

/**
 * The same with a dictionary. Here the first visitor waits for the quick result, which cannot be the quickest: Brotli looks
 * for long matches in a large dictionary from 5 on. Of a script of 1.7 MB, 4 makes 447 KB, 5 makes 21 and 11 makes 18; zstd makes
 * 508 by level 1, 226 by 3, 22 by 9 and 20 by 19.
 */
export function encodeWithDictionary(
  bytes: Uint8Array,
  dictionary: Uint8Array,
  coding: DictionaryCoding,
  effort: Effort,
): Buffer {
  const header = dictionaryHeader(coding, sha256Of(dictionary));
  const body = compressWithDictionary(bytes, dictionary, coding, effort);
  const encoded = Buffer.allocUnsafeSlow(header.length + body.length);
  encoded.set(header);
  encoded.set(body, header.length);
  giveBackEncoded(body);
  return encoded;
}

/** As dictionaries are named: 64 hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Node takes one; its types do not say so. */
type WithDictionary<Options> = Options & { readonly dictionary: Uint8Array };

function compressWithDictionary(
  bytes: Uint8Array,
  dictionary: Uint8Array,
  coding: DictionaryCoding,
  effort: Effort,
): Buffer {
  const chunkSize = Math.max(bytes.length, Buffer.poolSize);
  const isSlow = effort === "utmost" || (effort === "best" && bytes.length <= SLOW_LIMIT_BYTES);
  const isQuick = effort === "quick";
  if (coding === "dcb") {
    const options: WithDictionary<BrotliOptions> = {
      chunkSize,
      dictionary,
      params: {
        [constants.BROTLI_PARAM_QUALITY]: isQuick ? 5 : isSlow ? 11 : 9,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    };
    return brotliCompressSync(bytes, options);
  }
  return zstdCompressSync(bytes, {
    chunkSize,
    dictionary,
    params: {
      [constants.ZSTD_c_compressionLevel]: isQuick ? 9 : isSlow ? 19 : 12,
      // RFC 9842 §5: clients take windows of 8 MiB for any dictionary.
      [constants.ZSTD_c_windowLog]: 23,
    },
    pledgedSrcSize: bytes.length,
  });
}

/**
 * Frees memory that is no longer needed. V8 counts the small Buffer objects and barely the memory behind them, so it
 * would wait for another 60 MB.
 */
export function giveBack(bytes: Uint8Array): void {
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) bytes.buffer.transfer(0);
}

/** @param encoded what `encode` gave */
export function giveBackEncoded(encoded: Buffer): void {
  (encoded.buffer as ArrayBuffer).transfer(0);
}
