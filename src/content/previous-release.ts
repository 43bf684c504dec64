// A deployment that swaps the root, a link, for another release: pages that were loaded just before still ask for the
// scripts of the release before. Files with a fingerprint in their name stay reachable there for a while; all else is
// of one release only.
import { realpath } from "node:fs/promises";
import type { Opened, Opener } from "../http/file.ts";

/** How often it is asked where the root leads, at most, in ms. */
const LOOK_MS = 1000;

interface Release {
  readonly opener: Opener;
  readonly untilMs: number;
}

/** What is known of one root. */
interface History {
  /** Where it led at the last look. */
  current: string | undefined;
  lookedMs: number;
  previous: readonly Release[];
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
      if (oldest !== undefined) this.#histories.delete(oldest);
      history = { current: undefined, lookedMs: Number.NEGATIVE_INFINITY, previous: [] };
      this.#histories.set(root, history);
    }
    return history;
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
    const nowMs = now();
    if (nowMs - history.lookedMs < intervalMs && nowMs >= history.lookedMs) return;
    history.lookedMs = nowMs;
    const found = await realpath(root).catch(() => history.current);
    const { current, previous } = history;
    history.previous = previous.filter(({ untilMs }) => untilMs > nowMs);
    if (current !== undefined && found !== current) {
      history.previous = [{ opener: openerFor(current), untilMs: nowMs + keepMs }, ...history.previous];
    }
    history.current = found;
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
