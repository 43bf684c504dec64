// The bytes that were refused, for people: a line of those around the mistake, and below it a mark. Whatever the peer sent,
// nothing in it moves the cursor or begins a line.
import { printableByte } from "../telemetry/printable.ts";
import { starSecrets } from "../telemetry/secrets.ts";

/** What is shown, in bytes: most of it lies before the mistake, and says where we are. */
const BEFORE_BYTES = 80;
const AFTER_BYTES = 40;
const LF = 0x0a;

/**
 * @param mistakeAt the offset of the mistake in `read`; at its end where something is missing
 * @param showsAll whether passwords and tokens are shown as well
 * @returns two lines, or none where nothing was read
 */
export function evidenceOf(read: Buffer, mistakeAt: number, showsAll: boolean): readonly string[] {
  if (read.length === 0) return [];
  const at = Math.max(0, Math.min(mistakeAt, read.length));
  const start = Math.max(0, at - BEFORE_BYTES);
  const end = Math.min(read.length, at + AFTER_BYTES);
  const shown = showsAll ? read.subarray(start, end) : withoutSecrets(read, start, end);
  const before = start > 0 ? "… " : "";
  let line = before;
  let mark = 0;
  for (let offset = start; offset < end; offset++) {
    if (offset === at) mark = line.length;
    line += printableByte(shown[offset - start]!);
  }
  if (at === end) mark = line.length;
  return [end < read.length ? `${line} …` : line, `${" ".repeat(mark)}^`];
}

/** Whether a value is secret is said at the beginning of its line, which may not be shown. */
function withoutSecrets(read: Buffer, start: number, end: number): Buffer {
  let lineStart = start === 0 ? 0 : read.lastIndexOf(LF, start - 1) + 1;
  // A folded line belongs to the one above it.
  while (lineStart > 0 && (read[lineStart] === 0x20 || read[lineStart] === 0x09)) {
    lineStart = lineStart < 2 ? 0 : read.lastIndexOf(LF, lineStart - 2) + 1;
  }
  const text = starSecrets(read.toString("latin1", lineStart, end));
  return Buffer.from(text, "latin1").subarray(start - lineStart);
}
