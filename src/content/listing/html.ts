// A listing as a page for people. It works without its script: sorting and pages are links. Every name in it is
// somebody else's and is escaped once, here, on its way out. How it looks is style.ts.
import { writePath } from "../resolve.ts";
import {
  displayName,
  isoTime,
  type ListingEntry,
  type ListingPage,
  resort,
  type SortKey,
  writeListingQuery,
} from "./entries.ts";
import type { Readme } from "./readme/readme.ts";
import { SCRIPT, STYLE } from "./style.ts";

export interface ListingExtras {
  /** Shown below the table. Its HTML is not escaped; the policy of style.ts keeps scripts in it from running. */
  readonly readme?: Readme | undefined;
  /** Where the whole folder can be had as a zip file, as a relative reference. */
  readonly zipHref?: string | undefined;
}

const COLUMNS: readonly (readonly [SortKey, string])[] = [
  ["name", "Name"],
  ["size", "Size"],
  ["time", "Modified (UTC)"],
];

/** @returns a whole document; all its links are relative to the folder's address, which ends in a slash */
export function writeListingHtml(page: ListingPage, extras: ListingExtras = {}): string {
  const names = page.path === "" ? [] : page.path.split("/");
  const title = escapeHtml(displayName({ name: names.at(-1) ?? "", kind: "folder" }));
  const { zipHref, readme } = extras;
  const zip = zipHref === undefined ? "" : `<a href="${escapeHtml(zipHref)}">Download as zip</a>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${writeTrail(names)}<h1><bdi>${title}</bdi></h1>
<div class="tools">
<p role="status">${writeCount(page)}</p>
${zip}<label hidden>Filter <input type="search" autocomplete="off" spellcheck="false"></label>
</div>
${writeTable(page)}${writePages(page)}${writeReadme(readme)}</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

/** The folders above, from the root down; empty for the root. */
function writeTrail(names: readonly string[]): string {
  const above = names.length === 0 ? [] : ["Root", ...names.slice(0, -1)];
  const crumbs = above.map((name, index) => {
    const label = escapeHtml(displayName({ name, kind: "file" }));
    const rel = index === above.length - 1 ? ' rel="up"' : "";
    return `<li><a href="${"../".repeat(above.length - index)}"${rel}><bdi>${label}</bdi></a></li>`;
  });
  return above.length === 0 ? "" : `<nav aria-label="Folders above"><ol>${crumbs.join("")}</ol></nav>\n`;
}

function writeCount({ entries, entryCount, pageCount, query, isComplete }: ListingPage): string {
  const all = entryCount === 1 ? "1 entry" : `${grouped(entryCount)} entries`;
  const shown = pageCount === 1 ? "" : `, ${grouped(entries.length)} on page ${query.page} of ${pageCount}`;
  if (isComplete) return entryCount === 0 ? "This folder is empty." : `${all}${shown}`;
  return `Only the first ${all} of this folder, which has more${shown}`;
}

function writeTable(page: ListingPage): string {
  if (page.entryCount === 0) return "";
  const heads = COLUMNS.map(([key, label]) => writeHead(page, key, label));
  const rows = page.entries.map(writeRow);
  return `<table class="list">\n<thead><tr>${heads.join("")}</tr></thead>\n<tbody>\n${rows.join("")}</tbody>\n</table>\n`;
}

function writeHead({ query }: ListingPage, key: SortKey, label: string): string {
  const sorted = query.order === "asc" ? "ascending" : "descending";
  const state = query.sort === key ? ` aria-sort="${sorted}"` : "";
  return `<th scope="col"${state}><a href="${escapeHtml(writeListingQuery(resort(query, key)))}">${label}</a></th>`;
}

function writeRow(entry: ListingEntry): string {
  const href = hrefOf(entry);
  const picture = isPicture(entry)
    ? `<img src="${href}" alt="" width="44" height="44" loading="lazy" decoding="async">`
    : "";
  const kind = entry.kind === "folder" ? ' class="folder"' : picture === "" ? "" : ' class="picture"';
  const name = `<th scope="row">${picture}<a href="${href}"><bdi>${escapeHtml(displayName(entry))}</bdi></a></th>`;
  return `<tr${kind}>${name}${writeSize(entry)}${writeTime(entry.modifiedMs)}</tr>\n`;
}

/** "./" in front: a colon in the first name of a relative reference would make a scheme of it (RFC 3986 §4.2). */
function hrefOf({ name, kind }: ListingEntry): string {
  return escapeHtml(`.${writePath(name.toWellFormed(), kind === "folder")}`);
}

function writeSize({ kind, sizeBytes }: ListingEntry): string {
  if (kind === "folder") return "<td></td>";
  return `<td title="${grouped(sizeBytes)} ${sizeBytes === 1 ? "byte" : "bytes"}">${humanSize(sizeBytes)}</td>`;
}

function writeTime(modifiedMs: number): string {
  const iso = isoTime(modifiedMs);
  if (iso === undefined) return "<td></td>";
  return `<td><time datetime="${iso}">${iso.replace("T", " ").replace(/:\d\d\.\d+Z$/, "")}</time></td>`;
}

function writePages({ query, pageCount }: ListingPage): string {
  const link = (page: number, rel: string, label: string): string =>
    `<a href="${escapeHtml(writeListingQuery({ ...query, page }))}" rel="${rel}">${label}</a>`;
  const previous = query.page > 1 ? link(query.page - 1, "prev", "Previous page") : "";
  const next = query.page < pageCount ? link(query.page + 1, "next", "Next page") : "";
  return pageCount === 1 ? "" : `<nav class="pages" aria-label="Pages">${previous}${next}</nav>\n`;
}

function writeReadme(readme: Readme | undefined): string {
  if (readme === undefined) return "";
  const name = escapeHtml(readme.name);
  const link = `<a href="./${name}">${name}</a>`;
  const content = readme.html ?? `<p class="note">This file is too large to show here. Open ${link}.</p>\n`;
  return `<section class="readme" aria-label="${name}">\n${content}</section>\n`;
}

/** What every browser shows. */
const PICTURE = /\.(?:avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i;

/** A thumbnail is the picture itself, made small: of larger ones, a screen full would be too much to load. */
const PICTURE_LIMIT_BYTES = 2_097_152;

function isPicture({ name, kind, sizeBytes }: ListingEntry): boolean {
  return kind === "file" && PICTURE.test(name) && sizeBytes > 0 && sizeBytes <= PICTURE_LIMIT_BYTES;
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Three digits at most: "0 bytes", "999 bytes", "1.0 KiB", "10 KiB", "1.0 MiB". */
export function humanSize(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  // Not 1024: "1000 KiB" is wider than the column, and 999.5 would be rounded to it.
  for (; size >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1; unit++) size /= 1024;
  if (unit === 0) return `${size} ${size === 1 ? "byte" : UNITS[0]}`;
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
