// A plan: what a target leads to, as far as it depends on target and site alone. It is made once (planner.ts),
// kept (plan-cache.ts), and every answer (answer.ts) is a quick function of it and a request. The replies
// that most requests get are made here already, as objects that the engine can keep the written head of.
import { formatDate } from "../http/date.ts";
import { formatEntityTag } from "../http/etag.ts";
import type { FileStat } from "../http/file.ts";
import { mediaTypeOf } from "../http/media-type.ts";
import type { Content, FileSlice, OpenFile, Reply } from "../http/message.ts";
import type { Validators } from "../http/preconditions.ts";
import { errorReplyWith } from "./error-page.ts";
import { isYoung, lastModifiedOf, tagOfBytes, tagOfStat } from "./validators.ts";

export type Plan = FilePlan | RedirectPlan | RefusalPlan;

interface Checked {
  /** Wall clock when the file system was last asked; set again each time it says that nothing has changed. */
  checkedMs: number;
}

/** A regular file. */
export interface FilePlan extends Checked {
  readonly kind: "file";
  /** Below the root, as the opener takes it. */
  readonly path: string;
  readonly stat: FileStat;
  /** Too young to be told from its next version by its stat: at the next check it is read again. */
  readonly isYoung: boolean;
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
}

/** A folder that was asked for without its final slash. */
export interface RedirectPlan extends Checked {
  readonly kind: "redirect";
  /** Absolute path, without query. */
  readonly location: string;
  readonly reply: Reply;
}

/** No file that we can or may serve. */
export interface RefusalPlan extends Checked {
  readonly kind: "refusal";
  /** Where to find the reply: many missing targets share the site's 404 page, which may change under them. */
  readonly page: { readonly reply: Reply };
  /** False for what passes, or what somebody must hear of each time: 503 and 500. */
  readonly isKept: boolean;
}

/**
 * @param path of the file, as the opener takes it: its extension decides the media type
 * @param source its bytes, or an open file whose first user the plan becomes
 * @param nowMs when the file was opened, before it was read
 */
export function planFile(path: string, stat: FileStat, source: Buffer | OpenFile, nowMs: number): FilePlan {
  const isMemory = Buffer.isBuffer(source);
  const isFileYoung = isYoung(stat, nowMs);
  const sizeBytes = isMemory ? source.length : stat.sizeBytes;
  const mediaType = mediaTypeOf(path);
  const tag = isMemory ? tagOfBytes(source) : tagOfStat(stat, isFileYoung);
  const etag = formatEntityTag(tag);
  const validators = { etag: tag, lastModifiedMs: lastModifiedOf(stat, nowMs) };
  const fields = writeFields(mediaType, etag, validators.lastModifiedMs);
  return {
    kind: "file",
    checkedMs: nowMs,
    path,
    stat,
    isYoung: isFileYoung,
    source,
    sizeBytes,
    mediaType,
    validators,
    etag,
    fields,
    whole: { status: 200, fields, content: contentOf(source, sizeBytes === 0 ? [] : [{ start: 0, end: sizeBytes }]) },
    headOnly: { status: 200, fields, content: { kind: "content", length: sizeBytes, segments: [], file: undefined } },
    notModified: { status: 304, fields: writeCacheFields(etag), content: undefined },
  };
}

/** The site's own page for 404. It has no validators: a 404 is no representation that could be compared. */
export function notFoundReply(page: FilePlan): Reply {
  return { ...page.whole, status: 404, fields: writeFields(page.mediaType) };
}

/**
 * 301 rather than 308: only GET and HEAD come here, whose method no client changes, and old clients know it.
 * @param location absolute path that begins with exactly one slash, without query
 */
export function planRedirect(location: string, nowMs: number): RedirectPlan {
  return { kind: "redirect", checkedMs: nowMs, location, reply: redirectReply(location) };
}

export function redirectReply(location: string): Reply {
  return errorReplyWith(301, `Location: ${location}\r\n`);
}

export function planRefusal(page: { readonly reply: Reply }, nowMs: number, isKept: boolean): RefusalPlan {
  return { kind: "refusal", checkedMs: nowMs, page, isKept };
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

/** Whether it may be used without asking the file system. A clock that was set back makes every plan old. */
export function isFresh(plan: Plan, revalidateMs: number, nowMs: number): boolean {
  const ageMs = nowMs - plan.checkedMs;
  return ageMs >= 0 && ageMs < revalidateMs;
}

/** One more user of what the plan holds open, so that it stays usable for the time of a question. */
export function retainPlan(plan: Plan): void {
  if (plan.kind === "file" && !Buffer.isBuffer(plan.source)) plan.source.retain();
}

export function releasePlan(plan: Plan): void {
  if (plan.kind === "file" && !Buffer.isBuffer(plan.source)) plan.source.release();
}

/** Without a tag for what has no validators. */
function writeFields(mediaType: string, etag?: string, lastModifiedMs?: number): string {
  // Types are only what the name says: nosniff keeps browsers from seeing a script in a picture.
  const lines = [`Content-Type: ${mediaType}`, "X-Content-Type-Options: nosniff"];
  if (lastModifiedMs !== undefined) lines.push(`Last-Modified: ${formatDate(lastModifiedMs)}`);
  if (etag !== undefined) lines.push("Accept-Ranges: bytes");
  return `${lines.join("\r\n")}\r\n${writeCacheFields(etag)}`;
}

/** RFC 9110 §15.4.5: of the fields that a 200 would have, a 304 repeats these; there is always a tag, so no date. */
function writeCacheFields(etag: string | undefined): string {
  // May be stored, but not used unasked: a new version is seen at once, and the question costs a 304.
  return `${etag === undefined ? "" : `ETag: ${etag}\r\n`}Cache-Control: no-cache\r\n`;
}
