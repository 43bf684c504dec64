// Whether the pages that a site names are there: its fallback, its pages for errors and for maintenance. Missing ones are
// worth a word and not an end, because a deployment may bring them.
import { createOpener } from "../content/containment.ts";
import { closeDescriptor } from "../content/descriptors.ts";
import { resolvePage } from "../content/resolve.ts";
import type { SiteOptions } from "../features/site-options.ts";
import type { ResolvedOptions } from "../options.ts";
import { placeName } from "./mistakes.ts";

/** @returns a sentence for each that is missing */
export async function missingPages({ site, given, sites }: ResolvedOptions): Promise<string[]> {
  const all = [{ above: [], site, given }, ...sites.map((one) => ({ above: ["sites", one.host], ...one }))];
  const notes = all.flatMap((one) =>
    pagesOf(one.site, one.given.includes("errorPages")).map(async ([place, page]) =>
      (await isFile(one.site.root, page))
        ? []
        : [`${placeName([...one.above, ...place])}: found no file ${page} in ${one.site.root}`],
    ),
  );
  return (await Promise.all(notes)).flat();
}

/** The default 404.html need not be there. */
function pagesOf(
  { fallback, maintenance, errorPages = {} }: SiteOptions,
  hasOwnErrorPages: boolean,
): [place: string[], page: string][] {
  const pages: [string[], string][] = [];
  if (fallback !== undefined) pages.push([["fallback"], fallback]);
  if (typeof maintenance === "object" && maintenance.page) pages.push([["maintenance", "page"], maintenance.page]);
  if (!hasOwnErrorPages) return pages;
  return [
    ...pages,
    ...Object.entries(errorPages).map(([status, page]): [string[], string] => [["errorPages", status], page]),
  ];
}

async function isFile(root: string, page: string): Promise<boolean> {
  const path = resolvePage(page)?.path;
  const opened = path === undefined ? undefined : await createOpener(root).open(path);
  if (opened?.kind === "file") closeDescriptor(opened.fd);
  return opened?.kind === "file";
}
