// What the connections of one thread share: the limits, the scratch memory that heads are decoded to, and the date.
import { FieldSection } from "../hpack/field-section.ts";
import { dateField, type TableEntry } from "../hpack/prepared-fields.ts";
import { formatDate } from "../http/date.ts";
import { RequestHead } from "../http/request-head.ts";
import { FRAME_LIMIT_BYTES } from "./frames.ts";
import type { EngineLimits } from "./limits.ts";
import { RequestReader } from "./request.ts";
import { ownSettings } from "./settings.ts";

export class Http2Context {
  readonly limits: EngineLimits;
  readonly section: FieldSection;
  /** Filled for each request, and overwritten by the next of any connection. */
  readonly head: RequestHead;
  readonly requests: RequestReader;
  /** The payload of the SETTINGS frame that each connection begins with. */
  readonly settings: Buffer;
  /** The most content that one frame of ours carries, in bytes. Over TLS a frame fits a record with its head. */
  readonly frameLimitBytes: number;
  /** RFC 9110 §6.6.1: an origin server with a clock sends Date. */
  date: TableEntry = dateField(formatDate(0));
  #second = 0;

  constructor(limits: EngineLimits, security: "none" | "tls", frameLimitBytes: number = FRAME_LIMIT_BYTES) {
    this.limits = limits;
    this.section = new FieldSection(limits.headLimitBytes, limits.headLimitCount);
    this.head = new RequestHead(this.section.bytes, this.section.lines, this.section.firstLine);
    this.requests = new RequestReader(limits.targetLimitBytes, security === "tls");
    this.settings = ownSettings(limits);
    this.frameLimitBytes = frameLimitBytes;
  }

  /** Sets the date of replies, in ms since the epoch. It is formatted again only when the second has changed. */
  setTime(wallMs: number): void {
    const second = Math.floor(wallMs / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.date = dateField(formatDate(second * 1000));
  }
}
