// Host and authority: `uri-host [ ":" port ]` of RFC 9112 §3.2 and RFC 3986 §3.2.2, checked on the bytes. Only the form
// is checked, not whether this server has a site of that name.

const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const PERCENT = 0x25;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** reg-name without percent-encoding: unreserved / sub-delims, RFC 3986 §3.2.2. IPv4 addresses have this form too. */
const NAME_BYTES: Uint8Array = table("!$&'()*+,-.0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
const HEX_DIGITS: Uint8Array = table("0123456789ABCDEFabcdef");

/** An empty host is refused: RFC 9110 §4.2.1. */
export function isHostWithPort(bytes: Uint8Array, start: number, end: number): boolean {
  const hostEnd =
    bytes[start] === OPENING_BRACKET && start < end ? literalEnd(bytes, start, end) : nameEnd(bytes, start, end);
  if (hostEnd <= start) return false;
  return hostEnd === end || isPort(bytes, hostEnd, end);
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let offset = start;
  while (offset < end) {
    if (NAME_BYTES[bytes[offset]!] === 1) offset += 1;
    else if (isPercentEncoded(bytes, offset, end)) offset += 3;
    else break;
  }
  return offset;
}

/** IP-literal: the offset after the closing bracket; -1 without one, or without an address before it. */
function literalEnd(bytes: Uint8Array, start: number, end: number): number {
  let offset = start + 1;
  while (offset < end && bytes[offset] !== CLOSING_BRACKET) offset++;
  if (offset === end) return -1;
  const isAddress = isVersionMark(bytes[start + 1]!) ? isFutureAddress : isIPv6Address;
  return isAddress(bytes, start + 1, offset) ? offset + 1 : -1;
}

/** IPvFuture: "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ). No site has such an address, but its form is valid. */
function isFutureAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let dot = start + 1;
  while (dot < end && HEX_DIGITS[bytes[dot]!] === 1) dot++;
  if (dot === start + 1 || bytes[dot] !== DOT || dot + 1 >= end) return false;
  for (let offset = dot + 1; offset < end; offset++) {
    if (NAME_BYTES[bytes[offset]!] !== 1 && bytes[offset] !== COLON) return false;
  }
  return true;
}

/** IPv6address: eight groups, or fewer with "::" in place of at least one; the last two may be an IPv4 address. */
function isIPv6Address(bytes: Uint8Array, start: number, end: number): boolean {
  let offset = start;
  let count = 0;
  let isShortened = false;
  while (offset < end) {
    // Between two groups there is a colon, or "::" once; before the first group, nothing or "::".
    if (bytes[offset] === COLON && bytes[offset + 1] === COLON && offset + 1 < end) {
      if (isShortened) return false;
      isShortened = true;
      offset += 2;
      if (offset === end) break;
    } else if (count > 0) {
      if (bytes[offset] !== COLON) return false;
      offset++;
    }
    const groupStart = offset;
    while (offset < end && HEX_DIGITS[bytes[offset]!] === 1) offset++;
    if (offset < end && bytes[offset] === DOT) {
      if (!isIPv4Address(bytes, groupStart, end)) return false;
      count += 2;
      break;
    }
    if (offset === groupStart || offset - groupStart > 4) return false;
    count++;
  }
  return isShortened ? count < 8 : count === 8;
}

/** IPv4address: four numbers up to 255, without leading zeros. */
function isIPv4Address(bytes: Uint8Array, start: number, end: number): boolean {
  let offset = start;
  for (let count = 1; count <= 4; count++) {
    const numberStart = offset;
    let number = 0;
    while (offset < end && isDigit(bytes[offset]!) && offset - numberStart < 3)
      number = number * 10 + bytes[offset++]! - ZERO;
    const length = offset - numberStart;
    if (length === 0 || number > 255 || (length > 1 && bytes[numberStart] === ZERO)) return false;
    if (count < 4 && (offset === end || bytes[offset++] !== DOT)) return false;
  }
  return offset === end;
}

/** ":" *DIGIT up to 65535; an empty port is the default one, RFC 3986 §3.2.3. */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== COLON) return false;
  let port = 0;
  for (let offset = start + 1; offset < end; offset++) {
    const digit = bytes[offset]! - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65_535) return false;
  }
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** "v", in any case. */
function isVersionMark(byte: number): boolean {
  return (byte | 0x20) === 0x76;
}

function isPercentEncoded(bytes: Uint8Array, offset: number, end: number): boolean {
  return (
    bytes[offset] === PERCENT &&
    offset + 2 < end &&
    HEX_DIGITS[bytes[offset + 1]!] === 1 &&
    HEX_DIGITS[bytes[offset + 2]!] === 1
  );
}

function table(allowed: string): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const character of allowed) bytes[character.charCodeAt(0)] = 1;
  return bytes;
}
