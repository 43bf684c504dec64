// A decoded field section -> a request head, or what is wrong with it: RFC 9113 §8.2 and §8.3, in the order in which a
// reader may rely on them. The handler sees the same `RequestHead` as with HTTP/1.1.
import { MISTAKE, PSEUDO } from "../hpack/field-kind.ts";
import type { FieldSection } from "../hpack/field-section.ts";
import { readContentLength } from "../http/content-length.ts";
import { FIELD_BIT, TOKEN_BYTES } from "../http/fields.ts";
import { isHostWithPort } from "../http/host.ts";
import { hashTarget } from "../http/message.ts";
import { methodAt } from "../http/method.ts";
import { LINE_STRIDE, type RequestHead } from "../http/request-head.ts";
import type { RejectionCode, StreamProblem } from "./problems.ts";
import { UNKNOWN_LENGTH } from "./request-content.ts";

const NUMBER_SIGN = 0x23;
const ASTERISK = 0x2a;
const SLASH = 0x2f;
const COLON = 0x3a;

/** RFC 9113 §8.3.1: what every request has. CONNECT has no scheme and no path. */
const WANTED: number = (1 << PSEUDO.method) | (1 << PSEUDO.scheme) | (1 << PSEUDO.path);
const WANTED_OF_CONNECT: number = 1 << PSEUDO.method;

export type RequestProblem = RejectionCode | StreamProblem;

/** What each bit of `MISTAKE` means here; the first that is set decides. */
const MISTAKES: readonly (readonly [bit: number, problem: StreamProblem])[] = [
  [MISTAKE.PSEUDO_UNKNOWN, "PSEUDO_FIELD_UNKNOWN"],
  [MISTAKE.PSEUDO_REPEATED, "PSEUDO_FIELD_REPEATED"],
  [MISTAKE.PSEUDO_LATE, "PSEUDO_FIELD_LATE"],
  [MISTAKE.NAME, "FIELD_NAME_MALFORMED"],
  [MISTAKE.VALUE, "FIELD_VALUE_MALFORMED"],
  [MISTAKE.CONNECTION_SPECIFIC, "FIELD_OF_CONNECTION"],
];

/** RFC 9113 §8.1: trailers obey the rules of all fields, and have no pseudo-fields. `head` is overwritten. */
export function checkTrailers(section: FieldSection, head: RequestHead): StreamProblem | undefined {
  section.fill(head);
  const problem = checkFields(section) ?? checkTe(head);
  return problem ?? (section.pseudoPresent === 0 ? undefined : "PSEUDO_FIELD_IN_TRAILERS");
}

/** The rules that hold for heads and trailers alike: RFC 9113 §8.2. */
function checkFields({ mistakes }: FieldSection): StreamProblem | undefined {
  if (mistakes === 0) return undefined;
  return MISTAKES.find(([bit]) => (mistakes & bit) !== 0)![1];
}

export class RequestReader {
  /** The announced length of the last request that was read. */
  contentLength: number = UNKNOWN_LENGTH;
  readonly #targetLimitBytes: number;
  /** "http" or "https", whichever fits the connection. */
  readonly #scheme: Buffer;

  constructor(targetLimitBytes: number, isSecure: boolean) {
    this.#targetLimitBytes = targetLimitBytes;
    this.#scheme = Buffer.from(isSecure ? "https" : "http", "latin1");
  }

  /** Fills `head`. With a rejection the method is set, as far as it is known. */
  read(section: FieldSection, head: RequestHead): RequestProblem | undefined {
    this.#begin(section, head);
    // A section that is too large was not kept whole: nothing else can be said of it.
    if (section.isTooLarge) return "HEAD_TOO_LARGE";
    return (
      checkFields(section) ??
      checkTe(head) ??
      // Before all that a request may be refused for: its content is counted also then.
      this.#readLength(head) ??
      this.#readMethod(section, head) ??
      this.#readScheme(section) ??
      this.#readTarget(section, head) ??
      readAuthority(section, head, this.#scheme.length) ??
      checkExpect(head)
    );
  }

  #begin(section: FieldSection, head: RequestHead): void {
    section.fill(head);
    head.minorVersion = 1;
    head.isAsterisk = false;
    head.authorityStart = 0;
    head.authorityEnd = 0;
    head.method = "";
    this.contentLength = UNKNOWN_LENGTH;
    if ((section.pseudoPresent & WANTED_OF_CONNECT) === 0) return;
    const start = section.pseudo[2 * PSEUDO.method]!;
    const end = section.pseudo[2 * PSEUDO.method + 1]!;
    if (isToken(section.bytes, start, end)) head.method = methodAt(section.bytes, start, end);
  }

