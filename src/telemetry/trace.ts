// The debug output of the exercise: connections, request heads and reply heads as they happen, for people to read. Pure
// functions that return text. Bytes from the peer are escaped, so that a request cannot move the cursor, colour the
// terminal or forge a line.
import type { ClientCertificate } from "../http/message.ts";
import type { RequestHead } from "../http/request-head.ts";

export function traceOpen(connection: number, peer: string): string {
  return `connection ${connection} opened from ${peer}`;
}

/** What the client has proved itself with: told with its first request. */
export function traceClient(connection: number, { subject, fingerprint }: ClientCertificate): string {
  return `connection ${connection} is of ${escapeControls(subject)}, with the certificate ${fingerprint}`;
}

export function traceClose(connection: number): string {
  return `connection ${connection} closed`;
}

/** One line for each line of the head, marked `<` as curl marks what arrives. */
export function traceRequest(connection: number, head: RequestHead): string {
  return traceHead(connection, "<", head.bytes, head.start, head.end);
}

/** The same for a reply, marked `>`. */
export function traceReply(connection: number, memory: Buffer, start: number, end: number): string {
  return traceHead(connection, ">", memory, start, end);
}

function traceHead(connection: number, mark: string, memory: Buffer, start: number, end: number): string {
  const lines = memory.toString("latin1", start, end).trimEnd().split("\r\n");
  return lines.map((line) => `connection ${connection} ${mark} ${escapeControls(line)}`).join("\n");
}

/** Escapes all bytes except printable ASCII as \xNN: C0, DEL, C1 and Latin-1, whose meaning depends on the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
