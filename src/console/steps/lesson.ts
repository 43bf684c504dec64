// One connection after another, each step by itself: the real engine and the real handler, with a stop before each step. The
// four parts of a pump are here as steps of their own (bytes, engine, write, what comes now), and the three of the handler: it
// is stopped inside, where it tells what it has decided (guard, plan, answer).

import type { Plan } from "../../content/plans/plan.ts";
import { FIELD_BIT } from "../../http/fields.ts";
import type { Content, ContentStream, Handler, Peer, Rejection, Reply } from "../../http/message.ts";
import { OutputBuffer } from "../../http/output-buffer.ts";
import type { RequestHead } from "../../http/request-head.ts";
import { reasonPhrase } from "../../http/status.ts";
import { Connection, type Http1Context } from "../../http1/connection.ts";
import type { Http1Event } from "../../http1/events.ts";
import { HeadParser } from "../../http1/head-parser.ts";
import { HeadWriter } from "../../http1/head-writer.ts";
import type { Http1Limits } from "../../http1/limits.ts";
import { REJECTIONS, type RejectionCode } from "../../http1/rejection.ts";
import { PEER_TRANSITIONS, SELF_TRANSITIONS } from "../../http1/state.ts";
import { release } from "../../transport/exchange.ts";
import { type Gate, LessonEnded } from "./gate.ts";
import { movesBetween } from "./moves.ts";
import { type ShownBytes, type States, type Step, type StepName, shown, type ToldByThread } from "./step.ts";
import type { Wire } from "./wire.ts";

/** Somebody who learns takes some twenty for a request. */
export const STEP_LIMIT_COUNT = 500;

const FRESH: States = { peer: "idle", self: "idle" };
/** Who asks, as the guard sees it: whoever can connect is on this machine. */
const PEER: Peer = { address: "127.0.0.1", scheme: "http", certificate: undefined };

export interface LessonContext {
  readonly wire: Wire;
  readonly gate: Gate;
  readonly limits: Http1Limits;
  readonly tell: (told: ToldByThread) => void;
}

/** What a step has come to. */
interface Outcome {
  readonly outcome: string;
  readonly bytes?: ShownBytes;
  readonly words?: Step["words"];
  /** Both sides have moved, also if they are where they were. */
  readonly isRound?: boolean;
  /** A reply is owed for a mistake, and not for a request. */
  readonly isRefusal?: boolean;
}

export class Lesson {
  readonly #wire: Wire;
  readonly #gate: Gate;
  readonly #tell: LessonContext["tell"];
  readonly #http1: Http1Context;
  readonly #out = new OutputBuffer();
  #connection: Connection;
  /** As they were told last. */
  #states: States = FRESH;
  #number = 0;
  #request = 0;
  #sentBytes = 0;
  /** What the handler has told since the last step. */
  #words: (readonly [string, string])[] = [];
  /** The step that the handler is in. */
  #asked: "guard" | "plan" | "answer" = "guard";

  constructor({ wire, gate, limits, tell }: LessonContext) {
    this.#wire = wire;
    this.#gate = gate;
    this.#tell = tell;
    this.#http1 = { limits, parser: new HeadParser(limits, "none"), writer: new HeadWriter() };
    this.#connection = new Connection(this.#http1, performance.now());
  }

  // What the handler tells while it is asked.

  say(step: string, what: string): void {
    this.#words.push([step, what]);
  }

  /** The guard has let the request pass, and so has the method: only now is a plan looked for. */
  found(how: "hot" | "looked" | "cold"): void {
    this.#endGuard();
    if (how !== "hot") return;
    this.#endPlan("The plan of this path is in memory, and fresh: nothing is looked up.");
  }

  planned({ kind }: Plan): void {
    this.#endPlan(PLANS[kind]);
  }

  #endPlan(outcome: string): void {
    if (this.#asked !== "plan") return;
    this.#step("plan", { outcome, words: this.#takeWords() });
    this.#pass("answer");
    this.#asked = "answer";
  }

  // The steps.

  /** Until the learner ends it. @throws {LessonEnded} */
  async run(handler: Handler): Promise<never> {
    for (;;) {
      await this.#accept();
      await this.#serve(handler);
      this.#gate.stop();
    }
  }

