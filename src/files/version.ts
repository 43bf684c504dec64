// What identifies a version of a file towards ourselves: is this still the file that was looked at? What peers are told
// is content/validators.ts. Why it is done so: docs/decisions/0002-validators.md.
import type { FileStat } from "./opener.ts";

/**
 * Timestamps move in ticks: up to 10 ms on Linux, 16 ms on Windows, and 1 or 2 s on file systems that keep whole
 * seconds. Two changes within one tick look the same, so the stat of a file that changed this recently proves
 * nothing yet. git calls such an entry racily clean.
 */
const YOUTH_MS = 100;
const COARSE_YOUTH_MS = 2000;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Whether the file may change, or have changed, and look the same.
 * @param nowMs taken before the file is read: what changes afterwards cannot hide behind the same timestamps then
 */
export function isYoung(stat: FileStat, nowMs: number): boolean {
  if (stat.hasDirtyPages === true) return true;
  const isCoarse = stat.mtimeNs % NS_PER_SECOND === 0n && stat.ctimeNs % NS_PER_SECOND === 0n;
  const youthMs = isCoarse ? COARSE_YOUTH_MS : YOUTH_MS;
  const youngestMs = nowMs - youthMs;
  const mtimeMs = nsToMs(stat.mtimeNs);
  // A change time is the kernel's own, so even one in the future (a clock set back, a server's clock that is
  // ahead) is taken seriously. A modification time can be set to anything: far ahead it means nothing.
  return nsToMs(stat.ctimeNs) > youngestMs || (mtimeMs > youngestMs && mtimeMs < nowMs + youthMs);
}

/** Whether both are of the same file and, unless it was young, of the same content. */
export function isSameVersion(a: FileStat, b: FileStat): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.sizeBytes === b.sizeBytes &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}

/** The same text for the same version of the same file, as far as the file system tells. */
export function versionOf({ dev, ino, sizeBytes, mtimeNs, ctimeNs }: FileStat): string {
  return `${dev} ${ino} ${sizeBytes} ${mtimeNs} ${ctimeNs}`;
}

export function nsToMs(ns: bigint): number {
  return Number(ns / 1_000_000n);
}
