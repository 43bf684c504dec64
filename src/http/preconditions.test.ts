import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDate } from "./date.ts";
import { type EntityTag, formatEntityTag } from "./etag.ts";
import { FIELD_BIT, type KnownField } from "./fields.ts";
import { evaluatePreconditions, isRangeWanted, type Validators } from "./preconditions.ts";

const MODIFIED_MS = Date.UTC(2024, 0, 31, 10, 20, 30);
const NOW_MS = Date.UTC(2026, 5, 15);
const BEFORE = formatDate(MODIFIED_MS - 1000);
const EXACT = formatDate(MODIFIED_MS);
const AFTER = formatDate(MODIFIED_MS + 1000);

const FILE: Validators = { etag: { isWeak: false, opaque: '"v1"' }, lastModifiedMs: MODIFIED_MS + 640 };
const WEAK: Validators = { etag: { isWeak: true, opaque: '"v1"' }, lastModifiedMs: MODIFIED_MS };
const TAG_ONLY: Validators = { etag: FILE.etag, lastModifiedMs: undefined };
const DATE_ONLY: Validators = { etag: undefined, lastModifiedMs: MODIFIED_MS };
const BARE: Validators = { etag: undefined, lastModifiedMs: undefined };
const NONE = undefined;

type Fields = Partial<Record<KnownField, string>>;
type Verdict = ReturnType<typeof evaluatePreconditions>;

/** The three members of a request that conditions need. */
function requestOf(method: string, fields: Fields) {
  let bits = 0;
  for (const name of Object.keys(fields) as KnownField[]) bits |= FIELD_BIT[name];
  return { method, has: (mask: number) => (bits & mask) !== 0, field: (name: string) => fields[name as KnownField] };
}

const PROCEED: Verdict = "proceed";
const NOT_MODIFIED: Verdict = "not-modified";
const FAILED: Verdict = "precondition-failed";

