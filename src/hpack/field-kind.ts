// What a field name says about its line, found in the bytes and kept as one number, the traits of the name: its kind,
// and its mistakes (RFC 9113 §8.2, §8.3). The dynamic table keeps the traits, so that a name is read once.
import { FIELD_VALUE_BYTES, KNOWN_FIELDS, knownFieldAt, TOKEN_BYTES } from "../http/fields.ts";

/** The pseudo-fields of a request. The number is the place in `FieldSection.pseudo`. */
export const PSEUDO = { method: 0, scheme: 1, authority: 2, path: 3 } as const;

/** Why a request is malformed (RFC 9113 §8.1.1): bits of `FieldSection.mistakes`. */
export const MISTAKE = {
  /** A name is empty, not a token, or not in lower case: §8.2.1. */
  NAME: 1,
  /** A value holds a control byte, or whitespace at an end: §8.2.1. */
  VALUE: 2,
  /** A pseudo-field that requests do not have: §8.3. */
  PSEUDO_UNKNOWN: 4,
  PSEUDO_REPEATED: 8,
  /** A pseudo-field follows a field line: §8.3. */
  PSEUDO_LATE: 16,
  /** A field of HTTP/1.1's connection management: §8.2.2. */
  CONNECTION_SPECIFIC: 32,
} as const;

/** The kind of a line is the place of its name in `KNOWN_FIELDS`, or one of these. */
export const KIND = { other: 0x40, priority: 0x41, pseudo: 0x80 } as const;

/** Traits hold the kind in their low byte, and the mistakes above it. */
export const KIND_MASK = 0xff;
export const MISTAKE_SHIFT = 8;

const COLON = 0x3a;
const HTAB = 0x09;
const SP = 0x20;

const PSEUDO_NAMES: readonly Buffer[] = Object.keys(PSEUDO).map((name) => Buffer.from(`:${name}`, "latin1"));
const PRIORITY_NAME: Buffer = Buffer.from("priority", "latin1");

/** RFC 9113 §8.2.2. TE may be there, with the value "trailers"; the engine looks at that. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set(["connection", "transfer-encoding", "upgrade"]);
const CONNECTION_NAMES: readonly Buffer[] = ["keep-alive", "proxy-connection"].map((name) => Buffer.from(name));

/** The traits of each known field. */
const KNOWN_TRAITS: readonly number[] = KNOWN_FIELDS.map((name, index) =>
  CONNECTION_FIELDS.has(name) ? withMistake(index, MISTAKE.CONNECTION_SPECIFIC) : index,
);

/** RFC 9113 §8.2.1: the bytes of a name. That section allows more than a token does; RFC 9110 §5.1 does not. */
const NAME_BYTES = Uint8Array.from(TOKEN_BYTES, (isToken, byte) => (byte >= 0x41 && byte <= 0x5a ? 0 : isToken));

/** The traits of the name in these bytes. */
export function traitsOf(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === COLON && start < end) return pseudoTraits(bytes, start, end);
  let offset = start;
  while (offset < end && NAME_BYTES[bytes[offset]!] === 1) offset++;
  if (offset < end || start === end) return withMistake(KIND.other, MISTAKE.NAME);
  const known = knownFieldAt(bytes, start, end);
  return known >= 0 ? KNOWN_TRAITS[known]! : unknownTraits(bytes, start, end);
}

function pseudoTraits(bytes: Uint8Array, start: number, end: number): number {
  const index = PSEUDO_NAMES.findIndex((name) => isAt(name, bytes, start, end));
  return index >= 0 ? KIND.pseudo + index : withMistake(KIND.other, MISTAKE.PSEUDO_UNKNOWN);
}

function unknownTraits(bytes: Uint8Array, start: number, end: number): number {
  if (isAt(PRIORITY_NAME, bytes, start, end)) return KIND.priority;
  const isSpecific = CONNECTION_NAMES.some((name) => isAt(name, bytes, start, end));
  return isSpecific ? withMistake(KIND.other, MISTAKE.CONNECTION_SPECIFIC) : KIND.other;
}

/** The mistakes of a value, to be added to the traits of its name. */
export function valueTraits(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  let offset = start;
  while (offset < end && FIELD_VALUE_BYTES[bytes[offset]!] === 1) offset++;
  const isGood = offset === end && !isWhitespace(bytes[start]!) && !isWhitespace(bytes[end - 1]!);
  return isGood ? 0 : withMistake(0, MISTAKE.VALUE);
}

function withMistake(kind: number, mistake: number): number {
  return kind | (mistake << MISTAKE_SHIFT);
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== name.length) return false;
  let i = 0;
  while (i < name.length && bytes[start + i] === name[i]) i++;
  return i === name.length;
}

function isWhitespace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
