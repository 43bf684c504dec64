// Reply -> response head: status line, the reply's own fields, and the fields that belong to the connection
// (Date, Content-Length or Transfer-Encoding, Connection). One writer serves all connections of a thread.
// The bytes of a reply that is sent again and again are kept, with short content right behind the head. Sending it again
// makes no string and, for an output that can borrow, no copy.
import { formatDate } from "../http/date.ts";
import type { Block, Reply, WrittenReply } from "../http/message.ts";
import { allocateBlock, type OutputBuffer } from "../http/output-buffer.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import { isShort, segmentsOf } from "../http/short-content.ts";
import { reasonPhrase } from "../http/status.ts";

export type Framing = "none" | "length" | "chunked" | "close-delimited";

const EMPTY_LINE_LENGTH = 2;
const END: Readonly<Record<"keep-alive" | "close", Buffer>> = {
  "keep-alive": Buffer.from("Connection: keep-alive\r\n\r\n", "latin1"),
  close: Buffer.from("Connection: close\r\n\r\n", "latin1"),
};

/** How often a reply is sent in one second before its bytes are kept. */
const KEPT_COUNT = 3;

/** The end of the date's line, and the empty line. */
const AFTER_DATE_LENGTH = 4;

/** Writes heads, with the date. One serves all connections of a thread. */
export class HeadWriter {
  readonly #allocate: (sizeBytes: number) => Block;
  #second = Number.NaN;
  #date = "";

  /** @param allocate memory of the kind that the outputs of this writer borrow */
  constructor(allocate: (sizeBytes: number) => Block = allocateBlock) {
    this.#allocate = allocate;
  }

  /** Sets the date of replies, in ms since the epoch. It is formatted again only when the second has changed. */
  setTime(wallMs: number): void {
    const second = Math.floor(wallMs / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#date = formatDate(second * 1000);
  }

  /** An interim reply, RFC 9110 §15.2. */
  writeInterim(status: number, fields: string, out: OutputBuffer): void {
    out.appendLatin1(`${statusLine(status)}${fields}\r\n`);
  }

  /**
   * @param connection the value of the Connection field, if it is sent
   * @param isWhole writes the content as well, which must be short (`isShort`)
   * @returns where in the output the head ends
   */
  write(
    reply: Reply,
    framing: Framing,
    connection: "keep-alive" | "close" | undefined,
    isWhole: boolean,
    out: OutputBuffer,
  ): number {
    const start = out.length;
    const written = framing === "none" || framing === "length" ? this.#recall(reply, framing) : undefined;
    if (written?.block === undefined) return this.#writeAnew(reply, framing, connection, isWhole, out);
    const { block, headLength } = written;
    if (connection === undefined && (isWhole || headLength === block.bytes.length)) {
      out.appendBlock(block);
      return start + headLength;
    }
    out.append(block.bytes.subarray(0, connection === undefined ? headLength : headLength - EMPTY_LINE_LENGTH));
    if (connection !== undefined) out.append(END[connection]);
    const headEnd = out.length;
    if (isWhole) out.append(block.bytes.subarray(headLength));
    return headEnd;
  }

  #writeAnew(
    reply: Reply,
    framing: Framing,
    connection: string | undefined,
    isWhole: boolean,
    out: OutputBuffer,
  ): number {
    const end = connection === undefined ? "\r\n" : `Connection: ${connection}\r\n\r\n`;
    out.appendLatin1(headOf(reply, framing, this.#date) + end);
    const headEnd = out.length;
    if (isWhole) for (const segment of segmentsOf(reply)) out.append(segment);
    return headEnd;
  }

  /**
   * The kept bytes of the reply, with the current date. They are kept once a reply is sent `KEPT_COUNT` times in one
   * second. Until then, we only count: of a million files, most are not asked for that often.
   */
  #recall(reply: Reply, framing: Framing): WrittenReply {
    let { written } = reply;
    if (written === undefined || written.writer !== this) {
      written = { block: undefined, headLength: 0, second: this.#second, sentCount: 1, writer: this };
      reply.written = written;
      return written;
    }
    if (written.block === undefined) {
      if (written.second !== this.#second) {
        written.second = this.#second;
        written.sentCount = 0;
      }
      if (++written.sentCount < KEPT_COUNT) return written;
      written = this.#prepare(reply, framing);
      reply.written = written;
    }
    // RFC 9110 §6.6.1: an origin server with a clock sends Date.
    if (written.second !== this.#second) {
      written.second = this.#second;
      written.block!.bytes.write(this.#date, written.headLength - AFTER_DATE_LENGTH - this.#date.length, "latin1");
    }
    return written;
  }

  #prepare(reply: Reply, framing: Framing): WrittenReply {
    const head = `${headOf(reply, framing, this.#date)}\r\n`;
    const segments = isShort(reply.content) ? segmentsOf(reply) : [];
    const block = this.#allocate(segments.reduce((length, segment) => length + segment.length, head.length));
    let offset = block.bytes.write(head, "latin1");
    for (const segment of segments) offset += segment.copy(block.bytes, offset);
    return { block, headLength: head.length, second: this.#second, sentCount: 0, writer: this };
  }
}

/** How the content of this reply is delimited for a peer of this minor version: RFC 9112 §6. */
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

/** The head without its empty line. The date is the last line. */
function headOf(reply: Reply, framing: Framing, date: string): string {
  return `${statusLine(reply.status)}${reply.fields}${framingField(reply, framing)}Date: ${date}\r\n`;
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
}

function framingField(reply: Reply, framing: Framing): string {
  if (reply.content?.kind === "content") return `Content-Length: ${reply.content.length}\r\n`;
  return framing === "chunked" ? "Transfer-Encoding: chunked\r\n" : "";
}
