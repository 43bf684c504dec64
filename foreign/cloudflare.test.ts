// Cloudflare's rules beside Cloudflare's own code: what its parsers took of each file, and where its handler leads.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canonicalPath } from "../src/content/resolve.ts";

import { headerRules } from "../src/features/fields/header-rules.ts";
import type { Reply } from "../src/http/message.ts";
import { pathOf, queryOf } from "../src/http/query.ts";
import { resolveOptions } from "../src/options/resolve.ts";
import { type WithSiteFiles, withSiteFiles } from "../src/options/site-files/site-files.ts";
import { type ClosableHandler, createHandler } from "../src/site/handler.ts";
import type { Steps } from "../src/site/steps.ts";
import { PEER, siteContext } from "../test/support/handler.ts";
import { fieldOf, textOf } from "../test/support/reply.ts";
import { makeRequest } from "../test/support/request.ts";
import { makeSite } from "../test/support/site.ts";
import { ORIGIN, Pages, parsedOf } from "./cloudflare/pages.ts";
import { PATH_COUNT, pathsFor } from "./cloudflare/paths.ts";
import { headerFiles, redirectFiles } from "./cloudflare/rule-files.ts";
import { assertNamed, assertRows, type DifferenceClass, differencesOf, type Question } from "./support/compare.ts";

const ENDLESS = "an endless redirect";

const REDIRECT_CLASSES: readonly DifferenceClass[] = [
  {
    row: "A rule that leads to its own path, or to a path that it matches again, is reported or has no effect",
    covers: ({ theirs }) => theirs === ENDLESS,
  },
  {
    row: "A path is one path however its characters are percent-encoded",
    covers: ({ question: { path, rules }, ours, theirs }) =>
      /^\S*%/m.test(rules) ||
      (canonicalPath(pathOf(path)) !== pathOf(path) && (theirs === "-" || decoded(ours) === decoded(theirs))),
  },
  {
    row: "a host that a visitor could choose",
    covers: ({ question }) => question.rules === "/go/* //:splat",
  },
  { row: "a rewrite to a hidden name is reported", covers: ({ question }) => question.rules.includes("/.netlify/") },
  {
    row: "rules for one host, and proxies, are not supported",
    covers: ({ question }) => /^\S+ \/\/\S+ 200$/.test(question.rules),
  },
  {
    row: "A path with two slashes side by side, a backslash or an encoded slash leads nowhere",
    covers: ({ question, ours }) => ours === "-" && /\/\/|%2f|%5c|\\/i.test(pathOf(question.path)),
  },
  {
    row: "Two slashes side by side in a target are written as one",
    covers: ({ ours, theirs }) => ours === theirs.replace(/(?<![:/])\/{2,}/g, "/"),
  },
];

test("rules of _redirects lead where Cloudflare's do", async (t) => {
  const questions = redirectFiles().flatMap((rules) => {
    const words = rules.split("\n").map((line) => line.trim().split(/\s+/));
    const sources = words.flatMap(([source = ""]) => (source === "" || source.startsWith("#") ? [] : [source]));
    return pathsFor(
      sources,
      words.flatMap(([, target = ""]) => target),
    ).map((path) => ({ rules, path }));
  });
  assert.ok(countLines(redirectFiles()) >= 400);
  assert.ok(questions.length >= 400 * PATH_COUNT);
  const differences = await differencesOf(questions, redirectsHere(t), redirectsThere());
  assertNamed(differences, REDIRECT_CLASSES);
  assertRows(differences, REDIRECT_CLASSES);
});

/** A site whose files say their own names. */
const FILES = [
  "index.html",
  "404.html",
  "about.html",
  "app/index.html",
  "app/main.js",
  "docs/a.html",
  "news/index.html",
];
const FILE_PATHS = [
  ...FILES.map((file) => `/${file}`),
  ...[
    "/",
    "/about",
    "/about/",
    "/app",
    "/app/",
    "/app/x",
    "/app/x/",
    "/docs/",
    "/docs/a",
    "/news",
    "/news/x",
    "/user/7",
    "/x",
  ],
];

const FILE_CLASSES: readonly DifferenceClass[] = [
  {
    row: "`/about.html` shows that page, asked for or by a rewrite",
    covers: ({ question: { path }, ours }) => path.endsWith(".html") && ours === `200 ${path}`,
  },
  ...REDIRECT_CLASSES.filter(({ row }) => row.startsWith("A rule that leads to its own path")),
];

