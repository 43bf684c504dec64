// Descriptors that a process may have: caches of open files must stay below.
import { readFileSync } from "node:fs";

/** Descriptors that a process may have at most. */
export function descriptorLimit(): number {
  const hard = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return Number(hard ?? 1024);
}
