// The README of a folder, as it is shown below the folder's listing. It is opened and read as any file is, and rendered
// in a thread of its own: a README that was made to take long, or much memory, costs that thread and nothing else, and
// its folder is listed without it.
import { extname } from "node:path";
import type { FileStat, Opener } from "../../http/file.ts";
import { closeDescriptor, readStart } from "../descriptors.ts";
import type { ListingEntry } from "./entries.ts";
import { JobThread } from "./job-thread.ts";

export interface Readme {
  readonly name: string;
  /** To be shown as it is; undefined for what is too large, or could not be rendered. */
  readonly html: string | undefined;
}

/** The largest READMEs of well-known projects have 300 KB, and rendering these takes 0.3 s. */
export const README_LIMIT_BYTES = 524_288;
const HEAP_LIMIT_MIB = 128;
/** One that could not be rendered is tried again after so long, or when it has changed. */
const RETRY_MS = 60_000;
/** Of those, so many are known. */
const FAILED_LIMIT_COUNT = 64;

const ENTRY = new URL(`./readme-thread${extname(import.meta.filename)}`, import.meta.url);

/** "README.md", "readme.markdown" and the like; of several the first by this order: ".md", then by code units. */
const README = /^readme\.(?:md|markdown)$/i;

export function findReadme(entries: readonly ListingEntry[]): string | undefined {
  const names = entries.filter(({ kind, name }) => kind === "file" && README.test(name)).map(({ name }) => name);
  return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0];
}

export interface ReadmeLimits {
  readonly idleLimitMs: number;
  /** One that takes longer to render is not shown. */
  readonly renderLimitMs: number;
}

export class ReadmeReader {
  readonly #thread: JobThread<string, string | undefined>;
  /** By version, so that those who ask for the same at the same time wait for one rendering. */
  readonly #underWay = new Map<string, Promise<string | undefined>>();
  /** By version: when it could not be rendered. */
  readonly #failed = new Map<string, number>();

  constructor({ idleLimitMs, renderLimitMs }: ReadmeLimits) {
    this.#thread = new JobThread({
      entry: ENTRY,
      idleLimitMs,
      jobLimitMs: renderLimitMs,
      heapLimitMiB: HEAP_LIMIT_MIB,
    });
  }

  get isRunning(): boolean {
    return this.#thread.isRunning;
  }

  /**
   * Never rejects.
   * @param path of the folder, as `resolvePath` gives it
   * @returns undefined when there is nothing by that name that could be opened
   */
  async read(opener: Opener, path: string, name: string, nowMs: number): Promise<Readme | undefined> {
    const opened = await opener.open(path === "" ? name : `${path}/${name}`);
    if (opened.kind !== "file") return undefined;
    const { fd, stat } = opened;
    try {
      if (stat.sizeBytes > README_LIMIT_BYTES) return { name, html: undefined };
      return { name, html: await this.#render(fd, stat, nowMs) };
    } catch {
      return undefined;
    } finally {
      closeDescriptor(fd);
    }
  }

  close(): void {
    this.#thread.close();
  }

  #render(fd: number, stat: FileStat, nowMs: number): Promise<string | undefined> {
    const version = versionOf(stat);
    if (nowMs - (this.#failed.get(version) ?? Number.NEGATIVE_INFINITY) < RETRY_MS) return Promise.resolve(undefined);
    let rendering = this.#underWay.get(version);
    if (rendering === undefined) {
      rendering = this.#renderNow(fd, stat, version, nowMs);
      this.#underWay.set(version, rendering);
    }
    return rendering;
  }

  async #renderNow(fd: number, stat: FileStat, version: string, nowMs: number): Promise<string | undefined> {
    try {
      const source = new TextDecoder().decode(await readStart(fd, stat.sizeBytes));
      const html = await this.#thread.run(source).catch(() => undefined);
      if (html !== undefined) return html;
      if (this.#failed.size >= FAILED_LIMIT_COUNT) this.#failed.delete(this.#failed.keys().next().value!);
      this.#failed.set(version, nowMs);
      return undefined;
    } finally {
      this.#underWay.delete(version);
    }
  }
}

function versionOf({ dev, ino, sizeBytes, mtimeNs, ctimeNs }: FileStat): string {
  return [dev, ino, sizeBytes, mtimeNs, ctimeNs].join(":");
}
