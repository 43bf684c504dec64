// The paths by which one file may be asked for: its own, with the slash or the name that a folder's page is found
// without, as a clean path, and as what was encoded beside it. Too many cost a comparison, one too few a password.

const CODED = /\.(?:br|gz|zst)$/i;
const INDEX = /\/(?:index\.html)?$/i;
const PAGE = /\.html$/i;

/** @param url a path, canonically written, which is among them */
export function spellings(url: string, hasCleanUrls: boolean): readonly string[] {
  const found = new Set([url]);
  // "/a.html.br" has all that "/a.html" has.
  for (const file of CODED.test(url) ? [url, url.replace(CODED, "")] : [url]) {
    const bare = file.replace(INDEX, "");
    found.add(file);
    addFolder(found, bare);
    if (!hasCleanUrls) continue;
    const clean = bare.replace(PAGE, "");
    addFolder(found, clean);
    found.add(`${clean}.html`);
  }
  return [...found];
}

/** A folder, its slash, its index page. */
function addFolder(found: Set<string>, bare: string): void {
  found
    .add(bare === "" ? "/" : bare)
    .add(`${bare}/`)
    .add(`${bare}/index.html`);
}
