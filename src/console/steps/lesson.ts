// A lesson: one connection after another, each step by itself. The real engine and the real handler, with a stop before each
// step. What a step is stands in facts.ts, and in the order in which they come:
//
//   lesson.ts            listen, accept
//   connection-steps.ts  bytes, head, content, next, linger, close
//   handler-stops.ts     guard, plan: the handler is stopped inside
//   reply-steps.ts       answer, write, file
//
// narrator.ts tells them, and stops before each.
import type { Handler } from "../../http/message.ts";
import { Connection, type Http1Context } from "../../http1/connection.ts";
import { HeadParser } from "../../http1/head-parser.ts";
import { HeadWriter } from "../../http1/head-writer.ts";
import type { Http1Limits } from "../../http1/limits.ts";
import { ConnectionSteps } from "./connection-steps.ts";
import { HandlerStops } from "./handler-stops.ts";
import { Narrator, type NarratorContext, NOW } from "./narrator.ts";
import { ReplySteps } from "./reply-steps.ts";
import type { Wire } from "./wire.ts";

interface LessonContext extends NarratorContext {
  readonly wire: Wire;
  readonly limits: Http1Limits;
}

export class Lesson {
  /** Who is told what the handler decides. */
  readonly stops: HandlerStops;
  readonly #wire: Wire;
  readonly #narrator: Narrator;
  readonly #http1: Http1Context;

  constructor(context: LessonContext) {
    const { wire, limits } = context;
    this.#wire = wire;
    this.#narrator = new Narrator(context);
    this.stops = new HandlerStops(this.#narrator);
    this.#http1 = { limits, parser: new HeadParser(limits, "none"), writer: new HeadWriter() };
  }

  /** @throws the system's error */
  async listen(): Promise<{ readonly port: number; readonly path: string | undefined }> {
    const place = await this.#wire.listen();
    const outcome = `The kernel takes connections to port ${place.port} of this machine, and keeps them in a queue.`;
    this.#narrator.step("listen", { outcome });
    return place;
  }

  /** Until the learner ends it. @throws {LessonEnded} */
  async run(handler: Handler): Promise<never> {
    for (;;) {
      const connection = await this.#accept();
      const replies = new ReplySteps(this.#wire, this.#narrator, this.#http1.writer, connection);
      const context = { wire: this.#wire, narrator: this.#narrator, stops: this.stops, replies, handler };
      await new ConnectionSteps(connection, context).live();
      this.#narrator.stop();
    }
  }

  async #accept(): Promise<Connection> {
    this.#narrator.awaitClient("accept");
    await this.#wire.whenAwaited();
    this.#narrator.pass("accept");
    this.#wire.accept();
    const connection = new Connection(this.#http1, NOW);
    this.#narrator.beginConnection(connection);
    this.#narrator.step("accept", {
      outcome: "A client had connected already: the kernel did that by itself. Now the connection has a descriptor.",
    });
    return connection;
  }
}
