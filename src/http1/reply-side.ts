// Our side of a connection: its state (`SELF` of state.ts), and how the reply at hand is framed. `begin` sets that for
// each reply. One object serves a connection for its whole life, so that a reply allocates nothing here.
import type { Reply } from "../http/message.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import { writeChunk, writeLastChunk } from "./body-writer.ts";
import { type Framing, framingOf, type HeadWriter } from "./head-writer.ts";
import { SELF } from "./state.ts";

export class ReplySide {
  /** The number of a state of SELF. */
  state: number = SELF.at.idle;
  readonly #writer: HeadWriter;
  #framing: Framing = "none";
  /** How many bytes of content are still owed; Infinity for a stream. */
  #contentLeft = 0;
  /** How many bytes of content are written of the reply at hand. */
  contentBytes = 0;

  constructor(writer: HeadWriter) {
    this.#writer = writer;
  }

  get isChunked(): boolean {
    return this.#framing === "chunked";
  }

  /** Only the end of the connection tells where the content ends. */
  get isCloseDelimited(): boolean {
    return this.#framing === "close-delimited";
  }

  /** @throws {ProtocolMisuseError} where the table has no such step */
  move(step: number): void {
    const state = SELF.next(this.state, step);
    if (state < 0) throw new ProtocolMisuseError(`we cannot do that while ${SELF.nameOf(this.state)}`);
    this.state = state;
  }

  /**
   * Everything about the previous reply ends.
   * @param minorVersion of the peer
   * @param isHead whether the request is HEAD
   */
  begin(reply: Reply, minorVersion: number, isHead: boolean): void {
    const framing = framingOf(reply, minorVersion);
    this.move(SELF.by.reply);
    this.#framing = framing;
    this.contentBytes = 0;
    this.#contentLeft = reply.content?.kind === "content" ? reply.content.length : Number.POSITIVE_INFINITY;
    if (isHead || framing === "none" || this.#contentLeft === 0) this.move(SELF.by.end);
  }

  /**
   * @param connection the value of the Connection field, if it is sent
   * @param isWhole writes the content as well, which must be short
   * @returns where in the output the head ends
   */
  writeHead(reply: Reply, connection: "keep-alive" | "close" | undefined, isWhole: boolean, out: OutputBuffer): number {
    const headEnd = this.#writer.write(reply, this.#framing, connection, isWhole, out);
    if (isWhole) this.count(this.#contentLeft);
    return headEnd;
  }

  writeInterim(status: number, fields: string, out: OutputBuffer): void {
    this.move(SELF.by.interim);
    this.#writer.writeInterim(status, fields, out);
  }

  write(bytes: Uint8Array, out: OutputBuffer): void {
    this.count(bytes.length);
    if (this.isChunked) writeChunk(bytes, out);
    else out.append(bytes);
  }

  /** Counts content that is written here or by the transport. @throws {ProtocolMisuseError} beyond the owed length */
  count(count: number): void {
    if (count === 0) return;
    if (this.state !== SELF.at.content || count > this.#contentLeft) {
      throw new ProtocolMisuseError(`${count} bytes of content where ${this.#contentLeft} are left`);
    }
    this.#contentLeft -= count;
    this.contentBytes += count;
    if (this.#contentLeft === 0) this.move(SELF.by.end);
  }

  /** Ends content of an unknown length. @throws {ProtocolMisuseError} when a length was announced */
  end(out: OutputBuffer): void {
    if (this.#framing === "length") throw new ProtocolMisuseError(`${this.#contentLeft} announced bytes are missing`);
    this.move(SELF.by.end);
    if (this.isChunked) writeLastChunk(out);
  }
}
