// Which file answers a path: the file of that name, the index page of a folder, a page whose extension is not shown. Or
// which other path does, because a page has one address: slashes at the end, "/index.html", "/about.html".
import type { Opened } from "../http/file.ts";
import { closeSpareDescriptor } from "./descriptors.ts";
import type { ResolvedPath } from "./resolve.ts";

export interface PageRules {
  /** "/about" is about.html, which has no address of its own. */
  readonly hasCleanUrls: boolean;
  /** Where slashes at the end belong: see `SiteOptions.trailingSlash`. */
  readonly trailingSlash: "folders" | "never" | "ignore";
  /** A page for errors is looked for by its name, and nobody has its address. */
  readonly isErrorPage: (path: string) => boolean;
}

/** What was opened under which name, or where else to go. */
export type Found =
  | { readonly kind: "here"; readonly name: string; readonly opened: Opened }
  | { readonly kind: "elsewhere"; readonly path: string; readonly isFolder: boolean };

type Here = Extract<Found, { kind: "here" }>;
type Open = (name: string) => Promise<Opened>;

const INDEX_NAME = "index.html";
const PAGE_EXTENSION = ".html";

/** @returns an open file belongs to the caller */
export async function findPage(
  { path, isFolder }: Pick<ResolvedPath, "path" | "isFolder">,
  rules: PageRules,
  open: Open,
): Promise<Found> {
  const { hasCleanUrls, isErrorPage } = rules;
  if (isFolder) return await findIndex(path, rules, open);
  const named = await openNamed(path, open);
  const { kind } = named.opened;
  if (hasCleanUrls && path.endsWith(PAGE_EXTENSION) && !isErrorPage(path)) {
    return kind === "file" ? atCleanPath(named, rules) : named;
  }
  if (hasCleanUrls && (kind === "missing" || kind === "folder")) {
    const page = await openNamed(path + PAGE_EXTENSION, open);
    // "/index" would be a second address of "/".
    if (page.opened.kind === "file") return isIndex(page.name) ? atCleanPath(page, rules) : page;
  }
  return kind === "folder" ? await atFolder(path, rules, open) : named;
}

export function indexOf(folder: string): string {
  return folder === "" ? INDEX_NAME : `${folder}/${INDEX_NAME}`;
}

/** A folder that is asked for without its slash. */
async function atFolder(path: string, { trailingSlash }: PageRules, open: Open): Promise<Found> {
  if (trailingSlash === "folders") return { kind: "elsewhere", path, isFolder: true };
  return await openNamed(indexOf(path), open);
}

/** A path with a slash at its end. */
async function findIndex(path: string, { hasCleanUrls, trailingSlash }: PageRules, open: Open): Promise<Found> {
  const index = await openNamed(indexOf(path), open);
  const isThere = index.opened.kind === "file";
  if (path === "" || (isThere && trailingSlash !== "never")) return index;
  // A slash that does not belong here: behind a page, or anywhere where it never does.
  const page = hasCleanUrls && !isThere ? await openNamed(path + PAGE_EXTENSION, open) : index;
  if (page.opened.kind !== "file") return index;
  if (trailingSlash === "ignore") return page;
  closeSpareDescriptor(page.opened.fd);
  return { kind: "elsewhere", path, isFolder: false };
}

/** Without what a clean path does not show: the extension, or the whole name of an index page. */
function atCleanPath({ name, opened }: Here, { trailingSlash }: PageRules): Found {
  if (opened.kind === "file") closeSpareDescriptor(opened.fd);
  if (!isIndex(name)) return { kind: "elsewhere", path: name.slice(0, -PAGE_EXTENSION.length), isFolder: false };
  const path = name.slice(0, -INDEX_NAME.length).replace(/\/$/, "");
  return { kind: "elsewhere", path, isFolder: trailingSlash !== "never" };
}

async function openNamed(name: string, open: Open): Promise<Here> {
  return { kind: "here", name, opened: await open(name) };
}

function isIndex(path: string): boolean {
  return path === INDEX_NAME || path.endsWith(`/${INDEX_NAME}`);
}
