// One learner's session, as the main thread has it: the thread, the gate that it stops at, what was told so far, and the client
// whose bytes the learner writes on the page. It ends when the learner ends it, does nothing for a while, or closes the page.
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { Reply } from "../http/message.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { eventStreamReply } from "./event-stream.ts";
import { GATE_BYTES, GateKeeper } from "./steps/gate.ts";
import type { FromLesson, LessonData } from "./steps/lesson-thread.ts";
import type { Told } from "./steps/step.ts";

/** Somebody reads, or has gone for coffee. */
const IDLE_LIMIT_MS = 15 * 60_000;
/** A page that is loaded again has its events back by then. */
const UNWATCHED_LIMIT_MS = 5_000;
/** So often a page is sent a line that says nothing: only by sending does it show that somebody has gone. */
const BEAT_MS = 1_000;
const BEAT: Buffer = Buffer.from(":\n\n");
/** A thread that has not ended by itself by then hangs. */
const END_LIMIT_MS = 2_000;
/** What is told is kept for a page that connects again: a bound for those who send and send. */
const TOLD_LIMIT_BYTES = 4 * 1024 * 1024;
/** How much of a response the page shows; the rest is read and counted by nobody. */
const RECEIVED_LIMIT_BYTES = 64 * 1024;

export interface SessionContext {
  readonly options: ResolvedOptions;
  readonly transport: LessonData["transport"];
  readonly onEnd: () => void;
}

export class StepSession {
  readonly #worker: Worker;
  readonly #gate: GateKeeper;
  readonly #onEnd: () => void;
  /** As server-sent events. */
  readonly #told: Buffer[] = [];
  #toldBytes = 0;
  #more: PromiseWithResolvers<void> = Promise.withResolvers();
  #isWaiting = false;
  #place: { readonly port: number; readonly path: string | undefined } | undefined;
  #client: Socket | undefined;
  #receivedBytes = 0;
  #readerCount = 0;
  #isOver = false;
  #idle: NodeJS.Timeout | undefined;
  #unwatched: NodeJS.Timeout | undefined;

  constructor({ options, transport, onEnd }: SessionContext) {
    const memory = new SharedArrayBuffer(GATE_BYTES);
    this.#gate = new GateKeeper(memory);
    this.#onEnd = onEnd;
    const workerData: LessonData = { options, transport, memory };
    this.#worker = new Worker(new URL("./steps/lesson-thread.ts", import.meta.url), {
      workerData,
      name: "heddle steps",
    });
    this.#worker.on("message", (message: FromLesson) => this.#take(message));
    this.#worker.on("error", (error) => this.#over(`the thread has failed: ${String(error)}`));
    this.#worker.on("exit", () => this.#over("the thread has ended"));
    // After the listeners, which hold the process again.
    this.#worker.unref();
    this.#touch();
    this.#watch();
  }

  /** @param from how many events the page has already */
  events(from: number): Reply {
    return eventStreamReply(this.#events(from));
  }

  /** @param isRun to the end of the request. @returns whether the thread waits for that */
  go(isRun: boolean): boolean {
    this.#touch();
    if (!this.#isWaiting && !isRun) return false;
    this.#isWaiting = false;
    if (isRun) this.#gate.run();
    else this.#gate.step();
    return true;
  }

  /** Sends as the client of the page, which connects when it has no connection. @returns why it cannot */
  send(bytes: Buffer): string | undefined {
    this.#touch();
    if (this.#place === undefined) return "The port is not open yet.\n";
    this.#client ??= this.#connect(this.#place);
    if (this.#client.writableEnded) return "The client has ended its half: its connection has to be closed first.\n";
    this.#client.write(bytes);
    this.#tell({ kind: "client", did: "sends", bytes: bytes.toString("base64") });
    return undefined;
  }

  /** The client ends its half. @returns whether it has one */
  finish(): boolean {
    this.#touch();
    if (this.#client === undefined || this.#client.writableEnded) return false;
    this.#client.end();
    this.#tell({ kind: "client", did: "sends", bytes: undefined });
    return true;
  }

  end(why: string): void {
    if (this.#isOver) return;
    this.#over(why);
    this.#gate.end();
    const late = setTimeout(() => void this.#worker.terminate(), END_LIMIT_MS).unref();
    this.#worker.once("exit", () => clearTimeout(late));
  }

  #take(message: FromLesson): void {
    if (message.kind === "listens") this.#place = message;
    else if (message.kind === "ended") this.end(message.why);
    else {
      if (message.kind === "waits") this.#isWaiting = message.for === "learner";
      this.#tell(message);
    }
  }

  #connect({ port, path }: { readonly port: number; readonly path: string | undefined }): Socket {
    const place = path === undefined ? { host: "127.0.0.1", port } : { path: path.replace("@", "\0") };
    const client = connect(place);
    this.#receivedBytes = 0;
    client.on("data", (bytes: Buffer) => this.#receive(bytes));
    client.on("end", () => this.#tell({ kind: "client", did: "receives", bytes: undefined }));
    // "close" follows.
    client.on("error", () => {});
    client.on("close", () => {
      if (this.#client === client) this.#client = undefined;
    });
    return client;
  }

  #receive(bytes: Buffer): void {
    const left = Math.max(0, RECEIVED_LIMIT_BYTES - this.#receivedBytes);
    this.#receivedBytes += bytes.length;
    const first = bytes.subarray(0, left);
    if (first.length > 0) this.#tell({ kind: "client", did: "receives", bytes: first.toString("base64") });
  }

  #tell(told: Told): void {
    if (this.#isOver) return;
    const event = Buffer.from(`id: ${this.#told.length + 1}\ndata: ${JSON.stringify(told)}\n\n`);
    this.#told.push(event);
    this.#toldBytes += event.length;
    this.#wake();
    if (this.#toldBytes > TOLD_LIMIT_BYTES && told.kind !== "ended") this.end("this was much: begin anew");
  }

  #wake(): void {
    const { resolve } = this.#more;
    this.#more = Promise.withResolvers();
    resolve();
  }

  #over(why: string): void {
    if (this.#isOver) return;
    this.#tell({ kind: "ended", why });
    this.#isOver = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#unwatched);
    this.#client?.destroy();
    this.#wake();
    this.#onEnd();
  }

  async *#events(from: number): AsyncGenerator<Buffer> {
    this.#readerCount++;
    clearTimeout(this.#unwatched);
    const beat = setInterval(() => this.#wake(), BEAT_MS).unref();
    try {
      for (let index = from; ; ) {
        const { promise } = this.#more;
        while (index < this.#told.length) yield this.#told[index++]!;
        if (this.#isOver) return;
        await promise;
        if (index === this.#told.length) yield BEAT;
      }
    } finally {
      clearInterval(beat);
      this.#readerCount--;
      this.#watch();
    }
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.end("nothing was asked for a quarter of an hour"), IDLE_LIMIT_MS).unref();
  }

  /** A learner who is gone leaves no thread behind. */
  #watch(): void {
    if (this.#readerCount > 0 || this.#isOver) return;
    clearTimeout(this.#unwatched);
    this.#unwatched = setTimeout(() => this.end("the page was closed"), UNWATCHED_LIMIT_MS).unref();
  }
}
