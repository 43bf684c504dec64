// The gate that a learner's thread stops at, in shared memory. The thread sleeps there in the middle of whatever it does, also
// inside of the handler: nothing of the server's code has to know that somebody looks on.

/** Cells: how often anything has changed, steps that may be taken, whether the thread runs by itself, whether it has to end. */
const CHANGES = 0;
const PASSES = 1;
const RUNS = 2;
const ENDS = 3;

export const GATE_BYTES: number = 4 * Int32Array.BYTES_PER_ELEMENT;

/** Thrown in the learner's thread, to leave whatever it does. */
export class LessonEnded extends Error {
  override readonly name = "LessonEnded";
}

/** The side of the main thread. */
export class GateKeeper {
  readonly #cells: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  /** One step more. Asking twice before it is taken makes no two of it. */
  step(): void {
    this.#set(PASSES);
  }

  /** All steps, until the thread stops by itself. */
  run(): void {
    this.#set(RUNS);
  }

  end(): void {
    this.#set(ENDS);
  }

  #set(cell: number): void {
    Atomics.store(this.#cells, cell, 1);
    Atomics.add(this.#cells, CHANGES, 1);
    Atomics.notify(this.#cells, CHANGES);
  }
}

/** The side of the learner's thread. */
export class Gate {
  readonly #cells: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  get isRunning(): boolean {
    return Atomics.load(this.#cells, RUNS) === 1;
  }

  /** Sleeps until the learner goes on. @throws {LessonEnded} */
  pass(): void {
    for (;;) {
      const changes = Atomics.load(this.#cells, CHANGES);
      this.check();
      if (this.isRunning || Atomics.exchange(this.#cells, PASSES, 0) === 1) return;
      Atomics.wait(this.#cells, CHANGES, changes);
    }
  }

  /** From now on, step by step again. */
  stop(): void {
    Atomics.store(this.#cells, RUNS, 0);
  }

  /** @throws {LessonEnded} */
  check(): void {
    if (Atomics.load(this.#cells, ENDS) === 1) throw new LessonEnded("the learner has ended this");
  }
}
