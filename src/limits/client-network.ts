// Which clients count as one: an IPv4 address, or an IPv6 network of 64 bits, which is the least that a provider gives to one
// customer (RFC 6177 §2). An IPv4 address written as IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address.

/** The words of the network of a client: 64 bits of IPv6, or 0xffff and the IPv4 address. */
export interface ClientNetwork {
  high: number;
  low: number;
}

const NO_GROUP = -1;

/**
 * Reads a numeric address, as the system gives it. The limits of one request ask for the same one several times: the last
 * is kept, because IPv6 takes a microsecond.
 * @param network gets the result
 * @returns false for what is no address, as at a local socket
 */
export function readNetwork(address: string, network: ClientNetwork): boolean {
  if (address !== lastAddress) {
    isLastKnown = parseNetwork(address, last);
    lastAddress = address;
  }
  network.high = last.high;
  network.low = last.low;
  return isLastKnown;
}

let lastAddress = "";
let isLastKnown = false;
const last: ClientNetwork = { high: 0, low: 0 };

function parseNetwork(address: string, network: ClientNetwork): boolean {
  if (address.indexOf(":") < 0) return readIpv4(address, 0, network);
  const dot = address.indexOf(".");
  // "::ffff:192.0.2.1"; no system writes an address of another network with dots.
  if (dot >= 0) return readIpv4(address, address.lastIndexOf(":") + 1, network);
  return readIpv6(address, network);
}

function readIpv4(address: string, start: number, network: ClientNetwork): boolean {
  let word = 0;
  let byte = NO_GROUP;
  let dotCount = 0;
  for (let index = start; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === 0x2e && byte >= 0) {
      word = (word << 8) | byte;
      byte = NO_GROUP;
      dotCount++;
    } else if (code >= 0x30 && code <= 0x39) byte = (byte < 0 ? 0 : byte * 10) + code - 0x30;
    else return false;
    if (byte > 255) return false;
  }
  if (dotCount !== 3 || byte < 0) return false;
  network.high = 0xffff;
  network.low = (word << 8) | byte;
  return true;
}

/** The first four groups. Where "::" stands among them, those behind it are counted from the end: they may be among them, too. */
function readIpv6(address: string, network: ClientNetwork): boolean {
  const [before = "", after] = address.replace(/%.*$/, "").split("::");
  const first = groupsOf(before);
  const last = after === undefined ? [] : groupsOf(after);
  const zeroCount = 8 - first.length - last.length;
  if (after === undefined ? zeroCount !== 0 : zeroCount < 0) return false;
  const groups = [...first, ...new Array<number>(zeroCount).fill(0), ...last];
  if (groups.some((group) => !(group >= 0 && group <= 0xffff))) return false;
  const [g0, g1, g2, g3, g4, g5, g6, g7] = groups as [number, number, number, number, number, number, number, number];
  const isMapped = (g0 | g1 | g2 | g3 | g4) === 0 && g5 === 0xffff;
  network.high = isMapped ? 0xffff : (g0 << 16) | g1;
  network.low = isMapped ? (g6 << 16) | g7 : (g2 << 16) | g3;
  return true;
}

function groupsOf(text: string): number[] {
  return text === ""
    ? []
    : text.split(":").map((group) => (/^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN));
}