  async listen(): Promise<{ readonly port: number; readonly path: string | undefined }> {
    const place = await this.#wire.listen();
    this.#step("listen", {
      outcome: `The kernel takes connections to port ${place.port} of this machine, and keeps them in a queue.`,
    });
    return place;
  }

  async #accept(): Promise<void> {
    this.#await("accept");
    await this.#wire.whenAwaited();
    this.#pass("accept");
    this.#wire.accept();
    this.#connection = new Connection(this.#http1, performance.now());
    this.#states = FRESH;
    this.#request = 0;
    this.#sentBytes = 0;
    this.#step("accept", {
      outcome: "A client had connected already: the kernel did that by itself. Now the connection has a descriptor.",
    });
  }

  async #serve(handler: Handler): Promise<void> {
    for (let asks = await this.#receive(); ; ) {
      this.#pass(asks);
      const event = this.#next();
      if (event?.kind === "closed") return this.#close();
      if (event?.kind === "finish") {
        this.#finishes();
        if (await this.#linger()) return this.#close();
      } else if (event?.kind === "head") {
        await this.#answer(event.head, handler);
        asks = "next";
      } else if (event?.kind === "rejected" || event?.kind === "mistake") {
        this.#refuses(asks, event);
        if (event.kind === "rejected") await this.#reply(handler.refuse(event.rejection), refusedWith(event.rejection));
        asks = "next";
      } else if (event?.kind === "end") {
        this.#step("content", { outcome: "The content of the request has come to its end, and is dropped." });
        asks = "next";
      } else {
        this.#waits(asks);
        asks = await this.#receive();
      }
    }
  }

  /** The next event that says something. */
  #next(): Http1Event | undefined {
    for (;;) {
      const event = this.#connection.next();
      // A request without content ends with its head: both sides have moved already.
      if (event?.kind === "end" && this.#connection.states.peer === this.#states.peer) continue;
      if (event?.kind !== "content") return event;
    }
  }

  /** @returns what the engine is asked then */
  async #receive(): Promise<StepName> {
    this.#await("bytes");
    await this.#wire.whenReadable();
    this.#pass("bytes");
    const bytes = this.#wire.receive();
    const now = performance.now();
    if (bytes === "failed") {
      this.#connection.abort();
      this.#step("bytes", { outcome: "The connection is broken: the client is gone." });
    } else if (bytes === undefined) {
      this.#connection.receiveEnd(now);
      this.#step("bytes", { outcome: "0 bytes: the client has ended its half. It may still want its response." });
    } else {
      this.#connection.receive(bytes, now);
      this.#step("bytes", { outcome: `${count(bytes.length)} came in one call.`, bytes: shown("in", bytes) });
    }
    const { peer } = this.#connection.states;
    if (peer === "content") return "content";
    return peer === "idle" && !Buffer.isBuffer(bytes) ? "next" : "head";
  }

  async #answer(head: RequestHead, handler: Handler): Promise<void> {
    this.#request++;
    const { method, target } = head;
    this.#step("head", {
      outcome: `A request: ${method} ${head.isAsterisk ? "*" : target}, in ${count(head.end - head.start)}.`,
      words: wordsOf(head, this.#connection.states.peer === "content"),
      isRound: true,
    });
    this.#connection.discardContent();
    this.#pass("guard");
    this.#asked = "guard";
    this.#words = [];
    const reply = await handler.handle(head, PEER);
    // What has stopped the request, or sent it on, has not told that there is more to come.
    if (this.#asked === "guard") this.#endGuard(reply);
    this.#endPlan("A rule decides, and no file is looked for.");
    await this.#reply(reply, this.#takeWords());
  }

  #endGuard(reply?: Reply): void {
    if (this.#asked !== "guard") return;
    const words = this.#takeWords();
    const isStopped = reply !== undefined;
    const outcome = isStopped
      ? "The request is answered before anything is looked up."
      : "Nothing keeps this client from asking, and the method is one that files have.";
    this.#step("guard", { outcome, words });
    this.#pass(isStopped ? "answer" : "plan");
    this.#asked = isStopped ? "answer" : "plan";
  }

  /** @param words what has decided it */
  async #reply(reply: Reply, words: Step["words"]): Promise<void> {
    if (this.#asked !== "answer") this.#pass("answer");
    this.#asked = "guard";
    const { status, content } = reply;
    this.#step("answer", {
      outcome: `${status} ${reasonPhrase(status)}, ${contentInWords(content)}.`,
      words: [...words, ...fieldsOf(reply)],
    });
    this.#pass("write");
    this.#http1.writer.setTime(Date.now());
    this.#connection.sendReply(reply, this.#out, performance.now());
    const bytes = this.#out.take();
    await this.#send(bytes);
    const isOwed = this.#connection.wantsContent;
    this.#step("write", {
      outcome: `${count(bytes.length)} have left: the head${isOwed ? "; the content follows" : ", and what content there is"}.`,
      bytes: shown("out", bytes),
    });
    if (content !== undefined && isOwed) await this.#sendContent(content);
    release(content);
  }

  async #sendContent(content: Content | ContentStream): Promise<void> {
    this.#pass("file");
    const isSent = await (content.kind === "content" ? this.#sendSegments(content) : this.#sendStream(content));
    if (!isSent) this.#connection.abort();
    else if (content.kind === "stream") {
      this.#connection.sendEnd(this.#out);
      await this.#send(this.#out.take());
    }
    this.#step("file", {
      outcome: isSent
        ? `All ${count(this.#connection.contentBytes)} of the content have left.`
        : "The client is gone, or the file has become shorter: the connection is cut off.",
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
      this.#gate.check();
      this.#connection.sendContent(chunk, this.#out);
      if (!(await this.#send(this.#out.take()))) return false;
    }
    return true;
  }

  async #send(bytes: Buffer): Promise<boolean> {
    const isSent = await this.#wire.send(bytes);
    if (isSent) this.#sentBytes += bytes.length;
    else this.#connection.abort();
    this.#connection.noteOutput(this.#sentBytes, false, performance.now());
    return isSent;
  }

  #refuses(asked: StepName, { rejection, mistakeAt }: Http1Event & { readonly kind: "rejected" | "mistake" }): void {
    const [status, what, section] = REJECTIONS[rejection.code as RejectionCode];
    this.#step(asked, {
      outcome: `The engine refuses this: ${what} Nothing more of this client is read as a request.`,
      words: [
        ["code", rejection.code],
        ["status", String(status)],
        ["rule", section],
        ["mistake", `at byte ${mistakeAt} of what was read`],
      ],
      isRefusal: true,
    });
    this.#asked = "guard";
  }

  /** Nothing to do before more bytes come. */
  #waits(asked: StepName): void {
    const { peer, self } = this.#connection.states;
    if (asked === "next" && peer === "idle") {
      this.#step("next", {
        outcome: "The connection stays: both sides are idle again, and the next request may come.",
      });
      // One request at a time, also for those who do not stop at each step.
      this.#gate.stop();
    } else if (self === "lingering") this.#step("linger", { outcome: "What came after the last response is dropped." });
    else if (peer === "content")
      this.#step(asked, { outcome: "The content of the request is not complete: more has to come." });
    else this.#step(asked, { outcome: "The head is not complete. The engine keeps what it has, and wants more." });
  }

  #finishes(): void {
    this.#step("next", {
      outcome: this.#connection.isPeerDone
        ? "The connection ends: the client has said that it sends nothing more."
        : "The connection ends after this response.",
    });
  }

  /** @returns whether all is closed at once */
  async #linger(): Promise<boolean> {
    // With nothing to read, close(2) sends what the socket holds, and then an end: nobody has to wait.
    if (this.#wire.isQueueEmpty && this.#connection.isPeerDone) {
      this.#connection.abort();
      return true;
    }
    this.#pass("linger");
    this.#wire.endOutput();
    this.#connection.noteOutput(this.#sentBytes, false, performance.now());
    this.#step("linger", { outcome: "Our half has ended. What the client still sends is read and dropped." });
    while (!this.#connection.isOver) {
      await this.#receive();
      this.#connection.next();
    }
    return true;
  }

  #close(): void {
    this.#pass("close");
    this.#wire.closeConnection();
    this.#step("close", { outcome: "The connection is gone. The next client has its turn." });
  }

  // How it is told.

  #await(next: StepName): void {
    this.#tell({ kind: "waits", for: "client", next });
  }

  #pass(next: StepName): void {
    if (!this.#gate.isRunning) this.#tell({ kind: "waits", for: "learner", next });
    this.#gate.pass();
  }

  #takeWords(): Step["words"] {
    const words = this.#words;
    this.#words = [];
    return words;
  }

  #step(name: StepName, { outcome, bytes, words = [], isRound = false, isRefusal = false }: Outcome): void {
    if (this.#number === STEP_LIMIT_COUNT) throw new LessonEnded(`these were ${STEP_LIMIT_COUNT} steps: begin anew`);
    const before = this.#states;
    const after = this.#connection.states;
    this.#states = after;
    this.#tell({
      kind: "step",
      number: ++this.#number,
      name,
      request: this.#request,
      outcome,
      calls: this.#wire.takeCalls(),
      bytes,
      words,
      before,
      after,
      moves: {
        peer: movesBetween(PEER_TRANSITIONS, before.peer, after.peer, { isMoved: isRound }),
        self: movesBetween(SELF_TRANSITIONS, before.self, after.self, {
          isMoved: isRound,
          without: isRefusal ? "request" : "reject",
        }),
      },
    });
  }
}

