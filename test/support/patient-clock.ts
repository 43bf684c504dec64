// A clock for what waits for months. Short waits are over at once; a long one lasts until the test lets it pass.
import type { Clock } from "../../src/acme/clock.ts";

/** What is shorter is a poll or a repeated request. */
const LONG_MS = 60_000;

export class PatientClock implements Clock {
  #nowMs = Date.now();
  #sleep: { readonly ms: number; readonly end: () => void } | undefined;
  #fallAsleep: () => void = () => {};
  /** From 0 to 1, without 1. */
  chance = 0.5;

  readonly now = (): number => this.#nowMs;
  readonly random = (): number => this.chance;

  readonly wait = (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms < LONG_MS) {
      this.#nowMs += ms;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#sleep = {
        ms,
        end: () => {
          this.#nowMs += ms;
          resolve();
        },
      };
      this.#fallAsleep();
    });
  };

  /** Resolves when a long wait has begun. @returns how long it is, in ms */
  async sleeping(): Promise<number> {
    while (this.#sleep === undefined) {
      await new Promise<void>((resolve) => {
        this.#fallAsleep = resolve;
      });
    }
    return this.#sleep.ms;
  }

  /** The wait is over. */
  wake(): void {
    const sleep = this.#sleep;
    this.#sleep = undefined;
    sleep?.end();
  }
}
