import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DateCache, formatDate, parseDate } from "./date.ts";

const EXAMPLE_MS = Date.UTC(1994, 10, 6, 8, 49, 37);
const NOW_MS = Date.UTC(2026, 5, 15, 12);
const FIRST_MS = Date.parse("0000-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59Z");

const read: [text: string, iso: string][] = [
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"],
  ["Wed Nov 16 08:49:37 1994", "1994-11-16T08:49:37Z"],
  ["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"],
  ["Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"],
  ["Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00Z"],
  ["Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59Z"],
  ["Sat, 01 Jan 0000 00:00:00 GMT", "0000-01-01T00:00:00Z"],
  ["Sat Jan  1 00:00:00 0000", "0000-01-01T00:00:00Z"],
  ["Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"],
  ["Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"],
  ["Saturday, 31-Dec-16 23:59:60 GMT", "2017-01-01T00:00:00Z"],
  ["Sat Dec 31 23:59:60 2016", "2017-01-01T00:00:00Z"],
  ["Tuesday, 31-Dec-69 23:59:59 GMT", "2069-12-31T23:59:59Z"],
];
for (const [text, iso] of read) {
  test(`parseDate() reads "${text}" as ${iso}`, () => assert.equal(parseDate(text, NOW_MS), Date.parse(iso)));
}

const refused: [text: string, why: string][] = [
  ["", "nothing"],
  ["0", "a number"],
  ["1994-11-06T08:49:37Z", "ISO 8601"],
  ["Sun, 06 Nov 1994 08:49:37", "no zone"],
  ["Sun, 06 Nov 1994 08:49:37 UTC", "another zone"],
  ["Sun, 06 Nov 1994 08:49:37 +0000", "a numeric zone"],
  ["Sun, 06 Nov 1994 08:49:37 gmt", "lower case"],
  ["sun, 06 nov 1994 08:49:37 GMT", "lower case"],
  ["Sun, 6 Nov 1994 08:49:37 GMT", "a day of one digit"],
  ["Sun,  6 Nov 1994 08:49:37 GMT", "a day behind a space"],
  ["Sun, 06 Nov 94 08:49:37 GMT", "a short year"],
  ["Sun, 06 Nov 01994 08:49:37 GMT", "a long year"],
  ["Sun 06 Nov 1994 08:49:37 GMT", "no comma"],
  ["Sun, 06  Nov 1994 08:49:37 GMT", "two spaces"],
  [" Sun, 06 Nov 1994 08:49:37 GMT", "a space in front"],
  ["Sun, 06 Nov 1994 08:49:37 GMT ", "a space behind"],
  ["Sun, 06 Nov 1994 08:49:37 GMT\n", "a line end behind"],
  ["Sun, 06 Nov 1994 08:49:37 GMT; length=12", "the length that Netscape sent"],
  ["Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", "two members"],
  ["Sun, 06-Nov-1994 08:49:37 GMT", "dashes and a long year"],
  ["Sun, 06-Nov-94 08:49:37 GMT", "the short weekday in rfc850-date"],
  ["Sunday, 06 Nov 1994 08:49:37 GMT", "the long weekday in IMF-fixdate"],
  ["Sunday, 06-Nov-1994 08:49:37 GMT", "a long year in rfc850-date"],
  ["Sun Nov 6 08:49:37 1994", "asctime-date without padding"],
  ["Sun Nov 06 08:49:37 94", "asctime-date with a short year"],
  ["Sun Nov  6 08:49:37 1994 GMT", "asctime-date with a zone"],
  ["Mon, 06 Nov 1994 08:49:37 GMT", "the wrong weekday"],
  ["Monday, 06-Nov-94 08:49:37 GMT", "the wrong weekday"],
  ["Mon Nov  6 08:49:37 1994", "the wrong weekday"],
  ["Sux, 06 Nov 1994 08:49:37 GMT", "no weekday"],
  ["Sun, 06 Nev 1994 08:49:37 GMT", "no month"],
  ["Mon, 31 Oct 1994 24:00:00 GMT", "hour 24"],
  ["Mon, 31 Oct 1994 23:60:00 GMT", "minute 60"],
  ["Mon, 31 Oct 1994 23:59:61 GMT", "second 61"],
  ["Mon, 31 Oct 1994 08:49:60 GMT", "a leap second in the middle of a day"],
  ["Sun, 06 Nov 1994 8:49:37 GMT", "an hour of one digit"],
  ["Sun, 06 Nov 1994 08:49 GMT", "no seconds"],
  ["Thu, 00 Nov 1994 08:49:37 GMT", "day 0"],
  ["Thu, 31 Nov 1994 08:49:37 GMT", "November 31"],
  ["Thu, 32 Dec 1994 08:49:37 GMT", "December 32"],
  ["Wed, 29 Feb 2023 00:00:00 GMT", "February 29 of a common year"],
  ["Thu, 29 Feb 1900 00:00:00 GMT", "February 29 of 1900"],
];
for (const [text, why] of refused) {
  test(`parseDate() refuses ${JSON.stringify(text)}: ${why}`, () => assert.equal(parseDate(text, NOW_MS), undefined));
}

