// What a certificate is for: DNS names and IP addresses (RFC 8555 §7.1.3, RFC 8738), and how a certificate names them.
import { isIP } from "node:net";
import { contextTag, encode, encodeObjectId, OCTET_STRING, SEQUENCE } from "./der.ts";

export interface Identifier {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** RFC 5280 §4.2.1.6: dNSName is [2], iPAddress is [7]. */
const DNS_NAME = contextTag(2, false);
const IP_ADDRESS = contextTag(7, false);

const SUBJECT_ALTERNATIVE_NAME = encodeObjectId("2.5.29.17");

/** @param name in its canonical form: lower case, without a dot at the end */
export function identifierOf(name: string): Identifier {
  return { type: isIP(name) === 0 ? "dns" : "ip", value: name };
}

/** The extension of a certificate, or of a request for one, that names what it is for. */
export function alternativeNames(identifiers: readonly Identifier[]): Buffer {
  const names = identifiers.map(({ type, value }) =>
    type === "dns" ? encode(DNS_NAME, Buffer.from(value, "latin1")) : encode(IP_ADDRESS, addressBytes(value)),
  );
  return encode(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, encode(OCTET_STRING, encode(SEQUENCE, ...names)));
}

/** The four or sixteen bytes of an address. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes every form of an IPv6 address in one: hexadecimal, shortened by "::".
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [start, end] = [groupsOf(head), groupsOf(tail ?? "")];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of start.entries()) bytes.writeUInt16BE(group, index * 2);
  for (const [index, group] of end.entries()) bytes.writeUInt16BE(group, 16 - (end.length - index) * 2);
  return bytes;
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
