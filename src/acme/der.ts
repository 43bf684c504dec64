// DER (ITU-T X.690): the bytes that certificates and certification requests are written in. As much of it as these need.

export const INTEGER = 0x02;
const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** A tag that only its place gives a meaning to: `[0]` of a structure. */
export function contextTag(number: number, isConstructed: boolean): number {
  return 0x80 | (isConstructed ? 0x20 : 0) | number;
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
  /** Tag, length and content. */
  readonly raw: Buffer;
}

/** @throws {RangeError} for bytes that are not values one after the other */
export function decodeAll(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { start, end } = contentAt(bytes, offset);
    values.push({ tag: bytes[offset]!, content: bytes.subarray(start, end), raw: bytes.subarray(offset, end) });
    offset = end;
  }
  return values;
}

function contentAt(bytes: Buffer, offset: number): { start: number; end: number } {
  const first = bytes.readUInt8(offset + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = offset + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(offset + 2, lengthBytes);
  if (start + length > bytes.length) throw new RangeError("a value in DER is cut off");
  return { start, end: start + length };
}

/** The content in PEM, which is how files hold it. */
export function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
