// Snapshots as server-sent events (WHATWG HTML §9.2). While nobody listens, no timer runs and nothing is read. Everybody
// who listens gets the same bytes. A slow reader gets fewer snapshots: the next one is made when the last is taken.
import type { Reply } from "../http/message.ts";

/** Often enough to look alive; a snapshot costs the main thread less than a millisecond. */
const INTERVAL_MS = 500;

/** Some people, and some terminals. */
const LISTENER_LIMIT_COUNT = 16;

const FIELDS = [
  "Content-Type: text/event-stream",
  "Cache-Control: no-store",
  "X-Content-Type-Options: nosniff",
  // nginx would collect them.
  "X-Accel-Buffering: no",
];

/** A browser connects again so soon after the server has ended, in ms. */
const RETRY_MS = 1000;

/** A stream of events that are written already. */
export function eventStreamReply(chunks: AsyncIterable<Uint8Array>): Reply {
  return { status: 200, fields: FIELDS.map((field) => `${field}\r\n`).join(""), content: { kind: "stream", chunks } };
}

export class EventStream {
  readonly #snapshot: () => object;
  readonly #onWatched: (isWatched: boolean) => void;
  #listenerCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #next: PromiseWithResolvers<Buffer | undefined> = Promise.withResolvers();

  /** @param onWatched told when the first listener comes, and when the last has gone */
  constructor(snapshot: () => object, onWatched: (isWatched: boolean) => void) {
    this.#snapshot = snapshot;
    this.#onWatched = onWatched;
  }

  get isFull(): boolean {
    return this.#listenerCount >= LISTENER_LIMIT_COUNT;
  }

  reply(): Reply {
    return eventStreamReply(this.#events());
  }

  /** Ends all streams. */
  close(): void {
    clearInterval(this.#timer);
    this.#next.resolve(undefined);
  }

  async *#events(): AsyncGenerator<Buffer> {
    this.#begin();
    try {
      yield Buffer.from(`retry: ${RETRY_MS}\n\n`);
      yield this.#event();
      for (;;) {
        const event = await this.#next.promise;
        if (event === undefined) return;
        yield event;
      }
    } finally {
      this.#end();
    }
  }

  #begin(): void {
    if (this.#listenerCount++ > 0) return;
    this.#onWatched(true);
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS);
  }

  #end(): void {
    if (--this.#listenerCount > 0) return;
    clearInterval(this.#timer);
    this.#onWatched(false);
  }

  #tick(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve(this.#event());
  }

  #event(): Buffer {
    return Buffer.from(`data: ${JSON.stringify(this.#snapshot())}\n\n`);
  }
}
