// What a line of an access log can be made of, by name. In a pattern a name stands in braces, and in JSON it is the name of the
// field. A part writes to the line without making strings, as far as the record has bytes.
import { CACHE_WORDS } from "../../http/notes.ts";
import type { AccessRecord } from "./access-record.ts";
import { type LineWriter, Literal, SHORT_LIMIT_BYTES } from "./line-writer.ts";

/** Writes what it stands for, or nothing and returns false. */
export type Part = (record: AccessRecord, line: LineWriter) => boolean;

export interface Placeholder {
  readonly part: Part;
  /** Numbers have no quotes in JSON. */
  readonly isNumber: boolean;
  /** For the documentation. */
  readonly what: string;
}

/** What is left out of lines. */
export interface Masks {
  /** Queries, which may hold tokens: `?` and all behind it. */
  readonly query: boolean;
  /** The part of an address that tells a client from its neighbours: all but /24 of IPv4 and /48 of IPv6. */
  readonly address: boolean;
}

export const NO_MASKS: Masks = { query: false, address: false };

const QUESTION_MARK = 0x3f;
const NOTHING: Literal = new Literal("");
const HYPHEN: Literal = new Literal("-");
const BLANK: Literal = new Literal(" ");

/** Values of these are secrets: they are never written. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

export function placeholdersFor(masks: Masks): Readonly<Record<string, Placeholder>> {
  return {
    time: text("when the request came, as 2026-11-29T15:38:19.123Z", writeIsoTime()),
    clf_time: text("the same as the common log format has it: 29/Nov/2026:15:38:19 +0000", writeCommonTime()),
    client: text("the address of the client", writeClient(masks)),
    user: text("the user whose password was right, or the subject of the certificate", ({ user }, line) => {
      // In UTF-8, byte by byte, as everything else.
      if (user !== "") line.name(Buffer.from(user));
      return user !== "";
    }),
    method: text("the method", ({ request }, line) => request !== undefined && writeText(line, request.method)),
    host: text("the host that was asked for", ({ request }, line) => request?.giveAuthority(line) === true),
    scheme: text("http, or https over TLS", ({ scheme }, line) => writeShort(line, scheme)),
    target: text("the path and the query, as they were sent", targetPart(masks)),
    request: text('method, target and protocol, as in "GET / HTTP/1.1"', requestPart(masks)),
    protocol: text("HTTP/1.0, HTTP/1.1 or HTTP/2.0", ({ protocol }, line) => writeText(line, protocol)),
    status: number("the status", ({ status }, line) => writeNumber(line, status)),
    bytes: number("bytes of content that were sent", ({ contentBytes }, line) => writeNumber(line, contentBytes)),
    complete: text("yes, or no when the reply was cut", ({ isCut }, line) => writeText(line, isCut ? "no" : "yes")),
    duration_ms: number("from the request to the end of the reply, in ms", ({ durationUs }, line) => {
      line.thousandths(Math.max(0, Math.round(durationUs)));
      return true;
    }),
    referrer: text("the field Referer", fieldPart("referer")),
    user_agent: text("the field User-Agent", fieldPart("user-agent")),
    coding: text("the content coding of the reply", ({ coding }, line) => writeShort(line, coding)),
    cache: text("hot, looked, cold or encoded", ({ cache }, line) => writeShort(line, CACHE_WORDS[cache])),
    thread: number("the number of the serving thread", ({ thread }, line) => writeNumber(line, thread)),
    connection: number("the number of the connection, as in the trace", ({ connection }, line) => {
      return writeNumber(line, connection);
    }),
    request_id: text("what names this request in this server: thread-connection-request", (record, line) => {
      line.number(record.thread);
      line.raw(HYPHEN);
      line.number(record.connection);
      line.raw(HYPHEN);
      line.number(record.exchange);
      return true;
    }),
  };
}

/** Any other field of the request. */
export function fieldPlaceholder(name: string): Placeholder {
  return text(`the field ${name}`, fieldPart(name));
}

