// The paths that each rule file is asked: those that its rules are about, those right beside them, and a few of any site.

export const PATH_COUNT = 20;

const ANYWHERE = [
  "/",
  "/index.html",
  "/about",
  "/about/",
  "/a",
  "/a/",
  "/a/b",
  "/a/b/c",
  "/docs/intro",
  "/blog/2024-05-my-post",
  "/x-y-z",
  "/app/main.js",
  "/en/",
  "/a?x=2&y=3",
  "/robots.txt",
  "/assets/app.4f3a.js",
  "/v2/x",
  "/no/such/page.html",
  "/A",
  "/caf%C3%A9",
];

/** What a wildcard and a placeholder stand for, in turn. */
const FILLINGS: readonly (readonly [star: string, name: string])[] = [
  ["x/y", "x"],
  ["", "2024-05-my-post"],
  ["x", "a.b"],
  ["x%20y/%C3%A9", "%C3%A9t%C3%A9"],
  ["a/b/", "ative"],
];

/** @returns {@link PATH_COUNT} paths, always the same for the same rules */
export function pathsFor(sources: readonly string[], targets: readonly string[] = []): readonly string[] {
  const found = new Set<string>();
  const wide = sources.flatMap((source) => FILLINGS.map((filling) => fill(source, filling)));
  const near = sources.flatMap((source) => besides(fill(source, FILLINGS[0]!)));
  // In turn, so that each of many rules is asked about.
  for (let index = 0; index < Math.max(wide.length, near.length) && found.size < PATH_COUNT - 4; index++) {
    for (const path of [wide[index], near[index]]) if (path !== undefined) found.add(path);
  }
  for (const target of targets) if (target.startsWith("/") && !/[:*]/.test(target)) found.add(target);
  for (const path of ANYWHERE) found.add(path);
  return [...found].slice(0, PATH_COUNT).map(asSent);
}

/** As clients write it: without dot segments, and percent-encoded. */
function asSent(path: string): string {
  const { pathname, search } = new URL(`https://site.example${path}`);
  return `${pathname}${search}`;
}

function fill(source: string, [star, name]: readonly [string, string]): string {
  const path = source.startsWith("/") ? source : `/${source}`;
  return path
    .replace(/[?#].*$/, "")
    .replaceAll("*", star)
    .replace(/:[A-Za-z]\w*/g, name);
}

function besides(path: string): readonly string[] {
  return [
    path.endsWith("/") ? path.slice(0, -1) || "/" : `${path}/`,
    `${path}?x=2&y=3`,
    `${path.replace(/\/$/, "")}/more`,
    `${path}more`,
    path.toUpperCase(),
    `${path}.html`,
    path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    path.replace(/\/[^/]*\/?$/, "") || "/",
  ];
}
