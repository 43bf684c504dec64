// Notices that files of other servers in the roots were changed, added or removed: a deployment brings its own rules. Here,
// a removed file counts as a change. Where changes can be heard (sources/watch-names.ts), the file system is asked after
// an event, and rarely otherwise; elsewhere twice a second, as in watch-file.ts.
import { type FileVersion, INTERVAL_MS, SWEEP_MS, versionOf } from "../sources/watch-file.ts";
import { NameWatcher } from "../sources/watch-names.ts";

/**
 * Calls back when a file has another version than at the last reading or call, and all have been the same twice, so that a
 * deployment that copies file by file counts once.
 * @param files the version of each file that was read, by path
 * @returns ends the watch
 */
export function watchSiteFiles(files: ReadonlyMap<string, FileVersion>, onChange: () => void): () => void {
  const watch = new SiteFileWatch(files, onChange);
  return () => watch.end();
}

class SiteFileWatch {
  readonly #files: ReadonlyMap<string, { known: FileVersion; seen: FileVersion }>;
  readonly #onChange: () => void;
  readonly #names: NameWatcher;
  /** Files that are asked about twice a second: they may be changing, or their changes are not heard. */
  readonly #asked = new Set<string>();
  /** Those of them that were not followed since the last event. */
  readonly #unheard = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #isEnded = false;

  constructor(files: ReadonlyMap<string, FileVersion>, onChange: () => void) {
    this.#files = new Map([...files].map(([path, version]) => [path, { known: version, seen: version }]));
    this.#onChange = onChange;
    this.#names = new NameWatcher((path) => {
      this.#ask(path);
      this.#checkIn(0);
    });
    for (const path of files.keys()) this.#ask(path);
    if (files.size > 0) this.#timer = setTimeout(() => this.#begin(), INTERVAL_MS).unref();
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#names.close();
  }

  /** The files were read a moment ago, so one check is enough once their changes are heard. */
  #begin(): void {
    this.#listen();
    void this.#check();
  }

  /** Asks about every file: an event may have been lost, or a folder above have been renamed. */
  #sweep(): void {
    this.#names.calm();
    for (const path of this.#files.keys()) this.#ask(path);
    this.#checkIn(0);
  }

  #ask(path: string): void {
    this.#asked.add(path);
    this.#unheard.add(path);
  }

  #checkIn(delayMs: number): void {
    if (this.#isChecking || this.#isEnded) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), delayMs).unref();
  }

  async #check(): Promise<void> {
    this.#isChecking = true;
    const paths = [...this.#asked];
    const found = await Promise.all(paths.map(versionOf));
    this.#isChecking = false;
    if (this.#isEnded) return;
    const isChange = this.#compare(paths, found);
    if (this.#asked.size > 0) this.#checkIn(INTERVAL_MS);
    else this.#timer = setTimeout(() => this.#sweep(), SWEEP_MS).unref();
    if (isChange) this.#onChange();
  }

  /** @returns whether files have changed that are the same as at the last check */
  #compare(paths: readonly string[], found: readonly FileVersion[]): boolean {
    let isSettled = true;
    let isChange = false;
    for (const [index, path] of paths.entries()) {
      const file = this.#files.get(path)!;
      if (file.seen !== found[index]) isSettled = false;
      if (file.known !== found[index]) isChange = true;
      file.seen = found[index];
    }
    if (!isSettled) return false;
    for (const path of paths) this.#files.get(path)!.known = this.#files.get(path)!.seen;
    this.#rest(paths);
    return isChange;
  }

  /** Asks no more about files that were asked about since they are followed. */
  #rest(paths: readonly string[]): void {
    for (const path of paths) if (!this.#unheard.has(path)) this.#asked.delete(path);
    this.#listen();
  }

  #listen(): void {
    for (const path of this.#names.follow([...this.#unheard])) this.#unheard.delete(path);
  }
}
