// Tells the steps of a lesson, and stops before each until the learner goes on. It knows where both sides of the connection
// stood when a step was told last.
import type { Connection } from "../../http1/connection.ts";
import { PEER_TRANSITIONS, SELF_TRANSITIONS } from "../../http1/state.ts";
import { type Gate, LessonEnded } from "./gate.ts";
import { movesBetween } from "./moves.ts";
import type { ShownBytes, States, Step, StepName, ToldByThread } from "./step.ts";
import type { CallLog } from "./wire.ts";

/** Somebody who learns takes some twenty for a request. */
export const STEP_LIMIT_COUNT = 500;

/** A learner takes minutes where a client has seconds: for the engine no time passes, so its deadlines never come. */
export const NOW = 0;

const FRESH: States = { peer: "idle", self: "idle" };

/** What a step has come to. */
export interface Outcome {
  readonly outcome: string;
  readonly bytes?: ShownBytes;
  readonly words?: Step["words"];
  /** Both sides have moved, also if they are where they were. */
  readonly isRound?: boolean;
  /** A reply is owed for a mistake, and not for a request. */
  readonly isRefusal?: boolean;
}

export interface NarratorContext {
  readonly gate: Gate;
  readonly tell: (told: ToldByThread) => void;
  /** What the wire notes of its calls. */
  readonly log: CallLog;
  /** What the opener notes of its own. */
  readonly lookups: CallLog;
}

export class Narrator {
  readonly #context: NarratorContext;
  #connection: Connection | undefined;
  /** As they were told last. */
  #states: States = FRESH;
  #number = 0;
  #request = 0;

  constructor(context: NarratorContext) {
    this.#context = context;
  }

  /** Where both sides stood when a step was told last. */
  get states(): States {
    return this.#states;
  }

  beginConnection(connection: Connection): void {
    this.#connection = connection;
    this.#states = FRESH;
    this.#request = 0;
  }

  beginRequest(): void {
    this.#request++;
  }

  /** The client has to do something before that step. */
  awaitClient(next: StepName): void {
    this.#context.tell({ kind: "waits", for: "client", next });
  }

  /** Sleeps until the learner lets that step happen. @throws {LessonEnded} */
  pass(next: StepName): void {
    const { gate, tell } = this.#context;
    if (!gate.isRunning) tell({ kind: "waits", for: "learner", next });
    gate.pass();
  }

  /** One request at a time, also for those who do not stop at each step. */
  stop(): void {
    this.#context.gate.stop();
  }

  /** A step has happened. @throws {LessonEnded} */
  step(name: StepName, { outcome, bytes, words = [], isRound = false, isRefusal = false }: Outcome): void {
    if (this.#number === STEP_LIMIT_COUNT) throw new LessonEnded(`these were ${STEP_LIMIT_COUNT} steps: begin anew`);
    const { tell, log, lookups } = this.#context;
    const before = this.#states;
    const { states: after, deadline } = this.#connection ?? { states: FRESH, deadline: Number.POSITIVE_INFINITY };
    this.#states = after;
    const asked = lookups.take();
    tell({
      kind: "step",
      number: ++this.#number,
      name,
      request: this.#request,
      outcome,
      calls: name === "plan" ? [...asked, ...log.take()] : log.take(),
      bytes,
      words,
      deadlineMs: deadline === Number.POSITIVE_INFINITY ? undefined : deadline - NOW,
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
