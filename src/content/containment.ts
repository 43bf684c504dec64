// Opens files below a root, and nothing else. A file is opened once, non-blocking, and every question (is it
// in the root, is it a regular file, which version) is asked of that descriptor: a path that is looked at
// first and opened afterwards can be swapped in between. Links inside the root are followed as long as
// they stay inside. Works on every system; on Linux, transport/kernel/opener.ts answers first what it can.
import { constants, existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { FileStat, Opened, OpenedFolder, Opener } from "../http/file.ts";
import {
  closeDescriptor,
  identityOf,
  namesIn,
  openDescriptor,
  outcomeOf,
  READ_FLAGS,
  readLink,
  realPath,
  statDescriptor,
} from "./descriptors.ts";

/** Where Linux says which path a descriptor has. */
const DESCRIPTOR_LINKS = "/proc/self/fd";

/**
 * @param root may be a link that a deployment swaps: it is resolved anew for each open
 * @param hasDescriptorLinks whether the system can be asked for the path of a descriptor; where not, or to test
 * as if not, there is a second best way
 */
export function createOpener(root: string, hasDescriptorLinks: boolean = existsSync(DESCRIPTOR_LINKS)): Opener {
  const openBelow = hasDescriptorLinks ? openByDescriptor : openByRealPath;
  return {
    open: (path) => openInCurrentRoot(root, path, openBelow),
    names: (path) => namesIn(join(root, path)),
    openFolder: (path) => openFolderBelow(root, path, hasDescriptorLinks),
  };
}

/** Looks at where the root leads, for one open: enough for a few deployments in a row. */
const ROOT_LOOK_LIMIT_COUNT = 4;

/** One attempt sees one root from begin to end; a root that is replaced in the middle of it is worth another. */
async function openInCurrentRoot(
  root: string,
  path: string,
  openBelow: (realRoot: string, path: string) => Promise<Opened>,
): Promise<Opened> {
  let opened: Opened | undefined;
  let triedRoot: string | undefined;
  for (let look = 0; look < ROOT_LOOK_LIMIT_COUNT; look++) {
    let realRoot: string;
    try {
      realRoot = await realPath(root);
    } catch (cause) {
      // No root is no answer about the path: caches and search engines would take a 404 for one.
      opened = { kind: "unavailable", cause };
      continue;
    }
    if (realRoot === triedRoot) break;
    opened = await openBelow(realRoot, path);
    if (opened.kind !== "missing" && opened.kind !== "refused") break;
    triedRoot = realRoot;
  }
  return opened!;
}

/** Linux: the kernel says where the descriptor that it opened lies. */
async function openByDescriptor(realRoot: string, path: string): Promise<Opened> {
  const target = join(realRoot, path);
  try {
    return await openChecked(target, READ_FLAGS, async (fd) => {
      // A removed file has " (deleted)" behind its path, which does not change where it begins.
      return isWithin(realRoot, await readLink(`${DESCRIPTOR_LINKS}/${fd}`));
    });
  } catch (cause) {
    return await narrow(cause, realRoot, target);
  }
}

// macOS: fail when any part of the path is a link, which closes the gap between realpath and open.
// <sys/fcntl.h>; Node does not name it.
const O_NOFOLLOW_ANY = process.platform === "darwin" ? 0x2000_0000 : 0;

/**
 * Elsewhere: the real path is opened, and must afterwards still be its own real path and name the same file.
 *
 * macOS follows no link then, so it cannot be led out. Where there is neither /proc nor O_NOFOLLOW_ANY, as on
 * Windows and the BSDs, the last name is safe but not the folders before it: whoever may write in the root can
 * swap one for a link and back between our questions, and wins every few hundred tries (measured). Node offers
 * nothing there that would help.
 */
async function openByRealPath(realRoot: string, path: string): Promise<Opened> {
  let target = join(realRoot, path);
  try {
    target = await realPath(target);
    if (!isWithin(realRoot, target)) return { kind: "refused" };
    return await openChecked(target, READ_FLAGS | (constants.O_NOFOLLOW ?? 0) | O_NOFOLLOW_ANY, async (_fd, stat) => {
      if ((await realPath(target)) !== target) return false;
      const found = await identityOf(target);
      return found.dev === stat.dev && found.ino === stat.ino;
    });
  } catch (cause) {
    return await narrow(cause, realRoot, target);
  }
}

/**
 * Opens, checks and, unless it is a regular file inside the root, closes.
 * @throws whatever the file system threw; nothing is open then
 */
async function openChecked(
  path: string,
  flags: number,
  isInside: (fd: number, stat: FileStat) => Promise<boolean>,
): Promise<Opened> {
  const fd = await openDescriptor(path, flags);
  let isHandedOver = false;
  try {
    const stat = await statDescriptor(fd);
    // Asked first: a folder that lies outside must look like anything else out there.
    if (!(await isInside(fd, stat)) || stat.type === "special") return { kind: "refused" };
    if (stat.type === "folder") return { kind: "folder" };
    isHandedOver = true;
    return { kind: "file", fd, stat };
  } finally {
    if (!isHandedOver) closeDescriptor(fd);
  }
}

/** Where the system cannot say where a descriptor lies, it cannot read a folder by its descriptor either. */
async function openFolderBelow(root: string, path: string, hasDescriptorLinks: boolean): Promise<OpenedFolder> {
  let realRoot: string;
  try {
    realRoot = await realPath(root);
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
  let target = join(realRoot, path);
  try {
    target = await realPath(target);
    if (!isWithin(realRoot, target)) return { kind: "refused" };
    if (!hasDescriptorLinks) return { kind: "folder", folder: target };
    return await openFolderChecked(realRoot, target);
  } catch (cause) {
    return await narrow(cause, realRoot, target);
  }
}

/** @throws whatever the file system threw; nothing is open then */
async function openFolderChecked(realRoot: string, target: string): Promise<OpenedFolder> {
  const folder = await openDescriptor(target, READ_FLAGS | constants.O_DIRECTORY);
  let isInside = false;
  try {
    isInside = isWithin(realRoot, await readLink(`${DESCRIPTOR_LINKS}/${folder}`));
    return isInside ? { kind: "folder", folder } : { kind: "refused" };
  } finally {
    if (!isInside) closeDescriptor(folder);
  }
}

function isWithin(realRoot: string, path: string): boolean {
  return path === realRoot || path.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
}

/** Why nothing was opened. */
async function narrow(
  cause: unknown,
  realRoot: string,
  target: string,
): Promise<Exclude<Opened, { kind: "file" | "folder" }>> {
  const outcome = outcomeOf(cause);
  switch (outcome) {
    case "missing":
      return { kind: "missing" };
    case "forbidden":
      return { kind: (await isForbiddenInside(realRoot, target)) ? "forbidden" : "refused" };
    case "special":
      return { kind: "refused" };
    case "exhausted":
      return { kind: "unavailable", cause };
    case "failed":
      return { kind: "failed", cause };
    default:
      return outcome satisfies never;
  }
}

/**
 * "Forbidden" tells that something is there, which is nobody's business outside of the root. No descriptor
 * answers here, so the nearest folder that can be resolved does: nothing is served by it, only 403 or 404 chosen.
 */
async function isForbiddenInside(realRoot: string, target: string): Promise<boolean> {
  for (let path = target; isWithin(realRoot, path); path = dirname(path)) {
    try {
      return isWithin(realRoot, await realPath(path));
    } catch (cause) {
      if (outcomeOf(cause) !== "forbidden") return false;
    }
  }
  return false;
}
