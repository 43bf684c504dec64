// What a site's settings make of the fields of a reply, path by path: caching by the evidence of the name, protective
// fields, CORS that is the same for everyone, and header rules, which have the last word.
import { changeFields, changesForErrors, type FieldChanges, headerRules } from "./header-rules.ts";
import { SECURITY_FIELDS } from "./security-headers.ts";
import type { SiteOptions } from "./site-options.ts";

/** The same shape as `PathPolicy` of content/, which features/ does not know. */
export interface Policy {
  readonly cacheControl: string;
  readonly complete: (fields: string, isError?: boolean) => string;
}

/** A year, which stands for ever (RFC 9111 §4.2.1 knows no longer); and no question on reload: RFC 8246. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/**
 * @param plain the policy of a path that nothing is said about
 * @param corsFields of every reply, each line ended by CRLF
 * @param hasFingerprint whether the name of a file says that its content never changes
 * @throws {TypeError} for a header rule that cannot be sent
 */
export function createPolicies(
  site: Pick<SiteOptions, "headers" | "securityHeaders" | "immutable">,
  plain: Policy,
  corsFields: string,
  hasFingerprint: (path: string) => boolean,
): (path: string) => Policy {
  const rules = headerRules(site.headers ?? []);
  const own: FieldChanges = new Map(
    Object.entries(site.securityHeaders ? SECURITY_FIELDS : {}).map(([name, value]) => [
      name.toLowerCase(),
      { name, value },
    ]),
  );
  const immutable: Policy = { ...plain, cacheControl: IMMUTABLE };
  return (path) => {
    const changes = new Map([...own, ...rules(path)]);
    const { cacheControl, complete } = (site.immutable ?? true) && hasFingerprint(path.slice(1)) ? immutable : plain;
    if (changes.size === 0 && corsFields === "") return cacheControl === IMMUTABLE ? immutable : plain;
    const forErrors = changesForErrors(changes);
    return {
      cacheControl,
      complete: (fields, isError = false) => changeFields(complete(fields) + corsFields, isError ? forErrors : changes),
    };
  };
}
