// The policy of each path: caching by the evidence of the name, protective fields, CORS that is the same for everyone,
// and header rules, which have the last word.

import { type AlternateOptions, alternatesOf, mayHaveAlternates, PAGE } from "./alternates.ts";
import { dictionaryForPage, dictionaryOf } from "./dictionaries.ts";
import type { ResolvedFields } from "./field-options.ts";
import { hasFingerprint } from "./fingerprint.ts";
import {
  addFields,
  askedHeaderRules,
  changeFields,
  changesForErrors,
  type FieldChanges,
  type HeaderRules,
  headerRules,
} from "./header-rules.ts";
import { hstsFields } from "./hsts.ts";
import { writeNoVarySearch } from "./no-vary-search.ts";
import { allHeaderRules, type RuleOptions } from "./option-rules.ts";
import { DEFAULT_POLICY, type PathAlternates, type PathDictionary, type PathPolicy } from "./path-policy.ts";
import { SECURITY_FIELDS } from "./security-headers.ts";

/** A year, the longest that RFC 9111 §4.2.1 asks caches to know; and no question on reload: RFC 8246. */
const IMMUTABLE: PathPolicy = { ...DEFAULT_POLICY, cacheControl: "public, max-age=31536000, immutable" };
/** RFC 9111 §3.5: `public` lets a shared cache give to everyone what one user had a password for. */
const IMMUTABLE_PRIVATE: PathPolicy = { ...DEFAULT_POLICY, cacheControl: "private, max-age=31536000, immutable" };

export interface PolicySources {
  /** Field lines of every reply, each ended by CRLF. */
  readonly corsFields: string;
  /** Which files need a password. */
  readonly protection: { protects(url: string): boolean };
}

const HSTS_KEY = "strict-transport-security";

type PolicyOptions = AlternateOptions &
  RuleOptions &
  Pick<ResolvedFields, "headers" | "securityHeaders" | "hsts" | "noVarySearch" | "immutable" | "dictionaries">;

export class Policies {
  readonly #isImmutable: boolean;
  readonly #dictionaries: PolicyOptions["dictionaries"];
  readonly #alternates: AlternateOptions;
  readonly #protection: PolicySources["protection"];
  readonly #rules: HeaderRules;
  readonly #askedRules: (asked: string) => string;
  readonly #corsFields: string;
  readonly #noVarySearch: string | undefined;
  /** Besides those of the rules. */
  readonly #ownFields: Readonly<Record<string, string>>;
  // Most paths have no rules of their own: these share a policy.
  readonly #usual: PathPolicy;
  readonly #usualImmutable: PathPolicy;
  readonly #pathless: PathPolicy;
  /** For a reply that goes out without TLS, from a server that speaks TLS: RFC 6797 §7.2. */
  readonly unprotected: PathPolicy;

  /** @throws {TypeError} for a header rule that cannot be sent */
  constructor(options: PolicyOptions, { corsFields, protection }: PolicySources) {
    const { securityHeaders, hsts, noVarySearch } = options;
    const headers = allHeaderRules(options);
    this.#isImmutable = options.immutable;
    this.#dictionaries = options.dictionaries;
    this.#alternates = options;
    this.#noVarySearch = noVarySearch && writeNoVarySearch(noVarySearch);
    this.#protection = protection;
    this.#rules = headerRules(headers);
    this.#askedRules = askedHeaderRules(headers);
    this.#corsFields = corsFields;
    const securityFields = securityHeaders ? SECURITY_FIELDS : {};
    this.#ownFields = { ...securityFields, ...(hsts && hstsFields(hsts)) };
    this.#usual = this.#changed(DEFAULT_POLICY, new Map());
    this.#usualImmutable = this.#changed(IMMUTABLE, new Map());
    const everywhere = headerRules(headers.filter((rule) => rule.for === "/*"));
    this.#pathless = this.#changed(DEFAULT_POLICY, everywhere("/"));
    const others = new Map([...everywhere("/")].filter(([name]) => name !== HSTS_KEY));
    this.unprotected = this.#changed(DEFAULT_POLICY, others, securityFields);
  }

  /**
   * @param path that answers, canonically written; undefined for a request without one, as a request that cannot be read:
   * it gets the rules for all paths
   * @param file the path of the file that answers, where that is another: "/index.html" for "/"
   * @param asked the path that the visitor asked for, where a rewrite leads to another
   */
  of(path: string | undefined, file?: string, asked?: string): PathPolicy {
    if (path === undefined) return this.#pathless;
    const policy = this.#policyOf(this.#baseOf(path), this.#rules(path, file, asked));
    const dictionary = this.#dictionaryOf(path, file ?? path);
    const alternates = file === undefined ? undefined : this.#alternatesOf(path, file, asked);
    return dictionary === undefined && alternates === undefined ? policy : { ...policy, dictionary, alternates };
  }

  /** All of these are sent under the URL of the file, so the rules of its paths are theirs, too. */
  #alternatesOf(path: string, file: string, asked: string | undefined): PathAlternates | undefined {
    const rule = alternatesOf(file, this.#alternates);
    if (rule === undefined) return undefined;
    const policyOf = (url: string): PathPolicy => {
      const policy = this.#policyOf(this.#baseOf(path, url), this.#rules(path, file, asked, url));
      return { ...policy, inPlace: { url, isNamed: asked === undefined } };
    };
    return { ...rule, policyOf };
  }

  /** What needs a password is no dictionary, and has none: one visitor must not learn from another's files. */
  #dictionaryOf(path: string, file: string): PathDictionary | undefined {
    if (this.#dictionaries === undefined || this.#protection.protects(path)) return undefined;
    if (PAGE.test(file)) return dictionaryForPage(path, this.#dictionaries);
    return this.#baseOf(path) === IMMUTABLE ? dictionaryOf(path, this.#dictionaries) : undefined;
  }

  #policyOf(base: PathPolicy, changes: FieldChanges): PathPolicy {
    if (changes.size > 0 || base === IMMUTABLE_PRIVATE) return this.#changed(base, changes);
    return base === DEFAULT_POLICY ? this.#usual : this.#usualImmutable;
  }

  /**
   * Names the policy of what a rewrite leads to: "" where it is that of the target, and the same for all paths that
   * share one.
   */
  nameOf(asked: string, path: string): string {
    const rules = this.#askedRules(asked);
    if (rules !== this.#askedRules(path)) return `rules ${rules}`;
    return mayHaveAlternates(path, this.#alternates) ? "rewritten" : "";
  }

  /** @param sent the path of another file that is sent under this path: it has no say in how long a URL is kept */
  #baseOf(path: string, sent?: string): PathPolicy {
    if (!this.#isImmutable || !hasFingerprint(path.slice(1))) return DEFAULT_POLICY;
    const isProtected = [path, sent ?? path].some((each) => this.#protection.protects(each));
    return isProtected ? IMMUTABLE_PRIVATE : IMMUTABLE;
  }

  #changed(base: PathPolicy, changes: FieldChanges, ownFields = this.#ownFields): PathPolicy {
    const corsFields = this.#corsFields;
    const hasOwn = corsFields !== "" || Object.keys(ownFields).length > 0;
    const noVarySearch = this.#noVarySearch;
    if (changes.size === 0 && !hasOwn && noVarySearch === undefined) return base;
    const forErrors = changesForErrors(changes);
    return {
      cacheControl: base.cacheControl,
      noVarySearch,
      complete: (fields, isError = false) =>
        changeFields(addFields(base.complete(fields) + corsFields, ownFields), isError ? forErrors : changes),
    };
  }
}
