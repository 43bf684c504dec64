// Compression Dictionary Transport (RFC 9842): the fields by which a client says which dictionary it has, and a server
// which of its replies are dictionaries. Their values are structured fields (RFC 9651), of which one form each is read.
import type { Request } from "./message.ts";

/** RFC 9842 §2.1.3: no longer id need be kept by a client. */
const ID_LIMIT_COUNT = 1024;

/**
 * The dictionary that the client has, named by the SHA-256 of its bytes: 64 hexadecimal digits in lower case. Undefined
 * for anything but one Byte Sequence of 32 bytes in its one canonical form.
 */
export function parseAvailableDictionary(value: string): string | undefined {
  const base64 = /^:([A-Za-z\d+/]{43}=):$/.exec(value)?.[1];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? bytes.toString("hex") : undefined;
}

/** The text of Dictionary-ID; undefined for anything but one String. */
export function parseDictionaryId(value: string | undefined): string | undefined {
  if (value === undefined || value.length > 2 * ID_LIMIT_COUNT) return undefined;
  const text = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/.exec(value)?.[1];
  return text?.replace(/\\(.)/g, "$1");
}

/** What a client may use a reply for as a dictionary (RFC 9842 §2.1). */
export interface UseAsDictionary {
  /** A URL pattern: the requests for which the dictionary may be used. */
  readonly match: string;
  /** That the client says again as Dictionary-ID, printable ASCII. */
  readonly id: string;
  /** The destinations of these requests, as Sec-Fetch-Dest has them; empty for all. */
  readonly matchDest: readonly string[];
}

/** The value of Use-As-Dictionary. */
export function writeUseAsDictionary({ match, id, matchDest }: UseAsDictionary): string {
  const destinations = matchDest.length === 0 ? "" : `, match-dest=(${matchDest.map(writeString).join(" ")})`;
  return `match=${writeString(match)}${destinations}, id=${writeString(id)}`;
}

function writeString(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * RFC 9842 §9.3.3: whether the client lets those who ask read the reply. Where it does not, the length of a reply that a
 * dictionary has made small would tell of its content.
 * @param allows whether scripts of that origin may read the reply, without what credentials would add to it
 */
export function isReadable(request: Request, allows: (origin: string) => boolean): boolean {
  const site = request.field("sec-fetch-site");
  if (site === undefined || site === "same-origin") return true;
  const mode = request.field("sec-fetch-mode");
  if (mode === undefined || mode === "navigate" || mode === "same-origin") return true;
  const origin = request.field("origin");
  return mode === "cors" && origin !== undefined && allows(origin);
}
