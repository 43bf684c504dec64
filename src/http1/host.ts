// Host and authority: `uri-host [ ":" port ]` of RFC 9112 §3.2 and RFC 3986 §3.2.2, checked on the bytes. Only the form
// is checked, not whether this server has a site of that name.

const COLON = 0x3a;
const PERCENT = 0x25;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** reg-name without percent-encoding: unreserved / sub-delims, RFC 3986 §3.2.2. IPv4 addresses have this form too. */
const NAME_BYTES: Uint8Array = table("!$&'()*+,-.0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
/** The bytes of an IPv6 address. RFC 3986 §3.2.2: software must not guess at addresses of later versions. */
const ADDRESS_BYTES: Uint8Array = table(".0123456789:ABCDEFabcdef");
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

/** The offset after the closing bracket; -1 without one, or without an IPv6 address before it, which has two colons. */
function literalEnd(bytes: Uint8Array, start: number, end: number): number {
  let offset = start + 1;
  let colonCount = 0;
  for (; offset < end && ADDRESS_BYTES[bytes[offset]!] === 1; offset++) if (bytes[offset] === COLON) colonCount++;
  return offset < end && bytes[offset] === CLOSING_BRACKET && colonCount >= 2 ? offset + 1 : -1;
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
