// Framing of several ranges in one reply: multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1). It makes
// what stands between the slices; the caller lays the two in turns.
import type { FileSlice } from "./message.ts";
import { formatContentRange } from "./range.ts";

export interface MultipartByteranges {
  /** The Content-Type of the reply. */
  readonly contentType: string;
  /** Heads, slices and tail together, in bytes. */
  readonly length: number;
  /** One before each slice, in the same order. */
  readonly heads: readonly Buffer[];
  /** Behind the last slice. */
  readonly tail: Buffer;
}

// The characters of RFC 2046 §5.1.1 that are token characters too, so the parameter needs no quotes.
const BOUNDARY = /^[0-9A-Za-z'+_.-]{1,70}$/;

/**
 * `mediaType` is that of the whole, `size` its length in bytes. `boundary` must not occur in the content:
 * the caller draws it at random, at least 16 characters of it.
 * @throws {RangeError} when the boundary is longer than 70 characters or has others than letters, digits and `'+_.-`
 */
export function multipartByteranges(
  slices: readonly FileSlice[],
  size: number,
  mediaType: string,
  boundary: string,
): MultipartByteranges {
  if (!BOUNDARY.test(boundary)) throw new RangeError(`not a boundary: ${JSON.stringify(boundary)}`);
  const heads = slices.map((slice, index) => {
    const fields = `Content-Type: ${mediaType}\r\nContent-Range: ${formatContentRange(slice, size)}`;
    return Buffer.from(`${index === 0 ? "" : "\r\n"}--${boundary}\r\n${fields}\r\n\r\n`, "latin1");
  });
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, "latin1");
  let length = tail.length;
  for (const head of heads) length += head.length;
  for (const slice of slices) length += slice.end - slice.start;
  return { contentType: `multipart/byteranges; boundary=${boundary}`, length, heads, tail };
}
