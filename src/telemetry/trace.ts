// The debug output of the exercise: connections, request heads and reply heads as they happen, for people to read. Pure
// functions that return text. Bytes from the peer are escaped, so that a request cannot move the cursor, colour the
// terminal or forge a line. Passwords, cookies and tokens are masked, unless somebody asks for them.
import type { ClientCertificate, Peer, Reply } from "../http/message.ts";
import type { RequestHead } from "../http/request-head.ts";
import { maskSecrets } from "./secrets.ts";

/** @param listener where it came to, if there are several */
export function traceOpen(connection: number, peer: string, listener?: string): string {
  return `connection ${connection} opened from ${peer}${listener === undefined ? "" : ` at ${listener}`}`;
}

/** What the client has proved itself with: told with its first request. */
export function traceClient(connection: number, { subject, fingerprint }: ClientCertificate): string {
  return `connection ${connection} is of ${escapeControls(subject)}, with the certificate ${fingerprint}`;
}

/** @param openMs how long it was open */
export function traceClose(connection: number, openMs: number): string {
  return `connection ${connection} closed after ${inMs(openMs)}`;
}

/**
 * When a reply was written.
 * @param whose "connection 1", or that with a stream
 * @param tookMs since the head of the request was read
 * @param openMs since the connection was accepted
 */
export function traceTimes(whose: string, tookMs: number, openMs: number): string {
  return `${whose} replied after ${inMs(tookMs)}, ${inMs(openMs)} since accept`;
}

/** One line for each line of the head, marked `<` as curl marks what arrives. */
export function traceRequest(connection: number, head: RequestHead, showsSecrets: boolean): string {
  return traceHead(`connection ${connection} <`, head.bytes.toString("latin1", head.start, head.end), showsSecrets);
}

/** The same for a reply, marked `>`. @param head its bytes, as Latin-1 */
export function traceReply(connection: number, head: string, showsSecrets: boolean): string {
  return traceHead(`connection ${connection} >`, head, showsSecrets);
}

/** Who asks, as a trusted proxy says. */
export function traceProxied(connection: number, { address, scheme, host, proxy }: Peer, stream?: number): string {
  const name = stream === undefined ? `connection ${connection}` : `connection ${connection} stream ${stream}`;
  const through = proxy === "" ? "the proxy at the local socket" : `the proxy ${proxy}`;
  const asked = host === undefined ? scheme : `${scheme}://${host}`;
  return `${name} < comes from ${address} by ${asked}, through ${through}`;
}

/** A request on one stream of HTTP/2: the same lines, with its pseudo-fields (RFC 9113 §8.3.1) in place of the first. */
export function traceStreamRequest(
  connection: number,
  stream: number,
  head: RequestHead,
  showsSecrets: boolean,
): string {
  const pseudo = [
    [":method", head.method],
    [":authority", head.authority],
    [":path", head.isAsterisk ? "*" : head.target],
  ] as const;
  const lines = [...pseudo, ...head.fields()].map(([name, value]) => `${name}: ${value}`);
  return traceLines(`connection ${connection} stream ${stream} <`, lines, showsSecrets);
}

export function traceStreamReply(
  connection: number,
  stream: number,
  { status, fields, content }: Reply,
  showsSecrets: boolean,
): string {
  const length = content?.kind === "content" ? [`Content-Length: ${content.length}`] : [];
  const lines = [`:status: ${status}`, ...fields.split("\r\n").filter(Boolean), ...length];
  return traceLines(`connection ${connection} stream ${stream} >`, lines, showsSecrets);
}

function traceHead(prefix: string, head: string, showsSecrets: boolean): string {
  return traceLines(prefix, head.trimEnd().split("\r\n"), showsSecrets);
}

function inMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

function traceLines(prefix: string, lines: readonly string[], showsSecrets: boolean): string {
  return lines.map((line) => `${prefix} ${escapeControls(showsSecrets ? line : maskSecrets(line))}`).join("\n");
}

/** Escapes all bytes except printable ASCII as \xNN: C0, DEL, C1 and Latin-1, whose meaning depends on the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
