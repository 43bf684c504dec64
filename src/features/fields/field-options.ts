// The options that decide about fields of replies. As they are given, and as they are resolved.
import type { CorsOptions, ResolvedCors } from "./cors.ts";
import type { DictionaryOptions, ResolvedDictionaries } from "./dictionaries.ts";
import type { HeaderRule, SiteHeaderRule } from "./header-rules.ts";
import type { HstsOptions, ResolvedHsts } from "./hsts.ts";
import type { NoVarySearchOptions } from "./no-vary-search.ts";
import type { ClearSiteDataRule } from "./option-rules.ts";

export interface FieldOptions {
  /** All rules that match change the fields of the reply, in their order. */
  readonly headers?: readonly HeaderRule[];
  /** Lets scripts of other origins read the site; true for all origins. @default false */
  readonly cors?: boolean | CorsOptions;
  /** Sends protective fields: Content-Security-Policy, X-Frame-Options, Referrer-Policy and others. @default false */
  readonly securityHeaders?: boolean;
  /**
   * Tells browsers to use HTTPS only, by Strict-Transport-Security; true for a year. Browsers remember it. Has no effect
   * without `tls`. @default false
   */
  readonly hsts?: boolean | HstsOptions;
  /**
   * Files of speculation rules, by their paths: browsers load or render pages ahead of a visit by them. They are JSON, and
   * all pages name them by Speculation-Rules. @default none
   */
  readonly speculationRules?: string | readonly string[];
  /**
   * Tells browsers which parts of a query make no difference to a file, by No-Vary-Search; true for all, as the server sees
   * it. Scripts of a page may see it otherwise. @default false
   */
  readonly noVarySearch?: boolean | NoVarySearchOptions;
  /** Paths at which browsers delete what they keep of the site, by Clear-Site-Data. They do so over HTTPS only. */
  readonly clearSiteData?: readonly ClearSiteDataRule[];
  /** Lets browsers keep files with a content fingerprint in their name for a year. @default true */
  readonly immutable?: boolean;
  /**
   * Sends the next version of a fingerprinted script or style as the difference to the version that a browser has
   * (RFC 9842). After a deployment that swaps the root, this needs `keepPreviousSeconds`. @default false
   */
  readonly dictionaries?: boolean | DictionaryOptions;
}

export interface ResolvedFields
  extends Required<
    Omit<FieldOptions, "cors" | "headers" | "hsts" | "dictionaries" | "speculationRules" | "noVarySearch">
  > {
  readonly headers: readonly SiteHeaderRule[];
  /** Undefined where no other origin may read the site. */
  readonly cors: ResolvedCors | undefined;
  /** Undefined where it is switched off, and without HTTPS. */
  readonly hsts: ResolvedHsts | undefined;
  readonly speculationRules: readonly string[];
  /** Undefined where every query may make a difference. */
  readonly noVarySearch: NoVarySearchOptions | undefined;
  /** Undefined where browsers keep no dictionaries. */
  readonly dictionaries: ResolvedDictionaries | undefined;
}
