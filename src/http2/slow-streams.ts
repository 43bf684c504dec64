// Streams in which content has to move and does not: requests that arrive too slowly, and replies that the peer does not let
// go. Each has a window of time, and with enough progress in it the next one begins. What becomes of a stream that is too
// slow is decided in connection.ts.
import type { Deadlines } from "./deadlines.ts";
import type { EngineLimits } from "./limits.ts";
import type { ConnectionProblem } from "./problems.ts";
import type { ReplySide } from "./reply-side.ts";
import type { RequestContent } from "./request-content.ts";
import type { RequestSide } from "./request-side.ts";
import type { Stream, StreamTable } from "./streams.ts";

export class SlowStreams {
  /** Streams that were too slow and have to end. */
  readonly late: Stream[] = [];
  readonly #limits: EngineLimits;
  readonly #streams: StreamTable;
  readonly #deadlines: Deadlines;
  readonly #replies: ReplySide;
  readonly #requests: RequestSide;

  constructor(
    limits: EngineLimits,
    streams: StreamTable,
    deadlines: Deadlines,
    replies: ReplySide,
    requests: RequestSide,
  ) {
    this.#limits = limits;
    this.#streams = streams;
    this.#deadlines = deadlines;
    this.#replies = replies;
    this.#requests = requests;
  }

  /** Looks at each stream whose deadline has come. @returns what is wrong with all of them together */
  check(): ConnectionProblem | undefined {
    const { now } = this.#deadlines;
    this.#deadlines.clearStreams();
    for (const stream of this.#streams.values()) {
      const { content, window } = stream;
      if (content !== undefined && content.deadline <= now) this.#checkContent(stream, content);
      if (window.deadline <= now) this.#checkReading(stream);
      this.#deadlines.watchStream(Math.min(window.deadline, content?.deadline ?? Number.POSITIVE_INFINITY));
    }
    const problem = this.#replies.window.deadline <= now ? this.#checkReadingOfAll() : undefined;
    this.#deadlines.watchStream(this.#replies.window.deadline);
    return problem;
  }

  /** Whether enough of the request has arrived: then the next window begins. */
  #checkContent(stream: Stream, content: RequestContent): void {
    if (content.receivedInWindow >= this.#deadlines.leastBytes(this.#limits.bodyTimeoutMs)) {
      return this.#requests.watchContent(content);
    }
    content.deadline = Number.POSITIVE_INFINITY;
    this.late.push(stream);
  }

  /** Whether the peer has let enough of the reply go, or it was not at hand: then the next window begins. */
  #checkReading(stream: Stream): void {
    const least = this.#deadlines.leastBytes(this.#limits.writeTimeoutMs);
    if (stream.isHeld || !stream.window.isStuck(least, stream.left)) return this.#replies.watch(stream);
    stream.window.deadline = Number.POSITIVE_INFINITY;
    this.late.push(stream);
  }

  /** The same for all streams together. */
  #checkReadingOfAll(): ConnectionProblem | undefined {
    const { window, scheduler } = this.#replies;
    const { writeTimeoutMs } = this.#limits;
    const owed = scheduler.waiting.reduce((sum, { isHeld, left }) => sum + (isHeld ? 0 : left), 0);
    if (window.isStuck(this.#deadlines.leastBytes(writeTimeoutMs), owed)) return "CONNECTION_UNREAD";
    window.watch(scheduler.waiting.length > 0 ? this.#deadlines.now + writeTimeoutMs : Number.POSITIVE_INFINITY);
    return undefined;
  }
}
