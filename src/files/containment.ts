// Opens files below a root, and no others. A file is opened once, non-blocking, and every question (is it in the root,
// is it a regular file, which version is it) is asked of that descriptor: a path that is checked first and opened
// afterwards can be swapped in between. Links are followed as long as they stay inside the root. This works on every
// system; on Linux, files/linux/opener.ts comes first and leaves the rest to this file.
import { constants, existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import {
  closeDescriptor,
  identityOf,
  namesIn,
  openDescriptor,
  outcomeOf,
  READ_FLAGS,
  readLink,
  readLinkAtOnce,
  realPath,
  statDescriptorAtOnce,
  statPath,
} from "./descriptors.ts";
import type { FileStat, Opened, OpenedFolder, Opener } from "./opener.ts";

/** The folder in which Linux shows the path of each descriptor. */
const DESCRIPTOR_LINKS = "/proc/self/fd";

/**
 * @param root may be a link that a deployment swaps: it is resolved anew for each open
 * @param hasDescriptorLinks whether the system shows the path of a descriptor. Without it, there is a second-best way;
 * tests use that on every system
 */
export function createOpener(root: string, hasDescriptorLinks: boolean = existsSync(DESCRIPTOR_LINKS)): Opener {
  const openBelow = hasDescriptorLinks ? openByDescriptor : openByRealPath;
  return {
    open: (path) => openInCurrentRoot(root, path, openBelow),
    look: (path) => statPath(join(root, path)),
    names: (path) => namesIn(join(root, path)),
    openFolder: (path) => openFolderBelow(root, path, hasDescriptorLinks),
  };
}

/** How often the root is resolved for one open: enough for a few deployments in a row. */
const ROOT_LOOK_LIMIT_COUNT = 4;

/** Each attempt uses one root throughout. If the root is replaced meanwhile, another attempt follows. */
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
      // Without a root we know nothing about the path. A 404 would mislead caches and search engines.
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

/** Linux: the kernel tells the path of the descriptor that it opened. */
async function openByDescriptor(realRoot: string, path: string): Promise<Opened> {
  const target = join(realRoot, path);
  try {
    return await openChecked(target, READ_FLAGS, async (fd) => {
      // The path of a removed file ends with " (deleted)". Its beginning is the same.
      return isWithin(realRoot, readLinkAtOnce(`${DESCRIPTOR_LINKS}/${fd}`));
    });
  } catch (cause) {
    return await narrow(cause, realRoot, target);
  }
}

// macOS: open(2) fails when any part of the path is a link, which closes the gap between realpath and open. The
// constant is from <sys/fcntl.h>; Node has no name for it.
const O_NOFOLLOW_ANY = process.platform === "darwin" ? 0x2000_0000 : 0;

/**
 * Other systems: the real path is opened. Afterwards it must still be its own real path and name the same file.
 *
 * macOS follows no link here, so it cannot be led outside. On systems with neither /proc nor O_NOFOLLOW_ANY, such as
 * Windows and the BSDs, the last name is safe, but the folders before it are not: an attacker who may write in the root
 * can swap a folder for a link and back between our checks, and succeeds once in a few hundred tries (measured). Node
 * offers nothing that would help there.
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
 * Opens and checks a file, and closes it unless it is a regular file inside the root.
 * @throws the error of the file system; nothing is open then
 */
async function openChecked(
  path: string,
  flags: number,
  isInside: (fd: number, stat: FileStat) => Promise<boolean>,
): Promise<Opened> {
  const fd = await openDescriptor(path, flags);
  let isHandedOver = false;
  try {
    const stat = statDescriptorAtOnce(fd);
    // This comes first: a folder outside the root must look like anything else outside.
    if (!(await isInside(fd, stat)) || stat.type === "special") return { kind: "refused" };
    if (stat.type === "folder") return { kind: "folder" };
    isHandedOver = true;
    return { kind: "file", fd, stat };
  } finally {
    if (!isHandedOver) closeDescriptor(fd);
  }
}

/** A system without descriptor links cannot read a folder by its descriptor either. */
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

/** @throws the error of the file system; nothing is open then */
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
      return (await isForbiddenInside(realRoot, target)) ? { kind: "forbidden", cause } : { kind: "refused" };
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
 * "Forbidden" tells a peer that a file exists, which we must not tell about files outside the root. There is no
 * descriptor to ask, so we ask the nearest folder that can be resolved. This only decides between 403 and 404.
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
