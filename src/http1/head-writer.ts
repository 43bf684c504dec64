// Reply -> response head: status line, the reply's own fields, and the fields that belong to the connection
// (Date, Content-Length or Transfer-Encoding, Connection). One writer serves all connections of a thread.
// The part that is the same for each use of a reply is encoded once and kept on the reply.
import { formatDate } from "../http/date.ts";
import type { Reply } from "../http/message.ts";
import { reasonPhrase } from "../http/status.ts";
import type { OutputBuffer } from "./output-buffer.ts";
import { ProtocolMisuseError } from "./rejection.ts";

export type Framing = "none" | "length" | "chunked" | "close-delimited";

const CONTINUE: Buffer = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
const END_PERSISTENT: Buffer = Buffer.from("\r\n", "latin1");
const END_KEEP_ALIVE: Buffer = Buffer.from("Connection: keep-alive\r\n\r\n", "latin1");
const END_CLOSE: Buffer = Buffer.from("Connection: close\r\n\r\n", "latin1");

export class HeadWriter {
  #second = Number.NaN;
  #date: Buffer = Buffer.alloc(0);

  /** The wall clock, in ms since the epoch: formatted again only when the second has changed. Call it before writing. */
  setTime(wallMs: number): void {
    const second = Math.floor(wallMs / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#date = Buffer.from(`Date: ${formatDate(second * 1000)}\r\n`, "latin1");
  }

  /** RFC 9110 §15.2.1. */
  writeContinue(out: OutputBuffer): void {
    out.append(CONTINUE);
  }

  /** @param isKeepAliveNamed an HTTP/1.0 peer must be told that the connection persists (RFC 9112 §9.3) */
  write(reply: Reply, framing: Framing, isPersistent: boolean, isKeepAliveNamed: boolean, out: OutputBuffer): void {
    out.append(framing === "none" || framing === "length" ? fixedHead(reply) : encode(reply, framing));
    // RFC 9110 §6.6.1: an origin server with a clock sends Date.
    out.append(this.#date);
    out.append(isPersistent ? (isKeepAliveNamed ? END_KEEP_ALIVE : END_PERSISTENT) : END_CLOSE);
  }
}

/** How the content of this reply is delimited, to a peer of this minor version; RFC 9112 §6. */
export function framingOf(reply: Reply, minorVersion: number): Framing {
  // RFC 9110 §6.4.1: these statuses never have content, and RFC 9110 §8.6 forbids 204 to announce a length.
  const isContentless = reply.status === 204 || reply.status === 304;
  if (isContentless !== (reply.content === undefined)) {
    throw new ProtocolMisuseError(
      `a reply of status ${reply.status} ${isContentless ? "cannot" : "must"} have content`,
    );
  }
  if (reply.content === undefined) return "none";
  if (reply.content.kind === "content") return "length";
  return minorVersion === 0 ? "close-delimited" : "chunked";
}

function fixedHead(reply: Reply): Buffer {
  reply.head ??= Buffer.from(encodeText(reply, lengthField(reply)), "latin1");
  return reply.head;
}

function lengthField(reply: Reply): string {
  return reply.content?.kind === "content" ? `Content-Length: ${reply.content.length}\r\n` : "";
}

function encode(reply: Reply, framing: Framing): Buffer {
  return Buffer.from(encodeText(reply, framing === "chunked" ? "Transfer-Encoding: chunked\r\n" : ""), "latin1");
}

function encodeText(reply: Reply, framingField: string): string {
  return `HTTP/1.1 ${reply.status} ${reasonPhrase(reply.status)}\r\n${reply.fields}${framingField}`;
}
