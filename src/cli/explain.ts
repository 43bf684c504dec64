// `heddle explain <url>`: which rule, file, coding and fields would answer a request, and why. Reads what serving reads,
// and opens no port. The answer comes from the pipeline itself (src/explain.ts); here it is put into words.
import { checkFolders } from "../config/folders.ts";
import { readSettings, type Settings } from "../config/settings.ts";
import { type WithSiteFiles, withSiteFiles } from "../config/site-files.ts";
import { type Explanation, explain, type Question, QuestionError } from "../explain.ts";
import { type OwnValues, parseArguments } from "./arguments.ts";
import { printable } from "./banner.ts";
import type { Io } from "./commands.ts";
import { noteLines, settingsFailure } from "./failure.ts";
import { EXPLAIN_WORDS } from "./flags.ts";

/** @returns the exit status: 0, 1 when no answer could be made, 2 for a mistake in what was typed or configured */
export async function explainCommand(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseArguments(argv, io.environment, io.version, { name: "explain", ...EXPLAIN_WORDS });
  if (parsed.kind === "exit") {
    io.stdout.write(parsed.stdout);
    io.stderr.write(parsed.stderr);
    return parsed.code;
  }
  let settings: Settings;
  let withFiles: WithSiteFiles;
  try {
    settings = await readSettings(parsed, io.cwd);
    await checkFolders(settings.resolved);
    withFiles = await withSiteFiles(settings.resolved);
  } catch (error) {
    io.stderr.write(settingsFailure(error));
    return 2;
  }
  const { site, sites, limits, encodedLimitBytes } = withFiles.options;
  io.stderr.write(noteLines(withFiles.notes));
  try {
    const explanation = await explain(site, sites, {
      ...questionOf(parsed.own),
      limits,
      canEncode: encodedLimitBytes > 0,
    });
    io.stdout.write(inWords(explanation, [settings.file ?? "no file", ...withFiles.files]));
    return 0;
  } catch (error) {
    io.stderr.write(`heddle: ${printable(reasonOf(error))}\n`);
    return error instanceof QuestionError ? 2 : 1;
  }
}

function questionOf({ argument, method, header }: OwnValues): Question {
  return {
    url: String(argument),
    ...(typeof method === "string" && { method }),
    ...(Array.isArray(header) && { fields: header }),
  };
}

/** The steps as a table, then the head as it would be sent. */
function inWords({ steps, head }: Explanation, files: readonly string[]): string {
  const rows = [...files.map((what) => ({ step: "config", what })), ...steps];
  const width = Math.max(...rows.map(({ step }) => step.length)) + 2;
  const table = rows.map(({ step, what }) => step.padEnd(width) + what);
  return `${[...table, "", ...head].map(printable).join("\n")}\n`;
}

/** The handler says what could not be done, its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
