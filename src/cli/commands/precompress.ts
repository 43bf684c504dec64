// `heddle precompress <root>`: writes precompressed files for a folder, and shows the progress. The work is done by
// precompress/; the caller handles signals.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import {
  CODINGS,
  type Coding,
  type PrecompressOptions,
  precompressFolder,
  type Summary,
  type Task,
} from "../../precompress/precompress.ts";
import { printable } from "../../telemetry/printable.ts";
import { folderProblem } from "../folder-problem.ts";
import type { Io, Output } from "./io.ts";

type CommandIo = Pick<Io, "stdout" | "stderr" | "signal">;

interface Flags {
  readonly codings: Coding[];
  readonly previous: readonly string[];
  readonly minSize: number;
  readonly dryRun?: true;
  readonly quiet?: true;
}

const LEAST_BYTES = 1024;
/** The status that shells give to a process ended by Ctrl+C. */
const INTERRUPTED = 130;

/**
 * @param argv after "precompress"
 * @returns the exit status: 0, 1 when a file could not be read or written, 2 for a mistake in the options, 130 after an
 * interruption
 */
export async function precompress(argv: readonly string[], io: CommandIo): Promise<number> {
  const program = createProgram(io);
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const { codings, previous, minSize, dryRun = false, quiet = false } = program.opts<Flags>();
  const show = quiet ? SILENCE : io.stdout.isTTY === true && !dryRun ? bar(io.stdout) : lines(io.stdout, dryRun);
  let errorCount = 0;
  const onError: PrecompressOptions["onError"] = (name, error) => {
    errorCount++;
    show.clear();
    io.stderr.write(
      `heddle: ${printable(name)}: ${printable(error instanceof Error ? error.message : String(error))}\n`,
    );
  };
  const root = program.args[0]!;
  for (const folder of previous) {
    const problem = folderProblem(folder);
    if (problem === undefined) continue;
    io.stderr.write(`heddle: --previous ${printable(folder)} ${problem}.\n`);
    return 1;
  }
  try {
    const common = { root, codings, previous, leastBytes: minSize, isDryRun: dryRun, signal: io.signal };
    const summary = await precompressFolder({ ...common, onPlan: show.plan, onDone: show.done, onError });
    show.clear();
    if (!quiet) io.stdout.write(summaryOf(summary, { isDryRun: dryRun, isInterrupted: io.signal.aborted }));
  } catch (error) {
    const problem = folderProblem(root);
    if (problem === undefined) onError(root, error);
    else {
      errorCount++;
      io.stderr.write(`heddle: ${printable(root)} ${problem}.\n`);
    }
  }
  if (io.signal.aborted) return INTERRUPTED;
  return errorCount === 0 ? 0 : 1;
}

