// Numeric addresses as text, each in one form only, so that rules and logs can compare them: IPv4 as it is, IPv6 by RFC 5952,
// an IPv4 address in IPv6 (RFC 4291 §2.5.5.2) as IPv4, no zone (RFC 4007 §11) and no port.

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** What RFC 4291 §2.2 can be written with, and behind it a zone, which means something on the machine that wrote it only. */
const IPV6 = /^([\da-f:]*:[\da-f:.]*)(?:%[\w.~:-]+)?$/i;
/** As the URL parser writes it. */
const MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

const MAPPED_PREFIX: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

/** @returns the address in its one form; undefined for all that is not exactly one address */
export function plainAddress(text: string): string | undefined {
  if (IPV4.test(text)) return text;
  const bare = IPV6.exec(text)?.[1];
  return bare === undefined ? undefined : ipv6(bare);
}

/** @param bytes in network byte order, 4 or 16 from `offset` on */
export function addressOfBytes(bytes: Uint8Array, offset: number, length: 4 | 16): string {
  if (length === IPV4_BYTES) return bytes.subarray(offset, offset + IPV4_BYTES).join(".");
  if (isMapped(bytes, offset)) return addressOfBytes(bytes, offset + MAPPED_PREFIX.length, IPV4_BYTES);
  const groups: string[] = [];
  for (let at = offset; at < offset + IPV6_BYTES; at += 2)
    groups.push(((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
  return ipv6(groups.join(":"))!;
}

/** The usual address at a socket for both families: it needs no parser. */
function isMapped(bytes: Uint8Array, offset: number): boolean {
  return MAPPED_PREFIX.every((byte, index) => bytes[offset + index] === byte);
}

function ipv6(text: string): string | undefined {
  const url = URL.parse(`http://[${text}]/`);
  if (url === null) return undefined;
  const plain = url.hostname.slice(1, -1);
  const mapped = MAPPED.exec(plain);
  return mapped === null ? plain : ipv4Of(Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16));
}

function ipv4Of(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}
