// Exercise 10: write a transport. README.md has the task.
import type { Handler } from "../../../src/http/message.ts";
import type { Http1Limits } from "../../../src/http1/index.ts";

/** A connection whose wire is memory: the test is the client. */
export class MemoryConnection {
  /** Our half has ended: no byte follows. */
  isEnded = false;
  /** The connection is over, in both directions. */
  isClosed = false;

  protected readonly handler: Handler;
  protected readonly limits: Http1Limits;

  constructor(handler: Handler, limits: Http1Limits, _now: number) {
    this.handler = handler;
    this.limits = limits;
  }

  /** When `tick` must be called, at the latest. */
  get deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** The client has sent bytes. */
  write(_bytes: Buffer, _now: number): void {}

  /** The client has ended its half. */
  end(_now: number): void {}

  /** The time has passed. */
  tick(_now: number): void {}

  /** What was sent to the client since the last call. */
  read(): Buffer {
    return Buffer.alloc(0);
  }
}
