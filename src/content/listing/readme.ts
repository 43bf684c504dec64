// The README of a folder, as it is shown below the folder's listing. It is opened and read as any file is, and rendered
// in a thread of its own: a README that was made to take long, or much memory, costs that thread and nothing else, and
// its folder is listed without it. What came of a version is kept, within bounds: a listing costs 1.2 ms of CPU so, and
// 4.7 ms when a README of 15 KB is rendered for it.
import { extname } from "node:path";
import type { FileStat, Opener } from "../../http/file.ts";
import { closeDescriptor, readStart } from "../descriptors.ts";
import { isYoung } from "../validators.ts";
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
/** What is known of versions: so many of them, and so much of what was rendered. */
const KNOWN_LIMIT_COUNT = 64;
const KNOWN_LIMIT_LENGTH = 1_048_576;

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
  /** By version, the latest last: what came of it, and how long that is good for. */
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
      // What is so young may change once more without a new time.
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

function versionOf({ dev, ino, sizeBytes, mtimeNs, ctimeNs }: FileStat): string {
  return [dev, ino, sizeBytes, mtimeNs, ctimeNs].join(":");
}