function createProgram({ stdout, stderr }: CommandIo): Command {
  return new Command("heddle precompress")
    .description("Writes compressed copies (.br, .zst, .gz) next to the files of a folder.")
    .argument("<root>", "folder with the files")
    .addOption(
      new Option("--codings <list>", "comma-separated list of br, zstd and gzip")
        .argParser(parseCodings)
        .default([...CODINGS], "all"),
    )
    .addOption(
      new Option("--min-size <bytes>", "skip files that are smaller").argParser(parseSize).default(LEAST_BYTES),
    )
    .addOption(
      new Option(
        "--previous <folder>",
        "a previous release: also write .dcb files, which need one of its files as dictionary (can be repeated)",
      )
        .argParser((folder: string, earlier: readonly string[]) => [...earlier, folder])
        .default([], "none"),
    )
    .option("--dry-run", "print what would be written, and write nothing")
    .option("-q, --quiet", "print only errors")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .showHelpAfterError("heddle precompress --help shows every option.")
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(`heddle: ${describeMisuse(text)}`),
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

/** @param message of commander, with its line end */
function describeMisuse(message: string): string {
  if (/^error: missing required argument/.test(message)) return "name the folder: heddle precompress dist\n";
  const [, flag, found = "", wanted] =
    /^error: option '(--[\w-]+) .*?' argument '(.*)' is invalid\. (.*)$/s.exec(message) ?? [];
  return flag === undefined
    ? message.replace(/^error: /, "")
    : `${flag}: found ${JSON.stringify(found)}, wanted ${wanted}`;
}

function parseCodings(list: string): Coding[] {
  const names = list.split(",").map((name) => name.trim());
  const codings = CODINGS.filter((coding) => names.includes(coding));
  if (codings.length === new Set(names).size) return codings;
  throw new InvalidArgumentError("some of br, zstd and gzip, separated by commas");
}

function parseSize(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number of bytes");
}

/** Shows the progress of a run. */
interface Show {
  plan(tasks: readonly Task[]): void;
  done(task: Task, writtenBytes: number | undefined): void;
  /** Called before other output. */
  clear(): void;
}

const SILENCE: Show = { plan() {}, done() {}, clear() {} };

/** For files and pipes: a line for each precompressed file. */
function lines(output: Output, isDryRun: boolean): Show {
  const line = ({ file, coding }: Task, what: string): void => {
    output.write(`${printable(file.name)} ${coding}: ${what}\n`);
  };
  return {
    ...SILENCE,
    plan: (tasks) => {
      if (isDryRun) for (const task of tasks) line(task, `${shownSize(task.file.sizeBytes)}, would be compressed`);
    },
    done: (task, writtenBytes) => {
      const before = shownSize(task.file.sizeBytes);
      line(
        task,
        writtenBytes === undefined
          ? `${before}, skipped because it gets no smaller`
          : `${before} -> ${shownSize(writtenBytes)}`,
      );
    },
  };
}

const CLEAR_LINE = "\r\x1b[K";
const BAR_WIDTH = 24;
const BAR_INTERVAL_MS = 100;

/** One line that is drawn again and again. Counts bytes and not files, because their sizes differ so much. */
function bar(output: Output): Show {
  let totalBytes = 0;
  let doneBytes = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const draw = (what: string): void => {
    if (performance.now() - drawnAt < BAR_INTERVAL_MS) return;
    drawnAt = performance.now();
    const part = totalBytes === 0 ? 1 : doneBytes / totalBytes;
    const filled = "█".repeat(Math.round(part * BAR_WIDTH)).padEnd(BAR_WIDTH, "░");
    const text = `  ${filled} ${String(Math.floor(part * 100)).padStart(3)} %  ${what}`;
    output.write(`${CLEAR_LINE}${text.slice(0, (output.columns ?? 80) - 1)}`);
  };
  return {
    plan: (tasks) => {
      totalBytes = tasks.reduce((sum, { file }) => sum + file.sizeBytes, 0);
      if (tasks.length > 0) draw("");
    },
    done: ({ file, coding }) => {
      doneBytes += file.sizeBytes;
      draw(`${coding} ${printable(file.name)}`);
    },
    clear: () => {
      output.write(CLEAR_LINE);
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}

function summaryOf(
  { fileCount, freshCount, writtenCount, totals }: Summary,
  { isDryRun, isInterrupted }: { isDryRun: boolean; isInterrupted: boolean },
): string {
  const files = `${fileCount} compressible ${fileCount === 1 ? "file" : "files"}`;
  const written = isDryRun
    ? "nothing written"
    : `${writtenCount} precompressed ${writtenCount === 1 ? "file" : "files"} written`;
  const rows = [`${files}: ${written}, ${freshCount} already up to date${isInterrupted ? "; interrupted" : ""}`];
  for (const [coding, { fileCount: count, beforeBytes, afterBytes }] of totals) {
    if (count === 0) continue;
    const saved = Math.round((1 - afterBytes / beforeBytes) * 100);
    const sizes = `${shownSize(beforeBytes).padStart(9)} -> ${shownSize(afterBytes).padStart(9)}`;
    rows.push(
      `  ${coding.padEnd(4)} ${String(count).padStart(6)} ${count === 1 ? "file " : "files"} ${sizes}, ${saved} % saved`,
    );
  }
  return `${rows.join("\n")}\n`;
}

function shownSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
