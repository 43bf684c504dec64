// The documentation is true in its counts, names, paths, links and examples, and readable: no table is too wide, and no
// retired word is used. Tables that are made from the code have their own tests.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { TABLE_LIMIT_LENGTH } from "../docs/markdown.ts";
import { parseArguments } from "../src/cli/arguments/parse.ts";
import { COMMANDS } from "../src/cli/arguments/usage.ts";
import { explainCommand } from "../src/cli/commands/explain.ts";
import { explain } from "../src/explain/explain.ts";
import { resolveOptions } from "../src/options/resolve.ts";
import { FIXED_OPTIONS } from "../src/options/unchangeable.ts";
import { createServer } from "../src/server.ts";
import { makeSite } from "./support/site.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
/** Every document that people read, with the text of each. */
const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  ["*.md", "docs/**/*.md", ".github/**/*.md"]
    .flatMap((pattern) => globSync(pattern, { cwd: fileURLToPath(new URL("..", import.meta.url)) }))
    .map((name) => [name.replaceAll("\\", "/"), read(name)]),
);

test("README.md says that the package has no dependencies", () => {
  assert.equal(JSON.parse(read("package.json")).dependencies, undefined);
  assert.match(read("README.md"), /\bno dependencies\b/i);
});

/** Fields that are the same at each run: neither a date nor a choice of the client. */
const isSteady = (line: string): boolean => !/^(?:Date|Last-Modified|Connection):/i.test(line);

test("README.md shows replies as they are", async () => {
  const shown = [...read("README.md").matchAll(/^(.*)HTTP\/1\.1 200 OK\n((?:\1[A-Z][\w-]*: .*\n)+)/gm)];
  assert.equal(shown.length, 2);
  const { site } = resolveOptions({ root: fileURLToPath(new URL("../public/", import.meta.url)) });
  const { head } = await explain(site, [], { url: "/robots.txt" });
  for (const [, before = "", fields = ""] of shown) {
    const lines = fields.trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => line.slice(before.length)).filter(isSteady), head.slice(1).filter(isSteady));
  }
});

test("no line of a table is wider than an editor or a terminal", () => {
  const wide = linesThat((line) => line.startsWith("|") && line.length > TABLE_LIMIT_LENGTH);
  assert.deepEqual(wide, []);
});

test("each page of docs/ begins by saying who it is for", () => {
  const pages = [...DOCUMENTS.keys()].filter((name) => /^docs\/(?:tests\/)?[^/]+\.md$/.test(name));
  assert.ok(pages.length > 10);
  assert.deepEqual(
    pages.filter((name) => !/^# .*\n\nThis page is for /.test(DOCUMENTS.get(name)!)),
    [],
  );
});

/** A file or a folder of the project, as documents name it: "src/http1/state.ts", "docs/decisions/". */
const PATH = /^(?:(?:src|docs|test|bench|foreign|examples|public|\.ci|\.github)\/[\w./-]*|[\w-]+\.(?:md|json|ts))$/;
/** Files that documents speak of, and that users write. */
const OF_USERS = /^(?:heddle\.config|serve|vercel|package)\.(?:ts|json)$|^README\.md$|^docs\/(?:dist|index\.html)$/;

test("every path that a document names is there", () => {
  const named = [...DOCUMENTS].flatMap(([document, text]) =>
    [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)]
      .map(([, code]) => code!)
      .filter((code) => code.includes("/") && PATH.test(code) && !OF_USERS.test(code))
      .map((path) => ({ document, path })),
  );
  assert.ok(named.length > 100);
  assert.deepEqual(
    named.filter(({ path }) => !existsSync(new URL(`../${path}`, import.meta.url))),
    [],
  );
});

test("every link of a document leads to a file, and to a heading in it", () => {
  const links = [...DOCUMENTS].flatMap(([document, text]) =>
    [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => ({ document, link: link! })),
  );
  const isBroken = ({ document, link }: { document: string; link: string }): boolean => {
    if (/^https?:/.test(link)) return false;
    const [path = "", heading] = link.split("#");
    const target = path === "" ? document : normalize(join(dirname(document), path)).replaceAll("\\", "/");
    if (!existsSync(new URL(`../${target}`, import.meta.url))) return true;
    return heading !== undefined && !anchorsOf(DOCUMENTS.get(target) ?? "").includes(heading);
  };
  assert.ok(links.length > 50);
  assert.deepEqual(links.filter(isBroken), []);
});

/** The names by which the headings of a page can be linked to, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Words that make a reader stop, and the plain ones to write instead. */
const RETIRED: readonly (readonly [RegExp, string])[] = [
  [/\bwho(?:m|so)?ever\b/i, "anyone who, the client that"],
  [/\bbut for\b/i, "except for"],
  [/\bof before\b|\breleases? before\b/i, "previous"],
  [/\bbeside\b/i, "next to, besides, compared with"],
  [/\b(?:is|are|was|were|be) none\b/i, "is not one, there is no"],
  [/\bin vain\b/i, "without success"],
  [/\bfor ?ever\b/i, "without end"],
  [/\bdear\b/i, "expensive"],
  [/\blasting\b/i, "that stays"],
  [/\bfellows\b/i, "the others"],
  [/\bbur(?:y|ies|ied)\b/i, "remove"],
  [/\bstillborn\b/i, "that failed to start"],
  [/(?:^|[.;:] )Who (?:asks|gets|wants|has|can|may|wrote|sends|takes|switches)\b/, "a client that, a visitor who"],
  [/\b(?:to|for) who \w/i, "to anyone who"],
];