test("rules of _redirects let the files of a site be served where Cloudflare's do", async (t) => {
  const files = redirectFiles().filter((rules) => / 200|\/index|\.html|^\/\*|^\/:/m.test(rules));
  const questions = files.flatMap((rules) => FILE_PATHS.map((path) => ({ rules, path })));
  assert.ok(questions.length > 2000 && FILE_PATHS.length >= PATH_COUNT);
  const differences = await differencesOf(questions, filesHere(t), filesThere());
  assertNamed(differences, FILE_CLASSES);
  assertRows(differences, FILE_CLASSES);
});

const HEADER_CLASSES: readonly DifferenceClass[] = [
  {
    row: "`:name` or `:splat` in a value, `https://…`",
    covers: ({ question: { rules } }) => /^https:/m.test(rules) || /^ .*: ?.*:(?:splat|name|s)/m.test(rules),
  },
  {
    row: "`Set-Cookie` in several blocks that match",
    covers: ({ question }) => question.rules.match(/Set-Cookie/g)?.length === 2,
  },
  {
    row: "A path is one path however its characters are percent-encoded",
    covers: ({ question }) => canonicalPath(pathOf(question.path)) !== pathOf(question.path),
  },
];

test("blocks of _headers set the fields that Cloudflare's do", async (t) => {
  const questions = headerFiles().flatMap((rules) => {
    const sources = rules.split("\n").flatMap((line) => (line.startsWith("/") ? [line.trim().replace(/ .*/, "")] : []));
    return pathsFor(sources).map((path) => ({ rules, path }));
  });
  assert.ok(headerFiles().length >= 60);
  const differences = await differencesOf(questions, fieldsHere(t), fieldsThere());
  assertNamed(differences, HEADER_CLASSES);
  assertRows(differences, HEADER_CLASSES);
});

for (const [kind, file, texts] of [
  ["redirects", "_redirects", redirectFiles()],
  ["headers", "_headers", headerFiles()],
] as const) {
  test(`each line of ${file} that Cloudflare ignores is named`, async (t) => {
    const read = reader(t, file);
    for (const text of texts) {
      const { notes } = await read(text);
      const named = notes.map((note) => Number(/:(\d+): /.exec(note)?.[1]));
      for (const { line = "", lineNumber, message } of parsedOf(kind, text).invalid) {
        // Cloudflare tells of a path without fields where the next one begins.
        const before = text.split("\n").slice(0, (lineNumber ?? Number.POSITIVE_INFINITY) - 1);
        const pathAt = before.findLastIndex((each) => each.trim() === line) + 1;
        const at = message === "No headers specified" ? pathAt : lineNumber;
        assert.ok(
          at !== undefined && named.includes(at),
          `${JSON.stringify(text)}: "${line}" is not among ${notes.join("\n")}`,
        );
      }
    }
  });
}

function countLines(texts: readonly string[]): number {
  return texts.flatMap((text) => text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line))).length;
}

/** Reads one rule file after another in the same root. */
function reader(t: TestContext, file: string, files = {}): (text: string) => Promise<WithSiteFiles> {
  const root = makeSite(t, files);
  return (text) => {
    writeFileSync(join(root, file), text);
    return withSiteFiles(resolveOptions({ root, siteFiles: "cloudflare" }));
  };
}

interface Told {
  readonly reply: Reply;
  /** Whether a rule made the reply. */
  readonly isRedirected: boolean;
  /** Where a rewrite led. */
  readonly rewritten: string | undefined;
}

/** Asks the site of one rule file after another. A path that is asked again, with another query, has no steps to tell of. */
function teller(t: TestContext, files = {}): (rules: string, path: string) => Promise<Told> {
  const read = reader(t, "_redirects", files);
  let told: Omit<Told, "reply"> | undefined;
  const steps: Partial<Steps> = {
    path: () => {
      told = { isRedirected: false, rewritten: undefined };
    },
    redirected: () => {
      told = { isRedirected: true, rewritten: undefined };
    },
    rewritten: ({ to }) => {
      told = { isRedirected: false, rewritten: to };
    },
  };
  const allSteps = new Proxy(steps, { get: (of, name) => Reflect.get(of, name) ?? (() => {}) }) as Steps;
  let rulesOfHandler: string | undefined;
  let handler: ClosableHandler | undefined;
  const before = new Map<string, Omit<Told, "reply">>();
  t.after(() => handler?.close());
  return async (rules, path) => {
    if (rules !== rulesOfHandler) {
      handler?.close();
      before.clear();
      const { site } = (await read(rules)).options;
      handler = createHandler({ ...siteContext({ root: site.root }), site, steps: allSteps });
      rulesOfHandler = rules;
    }
    told = undefined;
    const reply = await handler!.handle(makeRequest("GET", path), PEER);
    const asked = canonicalPath(pathOf(path)) ?? pathOf(path);
    const known = told ?? before.get(asked)!;
    before.set(asked, known);
    return { reply, ...known };
  };
}

