// Byte ranges (RFC 9110 §14): from a Range value and a size to the slices that are sent, and back to Content-Range.
// HTTP's inclusive ends exist only here. `isRangeWanted` decides whether a Range counts at all; `multipart.ts` frames
// several slices.
import { splitList } from "./fields.ts";
import type { FileSlice } from "./message.ts";

/**
 * How many ranges one request may have, before any are joined; with more, the whole is sent. Each range is a part with
 * about 150 bytes of framing, so this bounds what a request for many tiny ranges can make us build (RFC 9110 §17.15).
 * Readers of PDF and video ask for a few. Apache stops at 200; nginx has no limit by default.
 */
export const RANGE_LIMIT_COUNT = 100;

export type ParsedRanges =
  /** The field does not count: send the whole. */
  | { readonly kind: "ignored" }
  /** 416. */
  | { readonly kind: "unsatisfiable" }
  /** At least one slice, no empty ones, no two that overlap or touch, in the order of the request. */
  | { readonly kind: "ranges"; readonly slices: readonly FileSlice[] };

const SPEC = /^(\d*)-(\d*)$/;

const IGNORED: ParsedRanges = { kind: "ignored" };
const UNSATISFIABLE: ParsedRanges = { kind: "unsatisfiable" };

/** `value` is that of the Range field, `size` that of the representation in bytes. */
export function parseRanges(value: string, size: number): ParsedRanges {
  // RFC 9110 §14.1: the names of range units are case-insensitive, and an unknown unit is ignored (§14.2).
  if (!value.startsWith("bytes=") && value.slice(0, 6).toLowerCase() !== "bytes=") return IGNORED;
  const set = value.slice(6);
  // Nearly every request is for one range, which needs no splitting.
  const specs = SPEC.test(set) ? [set] : splitList(set);
  if (specs.length === 0 || specs.length > RANGE_LIMIT_COUNT) return IGNORED;
  const slices: FileSlice[] = [];
  for (const spec of specs) {
    const slice = parseSpec(spec, size);
    if (slice === "malformed") return IGNORED;
    if (slice !== undefined) slices.push(slice);
  }
  // Media elements begin every file with `bytes=0-`, and an empty one has no first byte: 416 looks like a broken file to
  // them. §14.2 lets us ignore the field, as nginx, Apache and Go do here. The last N bytes are even satisfiable
  // (§14.1.2), but no Content-Range can say so.
  if (size === 0) return IGNORED;
  if (slices.length === 0) return UNSATISFIABLE;
  return { kind: "ranges", slices: coalesce(slices) };
}

// RFC 9110 §14.1.2: `first-last`, `first-` or `-length`; undefined when no byte of it lies within the size. Numbers
// that are too large to be exact are far beyond any size, so they are clipped like any other.
function parseSpec(spec: string, size: number): FileSlice | undefined | "malformed" {
  const found = SPEC.exec(spec);
  if (found === null || spec === "-") return "malformed";
  if (found[1] === "") {
    const length = Number(found[2]);
    return length === 0 ? undefined : { start: Math.max(size - length, 0), end: size };
  }
  const start = Number(found[1]);
  const lastByte = found[2] === "" ? Number.POSITIVE_INFINITY : Number(found[2]);
  // RFC 9110 §14.1.1: a last position below the first makes the whole field invalid.
  if (lastByte < start) return "malformed";
  return start < size ? { start, end: Math.min(lastByte + 1, size) } : undefined;
}

// RFC 9110 §15.3.7.2 allows us to join ranges that overlap or touch. So no byte is sent twice. A joined slice takes the
// place of the first of its ranges.
function coalesce(slices: readonly FileSlice[]): readonly FileSlice[] {
  if (slices.length === 1) return slices;
  const sorted = slices.map(({ start, end }, order) => ({ start, end, order })).sort((a, b) => a.start - b.start);
  const joined: typeof sorted = [];
  for (const slice of sorted) {
    const last = joined.at(-1);
    if (last === undefined || slice.start > last.end) {
      joined.push(slice);
    } else {
      last.end = Math.max(last.end, slice.end);
      last.order = Math.min(last.order, slice.order);
    }
  }
  return joined.sort((a, b) => a.order - b.order).map(({ start, end }) => ({ start, end }));
}

/** The Content-Range of a 206, or of one part of it: `bytes 0-1/10`. */
export function formatContentRange(slice: FileSlice, size: number): string {
  return `bytes ${slice.start}-${slice.end - 1}/${size}`;
}

/** The Content-Range of a 416, with an asterisk for the range and then the size in bytes. */
export function formatUnsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}
