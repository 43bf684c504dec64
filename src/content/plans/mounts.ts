// The folders of a site: its root, and the folders that are mounted below paths of it. Each has its own planner; all
// share the cache of plans.

import { hasFingerprint } from "../../features/fields/fingerprint.ts";
import { hideFiles } from "../../files/hide-files.ts";
import type { Opener } from "../../files/opener.ts";
import { keepPreviousRelease, type Releases } from "../../files/previous-release.ts";
import { type ResolvedPath, resolvePage } from "../resolve.ts";
import type { Task } from "../task.ts";
import type { HeldPlan } from "./held-plan.ts";
import { Planner, type PlannerOptions } from "./planner.ts";
import { SiteErrorPages } from "./site-error-pages.ts";

export interface MountsOptions extends Omit<PlannerOptions, "opener" | "prefix" | "errorPages" | "isErrorPage"> {
  readonly root: string;
  /** By path, without a slash at its end. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly openerFor: (root: string) => Opener;
  /** How long fingerprinted files of the previous release stay reachable after a deployment, in ms. */
  readonly keepPreviousMs: number;
  readonly releases: Releases;
  /** By status; below the root. */
  readonly errorPages: ReadonlyMap<number, ResolvedPath>;
  /** Files of a mounted folder, and of the root, that are never served. */
  readonly isHidden: (path: string) => boolean;
  readonly isHiddenInRoot: (path: string) => boolean;
}

/** The part of a site that a path leads to. */
export interface Mount {
  readonly folder: string;
  /** Where the folder is mounted: "" for the root. */
  readonly prefix: string;
  readonly planner: Planner;
}

/** A mount, and the path below it; undefined for a path that no file can have. */
export interface MountedPath extends Mount {
  readonly path: ResolvedPath | undefined;
}

export class Mounts {
  readonly errorPages: SiteErrorPages;
  /** Has the pages that the site names: error pages, fallback, maintenance. */
  readonly #root: Mount;
  readonly #mounts: readonly Mount[];

  constructor(options: MountsOptions) {
    const { root, mounts, openerFor, keepPreviousMs, releases, isHidden, isHiddenInRoot, ...others } = options;
    const pagePaths = new Set([...options.errorPages.values()].map(({ path }) => path));
    const openerOf = (folder: string): Opener =>
      keepPreviousMs === 0
        ? openerFor(folder)
        : keepPreviousRelease(openerFor(folder), {
            root: folder,
            openerFor,
            keepMs: keepPreviousMs,
            isKept: hasFingerprint,
            now: others.now,
            releases,
          });
    const inRoot = {
      ...others,
      opener: hideFiles(openerOf(root), isHiddenInRoot),
      isErrorPage: (path: string) => pagePaths.has(path),
      // A page that the site names is a file of the root, also where a mount takes its path.
      isDiverted: (url: string, isMissing: boolean) =>
        this.#mountAt(url) !== undefined || (others.isDiverted?.(url, isMissing) ?? false),
    };
    // What the site shows for an error is for no request by its path.
    const pagePlanner = new Planner({ ...inRoot, errorPages: undefined, isDiverted: () => true });
    this.errorPages = new SiteErrorPages(options.errorPages, pagePlanner);
    const { errorPages } = this;
    this.#root = { folder: root, prefix: "", planner: new Planner({ ...inRoot, errorPages }) };
    this.#mounts = Object.entries(mounts)
      // The longest first, so that the first that fits is the one that is meant.
      .sort(([a], [b]) => b.length - a.length)
      .map(([prefix, folder]) => {
        const opener = hideFiles(openerOf(folder), isHidden);
        return { prefix, folder, planner: new Planner({ ...others, opener, prefix, errorPages }) };
      });
  }

  /** @param url the path, canonically written */
  find(url: string): MountedPath {
    const mount = this.#mountAt(url);
    if (mount === undefined) return { ...this.#root, path: resolvePage(url) };
    return { ...mount, path: resolvePage(url.slice(mount.prefix.length) || "/") };
  }

  #mountAt(url: string): Mount | undefined {
    return this.#mounts.find(({ prefix }) => url === prefix || url.startsWith(`${prefix}/`));
  }

  /**
   * The plan of a page of the root that the site names by its file, which may have a clean path.
   * @param asked the path that it answers, canonically written
   */
  *takePage(page: ResolvedPath, asked?: string): Task<HeldPlan> {
    return yield* this.#root.planner.task((yield* this.#cleanPathOf(page)) ?? page, undefined, asked);
  }

  *#cleanPathOf(page: ResolvedPath): Task<ResolvedPath | undefined> {
    using named = yield* this.#root.planner.task(page);
    return named.plan.kind === "redirect" ? resolvePage(named.plan.location) : undefined;
  }
}
