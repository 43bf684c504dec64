// A serving thread's end of the access log: records become lines, and lines go into the memory that the supervisor reads.
import type { AccessRecord } from "./access-record.ts";
import { LineFormat } from "./line-format.ts";
import { type LineMemory, newLineMemory } from "./line-writer.ts";
import { RingWriter } from "./log-ring.ts";
import type { Masks } from "./placeholders.ts";

/** What a thread is told of the log. */
export interface AccessLogOptions {
  /** As `LineFormat.of` takes it. */
  readonly format: string;
  readonly masks: Masks;
  /** The thread's memory. */
  readonly ring: SharedArrayBuffer;
  /** The number of the thread. */
  readonly thread: number;
}

export class AccessLog {
  readonly thread: number;
  readonly #format: LineFormat;
  /** Whether `durationUs` of the records counts. */
  readonly hasDuration: boolean;
  readonly #ring: RingWriter;
  /** For a line that may not fit in one piece; most are written where they stay. */
  readonly #spare: LineMemory;

  /** @throws {PatternError} for a format that cannot be used */
  constructor({ format, masks, ring, thread }: AccessLogOptions) {
    this.thread = thread;
    this.#format = LineFormat.of(format, masks);
    this.hasDuration = format === "json" || format.includes("{duration_ms}");
    this.#ring = new RingWriter(ring);
    this.#spare = newLineMemory(this.#format.longestBytes);
  }

  /** Never waits: a line that finds no room is dropped and counted. */
  write(record: AccessRecord): void {
    const format = this.#format;
    const ring = this.#ring;
    if (record.request === undefined && !format.hasRefused) return;
    const at = ring.reserve(format.roomFor(record.headBytes));
    if (at >= 0) ring.commit(format.write(record, ring, at));
    else ring.append(this.#spare.bytes, format.write(record, this.#spare, 0));
  }
}
