// Reports on their way from a thread to the supervisor, in batches. One batch is out at a time and the next
// waits for its receipt, so that a supervisor whose output is slow (a paused terminal) bounds what is queued.
import type { Report } from "./messages.ts";

/** Text that may wait in one thread, in characters; what comes then is counted and left out. */
const BACKLOG_LIMIT = 256 * 1024;

export class Outbox {
  readonly #send: (reports: readonly Report[]) => void;
  #waiting: Report[] = [];
  #waitingLength = 0;
  #leftOutCount = 0;
  #isBatchOut = false;
  #isScheduled = false;

  constructor(send: (reports: readonly Report[]) => void) {
    this.#send = send;
  }

  add(report: Report): void {
    if (this.#waitingLength + report.text.length > BACKLOG_LIMIT) {
      this.#leftOutCount++;
      return;
    }
    this.#waiting.push(report);
    this.#waitingLength += report.text.length;
    this.#schedule();
  }

  /** The batch that was out has been passed on. */
  taken(): void {
    this.#isBatchOut = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Sends what waits, receipt or not: the thread is about to end. */
  flush(): void {
    if (this.#leftOutCount > 0) this.#waiting.push(leftOut(this.#leftOutCount));
    if (this.#waiting.length > 0) this.#send(this.#waiting);
    this.#isBatchOut = this.#waiting.length > 0;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#leftOutCount = 0;
  }

  /** One batch for all that happens in a turn of the event loop. */
  #schedule(): void {
    if (this.#isBatchOut || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
}

function leftOut(count: number): Report {
  return { kind: "warning", text: `${count} reports were left out, they were not read in time` };
}
