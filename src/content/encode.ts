// Bytes -> coded bytes, with the zlib that Node brings, away from the calling thread (on libuv's pool). Two efforts:
// "quick" so that the second visitor gets a small reply already, "best" for everyone after that.
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { Coding } from "./coding.ts";

export type Effort = "quick" | "best";

/** Below this a coding saves less than its fields cost; a packet holds about 1,460 bytes anyway. */
export const ENCODING_LEAST_BYTES = 1024;
/** Larger files are sent as they are: encoding them again for each version would cost seconds. Sidecars have no limit. */
export const ENCODING_LIMIT_BYTES: number = 10 * 1024 * 1024;

/** Brotli's last levels take half a second for each MiB, and give 3 percent more. */
const SLOW_LIMIT_BYTES = 1024 * 1024;

const withBrotli = promisify(brotliCompress);
const withZstd = promisify(zstdCompress);
const withGzip = promisify(gzip);

/** Rejects with the system's error when there is no memory. */
export function encode(bytes: Uint8Array, coding: Coding, effort: Effort): Promise<Buffer> {
  const isQuick = effort === "quick";
  switch (coding) {
    case "br": {
      const best = bytes.length <= SLOW_LIMIT_BYTES ? 11 : 9;
      return withBrotli(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: isQuick ? 4 : best,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      });
    }
    case "zstd":
      // Browsers refuse windows above 8 MiB (RFC 9659 §3), which begin with level 20 here.
      return withZstd(bytes, {
        params: {
          [constants.ZSTD_c_compressionLevel]: isQuick ? 3 : 19,
          [constants.ZSTD_c_windowLog]: isQuick ? 0 : 23,
        },
        pledgedSrcSize: bytes.length,
      });
    case "gzip":
      return withGzip(bytes, { level: isQuick ? 4 : 9 });
  }
}
