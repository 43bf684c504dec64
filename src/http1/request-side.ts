// The peer's side of a connection: its state (`PEER` of state.ts), and all that we know of the request at hand. `begin`
// sets that from the head of each request. One object serves a connection for its whole life, so that a request
// allocates nothing here.
import { FIELD_BIT, parseTokenList } from "../http/fields.ts";
import { isHostWithPort } from "../http/host.ts";
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import type { ReceiveBuffer } from "../http/receive-buffer.ts";
import { LINE_STRIDE, type RequestHead } from "../http/request-head.ts";
import { type BodyReader, ChunkedReader, LengthReader, type ReadOutcome } from "./body-reader.ts";
import { CHUNKED, contentLength } from "./framing.ts";
import type { Http1Limits } from "./limits.ts";
import type { RejectionCode } from "./rejection.ts";
import { PEER } from "./state.ts";

const LF = 0x0a;

/** Fields whose presence decides framing and persistence. A head with none of them takes the quick way. */
const FRAMING_FIELDS: number =
  FIELD_BIT["content-length"] | FIELD_BIT["transfer-encoding"] | FIELD_BIT.expect | FIELD_BIT.connection;

export class RequestSide {
  /** The number of a state of PEER. */
  state: number = PEER.at.idle;
  /** The method is HEAD: the reply has no content, RFC 9110 §9.3.2. This holds for the refusal of a bad head too. */
  isHead = false;
  minorVersion = 1;
  /** Whether another request may follow on this connection. */
  isPersistent = true;
  /** Whether the peer sends nothing more, by what its request says: it is the last one, and has no content. */
  isLast = false;
  /** Whether the peer waits for 100 (Continue) before it sends content. */
  isContinueExpected = false;
  readonly #limits: Http1Limits;
  /** How many bytes of an incomplete head have been searched for a line end. */
  #searched = 0;
  /** Reads the content, as long as its end has not arrived. */
  #reader: BodyReader | undefined;
  #isDiscarding = false;
  /** How many bytes were dropped unread. */
  #discarded = 0;

  constructor(limits: Http1Limits) {
    this.#limits = limits;
  }

  get hasContent(): boolean {
    return this.#reader !== undefined;
  }

  /** @throws {ProtocolMisuseError} where the table has no such step */
  move(step: number): void {
    const state = PEER.next(this.state, step);
    if (state < 0) throw new ProtocolMisuseError(`the peer cannot do that while ${PEER.nameOf(this.state)}`);
    this.state = state;
  }

  /** The first byte of a head has arrived. */
  beginHead(): void {
    this.move(PEER.by.begin);
    this.#searched = 0;
  }

  /** Whether to parse again: a line has ended since the last time, or the head has reached its limit. */
  isHeadWorthParsing({ bytes, start, end, length }: ReceiveBuffer): boolean {
    const from = start + this.#searched;
    const isFirstLook = this.#searched === 0;
    this.#searched = length;
    return isFirstLook || length >= this.#limits.headLimitBytes || bytes.subarray(from, end).includes(LF);
  }

