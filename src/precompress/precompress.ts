// Sidecars for a folder: which are missing or old, and writing them so that an interrupted run leaves only whole ones.
// Words for people are the command's (cli/precompress.ts).
import { chmod, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Coding, SIDECAR_EXTENSIONS } from "../content/coding.ts";
import { giveBack } from "../content/encode.ts";
import { encodeAll } from "./crew.ts";
import { type FoundFile, findFiles, temporaryName } from "./find-files.ts";

export { CODINGS, type Coding } from "../content/coding.ts";

export interface PrecompressOptions {
  readonly root: string;
  readonly codings: readonly Coding[];
  /** Smaller files get none, in bytes. */
  readonly leastBytes: number;
  /** Looks only. */
  readonly isDryRun: boolean;
  /** Aborting it ends the run within about a second; sidecars that are written already stay. */
  readonly signal: AbortSignal;
  /** All that is to do, before it is begun. */
  readonly onPlan: (tasks: readonly Task[]) => void;
  readonly onDone: (task: Task, written: Written) => void;
  /** @param name below the root */
  readonly onError: (name: string, error: unknown) => void;
}

/** A sidecar to be written. */
export interface Task {
  readonly file: FoundFile;
  readonly path: string;
  readonly coding: Coding;
}

/** How many bytes the sidecar has; undefined when there is none, because it would be no smaller than the file. */
type Written = number | undefined;

interface Totals {
  /** With a sidecar of this coding, now or before. */
  readonly fileCount: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export interface Summary {
  /** All that could have a sidecar. */
  readonly fileCount: number;
  /** Sidecars that were as new as their file already. */
  readonly freshCount: number;
  readonly writtenCount: number;
  readonly totals: ReadonlyMap<Coding, Totals>;
}

/** @throws the system's error when the root cannot be read */
export async function precompressFolder(options: PrecompressOptions): Promise<Summary> {
  const { root, codings, leastBytes, isDryRun, signal, onPlan, onDone, onError } = options;
  const files = await findFiles(root, leastBytes, onError);
  const totals = new Map(codings.map((coding) => [coding, { fileCount: 0, beforeBytes: 0, afterBytes: 0 }]));
  const count = ({ sizeBytes }: FoundFile, coding: Coding, afterBytes: number): void => {
    const total = totals.get(coding)!;
    total.fileCount++;
    total.beforeBytes += sizeBytes;
    total.afterBytes += afterBytes;
  };
  const tasks: Task[] = [];
  let freshCount = 0;
  for (const file of files) {
    for (const coding of codings) {
      const path = file.path + SIDECAR_EXTENSIONS[coding];
      const present = await look(path, file);
      if (present === "missing") tasks.push({ file, path, coding });
      else if (present !== "impossible") {
        freshCount++;
        count(file, coding, present.freshBytes);
      }
    }
  }
  const possible = isDryRun ? tasks : await withoutUnwritable(tasks, onError);
  onPlan(possible);
  let writtenCount = 0;
  if (!isDryRun) {
    await encodeAll(
      // The longest work first, so that no thread is left alone with it at the end.
      possible.map((task) => ({ task, path: task.file.path, coding: task.coding })).sort(byWork),
      async ({ task }, outcome) => {
        try {
          if (outcome.kind === "failed") throw outcome.error;
          const bytes = outcome.kind === "encoded" ? outcome.bytes : undefined;
          await (bytes === undefined ? removeStale(task.path) : writeSidecar(task, bytes));
          onDone(task, bytes?.length);
          if (bytes === undefined) return;
          writtenCount++;
          count(task.file, task.coding, bytes.length);
          giveBack(bytes);
        } catch (error) {
          onError(task.file.name, error);
        }
      },
      signal,
    );
  }
  return { fileCount: files.length, freshCount, writtenCount, totals };
}

/** Encoding takes minutes: where nothing can be written, that is told once for each folder, and before. */
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

/** What each coding takes for a byte, measured: Brotli 1.8 s a MiB, zstd 0.3 s, gzip 0.03 s. */
const WORK: Readonly<Record<Coding, number>> = { br: 60, zstd: 10, gzip: 1 };

function byWork(a: { readonly task: Task }, b: { readonly task: Task }): number {
  return b.task.file.sizeBytes * WORK[b.task.coding] - a.task.file.sizeBytes * WORK[a.task.coding];
}

/**
 * "missing" also when it is old, by the rule of the server: a sidecar is at least as new as its file. "impossible" when no
 * file can have so long a name.
 */
async function look(path: string, { mtimeNs }: FoundFile): Promise<{ freshBytes: number } | "missing" | "impossible"> {
  try {
    const stats = await stat(path, { bigint: true });
    return stats.isFile() && stats.mtimeNs >= mtimeNs ? { freshBytes: Number(stats.size) } : "missing";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENAMETOOLONG" ? "impossible" : "missing";
  }
}

/** The time is that of the file when it was found: if that has changed since, the sidecar is an old one. */
async function writeSidecar({ file, path }: Task, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), temporaryName());
  try {
    await writeFile(temporary, bytes, { flag: "wx", mode: file.mode });
    // The process may be told to withhold some of that from new files.
    if ((file.mode & process.umask()) !== 0) await chmod(temporary, file.mode);
    const seconds = notBefore(file.mtimeNs);
    await utimes(temporary, seconds, seconds);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** In seconds, as a number can hold them and as the system call takes them, whole microseconds: never before the file's. */
function notBefore(mtimeNs: bigint): number {
  const ms = Number((mtimeNs + 999_999n) / 1_000_000n);
  return (ms * 1000 + 1) / 1_000_000;
}

/** An old sidecar whose file has none any more. */
async function removeStale(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
