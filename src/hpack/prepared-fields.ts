// The fields of a reply, made ready for HPACK once: what is the same on every connection as bytes, and the fields that
// may lie in a connection's dynamic table as entries. A reply that is sent often keeps them.
import { trimWhitespace } from "../http/fields.ts";
import type { Reply } from "../http/message.ts";
import { BlockWriter, type Indexing } from "./block-writer.ts";
import { FIELD_OVERHEAD_BYTES } from "./field-section.ts";
import { staticLineIndex } from "./static-table.ts";

let nextId = 1;

/** A field that may lie in tables. Equal fields are the same object, so that tables need not compare text. */
export class TableEntry {
  readonly name: string;
  /** Tells entries apart without keeping them alive. */
  readonly id: number = nextId++;
  /** Whether many replies have the field, so that a table learns it at once. Another field must come twice. */
  readonly isShared: boolean;
  /** The literal that adds the field to the peer's table, and the one that does not. */
  readonly incremental: Buffer;
  readonly plain: Buffer;
  /** RFC 7541 §4.1. */
  readonly sizeBytes: number;

  constructor(name: string, value: string, isShared: boolean) {
    this.name = flat(name);
    this.isShared = isShared;
    this.incremental = bytesOf(name, value, "incremental");
    this.plain = bytesOf(name, value, "without");
    this.sizeBytes = name.length + value.length + FIELD_OVERHEAD_BYTES;
  }
}

/** A part of a text keeps all of it alive. This copy does not: tables live longer than the replies that fill them. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function bytesOf(name: string, value: string, indexing: Indexing): Buffer {
  return new BlockWriter(name.length + value.length).literal(name, value, indexing).take();
}

export class PreparedFields {
  /** The status, and the fields that never lie in a table. These bytes do not depend on the connection. */
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

/**
 * Their values belong to one file or one reply. In a table, most would only take the place of values that come again. But
 * files that were made together have one date, and a file may be asked for again.
 */
const UNIQUE_FIELDS: ReadonlySet<string> = new Set([
  "age",
  "content-disposition",
  "content-length",
  "content-location",
  "content-range",
  "etag",
  "expires",
  "last-modified",
  "link",
  "location",
  "repr-digest",
]);

/** RFC 7541 §7.1.3: secrets never go into a table, also not into one of a proxy, where an attacker could guess them. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(["authentication-info", "set-cookie"]);

/** Entries of each kind that a thread keeps apart from replies and tables. A site has some dozens that are shared. */
const ENTRY_LIMIT_COUNT = 1024;

/** A longer field would take most of a table of 4096 bytes. */
const ENTRY_LIMIT_BYTES = 2048;

/** By the line as it stands in a reply. The unique ones come and go, and must not push out the shared. */
const sharedEntries = new Map<string, TableEntry>();
const uniqueEntries = new Map<string, TableEntry>();

/** Empty between calls. */
const writer = new BlockWriter(1024);

/** The date of all replies of one second. */
let currentDate = "";
let currentDateEntry: TableEntry | undefined;

/** The field Date with this value (RFC 9110 §5.6.7). It is made once for each value. */
export function dateField(date: string): TableEntry {
  if (date !== currentDate || currentDateEntry === undefined) {
    currentDate = date;
    currentDateEntry = new TableEntry("date", date, true);
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
  if (contentLength !== undefined) found.push(lineOf(`content-length:${contentLength}`)!);
  const entries: TableEntry[] = [];
  writeFixed(":status", String(status));
  for (const line of found) {
    // RFC 9110 §5.3: lines of one name stay in their order, and entries come behind all literals.
    const isAlone = found.every((other) => other === line || other.name !== line.name);
    if (!(line instanceof TableEntry)) writeFixed(line.name, line.value);
    else if (isAlone) entries.push(line);
    else writer.bytes(line.plain);
  }
  return new PreparedFields(writer.take(), entries);
}

/** A line that is for no table is kept as text. */
type Line = TableEntry | { readonly name: string; readonly value: string };

/** The lines that HTTP/2 sends. Those for the table are entries. */
function linesOf(fields: string): Line[] {
  const found: Line[] = [];
  for (let start = 0; start < fields.length; ) {
    const next = fields.indexOf("\r\n", start);
    const end = next < 0 ? fields.length : next;
    const text = fields.slice(start, end);
    start = end + 2;
    const line = lineOf(text);
    if (line !== undefined) found.push(line);
  }
  return found;
}

function lineOf(text: string): Line | undefined {
  return sharedEntries.get(text) ?? uniqueEntries.get(text) ?? readLine(text);
}

function readLine(text: string): Line | undefined {
  const colon = text.indexOf(":");
  const name = text.slice(0, colon).toLowerCase();
  const value = trimWhitespace(text.slice(colon + 1));
  if (CONNECTION_FIELDS.has(name)) return undefined;
  const isShort = name.length + value.length + FIELD_OVERHEAD_BYTES <= ENTRY_LIMIT_BYTES;
  if (!isShort || SECRET_FIELDS.has(name) || staticLineIndex(name, value) > 0) return { name, value };
  const isShared = !UNIQUE_FIELDS.has(name);
  const entry = new TableEntry(name, value, isShared);
  const entries = isShared ? sharedEntries : uniqueEntries;
  // After the map is emptied, tables learn anew what comes again.
  if (entries.size === ENTRY_LIMIT_COUNT) entries.clear();
  entries.set(flat(text), entry);
  return entry;
}

/** Writes a field that is never added to a table. */
function writeFixed(name: string, value: string): void {
  const index = staticLineIndex(name, value);
  if (index > 0) writer.indexed(index);
  else writer.literal(name, value, SECRET_FIELDS.has(name) ? "never" : "without");
}
