// The README of a folder, as it is shown below the folder's listing. It is opened and read as any file, and rendered in
// another thread: a README that was written to take long, or much memory, costs that thread and nothing else, and its
// folder is listed without it. The result for a version is kept, within bounds: a listing then costs 1.2 ms of CPU, and
// 4.7 ms if a README of 15 KB is rendered for it.
import { closeDescriptor, readStart } from "../../../files/descriptors.ts";
import type { FileStat, Opener } from "../../../files/opener.ts";
import { isYoung, versionOf } from "../../../files/version.ts";
import { JobThread } from "../../../workers/job-thread.ts";
import type { ListingEntry } from "../entries.ts";

export interface Readme {
  readonly name: string;
  /** Safe to show as it is; undefined for a README that is too large, or could not be rendered. */
  readonly html: string | undefined;
}

/** The largest READMEs of well-known projects have 300 KB, and rendering these takes 0.3 s. */
export const README_LIMIT_BYTES = 524_288;
const HEAP_LIMIT_MIB = 128;
/** A README that could not be rendered is tried again after this time, or when it has changed. */
const RETRY_MS = 60_000;
/** Bounds of the kept results: how many, and how long all of them together. */
const KNOWN_LIMIT_COUNT = 64;
const KNOWN_LIMIT_LENGTH = 1_048_576;

const ENTRY = new URL("./readme-thread.ts", import.meta.url);

/** "README.md", "readme.markdown" and the like; of several the first by this order: ".md", then by code units. */
const README = /^readme\.(?:md|markdown)$/i;

export function findReadme(entries: readonly ListingEntry[]): string | undefined {
  const names = entries.filter(({ kind, name }) => kind === "file" && README.test(name)).map(({ name }) => name);
  return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0];
}

export interface ReadmeLimits {
  readonly idleLimitMs: number;
  /** A README that takes longer to render is not shown. */
  readonly renderLimitMs: number;
}

export class ReadmeReader {
  readonly #thread: JobThread<string, string | undefined>;
  /** By version, so that requests at the same time wait for one rendering. */
  readonly #underWay = new Map<string, Promise<string | undefined>>();
  /** By version, the latest last: the result, and how long it is valid. */
  readonly #known = new Map<string, { readonly html: string | undefined; readonly untilMs: number }>();
  #knownLength = 0;

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
   * @returns undefined if no file of that name can be opened
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
    const known = this.#known.get(version);
    if (known !== undefined && nowMs < known.untilMs) return Promise.resolve(known.html);
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
      // A file that is so young may change once more without a new time.
      if (html === undefined || !isYoung(stat, nowMs)) this.#keep(version, html, nowMs);
      return html;
    } finally {
      this.#underWay.delete(version);
    }
  }

  #keep(version: string, html: string | undefined, nowMs: number): void {
    this.#forget(version);
    this.#known.set(version, { html, untilMs: html === undefined ? nowMs + RETRY_MS : Number.POSITIVE_INFINITY });
    this.#knownLength += html?.length ?? 0;
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KNOWN_LIMIT_COUNT && this.#knownLength <= KNOWN_LIMIT_LENGTH) break;
      this.#forget(oldest);
    }
  }

  #forget(version: string): void {
    this.#knownLength -= this.#known.get(version)?.html?.length ?? 0;
    this.#known.delete(version);
  }
}
