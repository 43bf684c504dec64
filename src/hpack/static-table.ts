// The static table, RFC 7541 Appendix A: as bytes for the decoder, which copies none of them, and as look-ups for the
// encoder.
import { LINE_STRIDE } from "../http/request-head.ts";
import { traitsOf } from "./field-kind.ts";

/** `name` or `name=value`, from index 1 on. No name and no value of the table holds "=". */
const FIELDS =
  ":authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|" +
  ":status=206|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|" +
  "accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|" +
  "content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|" +
  "cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|" +
  "last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|" +
  "server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate";

/** [name, value] by index. Index 0 is not used. */
const STATIC_FIELDS: readonly (readonly [name: string, value: string])[] = [
  ["", ""],
  ...FIELDS.split("|").map((field): [string, string] => {
    const [name, value = ""] = field.split("=");
    return [name!, value];
  }),
];

/** The first index of the dynamic table: RFC 7541 §2.3.3. */
export const DYNAMIC_INDEX: number = STATIC_FIELDS.length;

/** All names and values, one behind the other. Each field section begins with these bytes. */
export const STATIC_TEXT: Buffer = Buffer.from(STATIC_FIELDS.flat().join(""), "latin1");

/** Where names and values lie in `STATIC_TEXT`, as the lines of a head, by index. */
export const STATIC_LINES: Int32Array = new Int32Array(STATIC_FIELDS.length * LINE_STRIDE);

/** The traits of each name, by index. */
export const STATIC_TRAITS: Int32Array = new Int32Array(STATIC_FIELDS.length);

const INDEX_BY_NAME = new Map<string, number>();
const INDEX_BY_LINE = new Map<string, number>();

let offset = 0;
for (const [index, [name, value]] of STATIC_FIELDS.entries()) {
  const nameEnd = offset + name.length;
  STATIC_LINES.set([offset, nameEnd, nameEnd, nameEnd + value.length], index * LINE_STRIDE);
  STATIC_TRAITS[index] = traitsOf(STATIC_TEXT, offset, nameEnd);
  offset = nameEnd + value.length;
  if (index === 0) continue;
  if (!INDEX_BY_NAME.has(name)) INDEX_BY_NAME.set(name, index);
  INDEX_BY_LINE.set(`${name}:${value}`, index);
}

/** The index of an entry with this name, or 0. */
export function staticNameIndex(name: string): number {
  return INDEX_BY_NAME.get(name) ?? 0;
}

/** The index of the entry with this name and this value, or 0. */
export function staticLineIndex(name: string, value: string): number {
  return INDEX_BY_LINE.get(`${name}:${value}`) ?? 0;
}
