// Strict-Transport-Security (RFC 6797): browsers that have seen it use HTTPS only. Over plain HTTP it must not be sent
// (§7.2), because anybody on the way could have written it.

/** How long browsers keep to HTTPS (RFC 6797). */
export interface HstsOptions {
  /** How long browsers keep to HTTPS after each reply, in seconds. @default 31536000, a year */
  readonly maxAgeSeconds?: number;
  /** For all names below the site's, too. @default false */
  readonly includeSubDomains?: boolean;
  /** Asks to be in the lists that browsers come with. Hard to take back. @default false */
  readonly preload?: boolean;
}

export type ResolvedHsts = Required<HstsOptions>;

/** What the lists of browsers demand: https://hstspreload.org/ */
const PRELOAD_SECONDS = 31_536_000;

/** @throws {TypeError} for a wish that no browser fulfils */
export function hstsFields({
  maxAgeSeconds,
  includeSubDomains,
  preload,
}: ResolvedHsts): Readonly<Record<string, string>> {
  if (preload && !(includeSubDomains && maxAgeSeconds >= PRELOAD_SECONDS))
    throw new TypeError("preload needs includeSubDomains, and maxAgeSeconds of a year at least");
  const value = [`max-age=${maxAgeSeconds}`, includeSubDomains && "includeSubDomains", preload && "preload"];
  return { "Strict-Transport-Security": value.filter(Boolean).join("; ") };
}
