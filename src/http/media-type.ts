// From the name of a file to its media type. The library has the tables; this file corrects what pages could not load with
// them, and decides when a charset is added. The content is never examined: browsers are told the type of the name, with
// nosniff.
import { registeredTypes } from "./registered-types.ts";

const UNKNOWN = "application/octet-stream"; // RFC 9110 §8.3: what a recipient assumes when it knows nothing

/** What most files of most sites have. Only other extensions cost a thread the 1 ms for the table of them all. */
const COMMON_TYPES: ReadonlyMap<string, string> = new Map([
  ["html", "text/html"],
  ["css", "text/css"],
  ["js", "text/javascript"],
  ["mjs", "text/javascript"],
  ["json", "application/json"],
  ["map", "application/json"],
  ["txt", "text/plain"],
  ["xml", "application/xml"],
  ["svg", "image/svg+xml"],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["gif", "image/gif"],
  ["webp", "image/webp"],
  ["avif", "image/avif"],
  ["ico", "image/vnd.microsoft.icon"],
  ["woff2", "font/woff2"],
  ["woff", "font/woff"],
  ["pdf", "application/pdf"],
  ["mp4", "video/mp4"],
]);

/**
 * What a page loads, where the library has nothing, or a type that browsers refuse: with nosniff, a script is run only if
 * its type is one of JavaScript (WHATWG Fetch §3.5), and a signed exchange or a web bundle only if it has exactly its type.
 */
const TYPES_THAT_PAGES_LOAD: ReadonlyMap<string, string> = new Map([
  // CommonJS, which is bundled for pages as well; the registry has a type for Node only.
  ["cjs", "text/javascript"],
  ["es", "text/javascript"],
  ["es6", "text/javascript"],
  ["sxg", "application/signed-exchange;v=b3"],
  ["wbn", "application/webbundle"],
  // image/pjpeg is no type of the web (WHATWG MIME Sniffing §4.2).
  ["jfif", "image/jpeg"],
  ["pjpeg", "image/jpeg"],
  ["pjp", "image/jpeg"],
  ["avifs", "image/avif"],
  ["cur", "image/vnd.microsoft.icon"],
  // RFC 9639
  ["flac", "audio/flac"],
  // Segments of MPEG-DASH and HLS
  ["cmfv", "video/mp4"],
  ["cmfa", "audio/mp4"],
  ["topojson", "application/json"],
  ["ndjson", "application/x-ndjson"],
  ["jsonl", "application/x-ndjson"],
  // A phone asks to add what it gets so; otherwise it only saves a file.
  ["vcf", "text/vcard"],
  ["mobileconfig", "application/x-apple-aspen-config"],
  ["pkpasses", "application/vnd.apple.pkpasses"],
]);

let allTypes: ReadonlyMap<string, string> | undefined;

/**
 * The extension decides, in any case: the part of the name after its last dot. A name without a dot, with only a
 * leading one, or with an unregistered extension is `application/octet-stream`.
 *
 * `charset=utf-8` is added for `text/*` only, JavaScript included: without it, browsers guess by the user's language.
 * Other text formats need none. JSON and the types that end in `+json` are always UTF-8 and have no such parameter (RFC
 * 8259 §11). XML, SVG and other `+xml` types are UTF-8 unless they declare otherwise, and a charset from here would
 * overrule a true declaration (RFC 7303 §3.1).
 *
 * `.ts` and `.mts` are MPEG video, as the registry says, although they may hold TypeScript.
 */
export function mediaTypeOf(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  const isLeading = dot <= fileName.lastIndexOf("/") + 1;
  const type = (isLeading ? undefined : registeredType(fileName.slice(dot + 1).toLowerCase())) ?? UNKNOWN;
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

function registeredType(extension: string): string | undefined {
  const common = COMMON_TYPES.get(extension) ?? TYPES_THAT_PAGES_LOAD.get(extension);
  if (common !== undefined) return common;
  allTypes ??= registeredTypes();
  return allTypes.get(extension);
}