const cases: [what: string, method: string, fields: Fields, current: Validators | undefined, verdict: Verdict][] = [
  ["no condition", "GET", {}, FILE, PROCEED],
  ["no condition, no representation", "GET", {}, NONE, PROCEED],
  ["Range and If-Range alone", "GET", { range: "bytes=0-", "if-range": '"v2"' }, FILE, PROCEED],

  ["If-Match with the tag", "GET", { "if-match": '"v1"' }, FILE, PROCEED],
  ["If-Match with the tag among others", "PUT", { "if-match": '"v0", "v,1", "v1"' }, FILE, PROCEED],
  ["If-Match with another tag", "GET", { "if-match": '"v2"' }, FILE, FAILED],
  ["If-Match with another tag", "HEAD", { "if-match": '"v2"' }, FILE, FAILED],
  ["If-Match with another tag", "PUT", { "if-match": '"v2"' }, FILE, FAILED],
  ["If-Match weakly the same", "GET", { "if-match": 'W/"v1"' }, FILE, FAILED],
  ["If-Match, the current tag being weak", "GET", { "if-match": '"v1"' }, WEAK, FAILED],
  ["If-Match, both weak", "GET", { "if-match": 'W/"v1"' }, WEAK, FAILED],
  ["If-Match: *", "GET", { "if-match": "*" }, FILE, PROCEED],
  ["If-Match: * without a tag", "GET", { "if-match": "*" }, BARE, PROCEED],
  ["If-Match: * without a representation", "PUT", { "if-match": "*" }, NONE, FAILED],
  ["If-Match without a representation", "PUT", { "if-match": '"v1"' }, NONE, FAILED],
  ["If-Match without a current tag", "GET", { "if-match": '"v1"' }, DATE_ONLY, FAILED],
  ["If-Match malformed", "GET", { "if-match": "v1" }, FILE, FAILED],
  ["If-Match malformed in part", "GET", { "if-match": '"v1", v2' }, FILE, FAILED],
  ["If-Match empty", "GET", { "if-match": "" }, FILE, FAILED],

  ["If-Unmodified-Since before", "GET", { "if-unmodified-since": BEFORE }, FILE, FAILED],
  ["If-Unmodified-Since before", "PUT", { "if-unmodified-since": BEFORE }, FILE, FAILED],
  ["If-Unmodified-Since that second", "GET", { "if-unmodified-since": EXACT }, FILE, PROCEED],
  ["If-Unmodified-Since after", "GET", { "if-unmodified-since": AFTER }, FILE, PROCEED],
  ["If-Unmodified-Since malformed", "GET", { "if-unmodified-since": "yesterday" }, FILE, PROCEED],
  ["If-Unmodified-Since without a date", "GET", { "if-unmodified-since": BEFORE }, TAG_ONLY, PROCEED],
  ["If-Unmodified-Since without a representation", "PUT", { "if-unmodified-since": BEFORE }, NONE, PROCEED],
  ["If-Match true hides If-Unmodified-Since", "GET", { "if-match": "*", "if-unmodified-since": BEFORE }, FILE, PROCEED],
  [
    "If-Match false, If-Unmodified-Since true",
    "GET",
    { "if-match": '"x"', "if-unmodified-since": AFTER },
    FILE,
    FAILED,
  ],

  ["If-None-Match with the tag", "GET", { "if-none-match": '"v1"' }, FILE, NOT_MODIFIED],
  ["If-None-Match with the tag", "HEAD", { "if-none-match": '"v1"' }, FILE, NOT_MODIFIED],
  ["If-None-Match with the tag", "PUT", { "if-none-match": '"v1"' }, FILE, FAILED],
  ["If-None-Match with the tag", "get", { "if-none-match": '"v1"' }, FILE, FAILED],
  ["If-None-Match weakly the same", "GET", { "if-none-match": 'W/"v1"' }, FILE, NOT_MODIFIED],
  ["If-None-Match, the current tag being weak", "GET", { "if-none-match": '"v1"' }, WEAK, NOT_MODIFIED],
  ["If-None-Match with the tag among others", "GET", { "if-none-match": '"a,", W/"v1", "b"' }, FILE, NOT_MODIFIED],
  ["If-None-Match with another tag", "GET", { "if-none-match": '"v2"' }, FILE, PROCEED],
  ["If-None-Match: *", "GET", { "if-none-match": "*" }, FILE, NOT_MODIFIED],
  ["If-None-Match: *", "PUT", { "if-none-match": "*" }, FILE, FAILED],
  ["If-None-Match: * without a tag", "GET", { "if-none-match": "*" }, BARE, NOT_MODIFIED],
  ["If-None-Match: * without a representation", "PUT", { "if-none-match": "*" }, NONE, PROCEED],
  ["If-None-Match without a current tag", "GET", { "if-none-match": '"v1"' }, DATE_ONLY, PROCEED],
  ["If-None-Match malformed", "GET", { "if-none-match": "v1" }, FILE, PROCEED],
  ["If-None-Match malformed in part", "GET", { "if-none-match": '"v1", v2' }, FILE, PROCEED],

  ["If-Modified-Since before", "GET", { "if-modified-since": BEFORE }, FILE, PROCEED],
  ["If-Modified-Since that second", "GET", { "if-modified-since": EXACT }, FILE, NOT_MODIFIED],
  ["If-Modified-Since that second", "HEAD", { "if-modified-since": EXACT }, FILE, NOT_MODIFIED],
  ["If-Modified-Since after", "GET", { "if-modified-since": AFTER }, FILE, NOT_MODIFIED],
  [
    "If-Modified-Since in the obsolete form",
    "GET",
    { "if-modified-since": "Wed Jan 31 10:20:30 2024" },
    FILE,
    NOT_MODIFIED,
  ],
  ["If-Modified-Since", "POST", { "if-modified-since": AFTER }, FILE, PROCEED],
  ["If-Modified-Since malformed", "GET", { "if-modified-since": "0" }, FILE, PROCEED],
  ["If-Modified-Since twice", "GET", { "if-modified-since": `${AFTER}, ${AFTER}` }, FILE, PROCEED],
  ["If-Modified-Since without a date", "GET", { "if-modified-since": AFTER }, TAG_ONLY, PROCEED],
  ["If-Modified-Since without a representation", "GET", { "if-modified-since": AFTER }, NONE, PROCEED],
  [
    "If-None-Match true hides If-Modified-Since",
    "GET",
    { "if-none-match": '"v2"', "if-modified-since": AFTER },
    FILE,
    PROCEED,
  ],
  [
    "If-None-Match malformed hides If-Modified-Since",
    "GET",
    { "if-none-match": "v2", "if-modified-since": AFTER },
    FILE,
    PROCEED,
  ],
  [
    "If-None-Match false, If-Modified-Since true",
    "GET",
    { "if-none-match": '"v1"', "if-modified-since": BEFORE },
    FILE,
    NOT_MODIFIED,
  ],
  ["If-Match false comes before If-None-Match", "GET", { "if-match": '"v2"', "if-none-match": '"v1"' }, FILE, FAILED],
  [
    "If-Match true goes on to If-None-Match",
    "GET",
    { "if-match": '"v1"', "if-none-match": '"v1"' },
    FILE,
    NOT_MODIFIED,
  ],
  [
    "If-Unmodified-Since true goes on to If-Modified-Since",
    "GET",
    { "if-unmodified-since": EXACT, "if-modified-since": EXACT },
    FILE,
    NOT_MODIFIED,
  ],
  [
    "If-Unmodified-Since false comes before If-Modified-Since",
    "GET",
    { "if-unmodified-since": BEFORE, "if-modified-since": AFTER },
    FILE,
    FAILED,
  ],

  ["conditions are ignored", "OPTIONS", { "if-match": '"v2"', "if-none-match": "*" }, FILE, PROCEED],
  ["conditions are ignored", "TRACE", { "if-match": '"v2"' }, FILE, PROCEED],
  ["conditions are ignored", "CONNECT", { "if-match": '"v2"' }, FILE, PROCEED],
];
for (const [what, method, fields, current, verdict] of cases) {
  test(`evaluatePreconditions() gives ${verdict} to ${method}: ${what}`, () => {
    assert.equal(evaluatePreconditions(requestOf(method, fields), current, NOW_MS), verdict);
  });
}

