// Parts of a reply that a handler gave, without a connection: its header fields, and its content from memory or file.
import { readSync } from "node:fs";
import type { Content, Reply } from "../../src/http/message.ts";

/** @param name in any case */
export function fieldOf({ fields }: Reply, name: string): string | undefined {
  return new RegExp(`^${name}: ([^\\r]*)\\r$`, "im").exec(fields)?.[1];
}

/** The whole content, as a transport would send it: the file is released. Read it once. */
export function bytesOf({ content }: Reply): Buffer {
  if (content === undefined) return Buffer.alloc(0);
  const { segments, file } = content as Content;
  const bytes = segments.map((segment) => {
    if (Buffer.isBuffer(segment)) return segment;
    const slice = Buffer.alloc(segment.end - segment.start);
    return slice.subarray(0, readSync(file!.fd, slice, 0, slice.length, segment.start));
  });
  file?.release();
  return Buffer.concat(bytes);
}

export function textOf(reply: Reply): string {
  return bytesOf(reply).toString();
}

/** The length of each segment in bytes, without reading any. */
export function segmentLengthsOf({ content }: Reply): number[] {
  return (content as Content).segments.map((one) => (Buffer.isBuffer(one) ? one.length : one.end - one.start));
}

/** Releases the file of a reply whose content is not read. */
export function releaseFile({ content }: Reply): void {
  (content as Content).file?.release();
}
