// The life of one connection, step by step. The engine says what comes next, as it says it to a pump (transport/): bytes in,
// events out, bytes written, and what is left of a pump's fourth step, the deadline, is only told.
import type { Handler } from "../../http/message.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Connection } from "../../http1/connection.ts";
import type { Http1Event } from "../../http1/events.ts";
import type { HandlerStops } from "./handler-stops.ts";
import { count, mistakeInWords, wordsOf } from "./in-words.ts";
import { type Narrator, NOW } from "./narrator.ts";
import type { ReplySteps } from "./reply-steps.ts";
import { type StepName, shown } from "./step.ts";
import type { Wire } from "./wire.ts";

interface ConnectionContext {
  readonly wire: Wire;
  readonly narrator: Narrator;
  readonly stops: HandlerStops;
  readonly replies: ReplySteps;
  readonly handler: Handler;
}

export class ConnectionSteps {
  readonly #connection: Connection;
  readonly #context: ConnectionContext;

  constructor(connection: Connection, context: ConnectionContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /** From its first byte to its end. @throws {LessonEnded} */
  async live(): Promise<void> {
    let asks: StepName | "over" = await this.#receive();
    while (asks !== "over") {
      this.#context.narrator.pass(asks);
      asks = await this.#take(this.#next(), asks);
    }
    this.#close();
  }

  /** Acts on what the engine says. @returns what it is asked then */
  async #take(event: Http1Event | undefined, asked: StepName): Promise<StepName | "over"> {
    const { narrator, replies, handler } = this.#context;
    switch (event?.kind) {
      case undefined:
        this.#waits(asked);
        return this.#receive();
      case "head":
        await this.#answer(event.head);
        return "next";
      case "rejected":
        narrator.step(asked, mistakeInWords(event));
        narrator.pass("answer");
        await replies.take(handler.refuse(event.rejection), [["code", event.rejection.code]]);
        return "next";
      case "mistake":
        narrator.step(asked, mistakeInWords(event));
        return "next";
      case "end":
        narrator.step("content", { outcome: "The content of the request has come to its end, and is dropped." });
        return "next";
      case "finish":
        await this.#finish();
        return "over";
      default:
        return "over";
    }
  }

  /** The next event that says something. */
  #next(): Http1Event | undefined {
    for (;;) {
      const event = this.#connection.next();
      // A request without content ends with its head: both sides have moved already.
      if (event?.kind === "end" && this.#connection.states.peer === this.#context.narrator.states.peer) continue;
      if (event?.kind !== "content") return event;
    }
  }

  /** @returns what the engine is asked then */
  async #receive(): Promise<StepName> {
    const { wire, narrator } = this.#context;
    narrator.awaitClient("bytes");
    await wire.whenReadable();
    narrator.pass("bytes");
    const bytes = wire.receive();
    if (bytes === "failed") {
      this.#connection.abort();
      narrator.step("bytes", { outcome: "The connection is broken: the client is gone." });
    } else if (bytes === undefined) {
      const { self } = this.#connection.states;
      const rest = self === "owed" || self === "content" ? "Its response is still sent." : "It asks for nothing more.";
      this.#connection.receiveEnd(NOW);
      narrator.step("bytes", { outcome: `0 bytes: the client has ended its half. ${rest}` });
    } else {
      this.#connection.receive(bytes, NOW);
      narrator.step("bytes", { outcome: `${count(bytes.length)} came in one call.`, bytes: shown("in", bytes) });
    }
    const { peer } = this.#connection.states;
    if (peer === "content") return "content";
    return peer === "idle" && !Buffer.isBuffer(bytes) ? "next" : "head";
  }

  async #answer(head: RequestHead): Promise<void> {
    const { narrator, stops, replies, handler } = this.#context;
    narrator.beginRequest();
    const target = head.isAsterisk ? "*" : head.target;
    narrator.step("head", {
      outcome: `A request: ${head.method} ${target}, in ${count(head.end - head.start)}.`,
      words: wordsOf(head, this.#connection.states.peer === "content"),
      isRound: true,
    });
    this.#connection.discardContent();
    const { reply, words } = await stops.ask(handler, head);
    await replies.take(reply, words);
  }

  /** Nothing to do before more bytes come. */
  #waits(asked: StepName): void {
    const { narrator } = this.#context;
    const { peer } = this.#connection.states;
    if (asked === "next" && peer === "idle") {
      const outcome = "The connection stays: both sides are idle again, and the next request may come.";
      narrator.step("next", { outcome });
      narrator.stop();
    } else if (peer === "content") {
      narrator.step(asked, { outcome: "The content of the request is not complete: more has to come." });
    } else {
      narrator.step(asked, { outcome: "The head is not complete. The engine keeps what it has, and wants more." });
    }
  }

  async #finish(): Promise<void> {
    const { wire, narrator, replies } = this.#context;
    const { isPeerDone } = this.#connection;
    narrator.step("next", {
      outcome: isPeerDone
        ? "The connection ends: the client has said that it sends nothing more."
        : "The connection ends after this response.",
    });
    // With nothing to read, close(2) sends what the socket holds, and then an end: nobody has to wait.
    if (wire.isQueueEmpty && isPeerDone) return;
    narrator.pass("linger");
    wire.endOutput();
    replies.noteOutput();
    narrator.step("linger", { outcome: "Our half has ended. What the client still sends is read and dropped." });
    while (!this.#connection.isOver) {
      await this.#receive();
      this.#connection.next();
    }
  }

  #close(): void {
    const { wire, narrator } = this.#context;
    narrator.pass("close");
    this.#connection.abort();
    wire.closeConnection();
    narrator.step("close", { outcome: "The connection is gone. The next client has its turn." });
  }
}
