// The reply for a folder without an index page: its listing, or its zip file. A site loads this file with the first
// folder that it lists; most sites never list one.
import type { Reply, Request } from "../../http/message.ts";
import { type ListedFolder, Lister } from "./lister.ts";
import { wantsZip, type ZippedFolder, Zipper } from "./zip/zip.ts";

export class Listings {
  readonly #lister: Lister;
  readonly #zipper: Zipper | undefined;

  /** @param hasZip whether folders can be had as zip files */
  constructor(hasZip: boolean, onError: (error: Error) => void) {
    this.#lister = new Lister(hasZip);
    this.#zipper = hasZip ? new Zipper(onError) : undefined;
  }

  /** @throws for a mistake of ours; a problem with the folder is a reply */
  reply(folder: ListedFolder & ZippedFolder, request: Request, nowMs: number): Promise<Reply> {
    if (this.#zipper !== undefined && wantsZip(request.target)) return this.#zipper.reply(folder, request, nowMs);
    return this.#lister.reply(folder, request, nowMs);
  }

  /** Listings that are being made are finished. */
  close(): void {
    this.#lister.close();
  }
}
