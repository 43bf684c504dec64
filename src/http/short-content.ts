// Content that is in memory and short enough to be copied into the output, right behind the head of its reply.
import type { Reply } from "./message.ts";

/** Content up to this size is written behind its head, so that both leave in one write. */
const SHORT_CONTENT_BYTES = 16 * 1024;

/** Whether content is written behind its head. */
export function isShort(content: Reply["content"]): boolean {
  return content?.kind === "content" && content.file === undefined && content.length <= SHORT_CONTENT_BYTES;
}

/** The segments of content that is in memory. */
export function segmentsOf(reply: Reply): readonly Buffer[] {
  return reply.content?.kind === "content" ? (reply.content.segments as readonly Buffer[]) : [];
}
