// Paths that a rule is about, as `URLPattern` writes them ("/blog/:year/*"), and where a rule sends what matches.
// Paths are compared as they are sent, percent-encoded.

export interface PathPattern {
  /** What the pattern's groups stand for in this path, percent-encoded; undefined where it does not match. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/**
 * `*` and `:name` in a pattern are groups; the first `*` is also called "splat", as in Netlify's files.
 * @throws {TypeError} for what is no pattern
 */
export function pathPattern(source: string): PathPattern {
  if (!source.startsWith("/")) throw new TypeError(`a path begins with a slash: ${JSON.stringify(source)}`);
  const pattern = new URLPattern({ pathname: source });
  // Most rules are about one path, or about all: those need no matching.
  if (!/[*:{}()\\]/.test(source)) return { match: (path) => (path === source ? {} : undefined) };
  return {
    match(path) {
      const found = pattern.exec({ pathname: path })?.pathname.groups;
      if (found === undefined) return undefined;
      const groups: Record<string, string> = {};
      for (const [name, value] of Object.entries(found)) groups[name] = value ?? "";
      if (groups["0"] !== undefined) groups["splat"] ??= groups["0"];
      return groups;
    },
  };
}

/**
 * A target with `:name` and `*` replaced by what they stand for; names that the pattern does not have stay.
 * What a visitor writes can never turn a path of this site into the address of another: "//host" has one slash.
 */
export function fillTarget(template: string, groups: Readonly<Record<string, string>>): string {
  const filled = template.replace(/:([a-z_]\w*)|\*/gi, (whole, name?: string) => groups[name ?? "0"] ?? whole);
  return template.startsWith("/") ? filled.replace(/^[/\\]{2,}/, "/") : filled;
}
