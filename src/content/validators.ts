// What identifies a version of a file towards peers: entity tag and modification date. How we tell versions apart
// ourselves is files/version.ts. Why it is done so: docs/decisions/0002-validators.md.
import type { FileStat } from "../files/opener.ts";
import { HASH_BYTES, shortHash } from "../files/short-hash.ts";
import { nsToMs, versionOf } from "../files/version.ts";
import type { EntityTag } from "../http/etag.ts";

/**
 * Files up to this size are read whole when they are planned: their tag is a hash of their bytes, and they are
 * answered from memory. 256 KiB holds nearly all pages, scripts and styles; hashing that much takes about
 * 0.2 ms, once per version. Larger files are served by descriptor, and their tag comes from their stat.
 */
export const SMALL_FILE_LIMIT_BYTES = 262_144;

/** The same bytes have the same tag, on every thread and every machine. */
export function tagOfBytes(bytes: Buffer): EntityTag {
  return { isWeak: false, opaque: opaqueOf(bytes) };
}

/** The same tag, of content whose SHA-256 is known. */
export function tagOfHash(hash: Uint8Array): EntityTag {
  return { isWeak: false, opaque: `"${Buffer.from(hash).toString("base64url", 0, HASH_BYTES)}"` };
}

/** Strong once the stat can be trusted to change with the content; until then weak, as in Apache httpd. */
export function tagOfStat(stat: FileStat, isYoung: boolean): EntityTag {
  // Hashed, because a bare inode number would tell about the disk.
  return { isWeak: isYoung, opaque: opaqueOf(versionOf(stat)) };
}

/** Tags that this thread has made for moments. */
let momentCount = 0;

/**
 * Of a file that a program may be changing without new times: another tag each time, as nothing shows that the content is
 * the same. A tag that stayed would answer 304 for content that has changed, also once the file is at rest.
 */
export function tagOfMoment(stat: FileStat, nowMs: number): EntityTag {
  return { isWeak: true, opaque: opaqueOf(`${versionOf(stat)} ${nowMs} ${momentCount++}`) };
}

/** The opaque part of a tag. 120 bits: no two versions of a file will ever share them by accident. */
export function opaqueOf(data: Buffer | string): string {
  return `"${shortHash(data)}"`;
}

/** For Last-Modified, in ms; `undefined` when the file system has nothing true to say. */
export function lastModifiedOf(stat: FileStat, nowMs: number): number | undefined {
  const mtimeMs = nsToMs(stat.mtimeNs);
  // Nix, and other tools for reproducible archives, set 0 or 1 s: a date that never changes validates nothing.
  if (mtimeMs <= 1000) return undefined;
  // RFC 9110 §8.8.2.1: a date in the future MUST be replaced by the date of the message.
  return Math.min(mtimeMs, nowMs);
}