const PLANS: Readonly<Record<Plan["kind"], string>> = {
  file: "The path leads to a file. It is open now, and all about it is asked by its descriptor.",
  listing: "The path leads to a folder, which is shown as a page.",
  redirect: "The path leads to another address.",
  refusal: "The path leads to nothing that may be sent.",
};

function wordsOf(head: RequestHead, hasContent: boolean): Step["words"] {
  const host = head.authority;
  return [
    ["method", head.method],
    ["target", head.isAsterisk ? "*" : head.target],
    ["version", `HTTP/1.${head.minorVersion}`],
    ...(host === "" ? [] : ([["host", host]] as const)),
    ["field lines", String(head.lineCount)],
    ["content", hasContent ? lengthInWords(head) : "none: the request ends with its head"],
  ];
}

function lengthInWords(head: RequestHead): string {
  return head.has(FIELD_BIT["transfer-encoding"]) ? "in chunks" : `${head.field("content-length")} bytes`;
}

function refusedWith({ code }: Rejection): Step["words"] {
  return [["code", code]];
}

function contentInWords(content: Content | ContentStream | undefined): string {
  if (content === undefined) return "without content";
  if (content.kind === "stream") return "with content of unknown length";
  const from = content.file === undefined ? "from memory" : "from the open file";
  return content.length === 0 ? "with empty content" : `with ${count(content.length)} of content ${from}`;
}

function fieldsOf({ fields }: Reply): Step["words"] {
  const lines = fields.split("\r\n").filter((line) => line !== "");
  return lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
}

function count(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}
