// All files and folders below a folder that a request can have, as a flat list: the entries of its listing, and of the
// listings of the folders in it. A folder with an index page has no listing, perhaps on purpose: only the page is in
// the list.
import type { Opener } from "../../files/opener.ts";
import type { ListingEntry } from "./entries.ts";
import { readBelow, type Unreadable } from "./read-folder.ts";

export interface TreeEntry {
  /** Relative to the folder, without a slash at the end. */
  readonly path: string;
  readonly kind: "file" | "folder";
  readonly modifiedMs: number;
}

export interface TreeSource {
  readonly opener: Opener;
  /** Of the folder, as `resolvePath` gives it. */
  readonly path: string;
  /**
   * Whether a request would get the entry; otherwise it is left out, with everything below it.
   * @param path relative, as in `TreeEntry`
   */
  readonly isServed: (path: string, kind: TreeEntry["kind"]) => boolean;
  /** Whether "docs.html" is also the page of "docs/": then the folder is not listed. @default false */
  readonly hasCleanUrls?: boolean;
  readonly entryLimitCount: number;
  /** Folders within each other. */
  readonly depthLimitCount: number;
}

/** The list, in the order of a walk; "bounded" if there is more than the limits allow. */
export type Tree = readonly TreeEntry[] | "bounded" | Unreadable;

const INDEX_NAME = "index.html";
const PAGE_EXTENSION = ".html";

/** Folders that vanish, or may not be read, are left out. @throws as `readBelow` does */
export async function readTree(source: TreeSource): Promise<Tree> {
  const found: TreeEntry[] = [];
  const pending: { path: string; depth: number }[] = [{ path: "", depth: 0 }];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (folder.depth > source.depthLimitCount) return "bounded";
    const limitCount = source.entryLimitCount - found.length;
    const below = join(source.path, folder.path);
    const reading = await readBelow(source.opener, below, limitCount, { wantsLinkedFolders: false });
    if ("status" in reading) {
      if (folder.path === "" || reading.status === 503) return reading;
      continue;
    }
    if (!reading.isComplete) return "bounded";
    const served = servedOf(reading.entries, folder.path, source);
    found.push(...served);
    const { depth } = folder;
    const folders = served.filter(({ kind }) => kind === "folder").map(({ path }) => ({ path, depth: depth + 1 }));
    pending.push(...folders.reverse());
  }
  return found;
}

function servedOf(entries: readonly ListingEntry[], folder: string, source: TreeSource): TreeEntry[] {
  const { isServed, hasCleanUrls = false } = source;
  const files = new Set(entries.filter(({ kind }) => kind === "file").map(({ name }) => name));
  const isListed = ({ name, kind }: ListingEntry): boolean =>
    kind === "file" || !hasCleanUrls || !files.has(name + PAGE_EXTENSION);
  return (files.has(INDEX_NAME) ? entries.filter(({ name }) => name === INDEX_NAME) : entries.filter(isListed))
    .map(({ name, kind, modifiedMs }) => ({ path: join(folder, name), kind, modifiedMs }))
    .filter(({ path, kind }) => isServed(path, kind))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function join(folder: string, name: string): string {
  return folder === "" || name === "" ? folder + name : `${folder}/${name}`;
}
