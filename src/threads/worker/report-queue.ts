// Reports on their way from a thread to the supervisor, in batches. One batch is under way at a time; the next waits
// until the supervisor says "reports-received". So a supervisor whose output is slow (a paused terminal) costs no memory.
import type { Report } from "../messages.ts";

/** Text that may wait in one thread, in characters. Reports beyond it are counted and dropped. */
const BACKLOG_LIMIT = 256 * 1024;

export class ReportQueue {
  readonly #send: (reports: readonly Report[]) => void;
  #waiting: Report[] = [];
  #waitingLength = 0;
  #droppedCount = 0;
  #isBatchUnderWay = false;
  #isScheduled = false;

  constructor(send: (reports: readonly Report[]) => void) {
    this.#send = send;
  }

  add(report: Report): void {
    if (this.#waitingLength + report.text.length > BACKLOG_LIMIT) {
      this.#droppedCount++;
      return;
    }
    this.#waiting.push(report);
    this.#waitingLength += report.text.length;
    this.#schedule();
  }

  /** The batch under way has arrived. */
  received(): void {
    this.#isBatchUnderWay = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Sends all waiting reports, even with a batch under way: the thread is about to end. */
  flush(): void {
    if (this.#droppedCount > 0) this.#waiting.push(dropped(this.#droppedCount));
    if (this.#waiting.length > 0) this.#send(this.#waiting);
    this.#isBatchUnderWay = this.#waiting.length > 0;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#droppedCount = 0;
  }

  /** All reports of one turn of the event loop go in one batch. */
  #schedule(): void {
    if (this.#isBatchUnderWay || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
}

function dropped(count: number): Report {
  return { kind: "warning", text: `${count} reports were dropped because they were not read in time` };
}
