// A representation (RFC 9110 §3.2): one sequence of bytes that stands for a file, as it is or coded, with all its
// fields. The replies that most requests get are made here already, as objects whose written form the engine can keep.
import { DEFAULT_POLICY, type PathPolicy } from "../../features/fields/path-policy.ts";
import type { FileStat } from "../../files/opener.ts";
import { DateCache } from "../../http/date.ts";
import { formatEntityTag } from "../../http/etag.ts";
import type { Content, FileSlice, OpenFile, Reply } from "../../http/message.ts";
import type { Validators } from "../../http/preconditions.ts";
import type { Coding, DictionaryCoding } from "../codings/coding.ts";

export interface Represented {
  readonly coding: Coding | DictionaryCoding | "identity";
  /** The whole content, or the descriptor to send it from, which the plan retains for as long as it is kept. */
  readonly source: Buffer | OpenFile;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly validators: Required<Validators>;
  /** Whether another request for the same target may get another coding. */
  readonly isNegotiated: boolean;
  /** Of the open file, to tell its version by; undefined where only bytes in memory are represented. */
  readonly stat?: FileStat | undefined;
  /** Whether parts of it are sent: not of what was encoded here, which may be gone at the next request. */
  readonly hasRanges: boolean;
}

export class Representation implements Represented {
  readonly coding: Coding | DictionaryCoding | "identity";
  readonly source: Buffer | OpenFile;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly validators: Required<Validators>;
  readonly isNegotiated: boolean;
  readonly hasRanges: boolean;
  readonly stat: FileStat | undefined;
  readonly policy: PathPolicy;
  /** The entity tag as it is written. */
  readonly etag: string;
  readonly whole: Reply;
  /** Marked at each use, where the representation may have to make room for others. */
  use: { isVisited: boolean } | undefined = undefined;
  // Most files are never asked for in these ways: these replies are made when they are.
  #headOnly: Reply | undefined = undefined;
  #notModified: Reply | undefined = undefined;

  constructor(represented: Represented, policy: PathPolicy) {
    const { coding, source, sizeBytes, mediaType, validators, isNegotiated, hasRanges, stat } = represented;
    this.coding = coding;
    this.source = source;
    this.sizeBytes = sizeBytes;
    this.mediaType = mediaType;
    this.validators = validators;
    this.isNegotiated = isNegotiated;
    this.hasRanges = hasRanges;
    this.stat = stat;
    this.policy = policy;
    this.etag = validators.etag === undefined ? "" : formatEntityTag(validators.etag);
    const fields = policy.complete(describingFields(this) + dictionaryField(policy) + cachingFields(this, policy));
    this.whole = {
      status: 200,
      fields,
      content: contentOf(source, sizeBytes === 0 ? [] : [{ start: 0, end: sizeBytes }]),
    };
  }

  /** The field lines of the whole, which a part of it has too. */
  get fields(): string {
    return this.whole.fields;
  }

  /** Announces the length of the whole without any content, so there is no file to retain. */
  get headOnly(): Reply {
    const { sizeBytes, fields } = this;
    this.#headOnly ??= {
      status: 200,
      fields,
      content: { kind: "content", length: sizeBytes, segments: [], file: undefined },
    };
    return this.#headOnly;
  }

  get notModified(): Reply {
    this.#notModified ??= {
      status: 304,
      fields: this.policy.complete(cachingFields(this, this.policy)),
      content: undefined,
    };
    return this.#notModified;
  }

  /** For a peer that has the same content in another coding. @param opaque of the tag that it has */
  notModifiedAs(opaque: string): Reply {
    const validators = { ...this.validators, etag: { isWeak: false, opaque } };
    const { policy, isNegotiated } = this;
    return {
      status: 304,
      fields: policy.complete(cachingFields({ validators, isNegotiated }, policy)),
      content: undefined,
    };
  }
}

/** Slices of a source. Slices of an open file are only described: the reply that has them must retain the file. */
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
  const { coding, source, sizeBytes, mediaType } = page;
  const unvalidated = { coding, source, sizeBytes, mediaType, validators, isNegotiated: false, hasRanges: false };
  return describingFields(unvalidated) + cachingFields(unvalidated, DEFAULT_POLICY);
}

/** The files of a deployment mostly have one date. */
const dates = new DateCache();

function describingFields({ mediaType, coding, validators, hasRanges }: Represented): string {
  // Types are only what the name says: nosniff keeps browsers from seeing a script in a picture.
  let lines = `Content-Type: ${mediaType}\r\nX-Content-Type-Options: nosniff\r\n`;
  if (coding !== "identity") lines += `Content-Encoding: ${coding}\r\n`;
  if (validators.lastModifiedMs !== undefined) lines += `Last-Modified: ${dates.at(validators.lastModifiedMs)}\r\n`;
  if (hasRanges) lines += "Accept-Ranges: bytes\r\n";
  return lines;
}

/** RFC 9110 §15.4.5: of the fields that a 200 would have, a 304 repeats these; there is always a tag, so no date. */
function cachingFields(
  { validators: { etag }, isNegotiated }: Pick<Represented, "validators" | "isNegotiated">,
  { cacheControl, noVarySearch, dictionary, alternates, inPlace }: PathPolicy,
): string {
  let lines = etag === undefined ? "" : `ETag: ${formatEntityTag(etag)}\r\n`;
  lines += `Cache-Control: ${cacheControl}\r\n`;
  // RFC 9110 §12.5.5: also on the reply that has no coding, or a cache would give it to everyone.
  const decisive = isNegotiated ? ["Accept-Encoding"] : [];
  // RFC 9842 §6.2: the same for dictionaries.
  if (isNegotiated && dictionary !== undefined) decisive.push("Available-Dictionary");
  if (alternates !== undefined || inPlace !== undefined) decisive.push("Accept");
  if (decisive.length > 0) lines += `Vary: ${decisive.join(", ")}\r\n`;
  if (noVarySearch !== undefined) lines += `No-Vary-Search: ${noVarySearch}\r\n`;
  // RFC 9110 §8.7: where this alone is found.
  return inPlace?.isNamed === true ? `${lines}Content-Location: ${inPlace.url}\r\n` : lines;
}

/** RFC 9842 §2.1 */
function dictionaryField({ dictionary }: PathPolicy): string {
  return dictionary?.use === undefined ? "" : `Use-As-Dictionary: ${dictionary.use}\r\n`;
}
