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
const EMPTY_LINE_LENGTH = 2;
const END_KEEP_ALIVE: Buffer = Buffer.from("Connection: keep-alive\r\n\r\n", "latin1");
const END_CLOSE: Buffer = Buffer.from("Connection: close\r\n\r\n", "latin1");

/** Stands in a prepared head until the date is written over it; all dates are this long. */
const DATE_PLACEHOLDER = "Thu, 01 Jan 1970 00:00:00 GMT";
/** Behind the date: the end of its line, and the empty line. */
const AFTER_DATE_LENGTH = 4;

export class HeadWriter {
  #second = Number.NaN;
  #date = DATE_PLACEHOLDER;

  /** The wall clock, in ms since the epoch: formatted again only when the second has changed. Call it before writing. */
  setTime(wallMs: number): void {
    const second = Math.floor(wallMs / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#date = formatDate(second * 1000);
  }

  /** RFC 9110 §15.2.1. */
  writeContinue(out: OutputBuffer): void {
    out.append(CONTINUE);
  }

  /** @param isKeepAliveNamed an HTTP/1.0 peer must be told that the connection persists (RFC 9112 §9.3) */
  write(reply: Reply, framing: Framing, isPersistent: boolean, isKeepAliveNamed: boolean, out: OutputBuffer): void {
    out.append(this.#prepare(reply, framing));
    if (isPersistent && !isKeepAliveNamed) return;
    out.length -= EMPTY_LINE_LENGTH;
    out.append(isPersistent ? END_KEEP_ALIVE : END_CLOSE);
  }

  /** A whole head with the date of now, kept on the reply: to send it again costs one copy, and a date a second. */
  #prepare(reply: Reply, framing: Framing): Buffer {
    const isFixed = framing === "none" || framing === "length";
    const prepared = (isFixed ? reply.head : undefined) ?? { bytes: encode(reply, framing), second: Number.NaN };
    if (isFixed) reply.head = prepared;
    // RFC 9110 §6.6.1: an origin server with a clock sends Date.
    if (prepared.second !== this.#second) {
      prepared.second = this.#second;
      prepared.bytes.write(this.#date, prepared.bytes.length - AFTER_DATE_LENGTH - this.#date.length, "latin1");
    }
    return prepared.bytes;
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

function encode(reply: Reply, framing: Framing): Buffer {
  const statusLine = `HTTP/1.1 ${reply.status} ${reasonPhrase(reply.status)}\r\n`;
  const date = `Date: ${DATE_PLACEHOLDER}\r\n\r\n`;
  return Buffer.from(statusLine + reply.fields + framingField(reply, framing) + date, "latin1");
}

function framingField(reply: Reply, framing: Framing): string {
  if (reply.content?.kind === "content") return `Content-Length: ${reply.content.length}\r\n`;
  return framing === "chunked" ? "Transfer-Encoding: chunked\r\n" : "";
}
