// serve.json, read by Heddle and by serve-handler itself, which is asked in this process. Where they differ, the table of
// docs/migrating-files.md says so.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { makeSite } from "../test/support/site.ts";
import {
  assertNamed,
  assertRows,
  type Difference,
  type DifferenceClass,
  differencesOf,
  type Question,
} from "./support/compare.ts";
import { HeddleSite, type ServeConfig, serveDecides } from "./support/serve.ts";
import { CONFIGS, FILES, HEADERS, PATHS, REDIRECTS, REWRITES } from "./support/serve-sources.ts";

interface ServeQuestion extends Question {
  readonly config: ServeConfig;
}

const ASKED_COUNT = 20;
const SEED = 20261011;
const RUN_COUNT = Number(process.env["FOREIGN_RUNS"] ?? 200);

let root: string;
const cleanups: (() => void)[] = [];
before(() => {
  // Otherwise serve-handler writes to the console.
  process.env["NODE_ENV"] = "test";
  root = makeSite(
    {
      after(act: () => void) {
        cleanups.push(act);
      },
    } as Parameters<typeof makeSite>[0],
    Object.fromEntries(FILES.map((name) => [name, name])),
  );
});
after(() => {
  for (const act of cleanups) act();
});

function questions(config: ServeConfig, paths: readonly string[]): ServeQuestion[] {
  const asked = [...new Set([...paths, ...PATHS])].slice(0, ASKED_COUNT);
  return asked.map((path) => ({ rules: JSON.stringify(config), config, path }));
}

async function differences(asked: readonly ServeQuestion[]): Promise<Difference<ServeQuestion>[]> {
  const found: Difference<ServeQuestion>[] = [];
  for (const [rules, some] of Map.groupBy(asked, (question) => question.rules)) {
    using site = new HeddleSite(root, JSON.parse(rules));
    found.push(
      ...(await differencesOf(
        some,
        async ({ path }) => (await site.decides(path)).answer,
        async ({ config, path }) => (await serveDecides(root, config, path)).answer,
      )),
    );
  }
  return found;
}

