// Precompressed files (sidecars) for a folder: finds those that are missing or old, and writes them so that an interrupted
// run leaves only complete ones. The command prints the messages (cli/commands/precompress.ts).
import { stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Coding, SIDECAR_EXTENSIONS } from "../content/codings/coding.ts";
import { dictionarySidecar } from "../content/codings/dictionary-header.ts";
import { giveBack } from "../content/codings/encode.ts";
import { encodeAll } from "./encode-all.ts";
import { type FoundFile, findFiles, temporaryName } from "./find-files.ts";
import { PreviousReleases } from "./previous-releases.ts";
import { replaceFile } from "./replace-file.ts";

export { CODINGS, type Coding } from "../content/codings/coding.ts";

/** A coding of a sidecar; "dcb" is Brotli with a file of a previous release as dictionary. */
type SidecarCoding = Coding | "dcb";

export interface PrecompressOptions {
  readonly root: string;
  readonly codings: readonly Coding[];
  /** Folders with previous releases, whose files are dictionaries for those of the root. */
  readonly previous: readonly string[];
  /** Smaller files are skipped. */
  readonly leastBytes: number;
  /** Reports the tasks, and writes nothing. */
  readonly isDryRun: boolean;
  /** Aborting the signal ends the run within about a second; the sidecars written so far stay. */
  readonly signal: AbortSignal;
  /** Called with all tasks before the first one begins. */
  readonly onPlan: (tasks: readonly Task[]) => void;
  readonly onDone: (task: Task, written: Written) => void;
  /** @param name below the root */
  readonly onError: (name: string, error: unknown) => void;
}

/** A sidecar to write. */
export interface Task {
  readonly file: FoundFile;
  readonly path: string;
  readonly coding: SidecarCoding;
  /** The path of the dictionary, for a coding that needs one. */
  readonly dictionary?: string;
}

/** Size of the sidecar in bytes; undefined when none is written, because it would be no smaller than the file. */
type Written = number | undefined;

