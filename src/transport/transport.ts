// What every transport is given by its thread, and what it tells in return. The transports differ in how bytes come and
// go (`kernel/`, `portable/`); the one half that their pumps share is exchange.ts.
import type { Http1Limits } from "../http1/limits.ts";

/** What a thread counts. Its transport is the only writer. */
export interface TransportCounters {
  countConnection(change: 1 | -1): void;
  countRequest(): void;
  countSent(bytes: number): void;
}

export interface TransportHooks {
  readonly counters: TransportCounters;
  /** Text for people about connections, request heads and reply heads, as they happen. Without it, none is made. */
  readonly onTrace?: ((text: string) => void) | undefined;
  /** A handler failed in a way that it promises not to. This is a bug, reported with its cause. */
  readonly onError: (error: unknown) => void;
}

/**
 * When the server stops, a peer that has connected and asked nothing yet gets so long for its request, in ms from the
 * connection: its request may be under way. A second covers a lost packet; browsers open connections that they never use.
 */
export const FIRST_REQUEST_MS = 1_000;

export interface TransportOptions {
  readonly limits: Http1Limits;
}
