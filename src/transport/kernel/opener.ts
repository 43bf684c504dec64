// Opens files below a root at the place that below-root.ts finds. It is synchronous, 10 us of CPU where five hops
// through libuv's pool take 170, and never waits for a disk: it takes only what is in memory. All else is left to
// the opener that works everywhere, which asks the descriptor where it lies and so is as safe: the cold, the
// missing, the forbidden, what moved meanwhile, and links that RESOLVE_BENEATH refuses although they lead back
// inside. So the two always agree.
import { constants, openSync, readSync } from "node:fs";
import type { FileStat, Opened, OpenedFolder, Opener } from "../../http/file.ts";
import { BelowRoot, type Openat2, openat2, problemOf } from "./below-root.ts";
import { isResident } from "./residency.ts";
import { statAtOnce } from "./stat.ts";

/** As everywhere: nothing blocks, and no terminal becomes ours. */
const READ_FLAGS: number = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * @param root absolute; may be a link that a deployment swaps: it is opened anew for each look
 * @param fallback for the same root: answers what the kernel does not answer at once
 * @param onFallback told once, and at once, why the fallback answers everything: ENOSYS or EINVAL before
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
    open: async (path) => belowRoot.at(path, 0, openFound) ?? (await fallback.open(path)),
    lookAtOnce: (path, toleranceMs) => belowRoot.at(path, toleranceMs, statAtOnce),
    readAtOnce,
    ...(fallback.names && { names: fallback.names }),
    ...(fallback.openFolder && {
      openFolder: async (path) =>
        belowRoot.at(path === "" ? "." : path, 0, openFolder) ?? (await fallback.openFolder!(path)),
    }),
  };
}

/**
 * Opens for reading what was found, by its descriptor. Not at once by openat2: Node closes what a dying thread has
 * left open, but only what Node itself has opened. And so nothing but regular files is ever opened.
 */
function openFound(fd: number): Opened | undefined {
  const stat = statAtOnce(fd);
  if (stat === undefined) return undefined;
  switch (stat.type) {
    case "folder":
      return { kind: "folder" };
    case "special":
      return { kind: "refused" };
    case "file":
      return { kind: "file", fd: openSync(`/proc/self/fd/${fd}`, READ_FLAGS), stat };
    default:
      return stat.type satisfies never;
  }
}

/** As above, for a folder; what is none is left to the fallback to refuse. */
function openFolder(fd: number): OpenedFolder {
  return { kind: "folder", folder: openSync(`/proc/self/fd/${fd}`, READ_FLAGS | constants.O_DIRECTORY) };
}

/** Reads a file of which both ends are in memory. */
function readAtOnce(fd: number, sizeBytes: number): { bytes: Buffer; stat: FileStat } | undefined {
  if (sizeBytes > 0 && !isResident({ fd }, { start: 0, end: sizeBytes })) return undefined;
  try {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    if (readSync(fd, bytes, 0, sizeBytes, 0) < sizeBytes) return undefined;
    const stat = statAtOnce(fd);
    return stat && { bytes, stat };
  } catch {
    return undefined;
  }
}
