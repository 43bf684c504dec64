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

/**
 * @param opener for the root
 * @param openerFor for the folder that the root led to before
 * @param keepMs how long a release that was replaced counts
 * @param isKept whether a path is one that stays reachable
 * @param now wall clock, in ms
 */
export function keepPreviousRelease(
  root: string,
  opener: Opener,
  openerFor: (root: string) => Opener,
  keepMs: number,
  isKept: (path: string) => boolean,
  now: () => number,
): Opener {
  let current: string | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let previous: Release[] = [];
  // Known from the start, so that the first swap is noticed.
  void look();

  async function look(): Promise<void> {
    const nowMs = now();
    if (nowMs - lookedMs < LOOK_MS && nowMs >= lookedMs) return;
    lookedMs = nowMs;
    const found = await realpath(root).catch(() => current);
    previous = previous.filter(({ untilMs }) => untilMs > nowMs);
    if (current !== undefined && found !== current) {
      previous = [{ opener: openerFor(current), untilMs: nowMs + keepMs }, ...previous];
    }
    current = found;
  }

  async function open(path: string): Promise<Opened> {
    await look();
    const opened = await opener.open(path);
    if (opened.kind !== "missing" || !isKept(path)) return opened;
    for (const release of previous) {
      const former = await release.opener.open(path);
      if (former.kind === "file") return former;
    }
    return opened;
  }

  return { ...opener, open };
}