test("no document uses a retired word", () => {
  const found = RETIRED.flatMap(([word, plain]) =>
    linesThat((line) => word.test(line.replaceAll(/`[^`]*`/g, "``"))).map((place) => `${place} (write: ${plain})`),
  );
  assert.deepEqual(found, []);
});

/** "docs/a.md:7: text" for each line outside of code blocks that is such. */
function linesThat(isSuch: (line: string) => boolean): string[] {
  return [...DOCUMENTS].flatMap(([name, text]) =>
    withoutBlocks(text)
      .split("\n")
      .flatMap((line, index) => (isSuch(line) ? [`${name}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

/** The text with the lines of code blocks empty, so that the others keep their numbers. */
function withoutBlocks(text: string): string {
  return text.replaceAll(/^( *)```.*?^\1```/gms, (block) => block.replaceAll(/[^\n]/g, ""));
}

const examples = [...read("docs/configuration.md").matchAll(/^\$ heddle explain (.*)\n((?:\w+ .*\n)+)/gm)];
for (const [, typed = "", table = ""] of examples) {
  test(`docs/configuration.md shows what "heddle explain ${typed}" prints`, async (t) => {
    const cwd = makeSite(t, { "dist/app.css": "a{}".repeat(1000), "dist/index.html": "home" });
    let printed = "";
    const stdout = { write: (text: string) => (printed += text) };
    const argv = typed.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
    const { signal } = new AbortController();
    await explainCommand(argv, { environment: {}, cwd, version: "", stdout, stderr: stdout, signal });
    assert.equal(printed.split("\n\n")[0]!.replace(cwd, "/srv"), table.trimEnd());
  });
}

test("docs/configuration.md has a row for each command", () => {
  const rows = [...read("docs/configuration.md").matchAll(/^\| `heddle ([\w-]+)/gm)].map(([, name]) => name!);
  assert.deepEqual(rows.toSorted(), Object.keys(COMMANDS).toSorted());
});

test("docs/configuration.md names each option that only a restart can change", () => {
  const [, list = ""] =
    /^Some options are fixed at the start\..*?: (`listen`.*?)\.$/ms.exec(read("docs/configuration.md")) ?? [];
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  assert.deepEqual(named, FIXED_OPTIONS);
});

test("the workflow runs .ci/run, with actions pinned by major version and without secrets", () => {
  const workflow = read(".github/workflows/ci.yml");
  const used = [...workflow.matchAll(/uses: (.*)/g)].map(([, action]) => action!);
  assert.match(workflow, /^ {6}- run: \.ci\/run$/m);
  assert.ok(used.length > 0 && used.every((action) => /^actions\/[\w-]+@v\d+$/.test(action)));
  assert.doesNotMatch(workflow, /secrets\.|: write/);
});

/** The words of an instruction in a Dockerfile of docs/container.md. */
function words(instruction: string): string[] {
  const [, list = ""] = new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(read("docs/container.md")) ?? [];
  return JSON.parse(list);
}

test("docs/container.md starts what can be started, on an address that others reach", () => {
  const [name, ...argv] = words("CMD");
  const parsed = parseArguments(argv, {}, "");
  assert.ok(name === "heddle" && parsed.kind === "run");
  assert.deepEqual(parsed.options, { root: "/srv", host: "0.0.0.0" });
});

for (const isHealthy of [true, false]) {
  test(`docs/container.md says that a server ${isHealthy ? "that serves is" : "that has ended is not"} healthy`, async (t) => {
    const root = makeSite(t, { "index.html": "x" });
    await using server = createServer({ root, port: 0, threads: 1, admin: 0, maintenance: true });
    await server.listen();
    const url = server.adminUrl!;
    if (!isHealthy) await server.close();
    const [name, ...argv] = words("HEALTHCHECK CMD").map((word) => word.replace("http://localhost:9180/", url));
    assert.equal(name, "node");
    const checked = promisify(execFile)(process.execPath, argv).then(
      () => true,
      () => false,
    );
    assert.equal(await checked, isHealthy);
  });
}

/** The pages that travel in the package: `files` of package.json. */
const packed = globSync("docs/*.md", { cwd: join(import.meta.dirname, "..") }).filter(
  (path) =>
    !/\/(?:a-request|api|architecture|differences-llhttp|differences-nghttp2|http-support|performance|questions)\.md$/.test(
      path,
    ),
);
for (const path of packed) {
  test(`${path}, which travels in the package, sends nobody to a file that does not`, () => {
    const text = read(path);
    assert.doesNotMatch(text, /`(?:src|test|bench)\//);
    const paragraphs = text.split(/\n\n/);
    for (const paragraph of paragraphs) {
      for (const [, target] of paragraph.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        const isPacked = packed.includes(`docs/${target}`) || target === "../README.md";
        assert.ok(isPacked || paragraph.includes("repository"), `${target}: say that it is in the repository`);
      }
    }
  });
}

test("docs/proxies.md has the configurations of deploy/proxies/", () => {
  const root = join(import.meta.dirname, "..");
  const page = readFileSync(join(root, "docs/proxies.md"), "utf8");
  for (const name of readdirSync(join(root, "deploy/proxies"))) {
    const file = readFileSync(join(root, "deploy/proxies", name), "utf8");
    assert.ok(page.includes(`\n${file}\`\`\`\n`), `${name} is not there as it is`);
  }
});
