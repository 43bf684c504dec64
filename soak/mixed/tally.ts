// What the clients of one server have done and got. At the end it has to agree with what the server has counted and logged.
import { setTimeout } from "node:timers/promises";
import type { Subject } from "./subject.ts";

/** More than any visit takes, on a busy machine as well. */
const TIMEOUT_MS = 60_000;
const EXAMPLE_LIMIT_COUNT = 20;

export class Tally {
  /** Connections that the server has to count. */
  connectionCount = 0;
  /** Requests whose head the server has seen: there was a reply, or the beginning of one. */
  requestCount = 0;
  /** Replies that the access log has to have: to those requests, and to heads that were refused. */
  replyCount = 0;
  /** Replies whose content was checked, byte for byte. */
  checkedCount = 0;
  /** Requests and connections that were lost when a thread was killed. */
  excusedCount = 0;
  failureCount = 0;
  readonly byKind: Map<string, number> = new Map();
  /** The first of them. */
  readonly failures: string[] = [];

  /** One visit, whose failure is excused only while a thread dies. */
  async visit(kind: string, subject: Subject, act: () => Promise<void>): Promise<void> {
    const began = performance.now();
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
    const tooLong = setTimeout(TIMEOUT_MS, undefined, { ref: false }).then(() => {
      throw new Error(`not done after ${TIMEOUT_MS} ms`);
    });
    try {
      await Promise.race([act(), tooLong]);
    } catch (error) {
      if (subject.isExcused(began)) this.excusedCount++;
      else this.fail(`${kind}: ${(error as Error).message}`);
    }
  }

  fail(text: string): void {
    this.failureCount++;
    if (this.failures.length < EXAMPLE_LIMIT_COUNT) this.failures.push(text);
  }

  /** A request was answered. */
  answered(isChecked = false): void {
    this.requestCount++;
    this.replyCount++;
    if (isChecked) this.checkedCount++;
  }
}
