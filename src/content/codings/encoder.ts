// The contract between threads that want content encoded and the thread that encodes it, with its bounds. No zlib:
// threads that serve load this file, and not the encoder.
import type { FileStat } from "../../files/opener.ts";
import type { Coding, DictionaryCoding } from "./coding.ts";

/** How much time encoding may take: see `encode`. */
export type Effort = "quick" | "best" | "utmost";

/** Which jobs an encoder thread takes: those that a request waits for, or all others. */
export type EncoderKind = "now" | "later";

export interface EncodingJob {
  /** Names the bytes: two jobs with one key, coding and effort have the same result. */
  readonly key: string;
  readonly coding: Coding | DictionaryCoding;
  readonly effort: "quick" | "best";
  /** Of all that is read for it. */
  readonly sizeBytes: number;
  /** The SHA-256 of the dictionary, where the coding needs one. */
  readonly dictionary?: string;
}

/** The bytes, or an open file of this process, and the version that it has to be when it has been read. */
export type EncodingSource = Uint8Array | { readonly fd: number; readonly stat: FileStat };

export type Encoded =
  /** In memory that all threads share, and that is never written to. `effort` may be more than was asked for. */
  | { readonly kind: "coded"; readonly bytes: SharedArrayBuffer; readonly opaque: string; readonly effort: Effort }
  /** The content gets no smaller. */
  | { readonly kind: "useless" }
  /** There is no room, or the content could not be read or encoded: a later job may succeed. */
  | { readonly kind: "refused" };

export const REFUSED: Encoded = { kind: "refused" };

export interface Encoder {
  /**
   * Never rejects. The sources must stay as they are, or open, until then.
   * @param dictionary of the job; refused if it has another hash by now
   */
  encode(job: EncodingJob, source: EncodingSource, dictionary?: EncodingSource): Promise<Encoded>;
}

/** Below this size a coding saves less than its fields cost; a packet holds about 1,460 bytes anyway. */
export const ENCODING_LEAST_BYTES = 1024;
/**
 * Larger files are sent as they are: encoding them again for each version would cost seconds. Sidecars have no limit.
 */
export const ENCODING_LIMIT_BYTES: number = 10 * 1024 * 1024;
/** Content that may wait to be encoded, for all threads together. A site of a thousand pages has less. */
export const PENDING_LIMIT_BYTES: number = 64 * 1024 * 1024;
/**
 * The part of `encodedLimitBytes` that the encoder keeps for threads that have not asked yet; the threads share the
 * rest.
 */
export const ENCODER_SHARE = 0.25;
