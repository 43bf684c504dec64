// Decoders of content codings, to compare a compressed reply with its file.
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

/** @param coding the value of Content-Encoding; `undefined` for content that is not compressed */
export function decode(bytes: Buffer, coding: string | undefined): Buffer {
  switch (coding) {
    case "br":
      return brotliDecompressSync(bytes);
    case "zstd":
      return zstdDecompressSync(bytes);
    case "gzip":
      return gunzipSync(bytes);
    case undefined:
      return bytes;
    default:
      throw new Error(`there is no content coding ${coding}`);
  }
}
