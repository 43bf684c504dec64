// Structured fields (RFC 9651), as far as requests have them here: dictionaries. Most members are of no interest, and are only
// read to see where they end: a mistake in one makes the whole field malformed (RFC 9651 §4.2).

// No text matches a part in two ways, so that a mistake at its end is found without trying them all.
const KEY = "[a-z*][a-z0-9_\\-.*]*";
const NUMBER = "-?(?:\\d{1,12}\\.\\d{1,3}|\\d{1,15})(?![\\d.])";
const STRING = '"(?:[ !#-[\\]-~]|\\\\["\\\\])*"';
const TOKEN = "[A-Za-z*][!#$%&'*+\\-.^_`|~\\w:/]*";
const DATE = "@-?\\d{1,15}(?![\\d.])";
const DISPLAY_STRING = '%"(?:[ !#$&-~]|%[0-9a-f]{2})*"';
const BARE_ITEM = `(?:${NUMBER}|${STRING}|${TOKEN}|:[A-Za-z0-9+/=]*:|\\?[01]|${DATE}|${DISPLAY_STRING})`;
const PARAMETERS = `(?:; *${KEY}(?:=${BARE_ITEM})?)*`;
const INNER_LIST = `\\( *(?:${BARE_ITEM}${PARAMETERS}(?: +|(?=\\))))*\\)`;
const MEMBER = new RegExp(`(${KEY})(?:=(${INNER_LIST}|${BARE_ITEM}))?${PARAMETERS}`, "y");
const COMMA = /[ \t]*(?:,[ \t]*|$)/y;

/**
 * The members as text, without parameters, RFC 9651 §3.2; undefined when the whole is malformed. The last of a name counts, and
 * one without a value is "?1".
 */
export function parseDictionary(value: string): ReadonlyMap<string, string> | undefined {
  const text = value.replace(/^ +| +$/g, "");
  const members = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    MEMBER.lastIndex = at;
    const found = MEMBER.exec(text);
    if (found === null) return undefined;
    members.set(found[1]!, found[2] ?? "?1");
    COMMA.lastIndex = MEMBER.lastIndex;
    const comma = COMMA.exec(text);
    // A comma with nothing behind it is a mistake.
    if (comma === null || (comma[0].includes(",") && COMMA.lastIndex === text.length)) return undefined;
    at = COMMA.lastIndex;
  }
  return members;
}
