// A decoded field section (RFC 9113 §4.3, §8.2): positions in one scratch buffer, and what the field rules say about it.
// The decoder fills one section again and again; a thread needs only one. Field lines are kept as `RequestHead` keeps
// them, and pseudo-fields apart from them, so that a request head needs no second pass over the lines.
import { LINE_STRIDE, type RequestHead } from "../http/request-head.ts";
import { KIND, KIND_MASK, MISTAKE, MISTAKE_SHIFT, PSEUDO } from "./field-kind.ts";
import { STATIC_TEXT } from "./static-table.ts";

/** RFC 9113 §6.5.2: what each field counts in addition to its text. The dynamic table counts the same (RFC 7541 §4.1). */
export const FIELD_OVERHEAD_BYTES = 32;

/** Room for the text of a field that is dropped, but goes into the dynamic table: as long as a table entry can be. */
const SPARE_BYTES = 4096;

const PSEUDO_COUNT: number = Object.keys(PSEUDO).length;

export class FieldSection {
  /** All text: first the static table's, then the decoded. */
  readonly bytes: Buffer;
  /** Start and end of the name, start and end of the value of each field line, in `bytes`. */
  readonly lines: Int32Array;
  /** As in `RequestHead`. */
  readonly firstLine: Int32Array = new Int32Array(32);
  /** Start and end of the value of each pseudo-field, by twice its number in `PSEUDO`. */
  readonly pseudo: Int32Array = new Int32Array(PSEUDO_COUNT * 2);
  /** The end of the decoded text. The decoder writes from here on. */
  end: number = STATIC_TEXT.length;
  lineCount = 0;
  /** As in `RequestHead`. */
  present = 0;
  repeated = 0;
  /** `1 << number` of each pseudo-field that is there. */
  pseudoPresent = 0;
  /** The first line of the field Priority (RFC 9218 §5), or -1. */
  priorityLine = -1;
  /** Bits of `MISTAKE`. A request with any of them is malformed. */
  mistakes = 0;
  /** All fields as RFC 9113 §6.5.2 counts them, also those that were dropped. */
  sizeBytes = 0;
  /** Whether fields were dropped because of a limit. Then nothing but this is to be trusted. */
  isTooLarge = false;
  readonly #limitBytes: number;
  readonly #limitCount: number;

  /**
   * @param limitBytes the largest `sizeBytes`, which is SETTINGS_MAX_HEADER_LIST_SIZE
   * @param limitCount the most field lines, without pseudo-fields
   */
  constructor(limitBytes: number, limitCount: number) {
    const mostLines = Math.min(limitCount, Math.ceil(limitBytes / FIELD_OVERHEAD_BYTES));
    this.#limitBytes = limitBytes;
    this.#limitCount = mostLines;
    this.bytes = Buffer.alloc(STATIC_TEXT.length + limitBytes + SPARE_BYTES);
    this.bytes.set(STATIC_TEXT);
    this.lines = new Int32Array(mostLines * LINE_STRIDE);
  }

  clear(): void {
    this.end = STATIC_TEXT.length;
    this.lineCount = 0;
    this.present = 0;
    this.repeated = 0;
    this.pseudoPresent = 0;
    this.priorityLine = -1;
    this.mistakes = 0;
    this.sizeBytes = 0;
    this.isTooLarge = false;
  }

  /** Counts a field whose name and value are so long together. False: the field must be dropped. */
  admits(textLength: number): boolean {
    this.sizeBytes += textLength + FIELD_OVERHEAD_BYTES;
    if (this.sizeBytes > this.#limitBytes || this.lineCount === this.#limitCount) this.isTooLarge = true;
    return !this.isTooLarge;
  }

  /** Adds a field that was admitted, and whose text lies in `bytes`. */
  add(traits: number, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const kind = traits & KIND_MASK;
    this.mistakes |= traits >> MISTAKE_SHIFT;
    if (kind >= KIND.pseudo) return this.#addPseudo(kind - KIND.pseudo, valueStart, valueEnd);
    const line = this.lineCount++;
    const at = line * LINE_STRIDE;
    this.lines[at] = nameStart;
    this.lines[at + 1] = nameEnd;
    this.lines[at + 2] = valueStart;
    this.lines[at + 3] = valueEnd;
    if (kind < KIND.other) this.#addKnown(kind, line);
    else if (kind === KIND.priority && this.priorityLine < 0) this.priorityLine = line;
  }

  /** Gives the field lines to a head that was made with `bytes`, `lines` and `firstLine` of this section. */
  fill(head: RequestHead): void {
    head.memory = this.bytes;
    head.start = 0;
    head.end = this.end;
    head.lineCount = this.lineCount;
    head.present = this.present;
    head.repeated = this.repeated;
    head.renew();
  }

  #addKnown(known: number, line: number): void {
    const bit = 1 << known;
    if ((this.present & bit) === 0) this.firstLine[known] = line;
    else this.repeated |= bit;
    this.present |= bit;
  }

  #addPseudo(pseudo: number, valueStart: number, valueEnd: number): void {
    const bit = 1 << pseudo;
    // RFC 9113 §8.3: each at most once, and all before the field lines.
    if ((this.pseudoPresent & bit) !== 0) this.mistakes |= MISTAKE.PSEUDO_REPEATED;
    if (this.lineCount > 0) this.mistakes |= MISTAKE.PSEUDO_LATE;
    this.pseudoPresent |= bit;
    this.pseudo[pseudo * 2] = valueStart;
    this.pseudo[pseudo * 2 + 1] = valueEnd;
  }
}
