// The path of a request target -> the name of a file below the root, or a refusal. Pure: nothing here reads a disk, and
// each result names one file only, however the path was written. containment.ts asks the file system whether the file
// exists, and whether a link leads out of the root.
import { pathOf } from "../http/query.ts";

/** Relative to the root, decoded, "/" between names; never with empty, ".", ".." or hidden names. `""` is the root. */
export interface ResolvedPath {
  readonly kind: "path";
  readonly path: string;
  /** The path ended in "/", "." or "..": it asks for a folder. */
  readonly isFolder: boolean;
}

export interface RefusedPath {
  readonly kind: "refused";
  readonly status: 400 | 404;
  readonly code: PathRefusalCode;
}

export type PathRefusalCode = keyof typeof PATH_REFUSALS;

/**
 * Why a path is refused; docs/errors.md lists these rows. 400 where no resource can have such a path. 404 where a file
 * may have it, and must look as if it were missing: the reply must be the same as for a missing file.
 */
export const PATH_REFUSALS = {
  PATH_MALFORMED: [
    400,
    "The path does not begin with a slash, or has a byte that must be percent-encoded.",
    "RFC 3986 §3.3",
  ],
  PATH_ENCODING_MALFORMED: [
    400,
    "Two hex digits must follow a percent sign, and the octets must be UTF-8.",
    "RFC 3986 §2.1",
  ],
  PATH_NUL: [400, "The path has a NUL, which ends a name for some readers and not for others.", "RFC 3986 §7.3"],
  PATH_ENCODED_SLASH: [
    400,
    "A name has an encoded slash, which separates names for some readers only.",
    "RFC 3986 §2.2",
  ],
  PATH_BACKSLASH: [400, "The path has a backslash, which separates names for some readers only.", "RFC 3986 §7.3"],
  PATH_ABOVE_ROOT: [400, "The path climbs above the root.", "RFC 3986 §5.2.4"],
  PATH_NAME_EMPTY: [404, "Two slashes stand next to each other, and no file has an empty name.", "RFC 3986 §3.3"],
  PATH_HIDDEN: [404, "A name begins with a dot; of those only /.well-known is served.", "RFC 8615 §3"],
  PATH_NOT_PORTABLE: [404, "Windows would take a name for another file, a stream or a device.", "RFC 3986 §7.3"],
} as const;

