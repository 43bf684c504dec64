// The listing of a folder, or its zip file, with the entries that a visitor of the folder may fetch from there.
import type { Listings } from "../content/listing/listings.ts";
import type { ListingPlan } from "../content/plans/plan.ts";
import { canonicalPath, writePath } from "../content/resolve.ts";
import type { Reply, Request } from "../http/message.ts";
import { pathOf } from "../http/query.ts";
import type { Site } from "./site.ts";

export class FolderListings {
  readonly #site: Site;
  readonly #now: () => number;
  readonly #onError: (error: Error) => void;
  /** Loaded with the first folder that is listed. */
  #listings: Promise<Listings> | undefined;

  constructor(site: Site, now: () => number, onError: (error: Error) => void) {
    this.#site = site;
    this.#now = now;
    this.#onError = onError;
  }

  async reply({ url, path, opener, policy }: ListingPlan, request: Request): Promise<Reply> {
    const asked = canonicalPath(pathOf(request.target)) ?? "";
    const isServed = (below: string, kind: "file" | "folder"): boolean =>
      this.#isServed(`${url.slice(0, -1)}${writePath(below, kind === "folder")}`, url, asked);
    const name = decodeURIComponent(url.split("/").at(-2) ?? "") || "root";
    const { hasCleanUrls } = this.#site;
    this.#listings ??= this.#load();
    const listings = await this.#listings;
    return listings.reply({ path, opener, policy, isServed, name, hasCleanUrls }, request, this.#now());
  }

  close(): void {
    void this.#listings?.then((listings) => listings.close());
  }

  async #load(): Promise<Listings> {
    const { Listings } = await import("../content/listing/listings.ts");
    return new Listings(this.#site.hasZip, this.#onError);
  }

  /**
   * Whether a visitor who may see a folder may also fetch this entry of it: no redirect or rewrite applies to the
   * entry, no mount replaces it, and it needs no password that the folder does not need.
   * @param asked the path by which the folder was asked for
   */
  #isServed(url: string, folderUrl: string, asked: string): boolean {
    const { protection, routes, mounts } = this.#site;
    if (!protection.covers(url, asked)) return false;
    if (routes.redirect(url, false) !== undefined || routes.rewrite(url, false) !== undefined) return false;
    return mounts.find(url).prefix === mounts.find(folderUrl).prefix;
  }
}
