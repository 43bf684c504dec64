// The handshakes of one thread that are under way: how long they may take, how many there may be, and why they failed.
// Whoever opens connections and says nothing must not use up the memory of the server, or the places of others.
import type { HandshakeFailure } from "../tls/handshake-failure.ts";
import type { RefusedPeer } from "./transport.ts";

/** A handshake is two round trips: 10 s allow for a bad network. nginx allows 60 s, Go's examples 10 s. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Each holds up to 100 KiB. All of a crowd that comes at once after a restart must have room. */
const LARGEST_LIMIT_COUNT = 2048;

export interface HandshakePeer extends RefusedPeer {
  /** Closes the connection. */
  destroy(): void;
}

export interface HandshakesOptions {
  /** Connections of the thread. Half of them may be half open. */
  readonly connectionLimitCount: number;
  /** The time that a client has until its first request: no handshake may take longer. */
  readonly idleTimeoutMs: number;
  readonly onFailure: (reason: HandshakeFailure, peer: RefusedPeer) => void;
}

export class Handshakes {
  /** Until when each must be complete, oldest first. */
  readonly #deadlines = new Map<HandshakePeer, number>();
  readonly #limitCount: number;
  readonly #onFailure: HandshakesOptions["onFailure"];
  readonly timeoutMs: number;

  constructor({ connectionLimitCount, idleTimeoutMs, onFailure }: HandshakesOptions) {
    this.#limitCount = Math.min(Math.ceil(connectionLimitCount / 2), LARGEST_LIMIT_COUNT);
    this.timeoutMs = Math.min(HANDSHAKE_TIMEOUT_MS, idleTimeoutMs);
    this.#onFailure = onFailure;
  }

  /** Where there are too many, the oldest gives way: who means it is through before long. */
  begin(peer: HandshakePeer, now: number): void {
    this.#deadlines.set(peer, now + this.timeoutMs);
    if (this.#deadlines.size <= this.#limitCount) return;
    const [oldest] = this.#deadlines.keys();
    this.fail(oldest!, "crowded");
    oldest!.destroy();
  }

  /** Infinity where the handshake is over. */
  deadlineOf(peer: HandshakePeer): number {
    return this.#deadlines.get(peer) ?? Number.POSITIVE_INFINITY;
  }

  /** It is complete, or we do not want it any more. */
  end(peer: HandshakePeer): void {
    this.#deadlines.delete(peer);
  }

  /** Only the first reason counts. */
  fail(peer: HandshakePeer, reason: HandshakeFailure): void {
    if (this.#deadlines.delete(peer)) this.#onFailure(reason, peer);
  }
}
