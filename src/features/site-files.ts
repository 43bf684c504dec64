// The files of other servers that may lie in the root of a site and are read when the server starts (config/site-files.ts).
// They are about the site and no part of it: nobody gets them, nor what was compressed beside them. Nor the file that
// configures the server, wherever it lies.

export type SiteFileName = "_redirects" | "_headers" | "serve.json";

/** Whatever the case: on some file systems "/_HEADERS" would be the same file, and that may have a password in it. */
const SITE_FILE = /^(?:_redirects|_headers|serve\.json)(?:\.(?:br|gz|zst))?$/i;

/** Our own, with password hashes in it: it lies in the root wherever `heddle` is started in the folder that it serves. */
const CONFIG_FILE = /(?:^|\/)heddle\.config\.(?:ts|js|mjs|json)(?:\.(?:br|gz|zst))?$/i;

/** @param path below the root, as `resolvePath` gives it */
export function isSiteFile(path: string): boolean {
  return SITE_FILE.test(path);
}

/** @param path below the root or a mount */
export function isConfigFile(path: string): boolean {
  return CONFIG_FILE.test(path);
}
