// Framing of several ranges in one reply: multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1). This file makes the
// heads of the parts; the caller alternates them with the slices.
//
// The body begins with CRLF, so that every delimiter looks the same. RFC 2046 §5.1.1 allows both: without a preamble, the
// first delimiter may do without. nginx, Apache and lighttpd begin so as well, and clients were written for them: zsync
// reads the first line as the end of the part before, and finds no part where it is missing.
import type { FileSlice } from "./message.ts";
import { formatContentRange } from "./range.ts";

export interface MultipartByteranges {
  /** The Content-Type of the reply. */
  readonly contentType: string;
  /** Heads, slices and tail together, in bytes. */
  readonly length: number;
  /** One head before each slice, in the same order. */
  readonly heads: readonly Buffer[];
  /** Follows the last slice. */
  readonly tail: Buffer;
}

// Those characters of RFC 2046 §5.1.1 that a token may contain too, so that the parameter needs no quotes.
const BOUNDARY = /^[0-9A-Za-z'+_.-]{1,70}$/;

/**
 * @param size of the whole content, in bytes
 * @param mediaType of the whole content; undefined for a reply that would name none
 * @param boundary must not occur in the content: the caller draws at least 16 characters at random
 * @throws {RangeError} when the boundary is longer than 70 characters or has others than letters, digits and `'+_.-`
 */
export function multipartByteranges(
  slices: readonly FileSlice[],
  size: number,
  mediaType: string | undefined,
  boundary: string,
): MultipartByteranges {
  if (!BOUNDARY.test(boundary)) throw new RangeError(`not a boundary: ${JSON.stringify(boundary)}`);
  const heads = slices.map((slice) => {
    const type = mediaType === undefined ? "" : `Content-Type: ${mediaType}\r\n`;
    const range = `Content-Range: ${formatContentRange(slice, size)}\r\n`;
    return Buffer.from(`\r\n--${boundary}\r\n${type}${range}\r\n`, "latin1");
  });
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, "latin1");
  let length = tail.length;
  for (const head of heads) length += head.length;
  for (const slice of slices) length += slice.end - slice.start;
  return { contentType: `multipart/byteranges; boundary=${boundary}`, length, heads, tail };
}
