// `heddle explain <url>`: which rule, file, coding and fields answer a request, and why. Reads the same configuration as
// serving, and opens no port. The answer comes from the pipeline itself (src/explain/explain.ts); this file prints it.
import { type Explanation, explain, type Question, QuestionError, serverFacts } from "../../explain/explain.ts";
import { type WithSiteFiles, withSiteFiles } from "../../options/site-files/site-files.ts";
import { checkSettingsFolders, readSettings, type Settings } from "../../options/sources/sources.ts";
import { printable } from "../../telemetry/printable.ts";
import { EXPLAIN_SYNTAX } from "../arguments/flags.ts";
import type { CommandValues } from "../arguments/parse.ts";
import { settingsFailure, warningLines } from "../failure.ts";
import type { Io } from "./io.ts";
import { parseOrPrint } from "./parse-or-print.ts";

/** @returns the exit status: 0, 1 when the request cannot be answered, 2 for a mistake in arguments or configuration */
export async function explainCommand(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseOrPrint(argv, io, EXPLAIN_SYNTAX);
  if (typeof parsed === "number") return parsed;
  let settings: Settings;
  let withFiles: WithSiteFiles;
  try {
    settings = await readSettings(parsed, io.cwd);
    await checkSettingsFolders(settings);
    withFiles = await withSiteFiles(settings.resolved);
  } catch (error) {
    io.stderr.write(settingsFailure(error));
    return 2;
  }
  const { site, sites } = withFiles.options;
  io.stderr.write(warningLines(withFiles.notes));
  try {
    const explanation = await explain(site, sites, {
      ...serverFacts(withFiles.options),
      ...questionOf(parsed.own),
    });
    io.stdout.write(write(explanation, [settings.file ?? "no file", ...withFiles.files]));
    return 0;
  } catch (error) {
    io.stderr.write(`heddle: ${printable(reasonOf(error))}\n`);
    return error instanceof QuestionError ? 2 : 1;
  }
}

function questionOf({ argument, method, client, from, header }: CommandValues): Question {
  return {
    url: String(argument),
    ...(typeof method === "string" && { method }),
    ...(typeof from === "string" && { from }),
    ...(typeof client === "string" && { client }),
    ...(Array.isArray(header) && { fields: header }),
  };
}

/** The steps as a table, then the head of the reply. */
function write({ steps, head }: Explanation, files: readonly string[]): string {
  const rows = [...files.map((what) => ({ step: "config", what })), ...steps];
  const width = Math.max(...rows.map(({ step }) => step.length)) + 2;
  const table = rows.map(({ step, what }) => step.padEnd(width) + what);
  return `${[...table, "", ...head].map(printable).join("\n")}\n`;
}

/** The error of the handler says what failed, and its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
