// The path of a target (RFC 3986 §3.3), and its query (§3.4), which may have to be carried over to another target.

/** The target without its query. */
export function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end < 0 ? target : target.slice(0, end);
}

/** The query with its question mark. Browsers send some characters that no URI may contain (RFC 3986 §2): encoded here. */
export function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start).replace(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent);
}

/** Appends the query of a request to a target that may have a query already. */
export function withQuery(target: string, query: string): string {
  if (query === "") return target;
  const hashAt = target.indexOf("#");
  const [beforeHash, hash] = hashAt < 0 ? [target, ""] : [target.slice(0, hashAt), target.slice(hashAt)];
  return `${beforeHash}${beforeHash.includes("?") ? `&${query.slice(1)}` : query}${hash}`;
}
