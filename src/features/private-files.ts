// The files of other servers that may lie in the root of a site and are read when the server starts
// (options/site-files/site-files.ts). They configure the site and are never served, nor are compressed copies of them.
// The same holds for heddle.config.*, in any folder.

export type SiteFileName = "_redirects" | "_headers" | "serve.json";

/** In any case: on some file systems "/_HEADERS" is the same file, and it may hold a password. */
const SITE_FILE = /^(?:_redirects|_headers|serve\.json)(?:\.(?:br|gz|zst))?$/i;

/**
 * Our own file, with password hashes in it: it lies in the root if `heddle` is started in the folder that it serves.
 */
const CONFIG_FILE = /(?:^|\/)heddle\.config\.(?:ts|js|mjs|json)(?:\.(?:br|gz|zst))?$/i;

/** @param path below the root, as `resolvePath` gives it */
export function isSiteFile(path: string): boolean {
  return SITE_FILE.test(path);
}

/** @param path below the root or a mount */
export function isConfigFile(path: string): boolean {
  return CONFIG_FILE.test(path);
}
