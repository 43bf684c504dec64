// What identifies a version of a file, towards peers (entity tag, modification date) and towards ourselves
// (is this still the file that was planned?). Why it is done so: docs/decisions/0002-validators.md.
import { hash } from "node:crypto";
import type { EntityTag } from "../http/etag.ts";
import type { FileStat } from "../http/file.ts";

/**
 * Files up to this size are read whole when they are planned: their tag is a hash of their bytes, and they are
 * answered from memory. 256 KiB holds nearly all pages, scripts and styles; hashing that much takes about
 * 0.2 ms, once per version. Larger files are served by descriptor, and their tag comes from their stat.
 */
export const SMALL_FILE_LIMIT_BYTES = 262_144;

/**
 * Timestamps move in ticks: up to 10 ms on Linux, 16 ms on Windows, and 1 or 2 s on file systems that keep whole
 * seconds. Two changes within one tick look the same, so the stat of a file that changed this recently proves
 * nothing yet. git calls such an entry racily clean.
 */
const YOUTH_MS = 100;
const COARSE_YOUTH_MS = 2000;
const NS_PER_SECOND = 1_000_000_000n;

/** @param nowMs taken before the file is read: what changes afterwards cannot hide behind the same timestamps then */
export function isYoung(stat: FileStat, nowMs: number): boolean {
  const isCoarse = stat.mtimeNs % NS_PER_SECOND === 0n && stat.ctimeNs % NS_PER_SECOND === 0n;
  const youthMs = isCoarse ? COARSE_YOUTH_MS : YOUTH_MS;
  const youngestMs = nowMs - youthMs;
  const mtimeMs = toMs(stat.mtimeNs);
  // A change time is the kernel's own, so even one in the future (a clock set back, a server's clock that is
  // ahead) is taken seriously. A modification time can be set to anything: far ahead it means nothing.
  return toMs(stat.ctimeNs) > youngestMs || (mtimeMs > youngestMs && mtimeMs < nowMs + youthMs);
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

/** The same bytes have the same tag, on every thread and every machine. */
export function tagOfBytes(bytes: Buffer): EntityTag {
  return { isWeak: false, opaque: opaqueOf(bytes) };
}

/** Strong once the stat can be trusted to change with the content; until then weak, as in Apache httpd. */
export function tagOfStat(stat: FileStat, isYoung: boolean): EntityTag {
  // Hashed, because a bare inode number would tell about the disk.
  const version = `${stat.dev} ${stat.ino} ${stat.sizeBytes} ${stat.mtimeNs} ${stat.ctimeNs}`;
  return { isWeak: isYoung, opaque: opaqueOf(version) };
}

/** What stands in a tag. 120 bits: no two versions of a file will ever share them by accident. */
export function opaqueOf(data: Buffer | string): string {
  return `"${hash("sha256", data, "buffer").toString("base64url", 0, 15)}"`;
}

/** For Last-Modified, in ms; `undefined` when the file system has nothing true to say. */
export function lastModifiedOf(stat: FileStat, nowMs: number): number | undefined {
  const mtimeMs = toMs(stat.mtimeNs);
  // Nix, and whoever packs archives reproducibly, sets 0 or 1 s: a date that never changes validates nothing.
  if (mtimeMs <= 1000) return undefined;
  // RFC 9110 §8.8.2.1: a date in the future MUST be replaced by the date of the message.
  return Math.min(mtimeMs, nowMs);
}

function toMs(ns: bigint): number {
  return Number(ns / 1_000_000n);
}
