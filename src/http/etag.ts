// Entity tags (RFC 9110 §8.8.3): read, written, compared. `content/` makes the tags of files.

export interface EntityTag {
  readonly isWeak: boolean;
  /** The tag with its quotes, which belong to it. A backslash is an ordinary character here. */
  readonly opaque: string;
}

const ENTITY_TAG = /^(W\/)?("[!#-~\x80-\xff]*")$/;
// White space can match in only one place on each side of the tag, so that no text causes repeated backtracking.
const LIST_ELEMENT = /[\t ]*(?:(W\/)?("[!#-~\x80-\xff]*")[\t ]*)?(?:,|$)/y;

/** `undefined` when the text is not exactly one entity tag. `W/` is case-sensitive. */
export function parseEntityTag(text: string): EntityTag | undefined {
  const found = ENTITY_TAG.exec(text);
  return found === null ? undefined : { isWeak: found[1] !== undefined, opaque: found[2]! };
}

/**
 * Reads the value of If-Match or If-None-Match (RFC 9110 §13.1.1, §13.1.2): `"*"`, or a list of tags, in which
 * elements may be empty. `undefined` when any element is malformed.
 */
export function parseEntityTags(value: string): "*" | readonly EntityTag[] | undefined {
  if (value === "*") return "*";
  const tags: EntityTag[] = [];
  LIST_ELEMENT.lastIndex = 0;
  while (LIST_ELEMENT.lastIndex < value.length) {
    const found = LIST_ELEMENT.exec(value);
    if (found === null) return undefined;
    if (found[2] !== undefined) tags.push({ isWeak: found[1] !== undefined, opaque: found[2] });
  }
  return tags;
}

/** RFC 9110 §8.8.3.2: for content that must be the same byte by byte, such as parts of one file. */
export function isStrongMatch(a: EntityTag, b: EntityTag): boolean {
  return !a.isWeak && !b.isWeak && a.opaque === b.opaque;
}

/** RFC 9110 §8.8.3.2: for content that may replace the other, such as a cached copy. */
export function isWeakMatch(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

export function formatEntityTag(tag: EntityTag): string {
  return tag.isWeak ? `W/${tag.opaque}` : tag.opaque;
}
