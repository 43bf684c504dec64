// The peers that take part in a group of cases: all serve the same site in the same way at once, one of them under load.
import { entityTag } from "./exchange.ts";
import type { Contestant } from "./measure.ts";
import type { Peer } from "./peers.ts";
import { type Start, startPeer } from "./server-process.ts";
import { FILES } from "./site.ts";
import { type Spread, spread } from "./spread.ts";

export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export class Contestants {
  readonly running: Contestant[] = [];
  readonly missing: Missing[] = [];
  readonly #startMs = new Map<string, number[]>();
  readonly #start: Start;

  constructor(start: Start) {
    this.#start = start;
  }

  /** Starts each of them `startCount` times, for the time to its first answer, and keeps the last one. */
  async start(peers: readonly Peer[], startCount: number): Promise<void> {
    for (const peer of peers) {
      try {
        if (peer.version === undefined) throw new Error("not installed");
        for (let count = 1; count < startCount; count++) await (await this.#launch(peer)).stop();
        this.running.push(await this.#launch(peer));
      } catch (error) {
        this.missing.push({ name: peer.name, reason: (error as Error).message });
      }
    }
  }

  /** A server that ended in one case takes part in the next, unless it cannot be started again. */
  async restartEnded(): Promise<void> {
    for (const [index, ended] of this.running.entries()) {
      if (ended.death() !== undefined) this.running[index] = await this.#launch(ended.peer).catch(() => ended);
    }
  }

  startMs(peer: Peer): Spread {
    return spread(this.#startMs.get(peer.name) ?? []);
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((contestant) => contestant.stop()));
  }

  async #launch(peer: Peer): Promise<Contestant> {
    const server = await startPeer(peer, this.#start);
    const startMs = this.#startMs.get(peer.name) ?? [];
    this.#startMs.set(peer.name, [...startMs, server.startMs]);
    const { target } = FILES.small;
    return {
      ...server,
      replyLimit: peer.replyLimit,
      etag: await entityTag(target, server.port, this.#start.setup).catch(() => undefined),
    };
  }
}
