// What a folder without an index page is answered with: its listing, or the zip file of it. A site loads this with the
// first folder that it lists; most list none.
import type { Reply, Request } from "../../http/message.ts";
import { type ListedFolder, Lister } from "./lister.ts";
import { wantsZip, type ZippedFolder, Zipper } from "./zip.ts";

export class Listings {
  readonly #lister: Lister;
  readonly #zipper: Zipper | undefined;

  /** @param hasZip whether folders can be had as zip files */
  constructor(hasZip: boolean, onError: (error: Error) => void) {
    this.#lister = new Lister(hasZip);
    this.#zipper = hasZip ? new Zipper(onError) : undefined;
  }

  /** @throws what went wrong on our side; what went wrong with the folder is a reply */
  reply(folder: ListedFolder & ZippedFolder, request: Request, nowMs: number): Promise<Reply> {
    if (this.#zipper !== undefined && wantsZip(request.target)) return this.#zipper.reply(folder, request, nowMs);
    return this.#lister.reply(folder, request, nowMs);
  }

  /** What is under way is still finished. */
  close(): void {
    this.#lister.close();
  }
}
