// Priorities (RFC 9218): what a client wishes, by the field Priority or a PRIORITY_UPDATE frame. Whose turn it is to send is
// in scheduler.ts. The older priorities of RFC 7540 are read and ignored (RFC 9113 §5.3.2).

/** RFC 9218 §4.1: 0 is the most urgent, 7 the least. */
export const DEFAULT_URGENCY = 3;
const LEAST_URGENCY = 7;

export interface Priority {
  readonly urgency: number;
  readonly isIncremental: boolean;
}

export const DEFAULT_PRIORITY: Priority = { urgency: DEFAULT_URGENCY, isIncremental: false };

// The grammar of a dictionary, RFC 8941 §3.2, as far as it decides where a member ends. No text matches a part in two ways, so
// that a mistake at its end is found without trying them all.
const KEY = "[a-z*][a-z0-9_\\-.*]*";
const STRING = '"(?:[ !#-[\\]-~]|\\\\["\\\\])*"';
const BARE_ITEM = `(?:-?\\d{1,15}(?:\\.\\d{1,3})?(?![\\d.])|${STRING}|[A-Za-z*][!#$%&'*+\\-.^_\`|~\\w:/]*|:[A-Za-z0-9+/=]*:|\\?[01])`;
const PARAMETERS = `(?:; *${KEY}(?:=${BARE_ITEM})?)*`;
const INNER_LIST = `\\( *(?:${BARE_ITEM}${PARAMETERS}(?: +|(?=\\))))*\\)`;
const MEMBER = new RegExp(`(${KEY})(?:=(${INNER_LIST}|${BARE_ITEM}))?${PARAMETERS}`, "y");
const COMMA = /[ \t]*(?:,[ \t]*|$)/y;

/** Real values have ten bytes. A longer one than this is not looked at. */
const VALUE_LIMIT_LENGTH = 256;

/** Only the known values of real clients come up again and again, so a few kept ones save nearly all parsing. */
const KEPT_COUNT = 64;
const kept = new Map<string, Priority>();

/** The value of the field Priority. One that is malformed counts as absent, and so does a part that makes no sense. */
export function parsePriority(value: string): Priority {
  if (value.length > VALUE_LIMIT_LENGTH) return DEFAULT_PRIORITY;
  const known = kept.get(value);
  if (known !== undefined) return known;
  const priority = priorityOf(parseDictionary(value));
  if (kept.size < KEPT_COUNT && value.length <= KEPT_COUNT) kept.set(value, priority);
  return priority;
}

function priorityOf(members: ReadonlyMap<string, string> | undefined): Priority {
  if (members === undefined) return DEFAULT_PRIORITY;
  const urgency = members.get("u") ?? "";
  const isUrgency = /^\d$/.test(urgency) && Number(urgency) <= LEAST_URGENCY;
  return { urgency: isUrgency ? Number(urgency) : DEFAULT_URGENCY, isIncremental: members.get("i") === "?1" };
}

/** The members as text, without parameters; undefined when the whole is malformed. The last of a name counts. */
function parseDictionary(value: string): Map<string, string> | undefined {
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
