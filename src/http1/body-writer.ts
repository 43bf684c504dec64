// Content -> bytes: chunked framing around the content of a reply. Content of a known length has no framing; it is only
// counted (reply-side.ts).
import type { OutputBuffer } from "../http/output-buffer.ts";

const CRLF = "\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** `chunk = size CRLF data CRLF`, RFC 9112 §7.1. An empty chunk would end the content, so it is never written here. */
export function writeChunk(bytes: Uint8Array, out: OutputBuffer): void {
  if (bytes.length === 0) return;
  out.appendLatin1(bytes.length.toString(16) + CRLF);
  out.append(bytes);
  out.appendLatin1(CRLF);
}

export function writeLastChunk(out: OutputBuffer): void {
  out.appendLatin1(LAST_CHUNK);
}
