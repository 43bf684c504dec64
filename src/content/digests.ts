// Digest fields (RFC 9530) for clients that ask for them: Repr-Digest of the whole selected representation, coded as it is, and
// Content-Digest of what this reply sends. Both are of hashes that are known; what is not known yet is hashed for later
// requests, and the reply goes without the field. Only the content of a part is hashed for one request, up to a limit: then it
// is sent from the memory that was hashed.
import { readPart, statDescriptorAtOnce } from "../files/descriptors.ts";
import { isSameVersion } from "../files/version.ts";
import { changedReply } from "../http/changed-reply.ts";
import { digestLine, wantsSha256 } from "../http/digest-fields.ts";
import type { Content, FileSlice, OpenFile, Reply, Request } from "../http/message.ts";
import { representationOf } from "./answer.ts";
import { type Hashes, type Sha256, sha256 } from "./plans/hashes.ts";
import type { Representation } from "./plans/representation.ts";
import { run, settled, type Task } from "./task.ts";

/**
 * Of a part that is hashed for one request: 0.05 ms of memory, 0.2 ms of a large file, which is read for it. Clients
 * that check parts ask for less: zsync has blocks of 2 to 4 KiB.
 */
export const PART_LIMIT_BYTES = 65_536;

export type DigestField = "Content-Digest" | "Repr-Digest";

/**
 * What a digest is of, or why there is none: the request names no algorithm that we have; the reply is not the content of a
 * file, or is decoded while it is sent; the file is being hashed, or has changed; a part is too long to be hashed for one request, or
 * there are several of a large file; a header rule has set the field.
 */
export type DigestOutcome =
  | { readonly coding: Representation["coding"]; readonly sizeBytes: number }
  | "not-acceptable"
  | "no-representation"
  | "unknown"
  | "too-long"
  | "ruled";

export interface DigestSteps {
  digest(field: DigestField, outcome: DigestOutcome): void;
}

export interface DigestsOptions {
  readonly hashes: Hashes;
  /** Wall clock, in ms. */
  readonly now: () => number;
  readonly steps?: DigestSteps | undefined;
}

/** What one request wants. */
interface Wanted {
  readonly repr: boolean;
  readonly content: boolean;
  readonly isHead: boolean;
}

export class Digests {
  readonly #hashes: Hashes;
  readonly #now: () => number;
  readonly #steps: DigestSteps | undefined;

  constructor({ hashes, now, steps }: DigestsOptions) {
    this.#hashes = hashes;
    this.#now = now;
    this.#steps = steps;
  }

  /** The reply with the digests that the request wants. @param request one with DIGEST_FIELDS, whose bytes are only lent */
  complete(reply: Reply | Promise<Reply>, request: Request): Reply | Promise<Reply> {
    const wanted = {
      repr: this.#wants("Repr-Digest", request.field("want-repr-digest")),
      content: this.#wants("Content-Digest", request.field("want-content-digest")),
      isHead: request.method === "HEAD",
    };
    if (!wanted.repr && !wanted.content) return reply;
    return reply instanceof Promise
      ? reply.then((late) => run(this.#add(late, wanted)))
      : run(this.#add(reply, wanted));
  }

  #wants(field: DigestField, value: string | undefined): boolean {
    const isWanted = wantsSha256(value);
    if (value !== undefined && !isWanted) this.#steps?.digest(field, "not-acceptable");
    return isWanted;
  }

  *#add(reply: Reply, { repr, content, isHead }: Wanted): Task<Reply> {
    const of = representationOf(reply);
    if (of === undefined) {
      if (repr) this.#steps?.digest("Repr-Digest", "no-representation");
      if (content) this.#steps?.digest("Content-Digest", "no-representation");
      return reply;
    }
    let sent = reply.content as Content;
    let lines = "";
    if (repr && !this.#isRuled("Repr-Digest", reply)) lines += this.#line("Repr-Digest", of, this.#hashOf(of));
    if (!content || this.#isRuled("Content-Digest", reply)) return withLines(reply, lines);
    if (isHead) {
      // RFC 9530 appendix B.2
      lines += this.#line("Content-Digest", of, { hash: sha256(NOTHING), sizeBytes: 0 });
    } else if (isWhole(sent, of)) {
      lines += this.#line("Content-Digest", of, this.#hashOf(of));
    } else if (isShort(sent)) {
      const read = sent.file === undefined ? sent : yield* settled(readSlice(sent, sent.file));
      sent = read ?? sent;
      lines += this.#line("Content-Digest", of, read === undefined ? "unknown" : foundIn(read));
    } else {
      this.#steps?.digest("Content-Digest", "too-long");
    }
    return withLines(reply, lines, sent);
  }

  /** Of all that is represented. */
  #hashOf({ source, stat, sizeBytes }: Representation): Found {
    try {
      // Who writes into a file changes the version of what is open; the plan may not have been checked since.
      const isChanged = !Buffer.isBuffer(source) && !isSameVersion(statDescriptorAtOnce(source.fd), stat!);
      const hash = isChanged ? undefined : this.#hashes.of(source, stat, this.#now());
      return hash instanceof Uint8Array ? { hash, sizeBytes } : "unknown";
    } catch {
      // The reply to HEAD had to wait, and the file was closed meanwhile.
      return "unknown";
    }
  }

  /** A rule of the site has the last word. */
  #isRuled(field: DigestField, reply: Reply): boolean {
    const isRuled = LINE[field].test(reply.fields);
    if (isRuled) this.#steps?.digest(field, "ruled");
    return isRuled;
  }

  #line(field: DigestField, { coding }: Representation, found: Found): string {
    this.#steps?.digest(field, typeof found === "string" ? found : { coding, sizeBytes: found.sizeBytes });
    return typeof found === "string" ? "" : digestLine(field, found.hash);
  }
}

const LINE: Readonly<Record<DigestField, RegExp>> = {
  "Content-Digest": /^Content-Digest:/im,
  "Repr-Digest": /^Repr-Digest:/im,
};

function withLines(reply: Reply, lines: string, content = reply.content): Reply {
  return lines === "" && content === reply.content ? reply : changedReply(reply, reply.fields + lines, content);
}

const NOTHING = new Uint8Array(0);

/** A hash of so many bytes, or why there is none. */
type Found = { readonly hash: Sha256; readonly sizeBytes: number } | Extract<DigestOutcome, string>;

/** A part may be all of it, too. */
function isWhole({ length, segments }: Content, { sizeBytes }: Representation): boolean {
  return length === sizeBytes && segments.length <= 1;
}

function foundIn({ segments, length }: Content): Found {
  const [first, ...more] = segments as readonly Buffer[];
  return { hash: sha256(more.length === 0 ? first! : Buffer.concat([first!, ...more])), sizeBytes: length };
}

/** Short enough to be hashed for one request. Several slices of a file are as many reads, so they are not. */
function isShort({ length, segments, file }: Content): boolean {
  return length <= PART_LIMIT_BYTES && (file === undefined || segments.length === 1);
}

/** The same content, read: what is hashed is what is sent. Undefined for a file that cannot be read, or has become shorter. */
async function readSlice(content: Content, file: OpenFile): Promise<Content | undefined> {
  const [{ start }] = content.segments as readonly [FileSlice];
  const bytes = await readPart(file.fd, start, content.length).catch(() => undefined);
  if (bytes?.length !== content.length) return undefined;
  file.release();
  return { ...content, segments: [bytes], file: undefined };
}
