// The options that decide about fields of replies. As they are given, and as they are resolved.
import type { CorsOptions, ResolvedCors } from "./cors.ts";
import type { DictionaryOptions, ResolvedDictionaries } from "./dictionaries.ts";
import type { HeaderRule, SiteHeaderRule } from "./header-rules.ts";
import type { HstsOptions, ResolvedHsts } from "./hsts.ts";

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
  /** Lets browsers keep files with a content fingerprint in their name for a year. @default true */
  readonly immutable?: boolean;
  /**
   * Sends the next version of a fingerprinted script or style as the difference to the version that a browser has
   * (RFC 9842). After a deployment that swaps the root, this needs `keepPreviousSeconds`. @default false
   */
  readonly dictionaries?: boolean | DictionaryOptions;
}

export interface ResolvedFields extends Required<Omit<FieldOptions, "cors" | "headers" | "hsts" | "dictionaries">> {
  readonly headers: readonly SiteHeaderRule[];
  /** Undefined where no other origin may read the site. */
  readonly cors: ResolvedCors | undefined;
  /** Undefined where it is switched off, and without HTTPS. */
  readonly hsts: ResolvedHsts | undefined;
  /** Undefined where browsers keep no dictionaries. */
  readonly dictionaries: ResolvedDictionaries | undefined;
}
