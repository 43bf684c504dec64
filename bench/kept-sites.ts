// Sites that take long to make: made once, kept between runs in a folder of their own, and found again by a marker that is
// written last. Every file has an inode of its own, because links would make a small inode cache look like a large one.
//
// A million files of 1 KiB take 4 GiB of disk and, read, 6 GiB of memory: a page each, and what the kernel keeps of names.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { filler } from "./filler.ts";
import { FILES } from "./site.ts";

export type KeptSiteName = "tree-100000" | "tree-1000000" | "folder-1000000" | "files-300k" | "sites-1000";

export interface KeptSite {
  /** Path of a file, with {a} and {b} for the thousands and the rest of its number. */
  readonly pattern: string;
  readonly fileCount: number;
  readonly fileBytes: number;
}

export const KEPT_SITES: Readonly<Record<KeptSiteName, KeptSite>> = {
  "tree-100000": { pattern: "/{a}/{b}.txt", fileCount: 100_000, fileBytes: 1024 },
  "tree-1000000": { pattern: "/{a}/{b}.txt", fileCount: 1_000_000, fileBytes: 1024 },
  "folder-1000000": { pattern: "/all/{a}{b}.txt", fileCount: 1_000_000, fileBytes: 1024 },
  "files-300k": { pattern: "/{a}/{b}.bin", fileCount: 2000, fileBytes: 307_200 },
  // One folder for each site.
  "sites-1000": { pattern: "/{b}/1k.txt", fileCount: 1000, fileBytes: 1024 },
};

/** Work for one thread (kept-site-thread.ts): every `step`th file from `first` on. */
export interface Share extends KeptSite {
  readonly root: string;
  readonly task: "make" | "read";
  readonly first: number;
  readonly step: number;
}

export function defaultKeptFolder(): string {
  return join(tmpdir(), "heddle-bench-sites");
}

/** Path of the site, which is made when it is not there yet. */
export async function keptSite(parentFolder: string, name: KeptSiteName): Promise<string> {
  const root = join(parentFolder, name);
  const marker = join(parentFolder, `${name}.whole`);
  if (existsSync(marker)) return root;
  const site = KEPT_SITES[name];
  const mebibytes = Math.ceil((site.fileCount * Math.max(site.fileBytes, 4096)) / 1024 ** 2);
  process.stderr.write(`making ${site.fileCount} files in ${root}, once (${mebibytes} MiB of disk) …\n`);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, FILES.small.target), filler(FILES.small.size));
  writeFileSync(join(root, "index.html"), filler(FILES.small.size));
  await inThreads(root, site, "make");
  writeFileSync(marker, "");
  return root;
}

/** Reads every file that will be asked for: the page cache is equally warm for all peers. */
export async function warmPages(root: string, site: KeptSite): Promise<void> {
  await inThreads(root, site, "read");
}

async function inThreads(root: string, site: KeptSite, task: Share["task"]): Promise<void> {
  const step = availableParallelism();
  const threads = Array.from({ length: step }, (_, first) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(join(import.meta.dirname, "kept-site-thread.ts"), {
      workerData: { ...site, root, task, first, step } satisfies Share,
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve());
    return promise;
  });
  await Promise.all(threads);
}
