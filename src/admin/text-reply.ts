// Replies of the admin listener: text, made for one request, and kept by nobody.
import type { Reply } from "../http/message.ts";

const FIELDS = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";

/** @param fields further lines, each ended by CRLF */
export function textReply(
  status: number,
  text: string | Buffer,
  { type = "text/plain; charset=utf-8", fields = "" }: { readonly type?: string; readonly fields?: string } = {},
): Reply {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  return {
    status,
    fields: `Content-Type: ${type}\r\n${FIELDS}${fields}`,
    content: { kind: "content", length: bytes.length, segments: [bytes], file: undefined },
  };
}
