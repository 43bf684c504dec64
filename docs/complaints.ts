// docs/tests/complaints.md: faults that users of other servers reported, and the tests that show how Heddle behaves. The
// page is made from the comments "// Complaint: serve #788, sirv (observed)" that stand directly above these tests.
// `node docs/complaints.ts` writes the page; test/complaint-list.test.ts fails when it is old.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "./markdown.ts";

export interface Complaint {
  /** Where it comes from: "serve #788, sirv (observed)". */
  readonly sources: string;
  /** The name of the test; "…" for a part that differs between the tests of a loop. */
  readonly test: string;
}

export const COMPLAINTS_PAGE: URL = new URL("./tests/complaints.md", import.meta.url);
const PROJECT = fileURLToPath(new URL("..", import.meta.url));

const INTRODUCTION = `\
# Complaints about other servers, and our tests

This page is for developers. It lists faults that users of other servers reported, and the tests that show how Heddle behaves.
A number is an issue in the repository of that server. "observed" means that a release of the server was run and did it.
"left out" means that Heddle does not have the requested feature either, and that the test shows what it does instead.

\`node docs/complaints.ts\` makes this page from the comments above the tests. \`test/complaint-list.test.ts\` checks that it is up to date.
`;

const COMMENT = /^( *)\/\/ *complaint.*\n/gim;
const SOURCE = /[@\w][\w./@-]*(?: v\d+)?(?: #\d+)*(?: \([^()]+\))?/;
const FORM = new RegExp(`^ *// Complaint: (${SOURCE.source}(?:, ${SOURCE.source})*)\n$`);
/** A test, or the row of a table of tests, with its name. */
const NAMED = /^ *(?:test\(|name: |\[)\s*(?:"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/;

/** The complaints in the source of a test file, from above. Throws when one has another form, or no test directly below. */
export function complaintsIn(source: string, file: string): Complaint[] {
  return [...source.matchAll(COMMENT)].map(({ 0: comment, index }) => {
    const place = `${file}:${source.slice(0, index).split("\n").length}`;
    const sources = FORM.exec(comment)?.[1];
    if (sources === undefined) throw new Error(`${place}: wanted "// Complaint: serve #788, sirv (observed)"`);
    const [found, quoted, template] = NAMED.exec(source.slice(index + comment.length)) ?? [];
    if (found === undefined) throw new Error(`${place}: there is no test directly below the complaint`);
    return { sources, test: quoted ?? template!.replaceAll(/\$\{[^}]*\}/g, "…") };
  });
}

/** The whole page: a table for each file. */
export function complaintsPage(): string {
  const files = globSync("{src,test}/**/*.{test,package}.ts", { cwd: PROJECT }).map((file) =>
    file.replaceAll("\\", "/"),
  );
  const sections = files.sort().map((file) => {
    const complaints = complaintsIn(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"), file);
    if (complaints.length === 0) return "";
    const rows = complaints.map(({ sources, test }) => [sources, test]);
    return `\n## \`${file}\`\n\n${markdownTable(["Complaint", "Test"], rows)}`;
  });
  return INTRODUCTION + sections.join("");
}

if (import.meta.main) writeFileSync(COMPLAINTS_PAGE, complaintsPage());