const location = (answer: string): string => /^30\d (.*)$/.exec(answer)?.[1] ?? "";
const isFile = (answer: string): boolean => answer.startsWith("200 ");
const sources = (config: ServeConfig, key: string): readonly string[] =>
  ((config[key] ?? []) as { source: string }[]).map(({ source }) => source);
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const CLASSES: readonly DifferenceClass<ServeQuestion>[] = [
  { row: "`/ABOUT` for a source `/about`", covers: ({ question }) => /[A-Z]/.test(question.path) },
  {
    row: "a rewrite whose target has a rewrite",
    covers: ({ question, ours, theirs }) =>
      sources(question.config, "rewrites").length > 1 && /^(?:200|404)/.test(ours) && isFile(theirs),
  },
  {
    row: "a page `about.html`, a rewrite of `/about`",
    covers: ({ question, ours, theirs }) =>
      "rewrites" in question.config && isFile(ours) && (isFile(theirs) || theirs === "404"),
  },
  {
    row: "a rewrite for all to one page",
    covers: ({ question, ours, theirs }) => "rewrites" in question.config && ours === "404" && isFile(theirs),
  },
  {
    row: "a folder, or a page with a slash",
    covers: ({ question: { path }, ours, theirs }) =>
      !location(theirs) && (location(ours) === `${path}/` || `${location(ours)}/` === path),
  },
  {
    row: "a folder with `cleanUrls: false`",
    covers: ({ question, ours, theirs }) =>
      question.config["cleanUrls"] === false &&
      ours.endsWith("index.html") &&
      (theirs === "404" || theirs.includes("list")),
  },
  {
    row: "`/x.html` and `/index.html`, clean URLs",
    covers: ({ question: { path, config }, theirs }) =>
      config["cleanUrls"] !== false && /\.html$/.test(path) && location(theirs) === path.slice(0, -".html".length),
  },
  {
    row: "a redirect from `/x.html`, clean URLs",
    covers: ({ question: { path, config }, ours, theirs }) =>
      config["cleanUrls"] !== false &&
      "redirects" in config &&
      location(ours) !== "" &&
      location(theirs) === path.slice(0, -".html".length),
  },
  {
    row: "`/x/` with `trailingSlash: false`",
    covers: ({ question: { path, config }, ours, theirs }) =>
      config["trailingSlash"] === false && ours === "404" && `${location(theirs)}/` === path,
  },
  {
    row: '`"folders"`, and reported: pages get no slash',
    covers: ({ question: { path, config }, theirs }) =>
      config["trailingSlash"] === true && location(theirs) === `${path}/`,
  },
  {
    row: "an escaped character in a redirect",
    covers: ({ ours, theirs }) =>
      location(theirs) !== "" && decoded(location(ours)) === decoded(decoded(location(theirs))),
  },
  {
    row: "a query that is asked with a redirect",
    covers: ({ question: { path }, ours, theirs }) => path.includes("?") && ours.startsWith(`${theirs}?`),
  },
  {
    row: "a rewrite to a path with a query",
    covers: ({ question, ours, theirs }) =>
      /destination":"[^"]*\?/.test(question.rules) && isFile(ours) && theirs === "404",
  },
  { row: "a group in a target without a text", covers: ({ theirs }) => theirs.startsWith("fails: Expected") },
  {
    row: "a redirect that leads to its own path",
    covers: ({ question: { path }, theirs }) => decoded(location(theirs)) === decoded(path),
  },
];

const all = [
  ...REDIRECTS.flatMap(([source, destination, ...paths]) =>
    questions({ cleanUrls: false, directoryListing: false, redirects: [{ source, destination }] }, paths),
  ),
  ...REWRITES.flatMap(([source, destination, ...paths]) =>
    questions({ cleanUrls: true, directoryListing: false, rewrites: [{ source, destination }] }, paths),
  ),
  ...CONFIGS.flatMap((config) => questions({ directoryListing: false, ...config }, [])),
];

test(`serve.json: ${new Set(all.map(({ rules }) => rules)).size} files, each asked for ${ASKED_COUNT} paths`, async () => {
  assert.ok(all.length >= 100 * ASKED_COUNT);
  const found = await differences(all);
  assertNamed(found, CLASSES);
  assertRows(found, CLASSES);
});

test(`serve.json: ${HEADERS.length} globs of headers, each asked for every file`, async () => {
  const found: Difference[] = [];
  for (const source of HEADERS) {
    const config = { cleanUrls: false, headers: [{ source, headers: [{ key: "X-Rule", value: "set" }] }] };
    using site = new HeddleSite(root, config);
    const paths = FILES.map((name) => `/${name}`);
    found.push(
      ...(await differencesOf(
        paths.map((path) => ({ rules: source, path })),
        async ({ path }) => (await site.decides(path)).fields["x-rule"] ?? "no field",
        async ({ path }) => (await serveDecides(root, config, path)).fields["x-rule"] ?? "no field",
      )),
    );
  }
  assertNamed(found, []);
});

const name = fc.constantFrom("a", "b", "ab", "ba", "a.b", "a-b", "1", "12", "8.0.0", "é", "a b", "x.html", "docs");
const glob = fc.constantFrom(
  "*",
  "**",
  "?",
  "a*",
  "*b",
  "a?",
  "{a,b}",
  "{a,b}*",
  "{1..3}",
  "{a,b/a}",
  "[ab]",
  "[!a]*",
  "@(a|b)",
  "?(a)b",
  "+(a|b)",
  "*(a|ab)",
  "!(a)",
  "!(a|b)b",
  "*.!(b)",
  "*.html",
  "[0-9]*",
  "{docs}",
  "{{a,b},1}",
  "a[",
  "@(a",
  "*.@(b|html)",
);
const group = fc.constantFrom(
  ":x",
  ":y",
  ":x?",
  ":y*",
  ":y+",
  ":x(\\d+)",
  ":x(a|b)",
  ":y([^.]+)",
  ":x.:y",
  ":x-:y",
  "a:x",
  "(\\d+)",
  "(.*)",
  "(a|ab)?",
  ":x(\\w{2})",
  ":x(a*)b",
  "v:x(\\d+\\.\\d+\\.\\d+)",
  "\\:x",
  ":x\\-:y?",
  "(.+)b",
  ":y(.*)",
);
const pathOf = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const source = fc.oneof(
  pathOf(name),
  pathOf(fc.oneof(name, glob)),
  pathOf(fc.oneof(name, group)),
  pathOf(fc.oneof(name, glob, group)),
  pathOf(fc.oneof(name, glob)).map((path) => `!${path}`),
);
const destination = fc.constantFrom(
  "/to",
  "/to/:x",
  "/to/:x?",
  "/to/:y*",
  "/to/:x?/:y?",
  "/to-:y?",
  "/to/(.*)?",
  "https://x.example/:x?",
);
const asked = fc
  .tuple(
    pathOf(fc.oneof(name, fc.string({ unit: fc.constantFrom("a", "b", "1", ".", "-"), minLength: 1, maxLength: 4 }))),
    fc.boolean(),
  )
  .map(([path, hasSlash]) => encodeURI(path) + (hasSlash ? "/" : ""))
  // Dots alone are resolved before either is asked, and names that begin with one are hidden here.
  .filter((path) => !/\/\./.test(path));

test("serve.json: random redirects, each asked for 20 random paths", async () => {
  await fc.assert(
    fc.asyncProperty(
      source,
      destination,
      fc.array(asked, { minLength: ASKED_COUNT, maxLength: ASKED_COUNT }),
      async (from, to, paths) => {
        const config = { cleanUrls: false, directoryListing: false, redirects: [{ source: from, destination: to }] };
        const found = await differences(paths.map((path) => ({ rules: JSON.stringify(config), config, path })));
        assertNamed(found, CLASSES);
      },
    ),
    { numRuns: RUN_COUNT, seed: SEED },
  );
});
