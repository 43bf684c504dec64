// Keeps files of the previous release reachable after a deployment has swapped the root for another release, as a link
// or by renaming the folder: pages that were loaded just before still ask for their scripts. This holds for paths with
// a fingerprint and for a limited time; all else is of one release only. On Linux, a folder that was renamed is found
// by its descriptor.
import { closeDescriptor, openDescriptor, READ_FLAGS, readLink, realPath, statDescriptor } from "./descriptors.ts";
import type { OpenAtOnce, Opened, Opener } from "./opener.ts";

/** The shortest time between two checks where the root leads, in ms. */
const CHECK_INTERVAL_MS = 1000;
/** Roots whose history is kept: a configuration names few, and each time it changes it may name others. */
const HISTORY_LIMIT_COUNT = 1000;

export interface PreviousReleaseOptions {
  readonly root: string;
  /** Makes the opener for the folder that the root led to before. */
  readonly openerFor: (folder: string) => Opener;
  /** How long a release stays reachable after it was replaced. */
  readonly keepMs: number;
  /** Whether a path stays reachable. */
  readonly isKept: (path: string) => boolean;
  /** The wall clock, in ms. */
  readonly now: () => number;
  /** What is known of the roots already. */
  readonly releases: Releases;
}

/** An opener for the root that also finds kept paths in its previous releases. */
export function keepPreviousRelease(opener: Opener, options: PreviousReleaseOptions): Opener {
  const { root, isKept, releases } = options;
  const history = releases.of(root);
  // The root is known from the start, so that the first swap is noticed.
  void history.check(CHECK_INTERVAL_MS, options);

  async function open(path: string): Promise<Opened> {
    await history.check(CHECK_INTERVAL_MS, options);
    const opened = await opener.open(path);
    if (opened.kind !== "missing" || !isKept(path)) return opened;
    // The path may be missing because of a swap a moment ago.
    await history.check(0, options);
    return (await history.openPrevious(path)) ?? opened;
  }

  function openAtOnce(path: string, how: OpenAtOnce): Opened | undefined {
    if (!history.isChecked(CHECK_INTERVAL_MS, options)) return undefined;
    const opened = opener.openAtOnce!(path, how);
    return opened?.kind === "missing" && isKept(path) ? undefined : opened;
  }

  return { ...opener, open, ...(opener.openAtOnce && { openAtOnce }) };
}

/** The histories of all roots of a thread. They go on when the options are exchanged. */
export class Releases {
  readonly #histories = new Map<string, History>();

  of(root: string): History {
    let history = this.#histories.get(root);
    if (history === undefined) {
      const oldest = this.#histories.size < HISTORY_LIMIT_COUNT ? undefined : this.#histories.keys().next().value;
      if (oldest !== undefined) this.#forget(oldest);
      history = new History(root);
      this.#histories.set(root, history);
    }
    return history;
  }

  #forget(root: string): void {
    this.#histories.get(root)!.close();
    this.#histories.delete(root);
  }
}

/** The folder that a root is, or leads to. */
interface Folder {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
  /** Finds the folder when it has been renamed. Open for as long as the folder is the current one. */
  readonly fd: number;
}

interface Release {
  readonly opener: Opener;
  readonly untilMs: number;
}

type CheckOptions = Pick<PreviousReleaseOptions, "openerFor" | "keepMs" | "now">;

/** The releases of one root. */
class History {
  readonly #root: string;
  /** At the last check. */
  #current: Folder | undefined;
  #checkedMs: number = Number.NEGATIVE_INFINITY;
  /** The newest first. */
  #previous: readonly Release[] = [];
  /** The check that is under way, or the last one: there is only one at a time. */
  #checking: Promise<void> = Promise.resolve();
  /** A check that has not begun, for all who need to know what is true now. */
  #nextCheck: Promise<void> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** Whether the last check is younger than `intervalMs`. */
  isChecked(intervalMs: number, { now }: CheckOptions): boolean {
    const ageMs = now() - this.#checkedMs;
    return ageMs >= 0 && ageMs < intervalMs;
  }

  /** Notices a swap, unless the last check is younger than `intervalMs`. */
  async check(intervalMs: number, options: CheckOptions): Promise<void> {
    if (this.isChecked(intervalMs, options)) return;
    this.#nextCheck ??= this.#checking = this.#checking.then(() => this.#checkNow(options));
    await this.#nextCheck;
  }

  /** The file at this path in the newest release that has it. */
  async openPrevious(path: string): Promise<Opened | undefined> {
    for (const { opener } of this.#previous) {
      const opened = await opener.open(path);
      if (opened.kind === "file") return opened;
    }
    return undefined;
  }

  close(): void {
    if (this.#current !== undefined) closeDescriptor(this.#current.fd);
  }

  async #checkNow({ openerFor, keepMs, now }: CheckOptions): Promise<void> {
    const nowMs = now();
    this.#checkedMs = nowMs;
    this.#nextCheck = undefined;
    const found = await folderAt(this.#root);
    this.#previous = this.#previous.filter(({ untilMs }) => untilMs > nowMs);
    const replaced = this.#current;
    if (found === undefined) return;
    if (replaced !== undefined && found.dev === replaced.dev && found.ino === replaced.ino) {
      return closeDescriptor(found.fd);
    }
    this.#current = found;
    if (replaced === undefined) return;
    const path = await currentPathOf(replaced);
    closeDescriptor(replaced.fd);
    if (path === found.path) return;
    this.#previous = [{ opener: openerFor(path), untilMs: nowMs + keepMs }, ...this.#previous];
  }
}

/** Undefined in the moment in which one folder is gone and the next is not there yet. */
async function folderAt(root: string): Promise<Folder | undefined> {
  try {
    const fd = await openDescriptor(root, READ_FLAGS);
    try {
      const { dev, ino } = await statDescriptor(fd);
      return { path: await realPath(root), dev, ino, fd };
    } catch {
      closeDescriptor(fd);
    }
  } catch {}
  return undefined;
}

/** Linux tells the path of every descriptor. Elsewhere the folder is taken to be where it was. */
async function currentPathOf({ fd, path }: Folder): Promise<string> {
  return await readLink(`/proc/self/fd/${fd}`).catch(() => path);
}
