// The dynamic table of a decoder, RFC 7541 §2.3.2 and §4: entries in a ring of numbers, and their text in a ring of
// bytes, in which each entry lies in one piece. Nothing is allocated per entry. Most connections fill little of the
// table, so both rings begin empty and grow on demand: a browser's fields take about 2 KiB.
import { LINE_STRIDE } from "../http/request-head.ts";
import { FIELD_OVERHEAD_BYTES, type FieldSection } from "./field-section.ts";
import { STATIC_LINES } from "./static-table.ts";

/** Per entry: the start of its text, the length of its name, the length of its value, its traits and its static name. */
const ENTRY_STRIDE = 4;
const INITIAL_ENTRY_COUNT = 16;
const INITIAL_TEXT_BYTES = 512;

/** Above the traits: the index of the name in the static table, or 0. Such a name is not kept with the entry's text. */
const STATIC_NAME_SHIFT = 16;
const TRAITS_MASK = 0xffff;

const NO_ENTRIES = new Int32Array(0);
const NO_TEXT: Buffer = Buffer.alloc(0);

export class DecodingTable {
  /** How many entries there are. */
  count = 0;
  readonly #limitBytes: number;
  /** The size that the peer's encoder has chosen. */
  #maximumBytes: number;
  #sizeBytes = 0;
  /** Entries added so far. An entry's place in its ring is its number modulo the length of the ring, a power of two. */
  #addedCount = 0;
  #entries: Int32Array = NO_ENTRIES;
  #text: Buffer = NO_TEXT;
  /** The end of the newest entry's text. */
  #textEnd = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#maximumBytes = limitBytes;
  }

  /** A table size update, RFC 7541 §6.3. False: it is above the limit. */
  resize(maximumBytes: number): boolean {
    if (maximumBytes > this.#limitBytes) return false;
    this.#maximumBytes = maximumBytes;
    this.#evictTo(maximumBytes);
    if (maximumBytes === 0) {
      this.#entries = NO_ENTRIES;
      this.#text = NO_TEXT;
    }
    return true;
  }

  /** Adds the entry to the section as a field. Place 0 is the newest entry; the caller has checked `count`. */
  copyField(place: number, section: FieldSection): void {
    const entries = this.#entries;
    const at = this.#entryAt(place);
    const nameLength = entries[at + 1]!;
    const valueLength = entries[at + 2]!;
    if (!section.admits(nameLength + valueLength)) return;
    const traits = entries[at + 3]!;
    const staticName = traits >> STATIC_NAME_SHIFT;
    const ownNameLength = staticName === 0 ? nameLength : 0;
    const target = section.end;
    copyText(this.#text, entries[at]!, ownNameLength + valueLength, section.bytes, target);
    const valueStart = target + ownNameLength;
    section.end = valueStart + valueLength;
    const nameStart = staticName === 0 ? target : STATIC_LINES[staticName * LINE_STRIDE]!;
    section.add(traits & TRAITS_MASK, nameStart, nameStart + nameLength, valueStart, section.end);
  }

  /** The index in the static table of the entry's name, or 0. */
  staticNameOf(place: number): number {
    return this.#entries[this.#entryAt(place) + 3]! >> STATIC_NAME_SHIFT;
  }

  /** Copies a name that is not in the static table to `bytes`. @returns its length */
  copyName(place: number, bytes: Buffer, target: number): number {
    const at = this.#entryAt(place);
    const nameLength = this.#entries[at + 1]!;
    copyText(this.#text, this.#entries[at]!, nameLength, bytes, target);
    return nameLength;
  }

  /**
   * Adds a field: RFC 7541 §4.4. One that is larger than the table empties it, and is not added.
   * @param staticName the index of the name in the static table, or 0
   */
  add(
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    traits: number,
    staticName: number,
  ): void {
    const nameLength = nameEnd - nameStart;
    const valueLength = valueEnd - valueStart;
    const sizeBytes = nameLength + valueLength + FIELD_OVERHEAD_BYTES;
    this.#evictTo(this.#maximumBytes - sizeBytes);
    if (sizeBytes > this.#maximumBytes) return;
    const ownNameLength = staticName === 0 ? nameLength : 0;
    const start = this.#placeText(ownNameLength + valueLength);
    copyText(bytes, nameStart, ownNameLength, this.#text, start);
    copyText(bytes, valueStart, valueLength, this.#text, start + ownNameLength);
    this.#textEnd = start + ownNameLength + valueLength;
    this.#sizeBytes += sizeBytes;
    this.#addEntry(start, nameLength, valueLength, traits | (staticName << STATIC_NAME_SHIFT));
  }

  #addEntry(start: number, nameLength: number, valueLength: number, traits: number): void {
    if (this.count * ENTRY_STRIDE === this.#entries.length) this.#growEntries();
    this.#addedCount++;
    this.count++;
    const at = this.#entryAt(0);
    this.#entries[at] = start;
    this.#entries[at + 1] = nameLength;
    this.#entries[at + 2] = valueLength;
    this.#entries[at + 3] = traits;
  }

  #entryAt(place: number): number {
    return ((this.#addedCount - 1 - place) * ENTRY_STRIDE) & (this.#entries.length - 1);
  }

  #evictTo(sizeBytes: number): void {
    while (this.count > 0 && this.#sizeBytes > sizeBytes) {
      const at = this.#entryAt(this.count - 1);
      this.#sizeBytes -= this.#entries[at + 1]! + this.#entries[at + 2]! + FIELD_OVERHEAD_BYTES;
      this.count--;
    }
  }

  /** Where text of this length can lie in one piece: behind the newest text, or at the start of the ring. */
  #placeText(length: number): number {
    const room = this.#text.length;
    const end = this.count === 0 ? 0 : this.#textEnd;
    const oldest = this.count === 0 ? 0 : this.#entries[this.#entryAt(this.count - 1)]!;
    if (end >= oldest) {
      if (end + length <= room) return end;
      // The end never meets the oldest text from below: equal would mean that nothing has been wrapped.
      if (length < oldest) return 0;
    } else if (end + length < oldest) return end;
    return this.#growText(length);
  }

  /** Moves all text to a ring of twice the size. Twice the limit always has room, whatever lies at its end. */
  #growText(length: number): number {
    const text = Buffer.allocUnsafeSlow(Math.max(INITIAL_TEXT_BYTES, this.#text.length * 2));
    let end = 0;
    for (let place = this.count - 1; place >= 0; place--) {
      const at = this.#entryAt(place);
      const start = this.#entries[at]!;
      const ownNameLength = this.#entries[at + 3]! >> STATIC_NAME_SHIFT === 0 ? this.#entries[at + 1]! : 0;
      const entryLength = ownNameLength + this.#entries[at + 2]!;
      copyText(this.#text, start, entryLength, text, end);
      this.#entries[at] = end;
      end += entryLength;
    }
    this.#text = text;
    this.#textEnd = end;
    return end + length <= text.length ? end : this.#growText(length);
  }

  #growEntries(): void {
    const grown = new Int32Array(Math.max(INITIAL_ENTRY_COUNT * ENTRY_STRIDE, this.#entries.length * 2));
    for (let place = 0; place < this.count; place++) {
      const at = this.#entryAt(place);
      const to = ((this.#addedCount - 1 - place) * ENTRY_STRIDE) & (grown.length - 1);
      for (let i = 0; i < ENTRY_STRIDE; i++) grown[to + i] = this.#entries[at + i]!;
    }
    this.#entries = grown;
  }
}

/** A call costs more than the copy of a few bytes. */
const SHORT_TEXT_BYTES = 40;

function copyText(source: Buffer, start: number, length: number, target: Buffer, at: number): void {
  if (length > SHORT_TEXT_BYTES) source.copy(target, at, start, start + length);
  else for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
}
