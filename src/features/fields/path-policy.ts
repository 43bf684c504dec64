// What a site says about the replies for one path, whatever file answers. Plans carry the policy of their path.

import type { AlternateRule } from "./alternates.ts";

export interface PathPolicy {
  /** The value of Cache-Control. */
  readonly cacheControl: string;
  /** The field lines that are sent, from those that the server would send, for a file or for an error. */
  readonly complete: (fields: string, isError?: boolean) => string;
  /** The value of No-Vary-Search for a file; undefined where every query may make a difference. */
  readonly noVarySearch?: string | undefined;
  /** Undefined where dictionaries have no part in the replies. */
  readonly dictionary?: PathDictionary | undefined;
  /** What may be sent in place of this file; undefined where Accept decides nothing. */
  readonly alternates?: PathAlternates | undefined;
  /** Of a file that is sent in place of another. */
  readonly inPlace?: InPlace | undefined;
}

export interface PathAlternates extends AlternateRule {
  /** @param url the path of the file that is sent in place of this one */
  readonly policyOf: (url: string) => PathPolicy;
}

interface InPlace {
  /** Its own path. */
  readonly url: string;
  /** Whether visitors are told that path: not where a rewrite led to the other file, which they must not notice. */
  readonly isNamed: boolean;
}

/** What a path has to do with dictionaries (RFC 9842). */
export interface PathDictionary {
  /** The value of Use-As-Dictionary; undefined for a file that is no dictionary itself. */
  readonly use: string | undefined;
  /** The sizes of files that may be dictionaries, in bytes. */
  readonly leastBytes: number;
  readonly limitBytes: number;
  /** The path of the dictionary that a client names by its id; undefined for one that is not for this path. */
  readonly urlOf: (id: string) => string | undefined;
}

// May be stored, but not used unasked: a new version is seen at once, and the question costs a 304.
export const DEFAULT_POLICY: PathPolicy = { cacheControl: "no-cache", complete: (fields) => fields };
