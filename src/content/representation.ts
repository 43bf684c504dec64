// A representation (RFC 9110 §3.2): one sequence of bytes that stands for a file, as it is or coded, with all that is
// said about it. The replies that most requests get are made here already, as objects that the engine can keep
// the written form of.
import { formatDate } from "../http/date.ts";
import { formatEntityTag } from "../http/etag.ts";
import type { Content, FileSlice, OpenFile, Reply } from "../http/message.ts";
import type { Validators } from "../http/preconditions.ts";
import type { Coding } from "./coding.ts";

export interface Representation {
  readonly coding: Coding | "identity";
  /** The whole content, or the descriptor to send it from, which the plan retains for as long as it is kept. */
  readonly source: Buffer | OpenFile;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly validators: Validators;
  /** The entity tag as it is written. */
  readonly etag: string;
  /** The field lines of the whole, which a part of it has too. */
  readonly fields: string;
  readonly whole: Reply;
  /** Announces the length of the whole, and has none of it: so there is no file to retain. */
  readonly headOnly: Reply;
  readonly notModified: Reply;
  /** Takes note of its use, where it may have to make room for others. */
  use: { isVisited: boolean } | undefined;
  /** The same content in the same coding, that it has taken the place of: peers may still have it. */
  former: Pick<Representation, "etag" | "notModified"> | undefined;
}

/** What a site says about the replies for one path, whatever the file is. */
export interface PathPolicy {
  /** The value of Cache-Control. */
  readonly cacheControl: string;
  /** The field lines that are sent, from those that the server would send, for a file or for an error. */
  readonly complete: (fields: string, isError?: boolean) => string;
}

// May be stored, but not used unasked: a new version is seen at once, and the question costs a 304.
export const DEFAULT_POLICY: PathPolicy = { cacheControl: "no-cache", complete: (fields) => fields };

export interface Represented {
  readonly coding: Coding | "identity";
  readonly source: Buffer | OpenFile;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly validators: Required<Validators>;
  /** Whether another request for the same target may get another coding. */
  readonly isNegotiated: boolean;
}

export function represent(represented: Represented, policy: PathPolicy): Representation {
  const { source, sizeBytes, validators } = represented;
  const fields = policy.complete(describingFields(represented) + cachingFields(represented, policy));
  return {
    ...represented,
    etag: validators.etag === undefined ? "" : formatEntityTag(validators.etag),
    fields,
    whole: { status: 200, fields, content: contentOf(source, sizeBytes === 0 ? [] : [{ start: 0, end: sizeBytes }]) },
    headOnly: { status: 200, fields, content: { kind: "content", length: sizeBytes, segments: [], file: undefined } },
    notModified: { status: 304, fields: policy.complete(cachingFields(represented, policy)), content: undefined },
    use: undefined,
    former: undefined,
  };
}

/** Slices of a source; of an open file they are only described, and whoever sends them must retain it. */
export function contentOf(source: Buffer | OpenFile, slices: readonly FileSlice[]): Content {
  const length = slices.reduce((sum, slice) => sum + slice.end - slice.start, 0);
  if (!Buffer.isBuffer(source)) return { kind: "content", length, segments: slices, file: source };
  const segments = slices.map(({ start, end }) =>
    start === 0 && end === source.length ? source : source.subarray(start, end),
  );
  return { kind: "content", length, segments, file: undefined };
}

/** Of a page that stands for an error: it has no validators, because it is no representation that could be compared. */
export function pageFields(page: Representation): string {
  const validators = { etag: undefined, lastModifiedMs: undefined };
  const unvalidated = { ...page, validators, isNegotiated: false };
  return describingFields(unvalidated) + cachingFields(unvalidated, DEFAULT_POLICY);
}

function describingFields({ mediaType, coding, validators }: Represented): string {
  // Types are only what the name says: nosniff keeps browsers from seeing a script in a picture.
  const lines = [`Content-Type: ${mediaType}`, "X-Content-Type-Options: nosniff"];
  if (coding !== "identity") lines.push(`Content-Encoding: ${coding}`);
  if (validators.lastModifiedMs !== undefined) lines.push(`Last-Modified: ${formatDate(validators.lastModifiedMs)}`);
  if (validators.etag !== undefined) lines.push("Accept-Ranges: bytes");
  return `${lines.join("\r\n")}\r\n`;
}

/** RFC 9110 §15.4.5: of the fields that a 200 would have, a 304 repeats these; there is always a tag, so no date. */
function cachingFields({ validators: { etag }, isNegotiated }: Represented, { cacheControl }: PathPolicy): string {
  const lines = [`Cache-Control: ${cacheControl}`];
  if (etag !== undefined) lines.unshift(`ETag: ${formatEntityTag(etag)}`);
  // RFC 9110 §12.5.5: also on the reply that has no coding, or a cache would give it to everyone.
  if (isNegotiated) lines.push("Vary: Accept-Encoding");
  return `${lines.join("\r\n")}\r\n`;
}
