// What can be said about a site: the shape that the configuration fills (options.ts, config/), and the pipeline
// follows (handler.ts). Paths in it begin with a slash and are of the site; folders are of the file system.
import type { BasicAuthOptions } from "./basic-auth.ts";
import type { CorsOptions } from "./cors.ts";
import type { HeaderRule } from "./header-rules.ts";

export interface RedirectRule {
  /** Paths, as `URLPattern` writes them: "/blog/:year/*". */
  readonly from: string;
  /** Path or address; `:name`, `*` and `:splat` stand for what matched. The query goes along. */
  readonly to: string;
  /** 301 and 308 are for good, and browsers keep them; 302, 303 and 307 are for now. @default 308 */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Only where no file is found, as in Netlify's `_redirects`. @default false */
  readonly onlyMissing?: boolean;
}

export interface RewriteRule {
  /** Paths, as in `from` of a redirect. */
  readonly from: string;
  /** Path that is answered in its place, without the visitor noticing. */
  readonly to: string;
  /** Only where no file is found, as in Netlify's `_redirects`. @default false */
  readonly onlyMissing?: boolean;
}

export interface SiteAuthOptions extends BasicAuthOptions {
  /** Paths that ask for a password. @default ["/*"] */
  readonly for?: readonly string[];
}

export interface MaintenanceOptions {
  /** Page to show. @default the server's own */
  readonly page?: string;
  /** When to come back, in seconds. @default 120 */
  readonly retryAfterSeconds?: number;
  /** Addresses and networks that see the site all the same. */
  readonly allow?: readonly string[];
}

export interface SiteOptions {
  /** Folder to serve. */
  readonly root: string;
  /** Further folders, by the path under which they are served: `{ "/docs": "../docs/dist" }`. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** The first whose `from` matches answers, before any file is looked for. */
  readonly redirects?: readonly RedirectRule[];
  /** The first whose `from` matches decides which path is looked for. */
  readonly rewrites?: readonly RewriteRule[];
  /** All that match change the fields of the reply, in their order. */
  readonly headers?: readonly HeaderRule[];
  /** Pages by status, 400, 401, 403, 404, 405, 500, 501 and 503: `{ "404": "/404.html", "403": "/errors/403.html" }`. @default { "404": "/404.html" } */
  readonly errorPages?: Readonly<Record<string, string>>;
  /** "/about" is answered with about.html, and "/about.html" and "/index.html" redirect to the clean path. @default false */
  readonly cleanUrls?: boolean;
  /** Where slashes at the end belong: "folders" adds them to folders, "never" takes them away, "ignore" leaves both be. @default "folders" */
  readonly trailingSlash?: "folders" | "never" | "ignore";
  /** Page that navigations to missing paths get, with 200: for single-page applications. */
  readonly fallback?: string;
  /** Lists folders that have no index page. @default false */
  readonly listing?: boolean;
  /** Offers listed folders, with all below that can be asked for, as zip files. Goes with `listing`. @default false */
  readonly zip?: boolean;
  /** Lets other origins' scripts read the site; true for all of them. @default false */
  readonly cors?: boolean | CorsOptions;
  /** Sends a set of protective fields: docs/configuration.md has them. @default false */
  readonly securityHeaders?: boolean;
  /** Asks for a password. */
  readonly auth?: SiteAuthOptions;
  /** Addresses and networks; when there are any, nobody else may come in. */
  readonly allow?: readonly string[];
  /** Addresses and networks that may not come in. */
  readonly deny?: readonly string[];
  /** Answers 503 to everything. @default false */
  readonly maintenance?: boolean | MaintenanceOptions;
  /** Files with a content fingerprint in their name may be kept for a year. @default true */
  readonly immutable?: boolean;
  /** "content" hashes files of every size, for trees whose modification times mean nothing. @default "auto" */
  readonly etag?: "auto" | "content";
  /** Encodes compressible files that have no sidecar. @default true */
  readonly compress?: boolean;
  /**
   * Whose rules `_redirects`, `_headers` and `serve.json` in the root are read by, where "netlify" and "cloudflare" differ;
   * "none" reads and hides none of them. @default "netlify"
   */
  readonly siteFiles?: "netlify" | "cloudflare" | "none";
  /**
   * How long fingerprinted files of the release before stay reachable after a deployment, in seconds: where the root is a
   * link that was changed, or, on Linux, a folder that was renamed and lies elsewhere now. @default 0
   */
  readonly keepPreviousSeconds?: number;
}
