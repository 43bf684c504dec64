// What can be said about a site. Each room of features/ declares its own options; the rest stands here. Paths in the
// options begin with a slash and are paths of the site; folders are folders of the file system.
import type { AccessOptions } from "../features/access/access-options.ts";
import type { FieldOptions } from "../features/fields/field-options.ts";
import type { RouteOptions } from "../features/routes.ts";

/** What can be said about one site: folder, rules, fields and who may come in. */
export interface SiteOptions
  extends FolderOptions,
    PageOptions,
    RouteOptions,
    FieldOptions,
    AccessOptions,
    FileOptions {}

export interface FolderOptions {
  /** Folder to serve. */
  readonly root: string;
  /** Further folders, by the path under which they are served: `{ "/docs": "../docs/dist" }`. */
  readonly mounts?: Readonly<Record<string, string>>;
  /**
   * Whose rules `_redirects`, `_headers` and `serve.json` in the root are read by, where "netlify" and "cloudflare" differ;
   * "none" reads and hides none of them. @default "netlify"
   */
  readonly siteFiles?: "netlify" | "cloudflare" | "none";
  /**
   * Seconds for which fingerprinted files of the previous release stay reachable after a deployment. Needs a root that is a
   * symbolic link, or, on Linux, a folder that is renamed. @default 0
   */
  readonly keepPreviousSeconds?: number;
}

export interface PageOptions {
  /** Pages by status, 400, 401, 403, 404, 405, 500, 501 and 503: `{ "404": "/404.html", "403": "/errors/403.html" }`. @default { "404": "/404.html" } */
  readonly errorPages?: Readonly<Record<string, string>>;
  /** "/about" is answered with about.html, and "/about.html" and "/index.html" redirect to the clean path. @default false */
  readonly cleanUrls?: boolean;
  /** Slashes at the end: "folders" adds them to folders, "never" removes them, "ignore" leaves them alone. @default "folders" */
  readonly trailingSlash?: "folders" | "never" | "ignore";
  /**
   * "%2F" in a path: "refuse" answers 400, "decode" takes it for a slash, as npm clients need that ask for `/@scope%2fname`.
   * Rules, passwords and folders see the decoded path. Behind a proxy, both should decide alike. @default "refuse"
   */
  readonly encodedSlashes?: "refuse" | "decode";
  /**
   * "negotiate" sends page.md in place of page.html to clients that name text/markdown in Accept and would not rather have the
   * page; every page then has "Vary: Accept". @default "off"
   */
  readonly markdown?: "negotiate" | "off";
  /**
   * Sends the `Link` fields that a page has by `headers`, or by `_headers`, ahead of it as 103 (Early Hints, RFC 8297) when a
   * browser visits it: by HTTP/2, as browsers take them, or by HTTP/1.1, too. @default "off"
   */
  readonly earlyHints?: "http2" | "all" | "off";
  /**
   * "negotiate" sends photo.jpg.avif, photo.avif, photo.jpg.webp or photo.webp in place of photo.jpg (or .jpeg, .png) to clients
   * that name the type in Accept: the most welcome, and the smallest of what is equally welcome; none that is older than
   * photo.jpg, and no photo.avif next to a photo.png. Every JPEG and PNG then has "Vary: Accept". @default "off"
   */
  readonly images?: "negotiate" | "off";
  /** Lists folders that have no index page. @default false */
  readonly listing?: boolean;
  /** Offers listed folders as zip files, with all files below that can be requested. Needs `listing`. @default false */
  readonly zip?: boolean;
}

export interface FileOptions {
  /** "content" hashes every file for its entity tag, for trees with unreliable modification times. @default "auto" */
  readonly etag?: "auto" | "content";
  /**
   * Sends Repr-Digest and Content-Digest (RFC 9530) to clients that ask for them by Want-Repr-Digest and Want-Content-Digest:
   * SHA-256 of the whole file, as it is coded, and of what the reply sends. @default false
   */
  readonly digests?: boolean;
  /** Compresses files on demand that have no precompressed file. @default true */
  readonly compress?: boolean;
}
