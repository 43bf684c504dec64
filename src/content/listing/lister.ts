// A request for a folder that has no index page -> its listing. The folder is read for each request, so a listing is
// never out of date. libuv's pool reads it; a thread that lives while it is needed sorts and writes large listings,
// which takes 0.14 s for 12,000 entries. The number of waiting requests is bounded.
import type { PathPolicy } from "../../features/fields/path-policy.ts";
import type { Opener } from "../../files/opener.ts";
import { formatEntityTag } from "../../http/etag.ts";
import type { Reply, Request } from "../../http/message.ts";
import { evaluatePreconditions } from "../../http/preconditions.ts";
import { queryOf } from "../../http/query.ts";
import { JobThread } from "../../workers/job-thread.ts";
import { completeReply } from "../complete-reply.ts";
import { errorReply } from "../error-page.ts";
import { type ListingEntry, PAGE_LIMIT_COUNT, parseListingQuery } from "./entries.ts";
import { LISTING_TYPES, type ListingFormat, listingFormat } from "./negotiate.ts";
import { type FolderReading, readBelow } from "./read-folder.ts";
import { findReadme, type Readme, ReadmeReader } from "./readme/readme.ts";
import { LISTING_POLICY } from "./style.ts";
import { type ListingJob, packEntries, type WrittenListing, writeListing } from "./write.ts";

/** Up to this count the serving thread writes the listing itself, in 8 ms. */
const INLINE_LIMIT_COUNT = 500;

const ENTRY = new URL("./listing-thread.ts", import.meta.url);

export interface ListedFolder {
  /** Below the root of the opener, as `resolvePath` gives it. */
  readonly path: string;
  readonly opener: Opener;
  readonly policy: PathPolicy;
  /** Whether a visitor of the folder would get an entry of it, too. @param path relative to the folder */
  readonly isServed: (path: string, kind: ListingEntry["kind"]) => boolean;
}

export interface ListerLimits {
  /**
   * Further entries of a folder are not read. Preparing 100,000 for the other thread takes this thread 33 ms.
   */
  readonly entryLimitCount: number;
  /** Listings under way at once in one thread; each may hold the entries of a whole folder. */
  readonly pendingLimitCount: number;
  /** A thread without work for this long ends. */
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

  /** Running threads. */
  get threadCount(): number {
    return Number(this.#thread.isRunning) + Number(this.#readmes.isRunning);
  }

  /** @throws for a mistake of ours; a problem with the folder is a reply */
  async reply(folder: ListedFolder, request: Request, nowMs: number): Promise<Reply> {
    if (this.#pendingCount >= this.#limits.pendingLimitCount) return completeReply(errorReply(503), folder.policy);
    this.#pendingCount++;
    try {
      const reading = await readBelow(folder.opener, folder.path, this.#limits.entryLimitCount);
      if ("status" in reading) return completeReply(errorReply(reading.status), folder.policy);
      const format = listingFormat(request.field("accept"));
      const query = queryOf(request.target).slice(1);
      const readme = format === "html" ? await this.#readmeOf(folder, reading, query, nowMs) : undefined;
      const { entries, isComplete } = reading;
      const job = { path: folder.path, query, format, entries: packEntries(entries), isComplete, readme };
      const zipHref = this.#hasZip && entries.length > 0 ? ZIP_HREF : undefined;
      const written = await this.#write({ ...job, zipHref }, entries.length);
      return replyOf({ written, format, policy: folder.policy, request, nowMs });
    } finally {
      this.#pendingCount--;
    }
  }

  /** Listings that are being made are finished. */
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

interface ListingToReply {
  readonly written: WrittenListing;
  readonly format: ListingFormat;
  readonly policy: PathPolicy;
  readonly request: Request;
  readonly nowMs: number;
}

function replyOf({ written, format, policy, request, nowMs }: ListingToReply): Reply {
  const { bytes, opaque, links } = written;
  const etag = { isWeak: false, opaque };
  const caching = `ETag: ${formatEntityTag(etag)}\r\nCache-Control: no-cache\r\nVary: Accept\r\n`;
  const verdict = evaluatePreconditions(request, { etag, lastModifiedMs: undefined }, nowMs);
  if (verdict === "precondition-failed") return completeReply(errorReply(412), policy);
  if (verdict === "not-modified") return completeReply({ status: 304, fields: caching, content: undefined }, policy);
  const about = [`Content-Type: ${LISTING_TYPES[format]}`, "X-Content-Type-Options: nosniff"];
  if (format === "html") about.push(`Content-Security-Policy: ${LISTING_POLICY}`);
  if (links !== undefined) about.push(`Link: ${links}`);
  const segments = request.method === "HEAD" ? [] : [Buffer.from(bytes.buffer)];
  const content = { kind: "content", length: bytes.length, segments, file: undefined } as const;
  return completeReply({ status: 200, fields: `${about.join("\r\n")}\r\n${caching}`, content }, policy);
}
