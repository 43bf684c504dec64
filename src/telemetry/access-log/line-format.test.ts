import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeRequest } from "../../../test/support/request.ts";
import { CACHE } from "../../http/notes.ts";
import type { AccessRecord } from "./access-record.ts";
import { LineFormat, PatternError } from "./line-format.ts";
import { newLineMemory, TEXT_LIMIT_BYTES } from "./line-writer.ts";

const RECORD: AccessRecord = {
  wallMs: Date.UTC(2026, 10, 29, 15, 38, 19, 123),
  durationUs: 12_345,
  client: "203.0.113.9",
  scheme: "https",
  user: "",
  headBytes: 200,
  request: makeRequest("GET", "/a/b.js?token=1", { Host: "example.org", Referer: "http://a/", "User-Agent": "curl/8" }),
  protocol: "HTTP/1.1",
  status: 200,
  contentBytes: 1024,
  isCut: false,
  coding: "br",
  cache: CACHE.hot,
  thread: 1,
  connection: 3,
  exchange: 2,
};

function lineOf(format: string, record: Partial<AccessRecord> = {}, masks = { query: false, address: false }): string {
  const all = { ...RECORD, ...record };
  const lines = LineFormat.of(format, masks);
  // Behind other bytes, and in no more room than the format wants.
  const memory = newLineMemory(3 + lines.roomFor(all.headBytes));
  // What it writes first is forgotten; the second time, it knows the memory of the request.
  lines.write(all, memory, 3);
  return Buffer.from(memory.bytes).toString("latin1", 3, lines.write(all, memory, 3));
}

const rows: readonly (readonly [format: string, record: Partial<AccessRecord>, line: string])[] = [
  ["common", {}, '203.0.113.9 - - [29/Nov/2026:15:38:19 +0000] "GET /a/b.js?token=1 HTTP/1.1" 200 1024\n'],
  [
    "combined",
    {},
    '203.0.113.9 - - [29/Nov/2026:15:38:19 +0000] "GET /a/b.js?token=1 HTTP/1.1" 200 1024 "http://a/" "curl/8"\n',
  ],
  ["common", { request: undefined, status: 408 }, '203.0.113.9 - - [29/Nov/2026:15:38:19 +0000] "-" 408 1024\n'],
  ["{client}", { client: "fe80::1%eth0" }, "fe80::1\n"],
  ["{client}", { client: "" }, "-\n"],
  ["{coding}", { coding: 'a "b"\nc' }, "a \\x22b\\x22\\x0ac\n"],
  ["{target}", { request: makeRequest("GET", '/"\\\x1b[2J\xe9') }, "/\\x22\\x5c\\x1b[2J\\xe9\n"],
  ["{target}", { request: makeRequest("OPTIONS", "*") }, "*\n"],
  ["{field:accept-language}", {}, "-\n"],
  ["{field:User-Agent} {{x}", {}, "curl/8 {x}\n"],
  ["{duration_ms}", { durationUs: 0 }, "0.000\n"],
  ["{duration_ms}", { durationUs: 61_000_007 }, "61000.007\n"],
  ["{request_id} {thread}", {}, "1-3-2 1\n"],
  ["{complete}", { isCut: true }, "no\n"],
  ["{cache}", { cache: CACHE.encoded }, "encoded\n"],
  ["{cache}", { cache: CACHE.none }, "-\n"],
  ["{user} {client}", { user: 'a b "c" é' }, "a\\x20b\\x20\\x22c\\x22\\x20\\xc3\\xa9 203.0.113.9\n"],
  ["common", { user: "ada", request: undefined }, '203.0.113.9 - ada [29/Nov/2026:15:38:19 +0000] "-" 200 1024\n'],
];

for (const [format, record, line] of rows) {
  test(`LineFormat writes ${JSON.stringify(format)} for ${JSON.stringify(Object.keys(record))} as ${line.trim()}`, () => {
    assert.equal(lineOf(format, record), line);
  });
}

test("LineFormat writes JSON without what is not there", () => {
  assert.deepEqual(JSON.parse(lineOf("json")), {
    time: "2026-11-29T15:38:19.123Z",
    client: "203.0.113.9",
    method: "GET",
    scheme: "https",
    host: "example.org",
    target: "/a/b.js?token=1",
    protocol: "HTTP/1.1",
    status: 200,
    bytes: 1024,
    complete: "yes",
    duration_ms: 12.345,
    referrer: "http://a/",
    user_agent: "curl/8",
    coding: "br",
    cache: "hot",
    thread: 1,
    connection: 3,
    request_id: "1-3-2",
  });
});

const masked: readonly (readonly [client: string, masked: string])[] = [
  ["203.0.113.9", "203.0.113.0"],
  ["::ffff:203.0.113.9", "203.0.113.0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
  ["2001:db8::6", "2001:db8:0::"],
  ["::1", "::"],
  ["fe80::1%eth0", "fe80:0:0::"],
];

for (const [client, wanted] of masked) {
  test(`LineFormat masks ${client} as ${wanted}`, () => {
    assert.equal(lineOf("{client}", { client }, { query: false, address: true }), `${wanted}\n`);
  });
}

test("LineFormat leaves a masked query out", () => {
  const masks = { query: true, address: false };
  assert.equal(lineOf("{target} {request}", {}, masks), "/a/b.js GET /a/b.js HTTP/1.1\n");
});

const refused: readonly (readonly [pattern: string, words: RegExp])[] = [
  ["{nothing}", /\{nothing\} is not known; known are \{time\}/],
  ["{field:cookie}", /is a secret/],
  ["{field:Authorization}", /is a secret/],
  ["{constructor}", /is not known/],
  ["combind", /no name in braces/],
  ["{status", /a \{ without its \}/],
  ["{status}\n", /control character/],
  ["{status}".repeat(33), /33 names/],
  [`{status}${"x".repeat(1020)}`, /1028 characters/],
];

for (const [pattern, words] of refused) {
  test(`LineFormat refuses ${JSON.stringify(pattern.slice(0, 30))}`, () => {
    assert.throws(
      () => LineFormat.of(pattern),
      (error) => error instanceof PatternError && words.test(error.message),
    );
  });
}

test("LineFormat cuts long texts, and has room for the longest of all", () => {
  const long = "\xff".repeat(TEXT_LIMIT_BYTES + 1);
  const request = makeRequest(long, long, { host: long, referer: long, "user-agent": long });
  const headBytes = 5 * long.length;
  const line = lineOf("json", { request, headBytes, client: long, user: long, coding: long });
  const { target } = JSON.parse(line) as { target: string };
  assert.equal(target, `${"\xff".repeat(TEXT_LIMIT_BYTES)}...`);
  assert.equal(
    lineOf("{request}", { request, headBytes }).length,
    2 * (TEXT_LIMIT_BYTES * 4 + 3) + "  HTTP/1.1\n".length,
  );
});

test("LineFormat gives one line of printable ASCII, whatever a client sends", () => {
  const anything = fc.string({ unit: "binary", maxLength: 40 }).map((text) => Buffer.from(text).toString("latin1"));
  fc.assert(
    fc.property(anything, anything, anything, (method, target, value) => {
      const request = makeRequest(method, `/${target}`, { host: value, referer: value, "user-agent": value });
      const { target: read, referrer } = JSON.parse(lineOf("json", { request, coding: value })) as Record<
        string,
        string
      >;
      assert.equal(read, `/${target}`);
      assert.equal(referrer ?? "", value);
      const combined = lineOf("combined", { request });
      assert.match(combined, /^[\x20-\x7e]+\n$/);
      assert.equal(combined.split('"').length, 7);
    }),
  );
});
