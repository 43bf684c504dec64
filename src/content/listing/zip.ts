// A folder with all below it as one zip file, written while it is sent: what is held in memory is a list of names and
// a few pieces of one file (17 MiB for one of 1 GiB). Entries are stored, not deflated: of a gigabyte that costs 6 s of
// CPU, and would cost 13 to 30 s more, for what is mostly compressed already. A file that changes or vanishes while it
// is sent ends the reply, and the connection with it, so that no peer takes half an archive for a whole one.
import { attachment } from "../../http/content-disposition.ts";
import type { Opener } from "../../http/file.ts";
import type { Content, Reply, Request } from "../../http/message.ts";
import { evaluatePreconditions } from "../../http/preconditions.ts";
import { errorReply } from "../error-page.ts";
import type { PathPolicy } from "../representation.ts";
import { readTree, type TreeEntry, type TreeSource } from "./tree.ts";
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
  const queryStart = target.indexOf("?");
  return queryStart >= 0 && new URLSearchParams(target.slice(queryStart)).has("zip");
}

export class Zipper {
  readonly #limits: ZipLimits;
  readonly #onError: (error: Error) => void;
  #activeCount = 0;

  constructor(onError: (error: Error) => void, limits: Partial<ZipLimits> = {}) {
    this.#onError = onError;
    this.#limits = { ...ZIP_LIMITS, ...limits };
  }

  /** @throws what went wrong on our side; what went wrong with the folder is a reply */
  async reply(folder: ZippedFolder, request: Request, nowMs: number): Promise<Reply> {
    const { policy } = folder;
    // RFC 9110 §13.1.1 and §13.1.2 say something of what has no validator, too.
    const verdict = evaluatePreconditions(request, { etag: undefined, lastModifiedMs: undefined }, nowMs);
    if (verdict === "precondition-failed") return complete(errorReply(412), policy);
    if (verdict === "not-modified") return complete({ status: 304, fields: "", content: undefined }, policy);
    if (this.#activeCount >= this.#limits.activeLimitCount) return complete(errorReply(503), policy);
    this.#activeCount++;
    let isSent = false;
    try {
      const tree = await readTree({ ...folder, ...this.#limits });
      if (tree === "bounded") return complete(tooMuch(this.#limits), policy);
      if ("status" in tree) return complete(errorReply(tree.status), policy);
      isSent = true;
      return complete(this.#send(folder, tree), policy);
    } finally {
      if (!isSent) this.#activeCount--;
    }
  }

  /** It counts until the transport lets go of it. */
  #send({ opener, path, name }: ZippedFolder, entries: readonly TreeEntry[]): Reply {
    const chunks = new ZipStream({ opener, path, name, entries }, (cause) => {
      this.#onError(new Error(`a zip of ${JSON.stringify(path)} was cut short`, { cause }));
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

/** It is another at every time, and of no length that is known: not to be kept, and without parts. */
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

/** Before anything is sent, so that nobody takes a part of a folder for all of it. */
function tooMuch({ entryLimitCount, depthLimitCount }: ZipLimits): Reply {
  const bounds = `at most ${entryLimitCount} files and folders, and ${depthLimitCount} folders within each other`;
  const bytes = Buffer.from(
    `There is too much in this folder for one zip file, which has ${bounds}. Take its folders one by one.\n`,
  );
  const fields =
    "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n";
  const content: Content = { kind: "content", length: bytes.length, segments: [bytes], file: undefined };
  return { status: 403, fields, content };
}

function complete({ status, fields, content }: Reply, policy: PathPolicy): Reply {
  return { status, fields: policy.complete(fields, status >= 400), content };
}
