// The folders of a site: its root, and those that are mounted below paths of it. Each has a planner of its own, which
// shares the plans with the others.
import type { Opener } from "../http/file.ts";
import { ErrorPages } from "./error-pages.ts";
import { hideFiles } from "./hidden-files.ts";
import type { Plan } from "./plan.ts";
import { Planner, type PlannerOptions } from "./planner.ts";
import { keepPreviousRelease, type Releases } from "./previous-release.ts";
import { type ResolvedPath, resolvePage } from "./resolve.ts";

export interface FoldersOptions extends Omit<PlannerOptions, "opener" | "prefix" | "errorPages"> {
  readonly root: string;
  /** By path, without a slash at its end. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly openerFor: (root: string) => Opener;
  /** How long files of the release before stay reachable after a deployment, in ms, and which. */
  readonly keepPreviousMs: number;
  readonly isKept: (name: string) => boolean;
  readonly releases: Releases;
  /** By status; below the root. */
  readonly errorPages: ReadonlyMap<number, ResolvedPath>;
  /** Files of a folder that is mounted, and of the root, that nobody gets. */
  readonly isHidden: (path: string) => boolean;
  readonly isHiddenInRoot: (path: string) => boolean;
}

/** Where a path of the site leads. */
export interface Place {
  readonly folder: string;
  readonly prefix: string;
  readonly planner: Planner;
  /** Below the folder; undefined for what nothing can be at. */
  readonly path: ResolvedPath | undefined;
}

export class Folders {
  /** Of the root, which has the pages that the site names: error pages, fallback, maintenance. */
  readonly root: Planner;
  readonly errorPages: ErrorPages;
  readonly #rootFolder: string;
  readonly #mounts: readonly { readonly prefix: string; readonly folder: string; readonly planner: Planner }[];

  constructor(options: FoldersOptions) {
    const { root, mounts, openerFor, keepPreviousMs, isKept, releases, isHidden, isHiddenInRoot, ...others } = options;
    this.errorPages = new ErrorPages(options.errorPages, (path, use) => this.root.use(path, use));
    const shared = { ...others, errorPages: this.errorPages };
    const openerOf = (folder: string): Opener =>
      keepPreviousMs === 0
        ? openerFor(folder)
        : keepPreviousRelease(folder, openerFor(folder), openerFor, keepPreviousMs, isKept, shared.now, releases);
    this.root = new Planner({ ...shared, opener: hideFiles(openerOf(root), isHiddenInRoot) });
    this.#rootFolder = root;
    this.#mounts = Object.entries(mounts)
      // The longest first, so that the first that fits is the one that is meant.
      .sort(([a], [b]) => b.length - a.length)
      .map(([prefix, folder]) => ({
        prefix,
        folder,
        planner: new Planner({ ...shared, opener: hideFiles(openerOf(folder), isHidden), prefix }),
      }));
  }

  /** @param url the path, canonically written */
  find(url: string): Place {
    const mount = this.#mounts.find(({ prefix }) => url === prefix || url.startsWith(`${prefix}/`));
    if (mount === undefined) {
      return { folder: this.#rootFolder, prefix: "", planner: this.root, path: resolvePage(url) };
    }
    return { ...mount, path: resolvePage(url.slice(mount.prefix.length) || "/") };
  }

  /** A page that the site names by its file may have a clean path. */
  async usePage<T>(path: ResolvedPath, use: (plan: Plan) => T): Promise<Awaited<T>> {
    const clean = await this.root.use(path, (plan) =>
      plan.kind === "redirect" ? resolvePage(plan.location) : undefined,
    );
    return await this.root.use(clean ?? path, use);
  }
}
