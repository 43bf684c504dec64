// Whether the files that a site names exist: its fallback, its error and maintenance pages, its speculation rules. A file that does not
// exist is a warning and no error, because a deployment may bring it.
import { resolvePage } from "../content/resolve.ts";
import { createOpener } from "../files/containment.ts";
import { closeDescriptor } from "../files/descriptors.ts";
import { placeName } from "./mistakes.ts";
import type { ResolvedOptions, ResolvedSite } from "./resolved-options.ts";

/** @returns a sentence for each page that does not exist */
export async function missingPages({ site, given, sites }: ResolvedOptions): Promise<string[]> {
  const all = [{ above: [], site, given }, ...sites.map((one) => ({ above: ["sites", one.host], ...one }))];
  const notes = all.flatMap((one) =>
    pagesOf(one.site, one.given.includes("errorPages")).map(async ([place, page]) =>
      (await isFile(one.site.root, page))
        ? []
        : [`${placeName([...one.above, ...place])}: there is no file ${page} in ${one.site.root}`],
    ),
  );
  return (await Promise.all(notes)).flat();
}

/** The default 404.html is optional. */
function pagesOf(
  { fallback, maintenance, speculationRules, errorPages }: ResolvedSite,
  hasOwnErrorPages: boolean,
): [place: string[], page: string][] {
  const pages: [string[], string][] = [];
  if (fallback !== undefined) pages.push([["fallback"], fallback]);
  if (maintenance?.page !== undefined) pages.push([["maintenance", "page"], maintenance.page]);
  for (const file of speculationRules) pages.push([["speculationRules"], file]);
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
