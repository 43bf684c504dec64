// HTTP dates (RFC 9110 §5.6.7). IMF-fixdate is written; the two obsolete forms are read as well. Reading is strict: the
// grammar is case-sensitive, and the day must exist and fall on the named weekday. A condition with a date that we
// cannot trust is ignored, which costs one full reply. A date that we read wrongly would cost a stale reply.

// biome-ignore lint/style/noRestrictedGlobals: the arithmetic of the calendar is used, never the clock
const Calendar = Date;

const MS_PER_400_YEARS = 146_097 * 86_400_000;
const FIRST_MS = utc(0, 0, 1);
const LAST_MS = utc(9999, 11, 31) + 86_399_000;

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const LONG_WEEKDAY = `(?<weekday>${WEEKDAYS.join("|")})`;
const WEEKDAY = `(?<weekday>${WEEKDAYS.map((name) => name.slice(0, 3)).join("|")})`;
const MONTH = `(?<month>${MONTHS.join("|")})`;
// Only a leap second, at the end of a day, is a 60th second.
const TIME = "(?<time>(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d|23:59:60)";

const FORMS = [
  new RegExp(`^${WEEKDAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`), // IMF-fixdate
  new RegExp(`^${LONG_WEEKDAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`), // rfc850-date
  new RegExp(`^${WEEKDAY} ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`), // asctime-date
];

/**
 * IMF-fixdate, always 29 characters: `Sun, 06 Nov 1994 08:49:37 GMT`. A part of a second is dropped. File systems can
 * hold times outside the years 0 to 9999; the form cannot, so such a time becomes the nearest one inside.
 */
export function formatDate(ms: number): string {
  const seconds = Math.floor(Math.min(Math.max(ms, FIRST_MS), LAST_MS) / 1000);
  return new Calendar(seconds * 1000).toUTCString();
}

/**
 * Reads any of the three forms, in ms since the epoch. `undefined` when the text has another form or names a day that
 * does not exist. `nowMs` decides the century of a two-digit year. A leap second counts as the second after it.
 */
export function parseDate(text: string, nowMs: number): number | undefined {
  for (const form of FORMS) {
    const found = form.exec(text);
    if (found !== null) return resolveDate(found.groups as unknown as DateParts, nowMs);
  }
  return undefined;
}

interface DateParts {
  readonly weekday: string;
  readonly day: string;
  readonly month: string;
  readonly year: string;
  readonly time: string;
}

function resolveDate(parts: DateParts, nowMs: number): number | undefined {
  const month = MONTHS.indexOf(parts.month);
  const day = Number(parts.day);
  const { time } = parts;
  const timeMs = ((Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) * 60 + Number(time.slice(6))) * 1000;
  const year = parts.year.length === 2 ? fullYear(Number(parts.year), month, day, nowMs - timeMs) : Number(parts.year);
  const midnight = new Calendar(utc(year, month, day));
  const isReal = midnight.getUTCDate() === day && WEEKDAYS[midnight.getUTCDay()]!.startsWith(parts.weekday);
  return isReal ? midnight.getTime() + timeMs : undefined;
}

// RFC 9110 §5.6.7: a time that appears to be more than 50 years ahead means the last year with these digits.
function fullYear(digits: number, month: number, day: number, nowMs: number): number {
  let year = Math.floor(new Calendar(nowMs).getUTCFullYear() / 100) * 100 + 100 + digits;
  while (utc(year - 50, month, day) > nowMs) year -= 100;
  return year;
}

// `Date.UTC` reads the years 0 to 99 as 1900 to 1999; the calendar repeats itself every 400 years.
function utc(year: number, month: number, day: number): number {
  return Calendar.UTC(year + 400, month, day) - MS_PER_400_YEARS;
}

/** The current date as text, formatted again only when the second changes. */
export class DateCache {
  #second: number = Number.NaN;
  #text: string = "";

  at(nowMs: number): string {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = formatDate(nowMs);
    }
    return this.#text;
  }
}
