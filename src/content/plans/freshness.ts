// Whether a plan can be used now: it is younger than `revalidateMs`, or the file system says at once that the file and
// its precompressed files are what they were. One for all roots of a site: a plan knows the opener of its own root.
import type { FileStat, Opener } from "../../files/opener.ts";
import { isSameVersion } from "../../files/version.ts";
import { isUnchanged } from "../codings/sidecars.ts";
import { type CheckedFolder, folderOf } from "../folders.ts";
import type { FilePlan, Plan } from "./plan.ts";

/**
 * How old the answer about the root itself may be when a file is checked at once, as a part of `revalidateMs`: opening
 * the root is a third of the price. A plan that was checked so counts as that much older, so that no plan is used for
 * longer than `revalidateMs`.
 */
const ROOT_TOLERANCE = 0.1;
const ROOT_TOLERANCE_LIMIT_MS = 100;

export class Freshness {
  readonly #revalidateMs: number;
  /** How old the answer about a root may be. */
  readonly toleranceMs: number;

  /** @param revalidateMs how long a plan is used without asking the file system; 0 asks for every request */
  constructor(revalidateMs: number) {
    this.#revalidateMs = revalidateMs;
    this.toleranceMs = Math.min(revalidateMs * ROOT_TOLERANCE, ROOT_TOLERANCE_LIMIT_MS);
  }

  /** Whether what was checked then needs no other look. */
  isFresh(checked: { readonly checkedMs: number }, nowMs: number): boolean {
    return this.#isYounger(checked, nowMs, this.#revalidateMs);
  }

  /**
   * Makes an old plan fresh again where the file system can confirm it without waiting.
   * @returns whether the plan is fresh now; if not, `Planner.take` makes a new one
   */
  refresh(plan: Plan, nowMs: number): boolean {
    if (this.isFresh(plan, nowMs)) return true;
    if (plan.kind !== "file" || !this.#isConfirmed(plan, nowMs)) return false;
    plan.checkedMs = this.checkedAt(nowMs);
    if (plan.hasSidecars) plan.checkedMs = Math.min(plan.checkedMs, plan.surroundings.folder!.checkedMs);
    return true;
  }

  /**
   * Whether the folder of a plan is known to be as it was. Its files share this answer. It counts for half of
   * `revalidateMs`, so that no plan grows old at once.
   * @param stat asked for where the answer is too old
   * @param checkedMs when what `stat` gives was true at the latest
   */
  isFolderUnchanged(
    folder: CheckedFolder,
    stat: () => FileStat | undefined,
    nowMs: number,
    checkedMs: number = this.checkedAt(nowMs),
  ): boolean {
    if (this.#isYounger(folder, nowMs, this.#revalidateMs / 2)) return true;
    const current = stat();
    if (current === undefined || !isSameVersion(current, folder.stat)) return false;
    folder.checkedMs = checkedMs;
    return true;
  }

  /** When what an opener has just opened was true at the latest: said at once, it may be about a slightly older root. */
  openedAt({ openAtOnce }: Opener, nowMs: number): number {
    return openAtOnce === undefined ? nowMs : this.checkedAt(nowMs);
  }

  /** What is said at once now was true then at the latest. */
  checkedAt(nowMs: number): number {
    return nowMs - this.toleranceMs;
  }

  /** A clock that was set back makes every plan old. */
  #isYounger({ checkedMs }: { readonly checkedMs: number }, nowMs: number, limitMs: number): boolean {
    const ageMs = nowMs - checkedMs;
    return ageMs >= 0 && ageMs < limitMs;
  }

  #isConfirmed(plan: FilePlan, nowMs: number): boolean {
    const { path, surroundings } = plan;
    const statAtOnce = (below: string): FileStat | undefined => plan.opener?.lookAtOnce?.(below, this.toleranceMs);
    const stat = statAtOnce(path);
    if (stat === undefined || !isSameFile(plan, stat)) return false;
    if (!plan.hasSidecars) return true;
    const { folder, isYoung } = surroundings;
    if (folder === undefined || isYoung) return false;
    if (!this.isFolderUnchanged(folder, () => statAtOnce(folderOf(path)), nowMs)) return false;
    return isUnchanged(surroundings.sidecars, statAtOnce);
  }
}

/** Whether the file is the version that the plan was made from. */
export function isSameFile(plan: FilePlan, stat: FileStat): boolean {
  return !plan.isYoung && !plan.isProvisional && isSameVersion(plan.stat, stat);
}
