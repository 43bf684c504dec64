// Several ranges would need a multipart content. RFC 9110 §14.2 lets a server ignore Range, so then all is sent.
import { isRangeWanted } from "../../../src/http/preconditions.ts";
import { formatContentRange, formatUnsatisfiedRange, parseRanges } from "../../../src/http/range.ts";
import type { Reply, Request } from "../../../src/http1/index.ts";

export const FILM: Buffer = Buffer.from("0123456789");
const VALIDATORS = { etag: undefined, lastModifiedMs: undefined };

export function play(request: Request): Reply {
  if (!isRangeWanted(request, VALIDATORS, Date.now())) return withBytes(200, FILM, "");
  const ranges = parseRanges(request.field("range")!, FILM.length);
  if (ranges.kind === "unsatisfiable") {
    return withBytes(416, Buffer.alloc(0), `Content-Range: ${formatUnsatisfiedRange(FILM.length)}\r\n`);
  }
  if (ranges.kind === "ignored" || ranges.slices.length > 1) return withBytes(200, FILM, "");
  const slice = ranges.slices[0]!;
  const part = FILM.subarray(slice.start, slice.end);
  return withBytes(206, part, `Content-Range: ${formatContentRange(slice, FILM.length)}\r\n`);
}

function withBytes(status: number, bytes: Buffer, fields: string): Reply {
  const content = { kind: "content", length: bytes.length, segments: [bytes], file: undefined } as const;
  return { status, fields: `${fields}Accept-Ranges: bytes\r\nContent-Type: video/mp4\r\n`, content };
}
