// A deployment that swaps the root for another release, as a link or by renaming the folder: pages that were loaded just
// before still ask for the scripts of the release before. Files with a fingerprint in their name stay reachable there
// for a while; all else is of one release only. A folder that was renamed is found by its descriptor, on Linux.
import type { Opened, Opener } from "../http/file.ts";
import { closeDescriptor, openDescriptor, READ_FLAGS, readLink, realPath, statDescriptor } from "./descriptors.ts";

/** How often it is asked where the root leads, at most, in ms. */
const LOOK_MS = 1000;

interface Release {
  readonly opener: Opener;
  readonly untilMs: number;
}

/** The folder that a root is, or leads to. */
interface Folder {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
  /** Knows where the folder is when it is renamed; open for as long as it is the current one. */
  readonly fd: number;
}

/** What is known of one root. */
interface History {
  /** At the last look. */
  current: Folder | undefined;
  lookedMs: number;
  previous: readonly Release[];
  /** The look that is under way, or the last; one at a time. */
  looking: Promise<void>;
  /** One that has not begun, for all who want to know what is true now. */
  next: Promise<void> | undefined;
}

/** Roots whose history is kept: a configuration names few, and each time it changes it may name others. */
const KEPT_COUNT = 1000;

/** The histories of all roots of a thread, which go on when the options are exchanged. */
export class Releases {
  readonly #histories = new Map<string, History>();

  of(root: string): History {
    let history = this.#histories.get(root);
    if (history === undefined) {
      const oldest = this.#histories.size < KEPT_COUNT ? undefined : this.#histories.keys().next().value;
      if (oldest !== undefined) this.#forget(oldest);
      history = {
        current: undefined,
        lookedMs: Number.NEGATIVE_INFINITY,
        previous: [],
        looking: Promise.resolve(),
        next: undefined,
      };
      this.#histories.set(root, history);
    }
    return history;
  }

  #forget(root: string): void {
    const { current } = this.#histories.get(root)!;
    if (current !== undefined) closeDescriptor(current.fd);
    this.#histories.delete(root);
  }
}

/**
 * @param opener for the root
 * @param openerFor for the folder that the root led to before
 * @param keepMs how long a release that was replaced counts
 * @param isKept whether a path is one that stays reachable
 * @param now wall clock, in ms
 * @param releases what is known of the root already
 */
export function keepPreviousRelease(
  root: string,
  opener: Opener,
  openerFor: (root: string) => Opener,
  keepMs: number,
  isKept: (path: string) => boolean,
  now: () => number,
  releases: Releases = new Releases(),
): Opener {
  const history = releases.of(root);
  // Known from the start, so that the first swap is noticed.
  void look(LOOK_MS);

  async function look(intervalMs: number): Promise<void> {
    const ageMs = now() - history.lookedMs;
    if (ageMs >= 0 && ageMs < intervalMs) return;
    history.next ??= history.looking = history.looking.then(lookNow);
    await history.next;
  }

  async function lookNow(): Promise<void> {
    const nowMs = now();
    history.lookedMs = nowMs;
    history.next = undefined;
    const found = await folderAt(root);
    history.previous = history.previous.filter(({ untilMs }) => untilMs > nowMs);
    const { current } = history;
    if (found === undefined) return;
    if (current !== undefined && found.dev === current.dev && found.ino === current.ino) {
      return closeDescriptor(found.fd);
    }
    history.current = found;
    if (current === undefined) return;
    const path = await whereNow(current);
    closeDescriptor(current.fd);
    if (path === found.path) return;
    history.previous = [{ opener: openerFor(path), untilMs: nowMs + keepMs }, ...history.previous];
  }

  async function open(path: string): Promise<Opened> {
    await look(LOOK_MS);
    const opened = await opener.open(path);
    if (opened.kind !== "missing" || !isKept(path)) return opened;
    // It may be missing because of a swap a moment ago.
    await look(0);
    for (const release of history.previous) {
      const former = await release.opener.open(path);
      if (former.kind === "file") return former;
    }
    return opened;
  }

  return { ...opener, open };
}

/** Undefined in the moment in which one is gone and the next is not there yet. */
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

/** Linux tells it of every descriptor; elsewhere it is where it was, unless it was renamed. */
async function whereNow({ fd, path }: Folder): Promise<string> {
  return await readLink(`/proc/self/fd/${fd}`).catch(() => path);
}
