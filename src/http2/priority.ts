// Priorities (RFC 9218): what a client wishes, by the field Priority or a PRIORITY_UPDATE frame. Whose turn it is to send is
// in scheduler.ts. The older priorities of RFC 7540 are read and ignored (RFC 9113 §5.3.2).
import { parseDictionary } from "../http/structured-fields.ts";

/** RFC 9218 §4.1: 0 is the most urgent, 7 the least. */
export const DEFAULT_URGENCY = 3;
const LEAST_URGENCY = 7;

export interface Priority {
  readonly urgency: number;
  readonly isIncremental: boolean;
}

export const DEFAULT_PRIORITY: Priority = { urgency: DEFAULT_URGENCY, isIncremental: false };

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
