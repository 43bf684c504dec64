// A request for a folder that has no index page -> its listing. The folder is read when it is asked for and nothing
// is kept, so it is never out of date. Reading goes through libuv's pool; sorting and writing a large folder, which
// takes 0.14 s for 12,000 entries, through a thread that lives while it is needed. What waits is bounded.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { formatEntityTag } from "../../http/etag.ts";
import type { Opener } from "../../http/file.ts";
import type { Reply, Request } from "../../http/message.ts";
import { evaluatePreconditions } from "../../http/preconditions.ts";
import { closeDescriptor } from "../descriptors.ts";
import { errorReply, errorReplyWith } from "../error-page.ts";
import type { PathPolicy } from "../representation.ts";
import { LISTING_POLICY } from "./look.ts";
import { LISTING_TYPES, type ListingFormat, listingFormat } from "./negotiate.ts";
import { type FolderReading, readFolder } from "./read.ts";
import { type ListingJob, packEntries, type WrittenListing, writeListing } from "./write.ts";

/** Of a folder with more, the rest is not looked at. To make 100,000 ready for the other thread takes this one 33 ms. */
const ENTRY_LIMIT_COUNT = 100_000;
/** Up to here the serving thread writes it itself, in 8 ms. */
const INLINE_LIMIT_COUNT = 500;
/** Listings under way at once in one thread; each may hold the entries of a whole folder. */
const PENDING_LIMIT_COUNT = 16;
const RETRY_AFTER_SECONDS = 2;
const IDLE_LIMIT_MS = 10_000;

const ENTRY = new URL(`./listing-thread${extname(import.meta.filename)}`, import.meta.url);

export interface ListedFolder {
  /** Below the root of the opener, as `resolvePath` gives it. */
  readonly path: string;
  readonly opener: Opener;
  readonly policy: PathPolicy;
}

export class Lister {
  readonly #thread = new ListingThread();
  #pendingCount = 0;

  /** @throws what went wrong on our side; what went wrong with the folder is a reply */
  async reply(folder: ListedFolder, request: Request, nowMs: number): Promise<Reply> {
    if (this.#pendingCount >= PENDING_LIMIT_COUNT) return busy(folder.policy);
    this.#pendingCount++;
    try {
      const reading = await readListed(folder);
      if (reading === undefined) return complete(errorReply(404), folder.policy);
      const format = listingFormat(request.field("accept"));
      const job: ListingJob = {
        path: folder.path,
        query: queryOf(request.target),
        format,
        entries: packEntries(reading.entries),
        isComplete: reading.isComplete,
        zipHref: undefined,
      };
      const isSmall = reading.entries.length <= INLINE_LIMIT_COUNT;
      const written = isSmall ? writeListing(job) : await this.#thread.write(job);
      return answerListing(written, format, folder.policy, request, nowMs);
    } finally {
      this.#pendingCount--;
    }
  }

  close(): void {
    this.#thread.close();
  }
}

function busy(policy: PathPolicy): Reply {
  return complete(errorReplyWith(503, `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`), policy);
}

/** Undefined for what is no folder any more, or not ours to show. */
async function readListed({ path, opener }: ListedFolder): Promise<FolderReading | undefined> {
  const folder = await opener.openFolder?.(path);
  if (folder === undefined) return undefined;
  try {
    return await readFolder({ folder, path, opener, limitCount: ENTRY_LIMIT_COUNT });
  } catch {
    return undefined;
  } finally {
    if (typeof folder === "number") closeDescriptor(folder);
  }
}

function answerListing(
  { bytes, opaque, links }: WrittenListing,
  format: ListingFormat,
  policy: PathPolicy,
  request: Request,
  nowMs: number,
): Reply {
  const etag = { isWeak: false, opaque };
  const caching = `ETag: ${formatEntityTag(etag)}\r\nCache-Control: no-cache\r\nVary: Accept\r\n`;
  const verdict = evaluatePreconditions(request, { etag, lastModifiedMs: undefined }, nowMs);
  if (verdict === "precondition-failed") return complete(errorReply(412), policy);
  if (verdict === "not-modified") return complete({ status: 304, fields: caching, content: undefined }, policy);
  const about = [`Content-Type: ${LISTING_TYPES[format]}`, "X-Content-Type-Options: nosniff"];
  if (format === "html") about.push(`Content-Security-Policy: ${LISTING_POLICY}`);
  if (links !== undefined) about.push(`Link: ${links}`);
  const segments = request.method === "HEAD" ? [] : [Buffer.from(bytes.buffer)];
  const content = { kind: "content", length: bytes.length, segments, file: undefined } as const;
  return complete({ status: 200, fields: `${about.join("\r\n")}\r\n${caching}`, content }, policy);
}

function complete({ status, fields, content }: Reply, policy: PathPolicy): Reply {
  return { status, fields: policy.complete(fields), content };
}

function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start + 1);
}

/** Started when there is something to do, ended when there was nothing for a while. */
class ListingThread {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** The thread answers in the order in which it was asked. */
  #waiting: PromiseWithResolvers<WrittenListing>[] = [];

  write(job: ListingJob): Promise<WrittenListing> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const waiting = Promise.withResolvers<WrittenListing>();
    this.#waiting.push(waiting);
    this.#worker.postMessage(job, [job.entries.numbers.buffer as ArrayBuffer]);
    return waiting.promise;
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(ENTRY);
    const lose = (cause: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const { reject } of this.#waiting.splice(0)) reject(cause);
    };
    worker.on("message", (written: WrittenListing) => {
      this.#waiting.shift()?.resolve(written);
      if (this.#waiting.length === 0) this.#idle = setTimeout(() => this.close(), IDLE_LIMIT_MS).unref();
    });
    worker.on("error", lose);
    worker.on("exit", () => lose(new Error("the thread that writes listings has ended")));
    // A server that stops does not wait for it.
    worker.unref();
    return worker;
  }
}
