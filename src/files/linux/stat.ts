// The stat of an open descriptor, by statx(2). The numbers equal those of Node's fstat, bit for bit, because the two
// are compared with each other. statx costs a third, and each file in use is checked once a second. The layout of
// struct statx is the same on all architectures.
import { constants } from "node:fs";
import { AT_EMPTY_PATH, AT_FDCWD, libc } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import type { FileStat } from "../opener.ts";

const STAT_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const STATX_INO = 0x100;

const emptyPath = new Pinned(1);
/** The result of the call. One serves a thread, as each call is complete when it returns. */
const memory = new Pinned(STAT_BYTES);
const words = new BigInt64Array(memory.bytes.buffer);
const halves = new Uint32Array(memory.bytes.buffer);
const quarters = new Uint16Array(memory.bytes.buffer);

/** `undefined` when the call fails. */
export function statAtOnce(fd: number): FileStat | undefined {
  const path = emptyPath.at(0, 1);
  if (libc.statx(fd, path, AT_EMPTY_PATH, STATX_BASIC_STATS, memory.at(0, STAT_BYTES)) < 0) return undefined;
  const format = quarters[28 / 2]! & constants.S_IFMT;
  return {
    type: format === constants.S_IFREG ? "file" : format === constants.S_IFDIR ? "folder" : "special",
    sizeBytes: Number(words[40 / 8]!),
    mtimeNs: timeAt(112),
    ctimeNs: timeAt(96),
    ino: words[32 / 8]!,
    dev: BigInt(deviceOf(halves[136 / 4]!, halves[140 / 4]!)),
  };
}

/** The file that a path leads to, with links followed. `undefined` when the call fails. */
export function identityAt(path: Pinned): Pick<FileStat, "ino" | "dev"> | undefined {
  const address = path.at(0, path.bytes.length);
  if (libc.statx(AT_FDCWD, address, 0, STATX_INO, memory.at(0, STAT_BYTES)) < 0) return undefined;
  return { ino: words[32 / 8]!, dev: BigInt(deviceOf(halves[136 / 4]!, halves[140 / 4]!)) };
}

/**
 * A time: seconds in 64 bits, then nanoseconds in 32. Some file systems keep all of them, so the sum has up to 94. Node
 * has the seconds as a double, which rounds what lies beyond 285 million years.
 */
function timeAt(offset: number): bigint {
  const seconds = BigInt(Number(words[offset / 8]!));
  return seconds * 1_000_000_000n + BigInt(halves[(offset + 8) / 4]!);
}

/** As makedev(3). The kernel's devices have a major number of 12 bits and a minor number of 20. */
function deviceOf(major: number, minor: number): number {
  return (minor & 0xff) + major * 0x100 + (minor >>> 8) * 0x10_0000;
}
