// Samples of a process, and the slope of its memory.
import type { Resources } from "./subject.ts";

export interface Sample extends Resources {
  readonly atMs: number;
}

/** Of the line that fits best, in KiB a minute. */
export function slopeKibPerMinute(samples: readonly Sample[]): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const meanY = samples.reduce((sum, { residentKib }) => sum + residentKib, 0) / count;
  let [up, down] = [0, 0];
  for (const { atMs, residentKib } of samples) {
    up += (atMs - meanX) * (residentKib - meanY);
    down += (atMs - meanX) ** 2;
  }
  return (up / down) * 60_000;
}
