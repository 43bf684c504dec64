// A request for a folder that has no index page -> its listing. The folder is read when it is asked for and nothing
// is kept, so it is never out of date. Reading goes through libuv's pool; sorting and writing a large folder, which
// takes 0.14 s for 12,000 entries, through a thread that lives while it is needed. What waits is bounded.
import { extname } from "node:path";
import { formatEntityTag } from "../../http/etag.ts";
import type { Opener } from "../../http/file.ts";
import type { Reply, Request } from "../../http/message.ts";
import { evaluatePreconditions } from "../../http/preconditions.ts";
import { errorReply } from "../error-page.ts";
import type { PathPolicy } from "../representation.ts";
import { type ListingEntry, PAGE_LIMIT_COUNT, parseListingQuery } from "./entries.ts";
import { JobThread } from "./job-thread.ts";
import { LISTING_POLICY } from "./look.ts";
import { LISTING_TYPES, type ListingFormat, listingFormat } from "./negotiate.ts";
import { type FolderReading, readBelow } from "./read.ts";
import { findReadme, type Readme, ReadmeReader } from "./readme.ts";
import { type ListingJob, packEntries, type WrittenListing, writeListing } from "./write.ts";

/** Up to here the serving thread writes it itself, in 8 ms. */
const INLINE_LIMIT_COUNT = 500;

const ENTRY = new URL(`./listing-thread${extname(import.meta.filename)}`, import.meta.url);

export interface ListedFolder {
  /** Below the root of the opener, as `resolvePath` gives it. */
  readonly path: string;
  readonly opener: Opener;
  readonly policy: PathPolicy;
  /** Whether who asks for the folder would get what is below it, too. @param path relative to it */
  readonly isServed: (path: string, kind: ListingEntry["kind"]) => boolean;
}

export interface ListerLimits {
  /** Of a folder with more, the rest is not looked at. To make 100,000 ready for the other thread takes this one 33 ms. */
  readonly entryLimitCount: number;
  /** Listings under way at once in one thread; each may hold the entries of a whole folder. */
  readonly pendingLimitCount: number;
  /** Threads that had nothing to do for so long end. */
  readonly idleLimitMs: number;
  /** A README that takes longer to render is not shown. */
  readonly renderLimitMs: number;
}

/** Also docs/listings.md. */
export const LISTER_LIMITS: ListerLimits = {
  entryLimitCount: 100_000,
  pendingLimitCount: 16,
  idleLimitMs: 10_000,
  renderLimitMs: 2000,
};

/** A relative reference to the zip file of a folder. */
const ZIP_HREF = "?zip";

export class Lister {
  readonly #hasZip: boolean;
  readonly #limits: ListerLimits;
  readonly #thread: JobThread<ListingJob, WrittenListing>;
  readonly #readmes: ReadmeReader;
  #pendingCount = 0;

  /** @param hasZip whether pages link to the zip file of their folder */
  constructor(hasZip: boolean, limits: Partial<ListerLimits> = {}) {
    this.#hasZip = hasZip;
    this.#limits = { ...LISTER_LIMITS, ...limits };
    this.#thread = new JobThread({ entry: ENTRY, idleLimitMs: this.#limits.idleLimitMs });
    this.#readmes = new ReadmeReader(this.#limits);
  }

  /** Threads that it has running. */
  get threadCount(): number {
    return Number(this.#thread.isRunning) + Number(this.#readmes.isRunning);
  }

  /** @throws what went wrong on our side; what went wrong with the folder is a reply */
  async reply(folder: ListedFolder, request: Request, nowMs: number): Promise<Reply> {
    if (this.#pendingCount >= this.#limits.pendingLimitCount) return complete(errorReply(503), folder.policy);
    this.#pendingCount++;
    try {
      const reading = await readBelow(folder.opener, folder.path, this.#limits.entryLimitCount);
      if ("status" in reading) return complete(errorReply(reading.status), folder.policy);
      const format = listingFormat(request.field("accept"));
      const query = queryOf(request.target);
      const readme = format === "html" ? await this.#readmeOf(folder, reading, query, nowMs) : undefined;
      const { entries, isComplete } = reading;
      const job = { path: folder.path, query, format, entries: packEntries(entries), isComplete, readme };
      const zipHref = this.#hasZip && entries.length > 0 ? ZIP_HREF : undefined;
      const written = await this.#write({ ...job, zipHref }, entries.length);
      return answerListing(written, format, folder.policy, request, nowMs);
    } finally {
      this.#pendingCount--;
    }
  }

  /** What is under way is still finished. */
  close(): void {
    this.#thread.close();
    this.#readmes.close();
  }

  async #readmeOf(
    { opener, path, isServed }: ListedFolder,
    { entries }: FolderReading,
    query: string,
    nowMs: number,
  ): Promise<Readme | undefined> {
    const isFirstPage = entries.length <= PAGE_LIMIT_COUNT || parseListingQuery(query).page === 1;
    const name = isFirstPage ? findReadme(entries) : undefined;
    if (name === undefined || !isServed(name, "file")) return undefined;
    return this.#readmes.read(opener, path, name, nowMs);
  }

  #write(job: ListingJob, entryCount: number): WrittenListing | Promise<WrittenListing> {
    if (entryCount <= INLINE_LIMIT_COUNT) return writeListing(job);
    return this.#thread.run(job, [job.entries.numbers.buffer]);
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
  return { status, fields: policy.complete(fields, status >= 400), content };
}

function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start + 1);
}
