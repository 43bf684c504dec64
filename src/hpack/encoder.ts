// Fields of a reply -> a field block: RFC 7541 §2.3.2, §4 and §6. One encoder serves one connection. It remembers which
// entries the peer has in its dynamic table; their text is with the entries, which all connections of a thread share.
import type { OutputBuffer } from "../http/output-buffer.ts";
import { BlockWriter } from "./block-writer.ts";
import type { PreparedFields, TableEntry } from "./prepared-fields.ts";
import { DYNAMIC_INDEX } from "./static-table.ts";

/** The size of the table that we use, even where the peer allows more: the default of RFC 9113 §6.5.2. */
const TABLE_LIMIT_BYTES = 4096;

/** An entry counts at least 32 bytes, so a table has no more. A power of two. */
const ENTRY_LIMIT_COUNT: number = TABLE_LIMIT_BYTES / 32;

const INDEXED = 0x80;
const INDEX_BITS = 7;
const MOST_IN_PREFIX: number = (1 << INDEX_BITS) - 1;

/**
 * Fields that a table learns only when they come twice: how many a connection remembers. The replies of a page load have
 * about three each, so a file may be asked for again after twenty others.
 */
const SEEN_LIMIT_COUNT = 64;

const NONE_SEEN = new Int32Array(0);

/** A longer block is made anew each time. */
const KEPT_BLOCK_BYTES = 1024;

export class HpackEncoder {
  /** The size of the table that the peer is told, and the smallest since it was told. */
  #maximumBytes = TABLE_LIMIT_BYTES;
  #smallestBytes = TABLE_LIMIT_BYTES;
  #isUpdateDue = false;
  #sizeBytes = 0;
  /** Entries added so far; each has a number, from 0 on. Those of the last `#count` are in the table. */
  #addedCount = 0;
  #count = 0;
  /** The entries, each at its number modulo `ENTRY_LIMIT_COUNT`. */
  readonly #ring: TableEntry[] = [];
  readonly #numbers: Map<TableEntry, number> = new Map();
  /** The ids of the last entries that have come once, in a ring. */
  #seen: Int32Array = NONE_SEEN;
  #seenCount = 0;
  /** The last fields and their block, if that has added nothing to the table: then it can be sent again as it is. */
  #lastFields: PreparedFields | undefined;
  #lastDate: TableEntry | undefined;
  #lastAddedCount = -1;
  #lastBlock: Uint8Array | undefined;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. The next block tells the peer what is used of it: RFC 7541 §4.2. */
  setTableLimit(limitBytes: number): void {
    const maximumBytes = Math.min(limitBytes, TABLE_LIMIT_BYTES);
    if (maximumBytes === this.#maximumBytes) return;
    this.#maximumBytes = maximumBytes;
    this.#smallestBytes = Math.min(this.#smallestBytes, maximumBytes);
    this.#isUpdateDue = true;
    this.#evictTo(maximumBytes);
    this.#lastFields = undefined;
  }

  /**
   * Appends the block of these fields. Blocks must be sent in the order in which they are encoded, and all of them.
   * @param date the field Date, if it is sent
   */
  encode(fields: PreparedFields, date: TableEntry | undefined, out: OutputBuffer): void {
    const isSame = fields === this.#lastFields && date === this.#lastDate && this.#addedCount === this.#lastAddedCount;
    if (isSame && this.#lastBlock !== undefined) return out.append(this.#lastBlock);
    if (this.#isUpdateDue) this.#writeSizeUpdates(out);
    const start = out.length;
    const addedCount = this.#addedCount;
    this.#write(fields, date, out);
    // Keeping a block pays when the same fields follow each other.
    const length = out.length - start;
    const canKeep = isSame && addedCount === this.#addedCount && length <= KEPT_BLOCK_BYTES;
    this.#lastBlock = canKeep ? Buffer.from(out.block.bytes.subarray(start, out.length)) : undefined;
    this.#lastFields = fields;
    this.#lastDate = date;
    this.#lastAddedCount = this.#addedCount;
  }

  #write(fields: PreparedFields, date: TableEntry | undefined, out: OutputBuffer): void {
    const { literals, entries, limitBytes } = fields;
    const bytes = out.reserve(limitBytes + (date === undefined ? 0 : date.plain.length + 1));
    bytes.set(literals, out.length);
    let offset = out.length + literals.length;
    for (let i = 0; i < entries.length; i++) offset = this.#writeEntry(entries[i]!, bytes, offset);
    out.length = date === undefined ? offset : this.#writeEntry(date, bytes, offset);
  }

  #writeEntry(entry: TableEntry, bytes: Uint8Array, offset: number): number {
    const number = this.#numbers.get(entry);
    if (number === undefined) {
      const canAdd = this.#wants(entry);
      if (canAdd) this.#add(entry);
      const literal = canAdd ? entry.incremental : entry.plain;
      bytes.set(literal, offset);
      return offset + literal.length;
    }
    const index = DYNAMIC_INDEX + this.#addedCount - 1 - number;
    if (index < MOST_IN_PREFIX) {
      bytes[offset] = INDEXED | index;
      return offset + 1;
    }
    // The highest index is 189, so one byte follows.
    bytes[offset] = INDEXED | MOST_IN_PREFIX;
    bytes[offset + 1] = index - MOST_IN_PREFIX;
    return offset + 2;
  }

  /** Whether the table should learn the entry. */
  #wants(entry: TableEntry): boolean {
    // A larger entry would cost the table too many others.
    if (entry.sizeBytes * 2 > this.#maximumBytes) return false;
    if (entry.isShared || this.#seen.includes(entry.id)) return true;
    if (this.#seenCount === 0) this.#seen = new Int32Array(SEEN_LIMIT_COUNT);
    this.#seen[this.#seenCount++ % SEEN_LIMIT_COUNT] = entry.id;
    return false;
  }

  #add(entry: TableEntry): void {
    this.#evictTo(this.#maximumBytes - entry.sizeBytes);
    this.#ring[this.#addedCount % ENTRY_LIMIT_COUNT] = entry;
    this.#numbers.set(entry, this.#addedCount);
    this.#addedCount++;
    this.#count++;
    this.#sizeBytes += entry.sizeBytes;
  }

  #evictTo(sizeBytes: number): void {
    while (this.#count > 0 && this.#sizeBytes > sizeBytes) {
      const oldest = this.#ring[(this.#addedCount - this.#count) % ENTRY_LIMIT_COUNT]!;
      this.#numbers.delete(oldest);
      this.#sizeBytes -= oldest.sizeBytes;
      this.#count--;
    }
  }

  #writeSizeUpdates(out: OutputBuffer): void {
    const writer = new BlockWriter();
    if (this.#smallestBytes < this.#maximumBytes) writer.sizeUpdate(this.#smallestBytes);
    out.append(writer.sizeUpdate(this.#maximumBytes).take());
    this.#smallestBytes = this.#maximumBytes;
    this.#isUpdateDue = false;
  }
}