interface Totals {
  /** Files with a sidecar of this coding, new or old. */
  readonly fileCount: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export interface Summary {
  /** All compressible files. */
  readonly fileCount: number;
  /** Sidecars that were already as new as their file. */
  readonly freshCount: number;
  readonly writtenCount: number;
  readonly totals: ReadonlyMap<SidecarCoding, Totals>;
}

/** @throws the system's error when the root cannot be read */
export async function precompressFolder(options: PrecompressOptions): Promise<Summary> {
  const { root, codings, previous, leastBytes, isDryRun, onPlan, onError } = options;
  const files = await findFiles(root, leastBytes, onError);
  const names: readonly SidecarCoding[] = previous.length === 0 ? codings : [...codings, "dcb"];
  const totals = new Map(names.map((coding) => [coding, { fileCount: 0, beforeBytes: 0, afterBytes: 0 }]));
  const { tasks, freshCount } = await findTasks(files, totals, options);
  const possible = isDryRun ? tasks : await withoutUnwritable(tasks, onError);
  onPlan(possible);
  const writtenCount = isDryRun ? 0 : await writeSidecars(possible, totals, options);
  return { fileCount: files.length, freshCount, writtenCount, totals };
}

type TotalsByCoding = ReadonlyMap<SidecarCoding, { -readonly [Name in keyof Totals]: Totals[Name] }>;

function count(totals: TotalsByCoding, { sizeBytes }: FoundFile, coding: SidecarCoding, afterBytes: number): void {
  const total = totals.get(coding)!;
  total.fileCount++;
  total.beforeBytes += sizeBytes;
  total.afterBytes += afterBytes;
}

/** The sidecars that are missing; those that are as new as their file are counted. */
async function findTasks(
  files: readonly FoundFile[],
  totals: TotalsByCoding,
  { codings, previous, leastBytes, onError }: PrecompressOptions,
): Promise<{ tasks: Task[]; freshCount: number }> {
  const releases = new PreviousReleases(previous, leastBytes);
  const tasks: Task[] = [];
  let freshCount = 0;
  for (const file of files) {
    const withDictionary = await tasksWithDictionary(file, releases).catch((error: unknown) => {
      onError(file.name, error);
      return [];
    });
    for (const task of [...codings.map((coding) => taskOf(file, coding)), ...withDictionary]) {
      const present = await stateOfSidecar(task.path, file);
      if (present === "missing") tasks.push(task);
      else if (present !== "impossible") {
        freshCount++;
        count(totals, file, task.coding, present.freshBytes);
      }
    }
  }
  return { tasks, freshCount };
}

function taskOf(file: FoundFile, coding: Coding): Task {
  return { file, path: file.path + SIDECAR_EXTENSIONS[coding], coding };
}

async function tasksWithDictionary(file: FoundFile, releases: PreviousReleases): Promise<readonly Task[]> {
  const found = await releases.find(file.name);
  return found.map(({ path, hash }) => {
    return { file, path: dictionarySidecar(file.path, "dcb", hash), coding: "dcb", dictionary: path };
  });
}

/** @returns how many were written */
async function writeSidecars(
  tasks: readonly Task[],
  totals: TotalsByCoding,
  { signal, onDone, onError }: PrecompressOptions,
): Promise<number> {
  let writtenCount = 0;
  // The longest task first, so that the last one does not keep a single thread busy at the end.
  const jobs = tasks
    .map((task) => ({ task, path: task.file.path, coding: task.coding, dictionary: task.dictionary }))
    .sort(byWork);
  await encodeAll(
    jobs,
    async ({ task }, outcome) => {
      try {
        if (outcome.kind === "failed") throw outcome.error;
        const bytes = outcome.kind === "encoded" ? outcome.bytes : undefined;
        await (bytes === undefined ? removeStale(task.path) : writeSidecar(task, bytes));
        onDone(task, bytes?.length);
        if (bytes === undefined) return;
        writtenCount++;
        count(totals, task.file, task.coding, bytes.length);
        giveBack(bytes);
      } catch (error) {
        onError(task.file.name, error);
      }
    },
    signal,
  );
  return writtenCount;
}

/** Encoding takes minutes, so a folder that cannot be written is reported once, and before the work. */
async function withoutUnwritable(
  tasks: readonly Task[],
  onError: PrecompressOptions["onError"],
): Promise<readonly Task[]> {
  const unwritable = new Set<string>();
  for (const [folder, file] of new Map(tasks.map(({ path, file }) => [dirname(path), file]))) {
    const trial = join(folder, temporaryName());
    try {
      await writeFile(trial, "", { flag: "wx" });
      await unlink(trial);
    } catch (error) {
      unwritable.add(folder);
      onError(dirname(file.name), error);
    }
  }
  return unwritable.size === 0 ? tasks : tasks.filter(({ path }) => !unwritable.has(dirname(path)));
}

/** Cost of a byte for each coding, measured: Brotli 1.8 s per MiB, zstd 0.3 s, gzip 0.03 s. */
const WORK: Readonly<Record<SidecarCoding, number>> = { br: 60, dcb: 60, zstd: 10, gzip: 1 };

function byWork(a: { readonly task: Task }, b: { readonly task: Task }): number {
  return b.task.file.sizeBytes * WORK[b.task.coding] - a.task.file.sizeBytes * WORK[a.task.coding];
}

/**
 * "missing" also for an old sidecar: by the rule of the server, a sidecar is at least as new as its file. "impossible" when
 * its name would be too long for the file system.
 */
async function stateOfSidecar(
  path: string,
  { mtimeNs }: FoundFile,
): Promise<{ freshBytes: number } | "missing" | "impossible"> {
  try {
    const stats = await stat(path, { bigint: true });
    return stats.isFile() && stats.mtimeNs >= mtimeNs ? { freshBytes: Number(stats.size) } : "missing";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENAMETOOLONG" ? "impossible" : "missing";
  }
}

/** The sidecar gets the time that the file had when it was found: if the file has changed since, the sidecar is old. */
function writeSidecar({ file, path }: Task, bytes: Uint8Array): Promise<void> {
  return replaceFile(path, { bytes, mode: file.mode, mtimeSeconds: notBefore(file.mtimeNs) });
}

/** The time in seconds, rounded up to whole microseconds, as the system call takes it: never before the file's. */
function notBefore(mtimeNs: bigint): number {
  const ms = Number((mtimeNs + 999_999n) / 1_000_000n);
  return (ms * 1000 + 1) / 1_000_000;
}

/** Removes an old sidecar of a file that gets no new one. */
async function removeStale(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
