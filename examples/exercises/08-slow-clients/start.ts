// Exercise 8: how long to wait for a client. README.md has the task.

/** A client that says nothing may stay so long. */
export const IDLE_MS = 60_000;
/** The head of a request must be complete so soon. */
export const HEAD_MS = 10_000;

/** When a connection is to be given up. All times are ms on one clock. */
export class Patience {
  /** Infinity while the client waits for us. */
  deadline: number;

  constructor(now: number) {
    this.deadline = now + IDLE_MS;
  }

  /** Some bytes of a head have arrived, but not its end. */
  receiveSome(now: number): void {
    // A client that sends one byte every nine seconds can hold the connection for days.
    this.deadline = now + HEAD_MS;
  }

  /** The rest of the head has arrived: now we owe a response. */
  receiveRest(now: number): void {
    this.deadline = now + HEAD_MS;
  }

  /** The response is out. */
  respond(now: number): void {
    this.deadline = now + IDLE_MS;
  }

  /** What to do when the deadline has come: say 408 (Request Timeout) and close, or close without a word. */
  get whenDue(): "408" | "close" {
    return "close";
  }
}