  #readMethod({ pseudoPresent }: FieldSection, { method }: RequestHead): RequestProblem | undefined {
    if ((pseudoPresent & WANTED_OF_CONNECT) === 0) return "PSEUDO_FIELD_MISSING";
    if (method === "") return "METHOD_MALFORMED";
    if (method === "CONNECT") return "METHOD_UNSUPPORTED";
    if ((pseudoPresent & WANTED) !== WANTED) return "PSEUDO_FIELD_MISSING";
    return method === "TRACE" ? "METHOD_UNSUPPORTED" : undefined;
  }

  /** RFC 9110 §7.4: a request for an https target over an unsecured connection is rejected, and so is the reverse. */
  #readScheme({ bytes, pseudo }: FieldSection): RequestProblem | undefined {
    const start = pseudo[2 * PSEUDO.scheme]!;
    const end = pseudo[2 * PSEUDO.scheme + 1]!;
    if (isText(this.#scheme, bytes, start, end)) return undefined;
    const isScheme = /^[A-Za-z][A-Za-z0-9+.-]*$/.test(bytes.toString("latin1", start, end));
    return isScheme ? "TARGET_MISDIRECTED" : "SCHEME_MALFORMED";
  }

  /** RFC 9113 §8.3.1: path and query in origin-form, or "*" for OPTIONS. */
  #readTarget({ bytes, pseudo }: FieldSection, head: RequestHead): RequestProblem | undefined {
    let start = pseudo[2 * PSEUDO.path]!;
    const end = pseudo[2 * PSEUDO.path + 1]!;
    if (end - start > this.#targetLimitBytes) return "TARGET_TOO_LONG";
    if (bytes[start] === ASTERISK && end - start === 1) {
      if (head.method !== "OPTIONS") return "TARGET_MALFORMED";
      head.isAsterisk = true;
      start = end;
    } else if (bytes[start] !== SLASH || start === end || !isTarget(bytes, start, end)) return "TARGET_MALFORMED";
    head.targetStart = start;
    head.targetEnd = end;
    head.targetHash = hashTarget(bytes, start, end);
    return undefined;
  }

  #readLength(head: RequestHead): RequestProblem | undefined {
    if (!head.has(FIELD_BIT["content-length"])) return undefined;
    const length = readContentLength(head);
    if (length === "LENGTH_TOO_LARGE") return length;
    if (typeof length === "string") return "LENGTH_MALFORMED";
    this.contentLength = length;
    return undefined;
  }
}

/** RFC 9110 §10.1.1. */
function checkExpect(head: RequestHead): RequestProblem | undefined {
  if (!head.has(FIELD_BIT.expect)) return undefined;
  return head.field("expect")?.toLowerCase() === "100-continue" ? undefined : "EXPECTATION_FAILED";
}

/** RFC 9113 §8.2.2: TE may only say that trailers are welcome. */
function checkTe(head: RequestHead): StreamProblem | undefined {
  if (!head.has(FIELD_BIT.te)) return undefined;
  const isAllowed = (head.repeated & FIELD_BIT.te) === 0 && head.valueIs(head.lineOf("te"), "trailers");
  return isAllowed ? undefined : "FIELD_OF_CONNECTION";
}

/** RFC 9113 §8.3.1: :authority, or Host in its place; both must name the same. */
function readAuthority(section: FieldSection, head: RequestHead, schemeLength: number): RequestProblem | undefined {
  const { bytes, pseudo } = section;
  const hasAuthority = (section.pseudoPresent & (1 << PSEUDO.authority)) !== 0;
  const hasHost = head.has(FIELD_BIT.host);
  if ((head.repeated & FIELD_BIT.host) !== 0) return "HOST_REPEATED";
  if (hasAuthority) {
    head.authorityStart = pseudo[2 * PSEUDO.authority]!;
    head.authorityEnd = pseudo[2 * PSEUDO.authority + 1]!;
    if (!isHostWithPort(bytes, head.authorityStart, head.authorityEnd)) return "HOST_MALFORMED";
  }
  if (!hasHost) return hasAuthority ? undefined : "HOST_MISSING";
  const at = head.lineOf("host") * LINE_STRIDE;
  if (!isHostWithPort(bytes, head.lines[at + 2]!, head.lines[at + 3]!)) return "HOST_MALFORMED";
  if (!hasAuthority) return undefined;
  const port = schemeLength === "https".length ? ":443" : ":80";
  const isSame = plainHost(head.authority, port) === plainHost(head.value(head.lineOf("host")), port);
  return isSame ? undefined : "AUTHORITY_AMBIGUOUS";
}

/** In lower case and without the default port: RFC 9110 §4.2.3. */
function plainHost(host: string, defaultPort: string): string {
  const lower = host.toLowerCase();
  if (lower.endsWith(defaultPort)) return lower.slice(0, -defaultPort.length);
  return lower.charCodeAt(lower.length - 1) === COLON ? lower.slice(0, -1) : lower;
}

function isToken(bytes: Uint8Array, start: number, end: number): boolean {
  let offset = start;
  while (offset < end && TOKEN_BYTES[bytes[offset]!] === 1) offset++;
  return offset === end && end > start;
}

/** The bytes of a target as HTTP/1.1 allows them: no white space, no control, no fragment. */
function isTarget(bytes: Uint8Array, start: number, end: number): boolean {
  let offset = start;
  while (offset < end && bytes[offset]! > 0x20 && bytes[offset]! < 0x7f && bytes[offset] !== NUMBER_SIGN) offset++;
  return offset === end;
}

/** In any case; `text` must be in lower case. */
function isText(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== text.length) return false;
  let i = 0;
  while (i < text.length && (bytes[start + i]! | 0x20) === text[i]) i++;
  return i === text.length;
}
