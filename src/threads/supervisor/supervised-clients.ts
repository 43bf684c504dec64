// The supervisor's part in counting the connections of each client: the memory, and what a thread leaves behind.
import { clearSlot, newClientMemory } from "../../limits/client-connections.ts";
import type { ClientMemory } from "../messages.ts";

/** Connections that a thread may have beyond its share: those that are handed over at the same moment. */
const EXTRA_COUNT = 64;

export class SupervisedClients {
  /** For the threads. */
  readonly memory: ClientMemory;

  constructor(slotCount: number, connectionLimitCount: number) {
    const shape = { slotCount, leaseCount: Math.ceil(connectionLimitCount / slotCount) + EXTRA_COUNT };
    this.memory = { ...shape, memory: newClientMemory(shape) };
  }

  /** A thread has ended: its connections are closed. */
  ended(slot: number): void {
    clearSlot(this.memory.memory, this.memory, slot);
  }
}
