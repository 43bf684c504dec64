// What proxies tell of the request that they got: Forwarded (RFC 7239) and the X-Forwarded fields that came before it. Lists
// are read from the right, where the nearest proxy writes: what stands on the left may be a client's invention, and must
// not change how the right is read. Nothing here decides whom to believe: see proxies/clients.ts.
import { plainAddress } from "./address.ts";
import { parseQuotedString, trimWhitespace } from "./fields.ts";
import { isHostWithPort } from "./host.ts";
import type { Scheme } from "./message.ts";

/** What one proxy says of the one that asked it. */
export interface Hop {
  /** Numeric; undefined where the proxy hides it or does not know it, and for what is no address. */
  readonly address: string | undefined;
  /** Undefined where it is not told. */
  readonly scheme: Scheme | undefined;
  /** Host and port that were asked for; undefined where they are not told. */
  readonly host: string | undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

// RFC 7239 §4: no white space around ";" and "=", and each parameter at most once.
const PAIR =
  /([!#$%&'*+\-.^_`|~\w]+)=([!#$%&'*+\-.^_`|~\w]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*")(?:;|$)|;/y;
/** RFC 7239 §6: the port may be hidden, too. */
const NODE = /^(?:([\d.]+)|\[([\da-f]*:[\da-f:.]*)\])(?::(?:\d{1,5}|_[\w.-]+))?$/i;
/** As proxies write it: without brackets where no port follows, sometimes with a zone. */
const LOOSE_NODE =
  /^(?:([\d.]+)(?::\d{1,5})?|\[([\da-f]*:[\da-f:.]*(?:%[\w.~-]+)?)\](?::\d{1,5})?|([\da-f:.]+(?:%[\w.~-]+)?))$/i;

/**
 * Where the last element of a list begins that ends at `end`. A comma in a quoted string separates nothing; read from the
 * right, a quote on the left that is never closed does not matter.
 */
export function lastElementStart(value: string, end: number = value.length): number {
  let isQuoted = false;
  for (let offset = end - 1; offset >= 0; offset--) {
    const code = value.charCodeAt(offset);
    if (code === COMMA && !isQuoted) return offset + 1;
    if (code === QUOTE && !(isQuoted && isEscaped(value, offset))) isQuoted = !isQuoted;
  }
  return 0;
}

function isEscaped(value: string, offset: number): boolean {
  let count = 0;
  while (value.charCodeAt(offset - 1 - count) === BACKSLASH) count++;
  return count % 2 === 1;
}

/** One element of Forwarded. @returns undefined for what is not written as RFC 7239 §4 asks */
export function parseForwarded(element: string): Hop | undefined {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < element.length) {
    const found = PAIR.exec(element);
    if (found === null) return undefined;
    const [, name, value] = found;
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase();
    if (pairs.has(key)) return undefined;
    pairs.set(key, value.startsWith('"') ? parseQuotedString(value)! : value);
  }
  return {
    address: nodeAddress(pairs.get("for") ?? ""),
    scheme: parseScheme(pairs.get("proto")),
    host: parseForwardedHost(pairs.get("host")),
  };
}

function nodeAddress(node: string): string | undefined {
  const found = NODE.exec(node);
  return found === null ? undefined : plainAddress(found[1] ?? found[2]!);
}

/** One element of X-Forwarded-For. @returns undefined for what is no address */
export function parseForwardedFor(element: string): string | undefined {
  const found = LOOSE_NODE.exec(element);
  return found === null ? undefined : plainAddress(found[1] ?? found[2] ?? found[3]!);
}

/** Of Forwarded or X-Forwarded-Proto. @returns undefined for what a server of files is never asked by */
export function parseScheme(text: string | undefined): Scheme | undefined {
  const scheme = text?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

/** Of Forwarded or X-Forwarded-Host. @returns undefined for what is no host with or without a port: RFC 9110 §7.2 */
export function parseForwardedHost(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "latin1");
  return isHostWithPort(bytes, 0, bytes.length) ? text : undefined;
}

/**
 * The element of a list that belongs to a hop of X-Forwarded-For. Proxies write these lists together, or each writes only
 * its own value: so a list counts if it has one element, or as many as there are hops.
 * @param hop counted from the right, from 1 on
 */
export function elementOfHop(list: string, hop: number, hopCount: number): string | undefined {
  if (!list.includes(",")) return trimWhitespace(list);
  const elements = list.split(",");
  return elements.length === hopCount ? trimWhitespace(elements.at(-hop)!) : undefined;
}
