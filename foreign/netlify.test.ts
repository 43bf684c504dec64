// `_redirects` and `_headers` as Heddle reads them, beside Netlify's own code: its parsers, and its matcher, which is
// published as WebAssembly. Netlify's command line asks them in this way.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canonicalOrHiddenPath } from "../src/content/resolve.ts";
import { headerRules } from "../src/features/fields/header-rules.ts";
import { Routes } from "../src/features/routes.ts";
import { REDIRECT_DEFAULTS, REWRITE_DEFAULTS } from "../src/options/defaults.ts";
import { readNetlifyHeaders } from "../src/options/site-files/netlify-headers.ts";
import { readNetlifyRedirects } from "../src/options/site-files/netlify-redirects.ts";
import { encode } from "../src/options/site-files/paths.ts";
import { makeSite } from "../test/support/site.ts";
import { headerFiles, pathsFor, redirectFiles } from "./corpus/netlify.ts";
import { assertNamed, assertRows, type DifferenceClass, differencesOf } from "./support/compare.ts";
import { loadForeign } from "./support/packages.ts";

interface Matcher {
  match(request: object): { readonly status: number; readonly to: string; readonly force404?: boolean } | null;
}

interface Asked {
  readonly rules: string;
  readonly path: string;
}

const NONE = "nothing";

function questionsOf(files: readonly string[]): Asked[] {
  return files.flatMap((rules) => pathsFor(rules).map((path) => ({ rules, path: encode(path) })));
}

/** Runs `make` once for each text. */
function once<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, { value: T }>();
  return (text) => {
    const known = made.get(text) ?? { value: make(text) };
    made.set(text, known);
    return known.value;
  };
}

const redirectsOf = once((text) => {
  const { site, notes } = readNetlifyRedirects(text);
  const routes = new Routes(
    {
      redirects: (site.redirects ?? []).map((rule) => ({ ...REDIRECT_DEFAULTS, ...rule })),
      rewrites: (site.rewrites ?? []).map((rule) => ({ ...REWRITE_DEFAULTS, ...rule })),
    },
    (path) => canonicalOrHiddenPath(path) ?? path,
  );
  return { site, notes, routes };
});

/** What decides where no file exists. */
function ourRedirect({ rules, path }: Asked): string {
  const { site, routes } = redirectsOf(rules);
  const asked = canonicalOrHiddenPath(path);
  if (asked === undefined) return NONE;
  for (const isMissing of [false, true]) {
    const redirect = routes.redirect(asked, isMissing);
    if (redirect !== undefined) return written(path, redirect.status, redirect.location);
    const rewrite = routes.rewrite(asked, isMissing);
    if (rewrite !== undefined) return written(path, 200, rewrite.to);
  }
  if (site.fallback !== undefined && routes.hasFallback(asked) && !isHidden(asked))
    return written(path, 200, site.fallback);
  const page = site.errorPages?.["404"];
  return page === undefined ? NONE : `404 ${page}`;
}

/** One way to write a decision, where they differ in ways that no client sees. */
function written(path: string, status: number, to: string): string {
  // "x/* 200" leads to "x/a" there, and a star is written either way in an address.
  const target = encode(to)
    .replace(/^(?!https?:)\/?/, "/")
    .replaceAll("%2A", "*");
  if (status !== 200) return `${status} ${target}`;
  // A rewrite to a folder, whose page Heddle names; and one to the path itself.
  const page = withoutIndex(target);
  return page === withoutIndex(path.replaceAll("%2A", "*")) ? NONE : `200 ${page}`;
}

function withoutIndex(path: string): string {
  return path.replace(/\/index\.html$/, "/");
}

async function netlifyMatcher(t: TestContext): Promise<(text: string) => Promise<Matcher>> {
  const { parseAllRedirects } = await loadForeign<{
    parseAllRedirects(options: object): Promise<{ redirects: readonly { readonly query?: object }[] }>;
  }>("@netlify/redirect-parser");
  const { default: redirector } = await loadForeign<{
    default: { parseJSON(rules: string, options: object): Promise<Matcher> };
  }>("netlify-redirector");
  const folder = makeSite(t);
  return once(async (text) => {
    const file = join(folder, "_redirects");
    writeFileSync(file, text);
    const options = { redirectsFiles: [file], configRedirects: [], minimal: false, featureFlags: {} };
    const { redirects } = await parseAllRedirects(options);
    const rules = redirects.map(({ query, ...rule }) => ({ ...rule, params: query }));
    return redirector.parseJSON(JSON.stringify(rules), {});
  });
}

function isHidden(path: string): boolean {
  return /\/\.(?!well-known\/)/.test(path);
}

const REPORTED = "A rule that cannot be honoured is reported with its line and the reason";

