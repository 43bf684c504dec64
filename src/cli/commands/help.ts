// `heddle help [page]`: the pages of docs/ without their comments, for the terminal. Loads the parser of arguments only
// for the help without a page.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namesNear } from "../../options/mistakes.ts";
import { printable } from "../../telemetry/printable.ts";
import { COMMANDS } from "../arguments/usage.ts";
import { PACKAGE_FOLDER } from "../package.ts";
import type { Io } from "./io.ts";

const FOLDER = join(PACKAGE_FOLDER, "docs");
const EXTENSION = ".md";

export async function help(argv: readonly string[], { version, stdout, stderr }: Io): Promise<number> {
  const [word, second] = argv;
  if (second !== undefined) {
    stderr.write("heddle: help takes one page: heddle help lists the pages\n");
    return 2;
  }
  const pages = pageNames();
  if (word === undefined) {
    const { parseArguments } = await import("../arguments/parse.ts");
    const program = parseArguments(["--help"], {}, version);
    stdout.write(`${program.kind === "exit" ? program.stdout : ""}\n${list(pages)}`);
    return 0;
  }
  const page = word.replace(/^docs\//, "").replace(/\.md$/, "");
  if (pages.includes(page)) {
    stdout.write(read(page));
    return 0;
  }
  const near = namesNear(page, [...Object.keys(COMMANDS), ...pages]);
  const hint = near.length === 0 ? "" : `: did you mean ${near.join(" or ")}?`;
  stderr.write(`heddle: there is no page ${printable(word)}${hint}\n\n${list(pages)}`);
  return 2;
}

/** Empty where a tool has removed the folder, as some do to make node_modules small. */
function pageNames(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .sort();
}

/** A page without its comments, each of which has a line to itself and marks a table that a test compares. */
function read(page: string): string {
  const text = readFileSync(join(FOLDER, page + EXTENSION), "utf8");
  return text.replace(/\n\n<!--.*-->(?=\n\n)/g, "").replace(/^<!--.*-->\n/gm, "");
}

function list(pages: readonly string[]): string {
  if (pages.length === 0) return `The pages of the manual are not installed: found none in ${FOLDER}\n`;
  const width = Math.max(...pages.map(({ length }) => length));
  const lines = pages.map((page) => `  heddle help ${page.padEnd(width)}  ${titleOf(page)}\n`);
  return `Pages of the manual:\n${lines.join("")}`;
}

function titleOf(page: string): string {
  return /^# (.*)$/m.exec(read(page))?.[1] ?? "";
}