const centuries: [text: string, now: string, year: number | undefined][] = [
  ["Monday, 15-Jun-76 12:00:00 GMT", "2026-06-15T12:00:00Z", 2076],
  ["Tuesday, 15-Jun-76 12:00:01 GMT", "2026-06-15T12:00:00Z", 1976],
  ["Monday, 15-Jun-76 12:00:01 GMT", "2026-06-15T12:00:00Z", undefined],
  ["Saturday, 01-Jan-00 00:00:00 GMT", "2026-06-15T12:00:00Z", 2000],
  ["Thursday, 31-Dec-99 23:59:59 GMT", "2049-12-31T23:59:59Z", 2099],
  ["Friday, 31-Dec-99 23:59:59 GMT", "2049-12-31T23:59:58Z", 1999],
  ["Thursday, 01-Jan-05 00:00:00 GMT", "2090-01-01T00:00:00Z", 2105],
  ["Tuesday, 29-Feb-00 00:00:00 GMT", "2026-06-15T12:00:00Z", 2000],
];
for (const [text, now, year] of centuries) {
  test(`parseDate() reads "${text}" at ${now} as ${year ?? "no date"}`, () => {
    const found = parseDate(text, Date.parse(now));
    assert.equal(found === undefined ? undefined : new Date(found).getUTCFullYear(), year);
  });
}

const written: [ms: number, text: string][] = [
  [EXAMPLE_MS, "Sun, 06 Nov 1994 08:49:37 GMT"],
  [EXAMPLE_MS + 999.9, "Sun, 06 Nov 1994 08:49:37 GMT"],
  [0, "Thu, 01 Jan 1970 00:00:00 GMT"],
  [-0.5, "Wed, 31 Dec 1969 23:59:59 GMT"],
  [FIRST_MS - 1, "Sat, 01 Jan 0000 00:00:00 GMT"],
  [Number.NEGATIVE_INFINITY, "Sat, 01 Jan 0000 00:00:00 GMT"],
  [LAST_MS + 1000, "Fri, 31 Dec 9999 23:59:59 GMT"],
  [2 ** 63, "Fri, 31 Dec 9999 23:59:59 GMT"],
];
for (const [ms, text] of written) {
  test(`formatDate() writes ${ms} as "${text}"`, () => assert.equal(formatDate(ms), text));
}

const wholeSecond = fc.integer({ min: FIRST_MS / 1000, max: LAST_MS / 1000 }).map((seconds) => seconds * 1000);

test("parseDate() reads whatever formatDate() writes, and its asctime form, at any time of day", () => {
  fc.assert(
    fc.property(wholeSecond, fc.integer({ min: 0, max: 2 ** 42 }), (ms, nowMs) => {
      const text = formatDate(ms);
      assert.equal(text.length, 29);
      assert.equal(parseDate(text, nowMs), ms);
      const [, weekday, day, month, year, time] = /^(...), (..) (...) (....) (.{8}) GMT$/.exec(text)!;
      assert.equal(parseDate(`${weekday} ${month} ${day!.replace(/^0/, " ")} ${time} ${year}`, nowMs), ms);
    }),
  );
});

test("parseDate() reads the rfc850-date of any time from 50 years ago to 50 years ahead", () => {
  const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const halfCentury = 49.9 * 365.25 * 86_400;
  const distance = fc.integer({ min: -Math.floor(halfCentury), max: Math.floor(halfCentury) });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 33 }), distance, (now, seconds) => {
      const ms = (now + seconds) * 1000;
      const [, day, month, year, time] = /^..., (..) (...) ..(..) (.{8}) GMT$/.exec(formatDate(ms))!;
      const weekday = DAYS[new Date(ms).getUTCDay()];
      assert.equal(parseDate(`${weekday}, ${day}-${month}-${year} ${time} GMT`, now * 1000), ms);
    }),
  );
});

test("parseDate() accepts a mutated IMF-fixdate only if formatDate() would write it", () => {
  const text = fc
    .tuple(wholeSecond.map(formatDate), fc.nat(28), fc.constantFrom(..."0123456789 ,:-SMTWFunGJ"))
    .map(([date, place, char]) => date.slice(0, place) + char + date.slice(place + 1));
  fc.assert(
    fc.property(text, (date) => {
      const found = parseDate(date, NOW_MS);
      if (found !== undefined && !date.includes(":60")) assert.equal(formatDate(found), date);
    }),
  );
});

test("DateCache.at() writes the date of the second that it is asked for, forwards and backwards", () => {
  const cache = new DateCache();
  for (const ms of [EXAMPLE_MS, EXAMPLE_MS + 1, EXAMPLE_MS + 999.9, EXAMPLE_MS + 1000, EXAMPLE_MS, -1, 0]) {
    assert.equal(cache.at(ms), formatDate(ms));
  }
});
