// What a site says about the replies for one path, whatever file answers. Plans carry the policy of their path.

export interface PathPolicy {
  /** The value of Cache-Control. */
  readonly cacheControl: string;
  /** The field lines that are sent, from those that the server would send, for a file or for an error. */
  readonly complete: (fields: string, isError?: boolean) => string;
}

// May be stored, but not used unasked: a new version is seen at once, and the question costs a 304.
export const DEFAULT_POLICY: PathPolicy = { cacheControl: "no-cache", complete: (fields) => fields };