const REDIRECT_CLASSES: readonly DifferenceClass[] = [
  { row: REPORTED, covers: ({ question }) => redirectsOf(question.rules).notes.length > 0 },
  {
    row: "A path is one path however its characters are percent-encoded. Netlify compares rules with decoded paths.",
    covers: ({ question: { rules } }) => /%[\da-f]{2}/i.test(rules.split(" ")[0]!),
  },
  {
    row: "Two slashes side by side in a target are written as one.",
    covers: ({ ours, theirs }) => ours === theirs.replace(/(?<!:)\/{2,}/g, "/"),
  },
  {
    row: "What stands for a placeholder is never read as a placeholder again.",
    covers: ({ question: { path } }) => path.includes(":splat"),
  },
  {
    row: "A hidden path gets 404, and not the page of `/* /index.html 200`.",
    covers: ({ question: { path }, ours }) => isHidden(path) && ours === NONE,
  },
  {
    row: "A rule that leads a path to itself has no effect. On Netlify it never ends.",
    covers: ({ question: { path }, ours, theirs }) => ours === NONE && theirs.replace(/^3\d\d /, "") === path,
  },
  {
    row: "Forced rules come before files, and other rules after them, whatever their order in the file.",
    covers: ({ question: { rules } }) => /\n.*!$/.test(rules),
  },
];

test("_redirects: where Heddle and Netlify's matcher lead each path", async (t) => {
  const files = redirectFiles();
  const matcherOf = await netlifyMatcher(t);
  const theirs = async ({ rules, path }: Asked): Promise<string> => {
    const matcher = await matcherOf(rules);
    const request = {
      scheme: "https",
      host: "site.example",
      path: decodeURIComponent(path),
      query: "",
      getHeader: () => "",
      getCookie: () => "",
    };
    const match = matcher.match(request);
    return match === null || match.force404 === true ? NONE : written(path, match.status, match.to);
  };
  const questions = questionsOf(files);
  assert.ok(files.length >= 400, `${files.length} lines`);
  const differences = await differencesOf(questions, ourRedirect, theirs);
  t.diagnostic(`${files.length} files, ${questions.length} questions, ${differences.length} differences`);
  assertNamed(differences, REDIRECT_CLASSES);
  assertRows(differences, REDIRECT_CLASSES);
});

const headersOf = once((text) => {
  const { site, notes } = readNetlifyHeaders(text);
  return { changes: headerRules(site.headers ?? []), notes };
});

function ourFields({ rules, path }: Asked): string {
  const asked = canonicalOrHiddenPath(path);
  if (asked === undefined) return NONE;
  return shown([...headersOf(rules).changes(asked)].map(([name, { value }]) => [name, value ?? "removed"]));
}

function shown(fields: readonly (readonly [string, string])[]): string {
  return fields
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
    .join("; ");
}

const HEADER_CLASSES: readonly DifferenceClass[] = [
  { row: REPORTED, covers: ({ question }) => headersOf(question.rules).notes.length > 0 },
  {
    row: "`/assets/*` is for `/assets` and paths below. Netlify's code takes `/assets.html`, too",
    covers: ({ question: { rules, path } }) =>
      [...rules.matchAll(/^(\S+)\/\*\/?$/gm)].some(([, folder = ""]) => encode(path).startsWith(encode(folder))),
  },
  {
    row: "A dot next to a `*` is a dot. For Netlify's code it is any character",
    covers: ({ question: { rules } }) => /\*\.\w+$/m.test(rules),
  },
  {
    row: "A path with two slashes side by side is 404",
    covers: ({ question: { path } }) => path.includes("//"),
  },
  {
    row: "`! Name` removes a field here, too. Netlify ignores the line",
    covers: ({ ours }) => ours.includes("removed"),
  },
  {
    row: "a name twice in one block, in any case",
    covers: ({ question: { rules }, ours, theirs }) =>
      ours.endsWith(theirs.slice(-9)) && rules.includes("cache-control"),
  },
];

test("_headers: the fields that Heddle and Netlify's parser give each path", async (t) => {
  const { parseAllHeaders } = await loadForeign<{
    parseAllHeaders(options: object): Promise<{
      headers: readonly { readonly forRegExp: RegExp; readonly values: Readonly<Record<string, string>> }[];
    }>;
  }>("@netlify/headers-parser");
  const folder = makeSite(t);
  const parsed = once(async (text) => {
    writeFileSync(join(folder, "_headers"), text);
    const { headers } = await parseAllHeaders({
      headersFiles: [join(folder, "_headers")],
      configHeaders: [],
      minimal: false,
    });
    return headers;
  });
  const theirs = async ({ rules, path }: Asked): Promise<string> => {
    const fields = new Map<string, string>();
    for (const { forRegExp, values } of await parsed(rules)) {
      if (!forRegExp.test(decodeURIComponent(path))) continue;
      for (const [name, value] of Object.entries(values)) fields.set(name.toLowerCase(), value);
    }
    return shown([...fields]);
  };
  const files = headerFiles();
  assert.ok(files.length >= 60, `${files.length} files`);
  const questions = questionsOf(files);
  const differences = await differencesOf(questions, ourFields, theirs);
  t.diagnostic(`${files.length} files, ${questions.length} questions, ${differences.length} differences`);
  assertNamed(differences, HEADER_CLASSES);
  assertRows(differences, HEADER_CLASSES);
});
