// Which file answers a path: the file of that name, the index page of a folder, or a page whose extension is not shown.
// A page has one address, so other paths of it ("/index.html", "/about.html", a superfluous slash) lead to that one.

import { closeSpareDescriptor } from "../../files/descriptors.ts";
import type { Opened } from "../../files/opener.ts";
import type { ResolvedPath } from "../resolve.ts";
import { settled, type Task } from "../task.ts";

export interface PageRules {
  /** "/about" is about.html … */
  readonly hasCleanUrls: boolean;
  /** … and "/about.html" stays an address of it, as on hosts with pretty URLs. @default false */
  readonly keepsExtensions?: boolean;
  /** Where slashes at the end belong: see `SiteOptions.trailingSlash`. */
  readonly trailingSlash: "folders" | "never" | "ignore";
  /** The site names an error page by its file, so it is never redirected to a clean path. */
  readonly isErrorPage: (path: string) => boolean;
}

/** What was opened under which name, or where else to go. */
export type Found =
  | { readonly kind: "here"; readonly name: string; readonly opened: Opened }
  | { readonly kind: "elsewhere"; readonly path: string; readonly isFolder: boolean };

type Here = Extract<Found, { kind: "here" }>;
type Open = (name: string) => Opened | Promise<Opened>;

const INDEX_NAME = "index.html";
const PAGE_EXTENSION = ".html";

/** @returns an open file belongs to the caller */
export function* findPage(
  { path, isFolder }: Pick<ResolvedPath, "path" | "isFolder">,
  rules: PageRules,
  open: Open,
): Task<Found> {
  const { hasCleanUrls, keepsExtensions = false, isErrorPage } = rules;
  if (isFolder) return yield* findIndex(path, rules, open);
  const found = open(path);
  const named = here(path, found instanceof Promise ? yield* settled(found) : found);
  const { kind } = named.opened;
  if (hasCleanUrls && !keepsExtensions && path.endsWith(PAGE_EXTENSION) && !isErrorPage(path)) {
    return kind === "file" ? atCleanPath(named, rules) : named;
  }
  if (hasCleanUrls && (kind === "missing" || kind === "folder")) {
    const page = yield* openNamed(path + PAGE_EXTENSION, open);
    // "/index" would be a second address of "/".
    if (page.opened.kind === "file") return isIndex(page.name) ? atCleanPath(page, rules) : page;
  }
  return kind === "folder" ? yield* atFolder(path, rules, open) : named;
}

export function indexOf(folder: string): string {
  return folder === "" ? INDEX_NAME : `${folder}/${INDEX_NAME}`;
}

/** A folder whose path was sent without a slash. */
function* atFolder(path: string, { trailingSlash }: PageRules, open: Open): Task<Found> {
  if (trailingSlash === "folders") return { kind: "elsewhere", path, isFolder: true };
  return yield* openNamed(indexOf(path), open);
}

/** A path with a slash at its end. */
function* findIndex(path: string, { hasCleanUrls, trailingSlash }: PageRules, open: Open): Task<Found> {
  const index = yield* openNamed(indexOf(path), open);
  const isThere = index.opened.kind === "file";
  if (path === "" || (isThere && trailingSlash !== "never")) return index;
  // A superfluous slash: behind a page, or behind any path where the site has no slashes.
  const page = hasCleanUrls && !isThere ? yield* openNamed(path + PAGE_EXTENSION, open) : index;
  if (page.opened.kind !== "file") return index;
  if (trailingSlash === "ignore") return page;
  closeSpareDescriptor(page.opened.fd);
  return { kind: "elsewhere", path, isFolder: false };
}

/** The path without the extension, or without the whole name of an index page. */
function atCleanPath({ name, opened }: Here, { trailingSlash }: PageRules): Found {
  if (opened.kind === "file") closeSpareDescriptor(opened.fd);
  if (!isIndex(name)) return { kind: "elsewhere", path: name.slice(0, -PAGE_EXTENSION.length), isFolder: false };
  const path = name.slice(0, -INDEX_NAME.length).replace(/\/$/, "");
  return { kind: "elsewhere", path, isFolder: trailingSlash !== "never" };
}

function* openNamed(name: string, open: Open): Task<Here> {
  const opened = open(name);
  return here(name, opened instanceof Promise ? yield* settled(opened) : opened);
}

function here(name: string, opened: Opened): Here {
  return { kind: "here", name, opened };
}

function isIndex(path: string): boolean {
  return path === INDEX_NAME || path.endsWith(`/${INDEX_NAME}`);
}
