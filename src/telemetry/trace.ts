// The debug output that the exercise began with: connections, request heads and reply heads as they happen,
// for people to read. Pure: text out. Bytes from the peer are escaped, so that a request cannot move the
// cursor, colour the terminal or forge a line.
import type { RequestHead } from "../http1/request-head.ts";

export function traceOpen(connection: number, peer: string): string {
  return `connection ${connection} opened from ${peer}`;
}

export function traceClose(connection: number): string {
  return `connection ${connection} closed`;
}

/** One line for each line of the head, marked `<` as curl does for what arrives. */
export function traceRequest(connection: number, head: RequestHead): string {
  return traceHead(connection, "<", head.bytes, head.start, head.end);
}

/** The same for what leaves, marked `>`. */
export function traceReply(connection: number, memory: Buffer, start: number, end: number): string {
  return traceHead(connection, ">", memory, start, end);
}

function traceHead(connection: number, mark: string, memory: Buffer, start: number, end: number): string {
  const lines = memory.toString("latin1", start, end).trimEnd().split("\r\n");
  return lines.map((line) => `connection ${connection} ${mark} ${escapeControls(line)}`).join("\n");
}

/** Everything but printable ASCII as \xNN: C0, DEL, C1 and the rest of Latin-1, whose meaning depends on the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
