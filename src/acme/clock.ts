// Time and chance, which the rest of this folder is given: a test lets a month pass in a moment.
import { setTimeout } from "node:timers/promises";

export interface Clock {
  /** In ms since 1970. */
  now(): number;
  /** From 0 to 1, without 1. */
  random(): number;
  /** Rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** A timer can wait for 24.8 days at most. */
const LONGEST_WAIT_MS = 86_400_000;

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  random: Math.random,
  // Keeps no process alive.
  wait: (ms, signal) => setTimeout(Math.min(Math.max(ms, 0), LONGEST_WAIT_MS), undefined, { signal, ref: false }),
};

/** Between the time and a fifth more: servers that failed together do not come back together. */
export function withJitter(ms: number, random: number): number {
  return Math.round(ms * (1 + random / 5));
}