/** "302 /x" for a redirect, "200 /x" for a rewrite, "-" for neither. The site has no files: rules come before them. */
function redirectsHere(t: TestContext): (question: Question) => Promise<string> {
  const tell = teller(t);
  return async ({ rules, path }) => {
    const { reply, isRedirected, rewritten } = await tell(rules, path);
    if (isRedirected) return `${reply.status} ${normal(fieldOf(reply, "location")!)}`;
    return rewritten === undefined ? "-" : shown(decoded(rewritten), pathOf(path));
  };
}

/** The file that a visitor gets, who follows the redirects that no rule made; or the redirect that a rule made. */
function filesHere(t: TestContext): (question: Question) => Promise<string> {
  const tell = teller(t, Object.fromEntries(FILES.map((file) => [file, `/${file}`])));
  return async ({ rules, path }) => {
    let told = await tell(rules, path);
    for (let count = 0; count < 5 && told.reply.status === 301 && !told.isRedirected; count++) {
      told = await tell(rules, fieldOf(told.reply, "location")!);
    }
    const { reply, isRedirected } = told;
    return isRedirected ? `${reply.status} ${normal(fieldOf(reply, "location")!)}` : `${reply.status} ${textOf(reply)}`;
  };
}

function filesThere(): (question: Question) => Promise<string> {
  return async ({ rules, path }) => {
    const pages = new Pages({ redirects: rules }, (file) => FILES.includes(file.slice(1)));
    const places = new Set<string>();
    let made: string | undefined;
    for (let place = path; !places.has(place); ) {
      places.add(place);
      const { response, looked } = await pages.ask(place);
      const location = response.headers.get("location");
      if (location === null) return made ?? `${response.status} ${await response.text()}`;
      if (looked.length === 0) made ??= `${response.status} ${normal(location)}`;
      if (!location.startsWith("/")) return made!;
      // Further than a browser would go.
      if (places.size > 20) return ENDLESS;
      place = location;
    }
    return ENDLESS;
  };
}

/** The fields of a page: those that Pages sends without rules, changed as the rules say here. */
function fieldsHere(t: TestContext): (question: Question) => Promise<string> {
  const read = reader(t, "_headers");
  const plain = new Pages({}, () => true);
  return async ({ rules, path }) => {
    const { headers } = (await plain.ask(path)).response;
    const asked = canonicalPath(pathOf(path));
    if (asked === undefined) return said(headers);
    const { options } = await read(rules);
    for (const [name, { value }] of headerRules(options.site.headers)(asked)) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
    return said(headers);
  };
}

function fieldsThere(): (question: Question) => Promise<string> {
  return async ({ rules, path }) => said((await new Pages({ headers: rules }, () => true).ask(path)).response.headers);
}

function said(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${value}`).join("; ");
}

function redirectsThere(): (question: Question) => Promise<string> {
  let last: { rules: string; pages: Pages } | undefined;
  return async ({ rules, path }) => {
    if (last?.rules !== rules) last = { rules, pages: new Pages({ redirects: rules }, () => false) };
    const first = await decideThere(last.pages, path);
    return (await isEndless(last.pages, first)) ? ENDLESS : first;
  };
}

async function decideThere(pages: Pages, path: string): Promise<string> {
  const reply = await pages.ask(path).catch((error: Error) => error);
  if (reply instanceof Error) return `an error: ${reply.message}`;
  const { response, looked } = reply;
  const location = response.headers.get("location");
  const [place] = looked;
  if (place === undefined) return location === null ? `${response.status}` : `${response.status} ${normal(location)}`;
  return shown(place, new URL(path, ORIGIN).pathname);
}

async function isEndless(pages: Pages, first: string): Promise<boolean> {
  const seen = new Set<string>();
  for (let decision = first; /^3\d\d \//.test(decision); decision = await decideThere(pages, decision.slice(4))) {
    if (seen.has(decision) || seen.size > 5) return true;
    seen.add(decision);
  }
  return false;
}

/** An address in one form, so that only what it names is compared. */
function normal(location: string): string {
  const url = new URL(location, ORIGIN);
  const path = canonicalPath(url.pathname) ?? url.pathname;
  const query = queryOf(url.search).replace(/%[\da-f]{2}/gi, (triplet) => triplet.toUpperCase());
  return `${url.origin === ORIGIN ? "" : url.origin}${path}${query}${url.hash}`;
}

/** Pages leaves alone what is not percent-encoded well. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A rewrite in one form, decoded: to a folder and to its page is one, and to the path itself is none. */
function shown(path: string, asked: string): string {
  const [page, own] = [path, decoded(asked)].map((each) => each.replace(/\/index\.html$/, "/"));
  return page === own ? "-" : `200 ${page}`;
}
