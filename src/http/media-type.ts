// From the name of a file to its media type. The table is the library's; ours is when a charset is said.
// The content is never looked at: with nosniff, what the name says is what the browser is told.
import mime from "mime";

const UNKNOWN = "application/octet-stream"; // RFC 9110 §8.3: what a recipient assumes when it knows nothing

/**
 * By the part of the name behind its last dot, in any case; a name without one, or with only a leading one,
 * is `application/octet-stream`, as is an extension that is not registered.
 *
 * `charset=utf-8` is said for `text/*` only, JavaScript included: without it browsers guess, from the
 * language of the user. The other text formats settle it themselves: JSON is always UTF-8 and has no such
 * parameter (RFC 8259 §11), as have the types that end in `+json`. XML, SVG and the rest of `+xml` are UTF-8
 * unless they declare another, and a charset from here would overrule a true declaration (RFC 7303 §3.1).
 *
 * `.ts` and `.mts` are what the registry says, MPEG video, though they may hold TypeScript.
 */
export function mediaTypeOf(fileName: string): string {
  // The library takes a bare word for an extension ("css" would be a style sheet), but not behind a slash.
  const type = mime.getType(`/${fileName}`) ?? UNKNOWN;
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}
