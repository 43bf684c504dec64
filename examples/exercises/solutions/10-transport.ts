// The four steps of every transport: bytes go in, events come out, bytes leave, the deadline is known. Each request has a
// number, so that a reply that comes too late is noticed: the engine may have refused the request meanwhile.

import type { ContentStream, Handler, Reply } from "../../../src/http/message.ts";
import {
  Connection,
  HeadParser,
  HeadWriter,
  type Http1Event,
  type Http1Limits,
  OutputBuffer,
  type RequestHead,
} from "../../../src/http1/index.ts";
import { release } from "../../../src/transport/exchange.ts";

export class MemoryConnection {
  isEnded = false;
  isClosed = false;
  readonly #handler: Handler;
  readonly #connection: Connection;
  readonly #out = new OutputBuffer();
  readonly #wire: Buffer[] = [];
  #sentBytes = 0;
  #exchange = 0;
  #now: number;

  constructor(handler: Handler, limits: Http1Limits, now: number) {
    const writer = new HeadWriter();
    writer.setTime(0);
    this.#handler = handler;
    this.#now = now;
    this.#connection = new Connection({ limits, parser: new HeadParser(limits), writer }, now);
  }

  get deadline(): number {
    return this.#connection.deadline;
  }

  write(bytes: Buffer, now: number): void {
    this.#now = now;
    this.#connection.receive(bytes, now);
    this.#turn();
  }

  end(now: number): void {
    this.#now = now;
    this.#connection.receiveEnd(now);
    this.#turn();
  }

  tick(now: number): void {
    this.#now = now;
    if (this.#connection.deadline <= now) this.#connection.expire(now);
    this.#turn();
  }

  read(): Buffer {
    return Buffer.concat(this.#wire.splice(0));
  }

  /** Telling the engine that output has left may give it something to do: then there are events again. */
  #turn(): void {
    let event: Http1Event | undefined;
    do {
      for (event = this.#connection.next(); event !== undefined; event = this.#connection.next()) this.#take(event);
      this.#flush();
      event = this.#connection.next();
      if (event !== undefined) this.#take(event);
    } while (event !== undefined);
  }

  #take(event: Http1Event): void {
    if (event.kind === "head") this.#answer(event.head);
    else if (event.kind === "rejected") this.#send(this.#handler.refuse(event.rejection), ++this.#exchange);
    else if (event.kind === "finish") this.isEnded = true;
    else if (event.kind === "closed") this.isEnded = this.isClosed = true;
  }

  #answer(head: RequestHead): void {
    const exchange = ++this.#exchange;
    this.#connection.discardContent();
    const reply = this.#handler.handle(head, { address: "", scheme: "http" });
    if (!(reply instanceof Promise)) return this.#send(reply, exchange);
    void reply.then((late) => {
      this.#send(late, exchange);
      this.#turn();
    });
  }

  #send(reply: Reply, exchange: number): void {
    const { content } = reply;
    if (this.isClosed || exchange !== this.#exchange) return release(content);
    this.#connection.sendReply(reply, this.#out, this.#now);
    if (content === undefined || !this.#connection.wantsContent) return release(content);
    if (content.kind === "stream") return void this.#pull(content);
    for (const segment of content.segments)
      if (Buffer.isBuffer(segment)) this.#connection.sendContent(segment, this.#out);
    release(content);
  }

  async #pull(content: ContentStream): Promise<void> {
    try {
      for await (const bytes of content.chunks) {
        if (this.isClosed) return;
        this.#connection.sendContent(bytes, this.#out);
        this.#flush();
      }
      if (!this.isClosed) this.#connection.sendEnd(this.#out);
    } catch {
      // The head is out and promises more: the content can only be cut off.
      this.#connection.abort();
    } finally {
      release(content);
    }
    this.#turn();
  }

  #flush(): void {
    const bytes = this.#out.take();
    if (bytes.length > 0) this.#wire.push(bytes);
    this.#sentBytes += bytes.length;
    this.#connection.noteOutput(this.#sentBytes, false, this.#now);
  }
}
