// The PROXY protocol, versions 1 and 2, as HAProxy's proxy-protocol.txt specifies it: what a proxy says of a connection
// before anything else is sent on it. Bytes in, what they say out; no socket. What is not exactly such a header is refused:
// nobody may be taken for a client who is not one.
import { addressOfBytes, plainAddress } from "../http/address.ts";
import type { Scheme } from "../http/message.ts";
import { crc32c } from "./crc32c.ts";

export interface ProxyHeader {
  /** How many bytes it has. */
  readonly length: number;
  /** Numeric; undefined where the connection is the proxy's own (LOCAL), or its client has no address (UNKNOWN). */
  readonly address: string | undefined;
  /** Whether the client came by TLS; undefined where the header does not say. */
  readonly scheme: Scheme | undefined;
}

export type ProxyHeaderOutcome = ProxyHeader | "incomplete" | "malformed";

/** With CRLF, as the specification bounds it. */
const LINE_LIMIT_BYTES = 107;
/** TLVs may fill 64 KiB, and those that proxies send have a few hundred bytes; a certificate's name is the longest. */
const BLOCK_LIMIT_BYTES = 4096;

/** No header is longer. */
export const HEADER_LIMIT_BYTES: number = 16 + BLOCK_LIMIT_BYTES;

const LINE_START: Buffer = Buffer.from("PROXY ", "latin1");
const SIGNATURE: Buffer = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LINE =
  /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP4 ([\d.]+) ([\d.]+) (\d+) (\d+)|TCP6 ([\dA-Fa-f:.]+) ([\dA-Fa-f:.]+) (\d+) (\d+))\r\n$/;

const LF = 0x0a;
const CR = 0x0d;
const FIXED_BYTES = 16;
const PORT = /^(?:0|[1-9]\d{0,4})$/;
const LARGEST_PORT = 65_535;

const COMMAND = { local: 0, proxy: 1 } as const;
const FAMILY = { unspecified: 0, ipv4: 1, ipv6: 2, unix: 3 } as const;
/** How long the addresses are of each family, both ends together. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 12, 2: 36, 3: 216 };
const LARGEST_PROTOCOL = 2;

const TLV = { checksum: 0x03, tls: 0x20 } as const;
const TLV_HEAD_BYTES = 3;
const CHECKSUM_BYTES = 4;
/** Flags and the result of a check, before the TLVs inside of it. */
const TLS_HEAD_BYTES = 5;
/** PP2_CLIENT_SSL. */
const CLIENT_CAME_BY_TLS = 1;

/** @param length how many of the bytes have come */
export function readProxyHeader(bytes: Buffer, length: number = bytes.length): ProxyHeaderOutcome {
  if (beginsLike(SIGNATURE, bytes, length)) return length < FIXED_BYTES ? "incomplete" : readBinary(bytes, length);
  return beginsLike(LINE_START, bytes, length) ? readLine(bytes, length) : "malformed";
}

/** Whether the bytes are such a beginning, as far as they have come. */
function beginsLike(start: Buffer, bytes: Buffer, length: number): boolean {
  const count = Math.min(start.length, length);
  return start.compare(bytes, 0, count, 0, count) === 0;
}

function readLine(bytes: Buffer, length: number): ProxyHeaderOutcome {
  const last = Math.min(length, LINE_LIMIT_BYTES);
  const at = bytes.subarray(0, last).indexOf(LF);
  if (at < 0) return last < LINE_LIMIT_BYTES && !hasLoneCr(bytes, last) ? "incomplete" : "malformed";
  const found = LINE.exec(bytes.toString("latin1", 0, at + 1));
  if (found === null) return "malformed";
  const named = { length: at + 1, scheme: undefined };
  const [, from4, to4, fromPort4, toPort4, from6, to6, fromPort6, toPort6] = found;
  const from = from4 ?? from6;
  if (from === undefined) return { ...named, address: undefined };
  const isOfFamily = (text: string): boolean => text.includes(":") === (from6 !== undefined);
  const isWhole = [from, (to4 ?? to6)!].every((text) => isOfFamily(text) && plainAddress(text) !== undefined);
  const hasPorts = [fromPort4 ?? fromPort6, toPort4 ?? toPort6].every((port) => isPort(port!));
  return isWhole && hasPorts ? { ...named, address: plainAddress(from) } : "malformed";
}

/** A CR that anything but LF has followed. */
function hasLoneCr(bytes: Buffer, length: number): boolean {
  const at = bytes.subarray(0, length).indexOf(CR);
  return at >= 0 && at < length - 1;
}

function isPort(text: string): boolean {
  return PORT.test(text) && Number(text) <= LARGEST_PORT;
}

function readBinary(bytes: Buffer, length: number): ProxyHeaderOutcome {
  const version = bytes[12]! >> 4;
  const command = bytes[12]! & 0x0f;
  const family = bytes[13]! >> 4;
  const protocol = bytes[13]! & 0x0f;
  const blockBytes = bytes.readUInt16BE(14);
  const addressBytes = ADDRESS_BYTES[family];
  if (version !== 2 || command > COMMAND.proxy || blockBytes > BLOCK_LIMIT_BYTES) return "malformed";
  if (addressBytes === undefined || protocol > LARGEST_PROTOCOL) return "malformed";
  const end = FIXED_BYTES + blockBytes;
  if (length < end) return "incomplete";
  const header = bytes.subarray(0, end);
  // The family of the proxy's own connections is to be ignored, and so is what follows.
  if (command === COMMAND.local) return { length: end, address: undefined, scheme: undefined };
  const isKnown = family !== FAMILY.unspecified && protocol !== 0;
  if (!isKnown) return { length: end, address: undefined, scheme: undefined };
  if (blockBytes < addressBytes) return "malformed";
  const scheme = readTlvs(header, FIXED_BYTES + addressBytes);
  return scheme === "malformed" ? scheme : { length: end, address: readAddress(header, family), scheme };
}

function readAddress(header: Buffer, family: number): string | undefined {
  if (family === FAMILY.unix) return undefined;
  return addressOfBytes(header, FIXED_BYTES, family === FAMILY.ipv4 ? 4 : 16);
}

/** All are skipped but the checksum and what is said of TLS. HAProxy sends some that are empty. */
function readTlvs(header: Buffer, start: number): Scheme | undefined | "malformed" {
  let scheme: Scheme | undefined;
  for (let at = start; at < header.length; ) {
    if (header.length - at < TLV_HEAD_BYTES) return "malformed";
    const type = header[at]!;
    const value = header.subarray(at + TLV_HEAD_BYTES, at + TLV_HEAD_BYTES + header.readUInt16BE(at + 1));
    if (value.length < header.readUInt16BE(at + 1)) return "malformed";
    if (type === TLV.checksum && !isIntact(header, at + TLV_HEAD_BYTES, value.length)) return "malformed";
    if (type === TLV.tls && value.length < TLS_HEAD_BYTES) return "malformed";
    if (type === TLV.tls) scheme = (value[0]! & CLIENT_CAME_BY_TLS) === 0 ? "http" : "https";
    at += TLV_HEAD_BYTES + value.length;
  }
  return scheme;
}

/** The checksum is of the header with zeros in its own place. */
function isIntact(header: Buffer, at: number, length: number): boolean {
  if (length !== CHECKSUM_BYTES) return false;
  const copy = Buffer.from(header);
  copy.fill(0, at, at + CHECKSUM_BYTES);
  return crc32c(copy) === header.readUInt32BE(at);
}