// Visible ASCII (RFC 9112 §3.2) without "#", which no target has, and "?", which ends the path. Brackets, pipes
// and the like are outside of RFC 3986 §3.3, but browsers send them as they are (WHATWG URL, path percent-encode set).
const PATH = /^\/[!"$->@-~]*$/;

// Most paths: names of letters, digits and a few signs, which mean the same in a target and in a file system.
const PLAIN_PATH = /^(?:\/[\w-][\w.-]*)+\/?$/;
const PLAIN_NAMES = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * @param path target without its query, as it was sent
 * @param platform whose file names to expect; names that Windows reads differently are refused there
 */
export function resolvePath(path: string, platform: NodeJS.Platform = process.platform): ResolvedPath | RefusedPath {
  if (platform !== "win32" && PLAIN_PATH.test(path)) return plain(path);
  const read = readNames(path);
  if (read.kind === "refused") return read;
  const hidden = hiddenCode(read.names, platform);
  return hidden === undefined ? { kind: "path", path: read.names.join("/"), isFolder: read.isFolder } : refused(hidden);
}

interface Names {
  readonly kind: "names";
  /** Decoded, without dot segments; some may be hidden or empty. */
  readonly names: readonly string[];
  readonly isFolder: boolean;
}

function readNames(path: string): Names | RefusedPath {
  if (!PATH.test(path)) return refused("PATH_MALFORMED");
  const segments = path.slice(1).split("/");
  const names: string[] = [];
  for (const segment of segments) {
    const name = decodeSegment(segment);
    if (name === undefined) return refused("PATH_ENCODING_MALFORMED");
    const mistake = mistakeIn(name);
    if (mistake !== undefined) return refused(mistake);
    // RFC 3986 §5.2.4, after decoding: "%2e" is "." (§6.2.2.2). That section ignores a climb above the root; no
    // well-meaning client sends one, so it is refused here.
    if (name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) return refused("PATH_ABOVE_ROOT");
  }
  const last = segments.at(-1)!;
  // The empty name behind a final slash; a final dot segment leaves no name.
  if (last === "") names.pop();
  const isFolder = last === "" || isDotSegment(last);
  return { kind: "names", names, isFolder };
}

/** For a plain path there is nothing to decode or to refuse. */
function plain(path: string): ResolvedPath {
  const isFolder = path.endsWith("/");
  return { kind: "path", path: path.slice(1, isFolder ? -1 : undefined), isFolder };
}

/** The one way to write a resolved path in a URL: begins with exactly one slash, holds visible ASCII only. */
export function writePath(path: string, isFolder: boolean): string {
  if (PLAIN_NAMES.test(path)) return isFolder ? `/${path}/` : `/${path}`;
  // encodeURI leaves the delimiters of a URL alone; of these, two cannot stand in a path.
  const written = encodeURI(path).replace(/[?#]/g, encodeURIComponent);
  return isFolder && path !== "" ? `/${written}/` : `/${written}`;
}

/** The one way to write this path; undefined for a path that no file can have. */
export function canonicalPath(path: string): string | undefined {
  if (process.platform !== "win32" && PLAIN_PATH.test(path)) return path;
  const resolved = resolvePath(path);
  return resolved.kind === "path" ? writePath(resolved.path, resolved.isFolder) : undefined;
}

/** The same, also for a hidden path, which is answered as a missing one: rules and passwords are about it, too. */
export function canonicalOrHiddenPath(path: string): string | undefined {
  const canonical = canonicalPath(path);
  if (canonical !== undefined) return canonical;
  const read = readNames(path);
  if (read.kind === "refused" || hiddenCode(read.names, process.platform) !== "PATH_HIDDEN") return undefined;
  return read.names.includes("") ? undefined : writePath(read.names.join("/"), read.isFolder);
}

/**
 * The path of a page that the site itself names, with or without a query; undefined for a path that no file can have.
 */
export function resolvePage(url: string): ResolvedPath | undefined {
  const resolved = resolvePath(pathOf(url));
  return resolved.kind === "path" ? resolved : undefined;
}

/** Percent-decoding, exactly once: what comes out is a name, whatever it looks like. `undefined` when malformed. */
function decodeSegment(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    // Refuses everything except shortest-form UTF-8: stray continuations, overlong forms, surrogates.
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function mistakeIn(name: string): PathRefusalCode | undefined {
  if (name.includes("\0")) return "PATH_NUL";
  if (name.includes("/")) return "PATH_ENCODED_SLASH";
  return name.includes("\\") ? "PATH_BACKSLASH" : undefined;
}

function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}

function hiddenCode(names: readonly string[], platform: NodeJS.Platform): PathRefusalCode | undefined {
  for (const [index, name] of names.entries()) {
    // RFC 3986 §3.3: an empty segment is a segment, so "//a" is not "/a". Merging them would give each file
    // endless addresses, and "//host/" would be one slip away from a redirect to a host.
    if (name === "") return "PATH_NAME_EMPTY";
    if (isHidden(name) && !(index === 0 && name === ".well-known")) return "PATH_HIDDEN";
    if (platform === "win32" && !isPlainOnWindows(name)) return "PATH_NOT_PORTABLE";
  }
  return undefined;
}

/** HFS+, and ext4 with `casefold`, ignore some characters when they compare names: "\u200c.git" is ".git" there. */
function isHidden(name: string): boolean {
  return /^\p{Default_Ignorable_Code_Point}*\./u.test(name);
}

// A colon names a stream ("a.html::$DATA"), "~1" a short name (".htaccess" is also "HTACCE~1"), a final dot or
// space is dropped, and these device names are found in every folder, whatever their extension.
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(?:\.|$)/i;

function isPlainOnWindows(name: string): boolean {
  return !/[:*?"<>|\u0001-\u001f]|~[0-9]|[. ]$/.test(name) && !WINDOWS_DEVICE.test(name);
}

function refused(code: PathRefusalCode): RefusedPath {
  return { kind: "refused", status: PATH_REFUSALS[code][0], code };
}
