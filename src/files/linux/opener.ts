// Opens files below a root at the place that below-root.ts finds. This is synchronous: 10 us of CPU, where five hops
// through libuv's pool take 170. It never waits for a disk, but uses only what is in memory. All other paths are left
// to the opener that works everywhere (containment.ts), which is as safe: cold, missing and forbidden files, files that
// moved meanwhile, and links that RESOLVE_BENEATH refuses although they lead back inside. So the two always agree.
import { constants, openSync } from "node:fs";
import { libc } from "../../linux/libc.ts";
import { noteRead, readWhole } from "../../linux/residency.ts";
import type { FileStat, OpenAtOnce, Opened, OpenedFolder, Opener } from "../opener.ts";
import { BelowRoot, type Openat2, openat2, problemOf } from "./below-root.ts";
import { withDirt, withDirtAtOnce } from "./dirt.ts";
import { statAtOnce } from "./stat.ts";

/** As in descriptors.ts: open(2) does not block, and no terminal becomes the controlling terminal. */
const READ_FLAGS: number = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * @param root absolute; may be a link that a deployment swaps: it is opened anew for each path
 * @param fallback for the same root: answers when the kernel does not answer at once
 * @param onFallback called at once when the fallback has to answer everything, with the reason: ENOSYS or EINVAL before
 * Linux 5.12, EPERM or ENOSYS in a container whose profile does not know openat2
 */
export function createKernelOpener(
  root: string,
  fallback: Opener,
  onFallback: (reason: string) => void,
  call: Openat2 = openat2,
): Opener {
  const problem = problemOf(call);
  if (problem !== undefined) {
    onFallback(problem);
    return fallback;
  }
  const belowRoot = new BelowRoot(root, call);
  return {
    open: async (path) => withDirt(belowRoot.at(path, 0, openFound) ?? (await fallback.open(path))),
    lookAtOnce: (path, toleranceMs) => belowRoot.at(path, toleranceMs, statAtOnce),
    openAtOnce: (path, how) => openAtOnce(belowRoot, path, how),
    readAtOnce,
    ...(fallback.names && { names: fallback.names }),
    ...(fallback.openFolder && {
      openFolder: async (path) =>
        belowRoot.at(path === "" ? "." : path, 0, openFolder) ?? (await fallback.openFolder!(path)),
    }),
  };
}

/**
 * Opens the found file for reading, by its descriptor. openat2 does not open it for reading at once, for two reasons:
 * when a thread dies, Node closes only descriptors that Node has opened, and in this way only regular files are ever
 * opened.
 */
function openFound(fd: number): Opened | undefined {
  const stat = statAtOnce(fd);
  if (stat === undefined) return undefined;
  return stat.type === "file" ? { kind: "file", fd: reopen(fd), stat } : noFile(stat.type);
}

/**
 * For reading, by one call: a small file is closed again in the same turn. No thread dies in between but one that is
 * ended by force, and with it at most one descriptor.
 */
function openAtOnce(belowRoot: BelowRoot, path: string, how: OpenAtOnce): Opened | undefined {
  const fd = belowRoot.open(path, how.toleranceMs);
  if (fd === undefined) return undefined;
  if (fd === "missing") return { kind: "missing" };
  try {
    return takeAtOnce(fd, how.readLimitBytes);
  } catch {
    return undefined;
  } finally {
    libc.close(fd);
  }
}

/** @param readLimitBytes as of `OpenAtOnce` */
function takeAtOnce(fd: number, readLimitBytes: number): Opened | undefined {
  const found = statAtOnce(fd);
  if (found === undefined) return undefined;
  if (found.type !== "file") return noFile(found.type);
  const stat = withDirtAtOnce(fd, found);
  if (stat === undefined) return undefined;
  if (stat.sizeBytes > readLimitBytes) return { kind: "file", fd: reopen(fd), stat };
  const bytes = Buffer.allocUnsafeSlow(stat.sizeBytes);
  return readWhole(fd, bytes, stat) ? { kind: "file", fd: -1, stat, bytes } : undefined;
}

function noFile(type: "folder" | "special"): Opened {
  return { kind: type === "folder" ? "folder" : "refused" };
}

/** A descriptor that stays open is Node's. */
function reopen(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, READ_FLAGS);
}

/** The same for a folder. The fallback refuses anything else. */
function openFolder(fd: number): OpenedFolder {
  return { kind: "folder", folder: openSync(`/proc/self/fd/${fd}`, READ_FLAGS | constants.O_DIRECTORY) };
}

/** What is not read here is read on the pool. */
function readAtOnce(fd: number, sizeBytes: number): { bytes: Buffer; stat: FileStat } | undefined {
  const found = statAtOnce(fd);
  if (found === undefined) return undefined;
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  if (!readWhole(fd, bytes, found)) {
    noteRead(found);
    return undefined;
  }
  const stat = statAtOnce(fd);
  return stat && { bytes, stat };
}
