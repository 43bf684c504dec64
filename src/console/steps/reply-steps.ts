// A reply on its way out, in three steps: what it is, its head with short content, and the content that follows.
import type { Content, ContentStream, Reply } from "../../http/message.ts";
import { OutputBuffer } from "../../http/output-buffer.ts";
import { reasonPhrase } from "../../http/status.ts";
import type { Connection } from "../../http1/connection.ts";
import type { HeadWriter } from "../../http1/head-writer.ts";
import { release } from "../../transport/exchange.ts";
import { contentInWords, count, fieldsOf } from "./in-words.ts";
import { type Narrator, NOW } from "./narrator.ts";
import { type Step, shown } from "./step.ts";
import type { Wire } from "./wire.ts";

const GONE = "The client is gone.";

export class ReplySteps {
  readonly #wire: Wire;
  readonly #narrator: Narrator;
  readonly #writer: HeadWriter;
  readonly #connection: Connection;
  readonly #out = new OutputBuffer();
  #sentBytes = 0;

  constructor(wire: Wire, narrator: Narrator, writer: HeadWriter, connection: Connection) {
    this.#wire = wire;
    this.#narrator = narrator;
    this.#writer = writer;
    this.#connection = connection;
  }

  /** @param words what has decided the reply */
  async take(reply: Reply, words: Step["words"]): Promise<void> {
    const { status, content } = reply;
    try {
      this.#narrator.step("answer", {
        outcome: `${status} ${reasonPhrase(status)}, ${contentInWords(content)}.`,
        words: [...words, ...fieldsOf(reply)],
      });
      await this.#sendHead(reply);
      if (content !== undefined && this.#connection.wantsContent) await this.#sendContent(content);
    } finally {
      release(content);
    }
  }

  /** For the lingering close: all that was written has left. */
  noteOutput(): void {
    this.#connection.noteOutput(this.#sentBytes, false, NOW);
  }

  async #sendHead(reply: Reply): Promise<void> {
    this.#narrator.pass("write");
    this.#writer.setTime(Date.now());
    this.#connection.sendReply(reply, this.#out, NOW);
    const bytes = this.#out.take();
    const isSent = await this.#send(bytes);
    const what = this.#connection.wantsContent
      ? "the head; the content follows"
      : "the head, and what content there is";
    this.#narrator.step("write", {
      outcome: isSent ? `${count(bytes.length)} have left: ${what}.` : GONE,
      bytes: shown("out", bytes),
    });
  }

  async #sendContent(content: Content | ContentStream): Promise<void> {
    this.#narrator.pass("file");
    const isSent = await (content.kind === "content" ? this.#sendSegments(content) : this.#sendStream(content));
    if (!isSent) this.#connection.abort();
    this.#narrator.step("file", {
      outcome: isSent
        ? `All ${count(this.#connection.contentBytes)} of the content have left.`
        : `${GONE} Or the file has become shorter: then the connection is cut off.`,
    });
  }

  async #sendSegments({ segments, file }: Content): Promise<boolean> {
    for (const segment of segments) {
      const isBytes = Buffer.isBuffer(segment);
      const isSent = isBytes
        ? await this.#wire.send(segment)
        : await this.#wire.sendFile(file!, segment.start, segment.end);
      if (!isSent) return false;
      this.#connection.countContent(isBytes ? segment.length : segment.end - segment.start);
    }
    return true;
  }

  async #sendStream({ chunks }: ContentStream): Promise<boolean> {
    for await (const chunk of chunks) {
      this.#connection.sendContent(chunk, this.#out);
      if (!(await this.#send(this.#out.take()))) return false;
    }
    this.#connection.sendEnd(this.#out);
    return this.#send(this.#out.take());
  }

  async #send(bytes: Buffer): Promise<boolean> {
    const isSent = await this.#wire.send(bytes);
    if (isSent) this.#sentBytes += bytes.length;
    else this.#connection.abort();
    this.noteOutput();
    return isSent;
  }
}
