// Content-Length (RFC 9110 §8.6), read strictly: one line with one row of digits. A list of equal lengths could be repaired,
// but requests are smuggled between two readers that repair differently.
import { FIELD_BIT } from "./fields.ts";
import { LINE_STRIDE, type RequestHead } from "./request-head.ts";

/** The greatest number of 64 bits with a sign. What is beyond is no length for anybody: it is refused as malformed. */
const GREATEST_LENGTH = "9223372036854775807";

export type LengthProblem = "LENGTH_MALFORMED" | "LENGTH_REPEATED" | "LENGTH_TOO_LARGE" | "LENGTH_OVERFLOW";

/** The length in bytes, or why it is none. The field must be present. */
export function readContentLength(head: RequestHead): number | LengthProblem {
  if ((head.repeated & FIELD_BIT["content-length"]) !== 0) return "LENGTH_REPEATED";
  const at = head.lineOf("content-length") * LINE_STRIDE;
  const start = head.lines[at + 2]!;
  const end = head.lines[at + 3]!;
  if (start === end) return "LENGTH_MALFORMED";
  let length = 0;
  let digitCount = 0;
  for (let offset = start; offset < end; offset++) {
    const byte = head.bytes[offset]!;
    if (byte === 0x2c) return "LENGTH_REPEATED";
    if (byte < 0x30 || byte > 0x39) return "LENGTH_MALFORMED";
    length = length * 10 + (byte - 0x30);
    // Leading zeros do not count.
    if (length > 0) digitCount++;
  }
  if (length <= Number.MAX_SAFE_INTEGER) return length;
  const digits = head.bytes.toString("latin1", end - digitCount, end);
  return digitCount <= GREATEST_LENGTH.length && BigInt(digits) <= BigInt(GREATEST_LENGTH)
    ? "LENGTH_TOO_LARGE"
    : "LENGTH_OVERFLOW";
}