const range = "bytes=0-1";
const ranges: [what: string, method: string, fields: Fields, current: Validators | undefined, isWanted: boolean][] = [
  ["Range alone", "GET", { range }, FILE, true],
  ["no Range", "GET", {}, FILE, false],
  ["If-Range without Range", "GET", { "if-range": '"v1"' }, FILE, false],
  ["Range", "HEAD", { range }, FILE, false],
  ["Range", "POST", { range }, FILE, false],
  ["the tag", "GET", { range, "if-range": '"v1"' }, FILE, true],
  ["another tag", "GET", { range, "if-range": '"v2"' }, FILE, false],
  ["weakly the same tag", "GET", { range, "if-range": 'W/"v1"' }, FILE, false],
  ["the tag, the current one being weak", "GET", { range, "if-range": '"v1"' }, WEAK, false],
  ["both tags weak", "GET", { range, "if-range": 'W/"v1"' }, WEAK, false],
  ["the tag, none being current", "GET", { range, "if-range": '"v1"' }, DATE_ONLY, false],
  ["the tag, with no representation", "GET", { range, "if-range": '"v1"' }, NONE, false],
  ["a list of tags", "GET", { range, "if-range": '"v1", "v2"' }, FILE, false],
  ["an asterisk", "GET", { range, "if-range": "*" }, FILE, false],
  ["the date", "GET", { range, "if-range": EXACT }, FILE, true],
  ["the date in an obsolete form", "GET", { range, "if-range": "Wed Jan 31 10:20:30 2024" }, FILE, true],
  ["an earlier date", "GET", { range, "if-range": BEFORE }, FILE, false],
  ["a later date", "GET", { range, "if-range": AFTER }, FILE, false],
  ["the date, none being current", "GET", { range, "if-range": EXACT }, TAG_ONLY, false],
  ["what is neither", "GET", { range, "if-range": "v1" }, FILE, false],
  ["nothing", "GET", { range, "if-range": "" }, FILE, false],
];
for (const [what, method, fields, current, isWanted] of ranges) {
  test(`isRangeWanted() is ${isWanted} for ${method}: ${what}`, () => {
    assert.equal(isRangeWanted(requestOf(method, fields), current, NOW_MS), isWanted);
  });
}

const ages: [ageMs: number, isWanted: boolean][] = [
  [-5000, false],
  [0, false],
  [1999, false],
  [2000, true],
];
for (const [ageMs, isWanted] of ages) {
  test(`isRangeWanted() is ${isWanted} for the date of a file ${ageMs} ms after the start of its second`, () => {
    const request = requestOf("GET", { range, "if-range": EXACT });
    assert.equal(isRangeWanted(request, FILE, MODIFIED_MS + ageMs), isWanted);
  });
}

