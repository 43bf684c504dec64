// A folder with everything below it as one zip file, written while it is sent: memory holds a list of names and a few
// pieces of one file (17 MiB for a file of 1 GiB). Entries are stored, not deflated: a gigabyte costs 6 s of CPU, and
// would cost 13 to 30 s more for content that is mostly compressed already. A file that changes or vanishes while it is
// sent ends the reply, and the connection with it, so that no peer takes half an archive for a whole one.

import type { PathPolicy } from "../../../features/fields/path-policy.ts";
import type { Opener } from "../../../files/opener.ts";
import { attachment } from "../../../http/content-disposition.ts";
import type { Content, Reply, Request } from "../../../http/message.ts";
import { evaluatePreconditions } from "../../../http/preconditions.ts";
import { queryOf } from "../../../http/query.ts";
import { completeReply } from "../../complete-reply.ts";
import { errorReply } from "../../error-page.ts";
import { readTree, type TreeEntry, type TreeSource } from "../tree.ts";
import { ZipStream } from "./zip-stream.ts";

export interface ZippedFolder extends Pick<TreeSource, "path" | "isServed" | "hasCleanUrls"> {
  readonly opener: Opener;
  readonly policy: PathPolicy;
  /** What the zip file, and the folder in it, is called. */
  readonly name: string;
}

export interface ZipLimits extends Pick<TreeSource, "entryLimitCount" | "depthLimitCount"> {
  /** Zip files under way at once in one thread. */
  readonly activeLimitCount: number;
}

/** Also docs/listings.md. */
export const ZIP_LIMITS: ZipLimits = { entryLimitCount: 20_000, depthLimitCount: 32, activeLimitCount: 4 };

/** Whether a request for a folder is for the zip file of it. */
export function wantsZip(target: string): boolean {
  return new URLSearchParams(queryOf(target)).has("zip");
}

export class Zipper {
  readonly #limits: ZipLimits;
  readonly #onError: (error: Error) => void;
  #activeCount = 0;

  constructor(onError: (error: Error) => void, limits: Partial<ZipLimits> = {}) {
    this.#onError = onError;
    this.#limits = { ...ZIP_LIMITS, ...limits };
  }

  /** @throws for a mistake of ours; a problem with the folder is a reply */
  async reply(folder: ZippedFolder, request: Request, nowMs: number): Promise<Reply> {
    const { policy } = folder;
    // RFC 9110 §13.1.1 and §13.1.2 also apply to content without validators.
    const verdict = evaluatePreconditions(request, { etag: undefined, lastModifiedMs: undefined }, nowMs);
    if (verdict === "precondition-failed") return completeReply(errorReply(412), policy);
    if (verdict === "not-modified") return completeReply({ status: 304, fields: "", content: undefined }, policy);
    if (this.#activeCount >= this.#limits.activeLimitCount) return completeReply(errorReply(503), policy);
    this.#activeCount++;
    let isSent = false;
    try {
      const tree = await readTree({ ...folder, ...this.#limits });
      if (tree === "bounded") return completeReply(tooMuch(this.#limits), policy);
      if ("status" in tree) return completeReply(errorReply(tree.status), policy);
      isSent = true;
      return completeReply(this.#send(folder, tree), policy);
    } finally {
      if (!isSent) this.#activeCount--;
    }
  }

  /** The zip file counts as active until the transport releases it. */
  #send({ opener, path, name }: ZippedFolder, entries: readonly TreeEntry[]): Reply {
    const chunks = new ZipStream({ opener, path, name, entries }, (cause) => {
      this.#onError(new Error(`the zip file of ${JSON.stringify(path)} was cut short`, { cause }));
    });
    let isReleased = false;
    const release = (): void => {
      chunks.release();
      if (!isReleased) this.#activeCount--;
      isReleased = true;
    };
    return { status: 200, fields: fieldsOf(name), content: { kind: "stream", chunks, release } };
  }
}

/** A zip file differs each time, and its length is unknown: no cache may keep it, and it has no ranges. */
function fieldsOf(name: string): string {
  const lines = [
    "Content-Type: application/zip",
    `Content-Disposition: ${attachment(`${name}.zip`)}`,
    "X-Content-Type-Options: nosniff",
    "Cache-Control: no-store",
    "Accept-Ranges: none",
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}

/** Before anything is sent, so that no client takes a part of a folder for all of it. */
function tooMuch({ entryLimitCount, depthLimitCount }: ZipLimits): Reply {
  const bounds = `at most ${entryLimitCount} files and folders, nested at most ${depthLimitCount} folders deep`;
  const bytes = Buffer.from(
    `This folder is too large for one zip file, which holds ${bounds}. Download its folders one by one.\n`,
  );
  const fields =
    "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n";
  const content: Content = { kind: "content", length: bytes.length, segments: [bytes], file: undefined };
  return { status: 403, fields, content };
}
