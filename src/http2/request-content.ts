// The content of one request, counted as it arrives: against its window, against Content-Length (RFC 9113 §8.1.1), against
// what we are ready to read in vain, and against the clock. Streams without content have none of this.
import { ReceiveWindow } from "./flow-control.ts";

/** In place of a length: the head announces none. */
export const UNKNOWN_LENGTH = -1;

export class RequestContent {
  readonly window: ReceiveWindow = new ReceiveWindow();
  /** Whether the peer waits for 100 (Continue) before it sends content. */
  isContinueExpected: boolean;
  /** The content is dropped as it arrives. */
  isDiscarding = false;
  /** The time by which enough has to arrive, and how much has. */
  deadline: number = Number.POSITIVE_INFINITY;
  receivedInWindow = 0;
  readonly #announced: number;
  #received = 0;
  #discarded = 0;

  constructor(announced: number, isContinueExpected: boolean) {
    this.#announced = announced;
    this.isContinueExpected = isContinueExpected;
  }

  /** Counts the content of a frame. @returns false when it is more than the head announces */
  count(length: number): boolean {
    this.#received += length;
    this.isContinueExpected = false;
    if (this.isDiscarding) this.#discarded += length;
    return this.#announced === UNKNOWN_LENGTH || this.#received <= this.#announced;
  }

  /** Whether all that the head announces has arrived. */
  get isComplete(): boolean {
    return this.#announced === UNKNOWN_LENGTH || this.#received === this.#announced;
  }

  /** Whether it is too much to read on in vain, as far as is known, or may never come at all. */
  isTooMuch(limitBytes: number): boolean {
    if (this.isContinueExpected) return true;
    const left = this.#announced === UNKNOWN_LENGTH ? 0 : this.#announced - this.#received;
    return this.#discarded + left > limitBytes;
  }
}