/** A condition as data, so that the oracle below reads no field value. `undefined`: the field is absent. */
type TagCondition = "*" | "malformed" | EntityTag[] | undefined;
type DateCondition = "malformed" | number | undefined;

interface Conditions {
  readonly match: TagCondition;
  readonly noneMatch: TagCondition;
  readonly modifiedSince: DateCondition;
  readonly unmodifiedSince: DateCondition;
}

const tag = fc.record({ isWeak: fc.boolean(), opaque: fc.constantFrom('"a"', '"b"', '"a,b"', '""') });
const tagCondition = fc.oneof(
  fc.constantFrom<TagCondition>(undefined, "*", "malformed"),
  fc.array(tag, { maxLength: 3 }),
);
const second = fc.integer({ min: 1_000_000, max: 1_000_003 });
const dateCondition = fc.oneof(fc.constantFrom<DateCondition>(undefined, "malformed"), second);
const conditions: fc.Arbitrary<Conditions> = fc.record({
  match: tagCondition,
  noneMatch: tagCondition,
  modifiedSince: dateCondition,
  unmodifiedSince: dateCondition,
});
const representation = fc.option(
  fc.record({
    etag: fc.option(tag, { nil: undefined }),
    lastModifiedMs: fc.option(
      fc.tuple(second, fc.integer({ min: 0, max: 999 })).map(([seconds, ms]) => seconds * 1000 + ms),
      { nil: undefined },
    ),
  }),
  { nil: undefined },
);
const method = fc.constantFrom("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH");

function fieldsOf({ match, noneMatch, modifiedSince, unmodifiedSince }: Conditions): Fields {
  const tags = (condition: TagCondition) =>
    typeof condition === "object" ? condition.map(formatEntityTag).join(" ,") : condition;
  const date = (condition: DateCondition) => (typeof condition === "number" ? formatDate(condition * 1000) : condition);
  const all: Record<string, string | undefined> = {
    "if-match": tags(match),
    "if-none-match": tags(noneMatch),
    "if-modified-since": date(modifiedSince),
    "if-unmodified-since": date(unmodifiedSince),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Fields;
}

// First each condition of §13.1: true, false, or undefined when it is ignored. Then the steps of §13.2.2, as a look-up
// in these results.
function oracle(name: string, given: Conditions, current: Validators | undefined): Verdict {
  const isRead = ["GET", "HEAD"].includes(name);
  const listed = (condition: TagCondition, isWeakAllowed: boolean): boolean => {
    if (current === undefined || condition === "malformed" || condition === undefined) return false;
    if (condition === "*") return true;
    return condition.some((one) => {
      const isSame = one.opaque === current.etag?.opaque;
      return isSame && (isWeakAllowed || !(one.isWeak || current.etag?.isWeak));
    });
  };
  const age = (condition: DateCondition): number | undefined =>
    typeof condition === "number" && current?.lastModifiedMs !== undefined
      ? Math.floor(current.lastModifiedMs / 1000) - condition
      : undefined;
  const isNewer = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds > 0);
  const match = given.match === undefined ? undefined : listed(given.match, false);
  const noneMatch = given.noneMatch === undefined ? undefined : !listed(given.noneMatch, true);
  const modified = isRead ? isNewer(age(given.modifiedSince)) : undefined;
  const unmodified = isNewer(age(given.unmodifiedSince)) !== true;
  const isLost = match === false || (match === undefined && !unmodified);
  const isHeld = noneMatch === false || (noneMatch === undefined && modified === false);
  if (name === "OPTIONS" || (!isLost && !isHeld)) return "proceed";
  return isLost || !isRead ? "precondition-failed" : "not-modified";
}

test("evaluatePreconditions() agrees with the conditions evaluated one by one", () => {
  fc.assert(
    fc.property(method, conditions, representation, (name, given, current) => {
      const verdict = evaluatePreconditions(requestOf(name, fieldsOf(given)), current, NOW_MS);
      assert.equal(verdict, oracle(name, given, current));
    }),
    { numRuns: 2000 },
  );
});
