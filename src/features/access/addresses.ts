// Which peers may come in, by the address at the other end of the connection. X-Forwarded-For is not read: anyone can
// write it.
import type { BlockList } from "node:net";

/**
 * @param allow addresses and networks ("192.0.2.1", "2001:db8::/32"); when there are any, all others are refused
 * @param deny the same; wins over `allow`
 * @throws {TypeError} for what is neither an address nor a network
 */
export function addressRule(allow: readonly string[], deny: readonly string[]): (address: string) => boolean {
  const { isIP } = net();
  const allowed = blockList(allow);
  const denied = blockList(deny);
  return (address) => {
    const plain = unmapped(address);
    const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
    // A local socket has no address: the file system decides which programs may open it.
    if (plain === "") return true;
    // The peer is gone already, and its address unknown.
    if (isIP(plain) === 0) return false;
    return !denied.check(plain, family) && (allow.length === 0 || allowed.check(plain, family));
  };
}

function blockList(sources: readonly string[]): BlockList {
  const { BlockList, isIP } = net();
  const list = new BlockList();
  for (const source of sources) {
    const [address = "", prefix, ...more] = source.split("/");
    const version = isIP(address);
    const longest = version === 6 ? 128 : 32;
    const length = prefix === undefined ? longest : Number(prefix);
    if (version === 0 || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) || length > longest) {
      throw new TypeError(`neither an address nor a network: ${JSON.stringify(source)}`);
    }
    list.addSubnet(address, length, version === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** Loaded with the first rule: a thread on the kernel transport needs node:net for nothing else. */
function net(): typeof import("node:net") {
  return process.getBuiltinModule("node:net");
}

/** An IPv4 peer of a socket that listens for both has an address of this form: RFC 4291 §2.5.5.2. */
function unmapped(address: string): string {
  return address.toLowerCase().startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
