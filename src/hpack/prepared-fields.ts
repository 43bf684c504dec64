// The fields of a reply, made ready for HPACK once: what is the same on every connection as bytes, and the fields that
// may lie in a connection's dynamic table as entries. A reply that is sent often keeps them.
import { trimWhitespace } from "../http/fields.ts";
import type { Reply } from "../http/message.ts";
import { BlockWriter } from "./block-writer.ts";
import { FIELD_OVERHEAD_BYTES } from "./field-section.ts";
import { staticLineIndex } from "./static-table.ts";

/** One for the thread, empty between calls. */
const writer = new BlockWriter();

/** A field that many replies have. Equal fields are the same object, so that tables need not compare text. */
export class TableEntry {
  readonly name: string;
  readonly value: string;
  /** The literal that adds the field to the peer's table, and the one that does not. */
  readonly incremental: Buffer;
  readonly plain: Buffer;
  /** RFC 7541 §4.1. */
  readonly sizeBytes: number;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
    this.incremental = writer.literal(name, value, "incremental").take();
    this.plain = writer.literal(name, value, "without").take();
    this.sizeBytes = name.length + value.length + FIELD_OVERHEAD_BYTES;
  }
}

export class PreparedFields {
  /** The status, and the fields that no table holds. These bytes do not depend on the connection. */
  readonly literals: Buffer;
  readonly entries: readonly TableEntry[];
  /** The longest block that these fields can take. */
  readonly limitBytes: number;

  constructor(literals: Buffer, entries: readonly TableEntry[]) {
    this.literals = literals;
    this.entries = entries;
    this.limitBytes = entries.reduce((sum, { plain }) => sum + plain.length + 1, literals.length);
  }
}

/** RFC 9113 §8.2.2: these belong to HTTP/1.1 and must not be sent. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Their values belong to one file or one reply. In the table they would take the place of values that come again. */
const UNIQUE_FIELDS: ReadonlySet<string> = new Set([
  "age",
  "content-disposition",
  "content-length",
  "content-location",
  "content-range",
  "digest",
  "etag",
  "expires",
  "last-modified",
  "link",
  "location",
  "repr-digest",
]);

/** RFC 7541 §7.1.3: secrets never go into a table, also not into one of a proxy, where an attacker could guess them. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(["authentication-info", "set-cookie"]);

/** Entries that a thread keeps apart from replies and tables. A site has some dozens. */
const ENTRY_LIMIT_COUNT = 1024;

/** A longer field would take most of a table of 4096 bytes. */
const ENTRY_LIMIT_BYTES = 2048;

/** By the line as it stands in a reply. */
const entries = new Map<string, TableEntry>();

/** The date of all replies of one second. */
let currentDate = "";
let currentDateEntry: TableEntry | undefined;

/** The field Date with this value (RFC 9110 §5.6.7). It is made once for each value. */
export function dateField(date: string): TableEntry {
  if (date !== currentDate || currentDateEntry === undefined) {
    currentDate = date;
    currentDateEntry = new TableEntry("date", date);
  }
  return currentDateEntry;
}

/**
 * The fields of a reply, with status and length of the content. A reply that is sent twice in one second keeps them. Of
 * a million files, most are not asked for that often.
 * @param date the current second's
 */
export function preparedOf(reply: Reply, date: TableEntry): PreparedFields {
  const kept = reply.prepared;
  if (kept instanceof PreparedFields) return kept;
  const { status, fields, content } = reply;
  const prepared = prepareFields(status, fields, content?.kind === "content" ? content.length : undefined);
  reply.prepared = kept === date ? prepared : date;
  return prepared;
}

/**
 * @param fields lines of HTTP/1.1, each ended by CRLF
 * @param contentLength undefined where none is sent
 */
export function prepareFields(status: number, fields: string, contentLength: number | undefined): PreparedFields {
  const found = linesOf(fields);
  const shared: TableEntry[] = [];
  writeFixed(":status", String(status));
  if (contentLength !== undefined) writeFixed("content-length", String(contentLength));
  for (const line of found) {
    // RFC 9110 §5.3: lines of one name stay in their order, and entries come behind all literals.
    const isAlone = found.every((other) => other === line || other.name !== line.name);
    if (line instanceof TableEntry && isAlone) shared.push(line);
    else writeFixed(line.name, line.value);
  }
  return new PreparedFields(writer.take(), shared);
}

interface Line {
  readonly name: string;
  readonly value: string;
}

/** The lines that HTTP/2 sends. Those for the table are entries. */
function linesOf(fields: string): Line[] {
  const found: Line[] = [];
  for (let start = 0; start < fields.length; ) {
    const end = fields.indexOf("\r\n", start);
    const text = fields.slice(start, end);
    start = end + 2;
    const line = entries.get(text) ?? readLine(text);
    if (line !== undefined) found.push(line);
  }
  return found;
}

function readLine(text: string): Line | undefined {
  const colon = text.indexOf(":");
  const name = text.slice(0, colon).toLowerCase();
  const value = trimWhitespace(text.slice(colon + 1));
  if (CONNECTION_FIELDS.has(name)) return undefined;
  const isShort = name.length + value.length + FIELD_OVERHEAD_BYTES <= ENTRY_LIMIT_BYTES;
  const isShared = isShort && !UNIQUE_FIELDS.has(name) && !SECRET_FIELDS.has(name);
  if (!isShared || staticLineIndex(name, value) > 0) return { name, value };
  // Fields that a handler makes for each reply could fill the map. After it is emptied, tables learn the others anew.
  if (entries.size === ENTRY_LIMIT_COUNT) entries.clear();
  const entry = new TableEntry(name, value);
  entries.set(text, entry);
  return entry;
}

/** Writes a field that is never added to a table. */
function writeFixed(name: string, value: string): void {
  const index = staticLineIndex(name, value);
  if (index > 0) writer.indexed(index);
  else writer.literal(name, value, SECRET_FIELDS.has(name) ? "never" : "without");
}
