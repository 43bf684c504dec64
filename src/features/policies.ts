// What a site's settings make of the fields of a reply, path by path: caching by the evidence of the name, protective
// fields, CORS that is the same for everyone, and header rules, which have the last word.
import { addFields, changeFields, changesForErrors, type FieldChanges, headerRules } from "./header-rules.ts";
import { SECURITY_FIELDS } from "./security-headers.ts";
import type { SiteOptions } from "./site-options.ts";

/** The same shape as `PathPolicy` of content/, which features/ does not know. */
export interface Policy {
  readonly cacheControl: string;
  readonly complete: (fields: string, isError?: boolean) => string;
}

/**
 * @param path that is asked for; undefined for what is about none, as a request that cannot be read: it gets the rules
 * for all paths
 * @param file the path of the file that answers, where that is another: "/index.html" for "/"
 */
export type PolicyOf = (path: string | undefined, file?: string) => Policy;

/** A year, which stands for ever (RFC 9111 §4.2.1 knows no longer); and no question on reload: RFC 8246. */
const IMMUTABLE = "public, max-age=31536000, immutable";
/** RFC 9111 §3.5: `public` lets a shared cache give to everyone what somebody had a password for. */
const IMMUTABLE_PRIVATE = "private, max-age=31536000, immutable";

/**
 * @param plain the policy of a path that nothing is said about
 * @param corsFields of every reply, each line ended by CRLF
 * @param hasFingerprint whether the name of a file says that its content never changes
 * @param isProtected whether a path asks for a password
 * @throws {TypeError} for a header rule that cannot be sent
 */
export function createPolicies(
  site: Pick<SiteOptions, "headers" | "securityHeaders" | "immutable">,
  plain: Policy,
  corsFields: string,
  hasFingerprint: (path: string) => boolean,
  isProtected: (path: string) => boolean,
): PolicyOf {
  const rules = headerRules(site.headers ?? []);
  const everywhere = headerRules((site.headers ?? []).filter((rule) => rule.for === "/*"))("/");
  const own = site.securityHeaders ? SECURITY_FIELDS : {};
  const hasOwn = corsFields !== "" || site.securityHeaders === true;
  const immutable: Policy = { ...plain, cacheControl: IMMUTABLE };
  const immutablePrivate: Policy = { ...plain, cacheControl: IMMUTABLE_PRIVATE };
  // Most paths have no rules of their own: these share a policy.
  const usual = changed(plain, new Map());
  const usualImmutable = changed(immutable, new Map());

  /** Undefined for a path whose content may change. */
  function immutableFor(path: string): Policy | undefined {
    if (!(site.immutable ?? true) || !hasFingerprint(path.slice(1))) return undefined;
    return isProtected(path) ? immutablePrivate : immutable;
  }

  function changed(base: Policy, changes: FieldChanges): Policy {
    if (changes.size === 0 && !hasOwn) return base;
    const forErrors = changesForErrors(changes);
    const complete: Policy["complete"] = (fields, isError = false) =>
      changeFields(addFields(base.complete(fields) + corsFields, own), isError ? forErrors : changes);
    return { cacheControl: base.cacheControl, complete };
  }

  return (path, file) => {
    if (path === undefined) return changed(plain, everywhere);
    const base = immutableFor(path) ?? plain;
    const changes = file === undefined ? rules(path) : rules(path, file);
    if (changes.size > 0 || base === immutablePrivate) return changed(base, changes);
    return base === plain ? usual : usualImmutable;
  };
}
