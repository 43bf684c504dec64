// DER (ITU-T X.690): the bytes that certificates, keys and containers of them are written in. Containers are often written
// in BER, of which two things are read here as well: lengths that come as a mark at the end, and strings in parts.

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
export const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;
const CONSTRUCTED = 0x20;
/** As deep as no structure here is: a file must not exhaust the stack. */
const DEPTH_LIMIT_COUNT = 32;

/** A tag that only its place gives a meaning to: `[0]` of a structure. */
export function contextTag(number: number, isConstructed: boolean): number {
  return 0x80 | (isConstructed ? CONSTRUCTED : 0) | number;
}

/** One value: its tag, its length, and its content. */
export function encode(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), encodedLength(body.length), body]);
}

function encodedLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = bytesOf(length);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

/** Most significant first, without leading zeros. */
function bytesOf(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

/** A number that is not negative, by its bytes, the most significant first. */
export function encodeUnsigned(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  // A first bit of 1 would make it negative.
  return encode(INTEGER, digits[0]! >= 0x80 ? Uint8Array.of(0) : Uint8Array.of(), digits);
}

/** "1.2.840.10045.4.3.2" */
export function encodeObjectId(name: string): Buffer {
  const [first = 0, second = 0, ...others] = name.split(".").map(Number);
  const groups = [first * 40 + second, ...others].flatMap((number) => {
    const digits = [number % 128];
    for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
      digits.unshift(0x80 | (rest % 128));
    }
    return digits;
  });
  return encode(0x06, Uint8Array.from(groups));
}

/** Of whole bytes: no bit of the last one is unused. */
export function encodeBitString(bytes: Uint8Array): Buffer {
  return encode(BIT_STRING, Uint8Array.of(0), bytes);
}

/** RFC 5280 §4.1.2.5: two digits for the year until 2049. */
export function encodeTime(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/\.\d+|[-:T]/g, "")}`;
  return digits < "2050"
    ? encode(UTC_TIME, Buffer.from(digits.slice(2)))
    : encode(GENERALIZED_TIME, Buffer.from(digits));
}

export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** The value as a whole. */
  readonly raw: Buffer;
}

/** @throws {RangeError} for bytes that are not values one after the other */
export function decodeAll(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { start, end, next } = contentAt(bytes, offset);
    values.push({ tag: bytes[offset]!, content: bytes.subarray(start, end), raw: bytes.subarray(offset, next) });
    offset = next;
  }
  return values;
}

/**
 * The values inside a value.
 * @throws {RangeError} when there is no value, or it has another tag
 */
export function decodeWithin(value: DerValue | undefined, tag: number): DerValue[] {
  return decodeAll(contentOf(value, tag));
}

/** @throws {RangeError} when there is no value, or it has another tag */
function contentOf(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) throw new RangeError(`a value in DER has the tag ${value?.tag}, not ${tag}`);
  return value.content;
}

/** A string of bytes, in one part or several. @param tag of a string in one part */
export function octetsOf(value: DerValue | undefined, tag: number = OCTET_STRING): Buffer {
  if (value?.tag !== (tag | CONSTRUCTED)) return contentOf(value, tag);
  return Buffer.concat(decodeAll(value.content).map((part) => octetsOf(part)));
}

/** A number that is not negative and not above 2^48. */
export function numberOf(value: DerValue | undefined): number {
  const digits = contentOf(value, INTEGER);
  return digits.length === 0 ? 0 : digits.readUIntBE(0, digits.length);
}

/** "1.2.840.113549.1.7.1" */
export function objectIdOf(value: DerValue | undefined): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of contentOf(value, OBJECT_ID)) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [joined = 0, ...others] = numbers;
  const first = Math.min(2, Math.floor(joined / 40));
  return [first, joined - first * 40, ...others].join(".");
}

/** `next`: where the value ends; behind the content is the mark of an end, if it has one. */
function contentAt(bytes: Buffer, offset: number, depth = 0): { start: number; end: number; next: number } {
  const first = bytes.readUInt8(offset + 1);
  if (first === 0x80) return contentToMark(bytes, offset + 2, depth);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = offset + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(offset + 2, lengthBytes);
  const end = start + length;
  if (end > bytes.length) throw new RangeError("a value in DER is cut off");
  return { start, end, next: end };
}

function contentToMark(bytes: Buffer, start: number, depth: number): { start: number; end: number; next: number } {
  if (depth > DEPTH_LIMIT_COUNT) throw new RangeError("values in BER are too deep in each other");
  let end = start;
  while (bytes.readUInt16BE(end) !== 0) end = contentAt(bytes, end, depth + 1).next;
  return { start, end, next: end + 2 };
}
