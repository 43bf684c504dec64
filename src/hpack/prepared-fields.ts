// The fields of a reply, made ready for HPACK once: what is the same on every connection as bytes, and the fields that
// may lie in a connection's dynamic table as entries. A reply that is sent often keeps them.
import { trimWhitespace } from "../http/fields.ts";
import type { Reply } from "../http/message.ts";
import { FIELD_OVERHEAD_BYTES } from "./field-section.ts";
import { type Indexing, integerBytes, literalField } from "./literal.ts";
import { staticLineIndex } from "./static-table.ts";

/** A field that many replies have. Equal fields are the same object, so that tables need not compare text. */
export class TableEntry {
  /** The literal that adds the field to the peer's table, and the one that does not. */
  readonly incremental: Buffer;
  readonly plain: Buffer;
  /** RFC 7541 §4.1. */
  readonly sizeBytes: number;

  constructor(name: string, value: string) {
    this.incremental = literalField(name, value, "incremental");
    this.plain = literalField(name, value, "without");
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
  const literals = [fixedField(":status", String(status))];
  if (contentLength !== undefined) literals.push(fixedField("content-length", String(contentLength)));
  const found: TableEntry[] = [];
  const lines = linesOf(fields);
  for (const [name, value] of lines) {
    if (CONNECTION_FIELDS.has(name)) continue;
    // RFC 9110 §5.3: lines of one name stay in their order. Entries come behind all literals.
    const isRepeated = lines.filter(([other]) => other === name).length > 1;
    const entry = isRepeated ? undefined : entryOf(name, value);
    if (entry === undefined) literals.push(fixedField(name, value));
    else found.push(entry);
  }
  return new PreparedFields(Buffer.concat(literals), found);
}

function linesOf(fields: string): [name: string, value: string][] {
  const lines: [name: string, value: string][] = [];
  for (const line of fields.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) lines.push([line.slice(0, colon).toLowerCase(), trimWhitespace(line.slice(colon + 1))]);
  }
  return lines;
}

/** The bytes of a field that is never added to a table. */
function fixedField(name: string, value: string): Buffer {
  const index = staticLineIndex(name, value);
  if (index > 0) return integerBytes(index, 7, 0x80);
  const indexing: Indexing = SECRET_FIELDS.has(name) ? "never" : "without";
  return literalField(name, value, indexing);
}

/** The one entry of this field, if it is for the table. */
function entryOf(name: string, value: string): TableEntry | undefined {
  const isShort = name.length + value.length + FIELD_OVERHEAD_BYTES <= ENTRY_LIMIT_BYTES;
  if (!isShort || UNIQUE_FIELDS.has(name) || SECRET_FIELDS.has(name) || staticLineIndex(name, value) > 0) {
    return undefined;
  }
  const key = `${name}:${value}`;
  let entry = entries.get(key);
  if (entry === undefined) {
    // Fields that a handler makes for each reply could fill the map. Without it, tables learn the others anew.
    if (entries.size === ENTRY_LIMIT_COUNT) entries.clear();
    entry = new TableEntry(name, value);
    entries.set(key, entry);
  }
  return entry;
}