  /** A head is complete: everything about the previous request ends. @returns why the head is refused, if it is */
  begin(head: RequestHead): RejectionCode | undefined {
    this.minorVersion = head.minorVersion;
    this.isPersistent = head.minorVersion === 1;
    this.isContinueExpected = false;
    this.#isDiscarding = false;
    this.#discarded = 0;
    const problem = checkHost(head) ?? (head.has(FRAMING_FIELDS) ? this.#readFraming(head) : undefined);
    // Behind content, some peers send an empty line: RFC 9112 §2.2.
    this.isLast = !this.isPersistent && this.#reader === undefined;
    return problem;
  }

  /** The content is not wanted: it will be dropped as it arrives. */
  discardContent(): void {
    this.#isDiscarding = true;
  }

  /**
   * Reads content and consumes it.
   * @returns the content; "discarded" or, beyond the limit, "excess" for unwanted content; or another outcome
   */
  readContent(input: ReceiveBuffer): Buffer | Exclude<ReadOutcome, "content"> | "discarded" | "excess" {
    const reader = this.#reader!;
    const outcome = reader.read(input.bytes, input.start, input.end);
    const { offset, contentStart, contentEnd } = reader;
    if (offset > input.start) this.isContinueExpected = false;
    if (outcome === "end") this.#reader = undefined;
    const content =
      outcome === "content" && !this.#isDiscarding ? input.bytes.subarray(contentStart, contentEnd) : undefined;
    input.consume(offset);
    if (outcome !== "content") return outcome;
    return content ?? (this.discard(contentEnd - contentStart) ? "discarded" : "excess");
  }

  /** Counts bytes that are dropped. @returns false when they are too many to go on reading */
  discard(count: number): boolean {
    this.#discarded += count;
    return this.#discarded <= this.#limits.discardLimitBytes;
  }

  /** Whether the end of this request will be reached, and with it the next request. */
  canBeFollowed(): boolean {
    const left = this.#reader?.left ?? 0;
    if (this.#isDiscarding && this.#discarded + left > this.#limits.discardLimitBytes) return false;
    // A peer that waits for 100 (Continue) and gets a final reply may send the content or not: RFC 9110 §10.1.1.
    return !this.isContinueExpected;
  }

  /** The rest of this request is not read, and no other request follows. */
  refuse(): void {
    this.isPersistent = false;
    this.isLast = false;
    this.isContinueExpected = false;
    this.#reader = undefined;
    this.#discarded = 0;
    if (this.state !== PEER.at.refused) this.move(PEER.by.reject);
  }

  /** The last reply is written. Bytes that still arrive are counted from zero. */
  close(): void {
    this.move(PEER.by.close);
    this.#discarded = 0;
  }

  #readFraming(head: RequestHead): RejectionCode | undefined {
    const problem = this.#readConnection(head);
    if (problem !== undefined) return problem;
    const length = contentLength(head);
    if (typeof length === "string") return length;
    if (length === CHUNKED) this.#reader = new ChunkedReader(this.#limits);
    else if (length > 0) this.#reader = new LengthReader(length);
    if (!head.has(FIELD_BIT.expect)) return undefined;
    // RFC 9110 §10.1.1: the expectation of an HTTP/1.0 request is ignored, one that is not understood may be refused.
    if (head.field("expect")?.toLowerCase() !== "100-continue") return "EXPECTATION_FAILED";
    this.isContinueExpected = head.minorVersion === 1 && this.hasContent;
    return undefined;
  }

  /** RFC 9112 §9.3, in its order: close, 1.1, keep-alive of 1.0. */
  #readConnection(head: RequestHead): RejectionCode | undefined {
    if (!head.has(FIELD_BIT.connection)) return undefined;
    const isRepeated = (head.repeated & FIELD_BIT.connection) !== 0;
    const line = head.lineOf("connection");
    // The two usual values make no string and no list.
    if (!isRepeated && (head.valueIs(line, "keep-alive") || head.valueIs(line, "close"))) {
      this.isPersistent = head.valueIs(line, "keep-alive");
      return undefined;
    }
    const options = parseTokenList(head.field("connection") ?? "");
    if (options === undefined) return "CONNECTION_MALFORMED";
    if (options.includes("close")) this.isPersistent = false;
    else if (options.includes("keep-alive")) this.isPersistent = true;
    return undefined;
  }
}

/** RFC 9112 §3.2: exactly one Host in HTTP/1.1, well-formed, also when an absolute-form target overrides it. */
function checkHost(head: RequestHead): RejectionCode | undefined {
  if (!head.has(FIELD_BIT.host)) return head.minorVersion === 1 ? "HOST_MISSING" : undefined;
  if ((head.repeated & FIELD_BIT.host) !== 0) return "HOST_REPEATED";
  const at = head.lineOf("host") * LINE_STRIDE;
  return isHostWithPort(head.bytes, head.lines[at + 2]!, head.lines[at + 3]!) ? undefined : "HOST_MALFORMED";
}
