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

/**
 * A target with the query of a request. Where both have a parameter, the target's stands: whoever reads the query must not
 * find a value of the rule beside another of the visitor.
 */
export function withQuery(target: string, query: string): string {
  if (query === "") return target;
  const [, path = "", own, hash = ""] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(target)!;
  if (own === undefined || own === "") return path + query + hash;
  const names = new Set(parametersOf(own).map(nameOf));
  const added = parametersOf(query.slice(1)).filter((parameter) => !names.has(nameOf(parameter)));
  return `${path}?${[own, ...added].join("&")}${hash}`;
}

function parametersOf(query: string): readonly string[] {
  return query.split("&").filter((parameter) => parameter !== "");
}

/** As forms write names (WHATWG URL, application/x-www-form-urlencoded): "a[]" is "a%5B%5D", and "a+b" is "a%20b". */
function nameOf(parameter: string): string {
  const [name] = new URLSearchParams(parameter).keys();
  return name ?? "";
}