function text(what: string, part: Part): Placeholder {
  return { part, isNumber: false, what };
}

function number(what: string, part: Part): Placeholder {
  return { part, isNumber: true, what };
}

function fieldPart(name: string): Part {
  return ({ request }, line) => request?.giveField(name, line) === true;
}

function targetPart({ query }: Masks): Part {
  return ({ request }, line) => {
    if (request === undefined) return false;
    if (request.isAsterisk) return writeText(line, "*");
    const { memory, targetStart } = request;
    let end = request.targetEnd;
    if (query) {
      const at = memory.indexOf(QUESTION_MARK, targetStart);
      if (at >= 0 && at < end) end = at;
    }
    line.escaped(memory, targetStart, end);
    return end > targetStart;
  };
}

/** A refused request has none: a line of "-" reads as one of nobody, where a made-up one would forge a page. */
function requestPart(masks: Masks): Part {
  const writeTarget = targetPart(masks);
  return (record, line) => {
    if (record.request === undefined) return false;
    line.text(record.request.method);
    line.raw(BLANK);
    writeTarget(record, line);
    line.raw(BLANK);
    return writeText(line, record.protocol);
  };
}

function writeText(line: LineWriter, value: string): boolean {
  line.text(value);
  return value !== "";
}

/** A text that no client has sent. */
function writeShort(line: LineWriter, value: string): boolean {
  line.text(value, SHORT_LIMIT_BYTES);
  return value !== "";
}

function writeNumber(line: LineWriter, value: number): boolean {
  line.number(value);
  return true;
}

/** Made once for each client in a row. */
function writeClient(masks: Masks): Part {
  let [last, literal] = ["", NOTHING];
  return ({ client }, line) => {
    if (client !== last) {
      last = client;
      const address = withoutZone(client);
      literal = new Literal(safe(masks.address ? maskedAddress(address) : address));
    }
    line.raw(literal);
    return literal.length > 0;
  };
}

/** An address has no other characters, wherever it comes from. */
function safe(address: string): string {
  return address.slice(0, SHORT_LIMIT_BYTES).replace(/[^\w.:-]/g, "?");
}

/** goaccess takes an address with a zone for none: fe80::1%eth0. */
function withoutZone(address: string): string {
  const at = address.indexOf("%");
  return at < 0 ? address : address.slice(0, at);
}

function maskedAddress(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address);
  if (ipv4 !== null) return `${ipv4[1]}.0`;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  // "::" stands for groups of zeros, so what the head lacks of three groups is zero, unless the tail begins there.
  if (tail === undefined || groups.length >= 3) return `${groups.slice(0, 3).join(":")}::`;
  const tailGroups = tail === "" ? [] : tail.split(":");
  const all = [...groups, ...Array.from({ length: 8 - groups.length - tailGroups.length }, () => "0"), ...tailGroups];
  return `${all.slice(0, 3).join(":")}::`.replace(/^(?:0:)*0::$/, "::");
}

/** Dates are made once for each millisecond, or second, in which something was logged. */
function writeIsoTime(): Part {
  let [last, bytes] = [Number.NaN, NOTHING];
  return ({ wallMs }, line) => {
    if (wallMs !== last) [last, bytes] = [wallMs, new Literal(new Date(wallMs).toISOString())];
    line.raw(bytes);
    return true;
  };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function writeCommonTime(): Part {
  let [last, bytes] = [Number.NaN, NOTHING];
  return ({ wallMs }, line) => {
    const second = Math.floor(wallMs / 1000);
    if (second !== last) [last, bytes] = [second, new Literal(commonTime(second))];
    line.raw(bytes);
    return true;
  };
}

function commonTime(second: number): string {
  const date = new Date(second * 1000);
  const two = (value: number): string => `${value}`.padStart(2, "0");
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}
