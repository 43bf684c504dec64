// The query of a target (RFC 3986 §3.4), where it has to be carried over to another.

/** With its question mark, and with what no URI may contain (RFC 3986 §2) encoded: browsers send some of it as it is. */
export function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start).replace(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent);
}

/** The query of a request behind a target that may have one of its own. */
export function withQuery(target: string, query: string): string {
  if (query === "") return target;
  const hashAt = target.indexOf("#");
  const [beforeHash, hash] = hashAt < 0 ? [target, ""] : [target.slice(0, hashAt), target.slice(hashAt)];
  return `${beforeHash}${beforeHash.includes("?") ? `&${query.slice(1)}` : query}${hash}`;
}
