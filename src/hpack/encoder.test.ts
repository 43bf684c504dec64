import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Field, fieldsOf } from "../../test/support/field-lists.ts";
import type { Reply } from "../http/message.ts";
import { OutputBuffer } from "../http/output-buffer.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";
import { FieldSection } from "./field-section.ts";
import { dateField, type PreparedFields, preparedOf, prepareFields, type TableEntry } from "./prepared-fields.ts";

const section = new FieldSection(64 * 1024, 100);
const DATE = dateField("Sun, 29 Nov 2026 15:00:00 GMT");

/** An encoder and the decoder at the other end. */
class Link {
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly #decoder = new HpackDecoder();
  readonly #out = new OutputBuffer();
  block = Buffer.alloc(0);

  /** The fields as they arrive. The block stands behind other output. */
  send(fields: PreparedFields, date?: TableEntry): Field[] {
    const start = this.#out.length;
    this.encoder.encode(fields, date, this.#out);
    this.block = Buffer.from(this.#out.view().subarray(start));
    assert.equal(this.#decoder.decode(this.block, 0, this.block.length, section), undefined);
    return fieldsOf(section);
  }
}

function lines(...fields: string[]): string {
  return fields.map((field) => `${field}\r\n`).join("");
}

const prepared: [what: string, fields: PreparedFields, hex: string][] = [
  ["a status of the static table", prepareFields(200, "", undefined), "88"],
  ["another status by the name of the static table", prepareFields(302, "", undefined), "08 82 6402"],
  ["a length", prepareFields(404, "", 0), "8d 0f0d 01 30"],
  ["a field whole in the static table", prepareFields(200, lines("Vary:"), undefined), "88 bb"],
  ["a field for the table, its name in lower case", prepareFields(200, lines("X: a"), undefined), "88 40 01 78 01 61"],
  ["a field of one file as a literal", prepareFields(200, lines("ETag: 0"), undefined), "88 0f13 01 30"],
  ["a secret as never indexed", prepareFields(200, lines("Set-Cookie: 0"), undefined), "88 1f28 01 30"],
  [
    "a value that Huffman coding does not shorten as it is",
    prepareFields(200, lines("ETag: \x80"), undefined),
    "88 0f13 01 80",
  ],
  [
    "lines of one name in their order, as literals",
    prepareFields(200, lines("X: b", "x: a"), undefined),
    "88 00017801 62 00017801 61",
  ],
  ["the last line without its CRLF", prepareFields(200, "ETag: 0", undefined), "88 0f13 01 30"],
  ["the low byte of a character beyond Latin-1", prepareFields(200, lines("ETag: \u0130"), undefined), "88 0f13 01 30"],
  ["no whitespace around a value", prepareFields(200, lines("ETag: \t0 \t"), undefined), "88 0f13 01 30"],
  [
    "no fields of HTTP/1.1's connections",
    prepareFields(
      200,
      lines("Connection: x", "Keep-Alive: x", "Proxy-Connection: x", "Transfer-Encoding: x", "Upgrade: x"),
      undefined,
    ),
    "88",
  ],
];
for (const [what, fields, hex] of prepared) {
  test(`HpackEncoder writes ${what}: ${hex}`, () => {
    const link = new Link();
    link.send(fields);
    assert.equal(link.block.toString("hex"), hex.replaceAll(" ", ""));
  });
}

const TYPE = lines("Content-Type: text/html; charset=utf-8", "ETag: 1", "X-Content-Type-Options: nosniff");
const TYPE_FIELDS: Field[] = [
  [":status", "200"],
  ["content-type", "text/html; charset=utf-8"],
  ["etag", "1"],
  ["x-content-type-options", "nosniff"],
  ["content-length", "10"],
  ["date", "Sun, 29 Nov 2026 15:00:00 GMT"],
];

test("HpackEncoder sends an index for what the table holds, also for another reply", () => {
  const link = new Link();
  const fields = prepareFields(200, TYPE, 10);
  for (let times = 0; times < 5; times++) assert.deepEqual(link.send(fields, DATE), TYPE_FIELDS);
  assert.equal(link.block.toString("hex"), "88c2bfc1bec0");
  assert.deepEqual(link.send(prepareFields(200, TYPE, 10), DATE), TYPE_FIELDS);
  assert.equal(link.block.toString("hex"), "88c2bfc1bec0");
});

test("HpackEncoder adds a field of one file to the table when it comes twice, unless too many came between", () => {
  const link = new Link();
  const tag = (name: number): string => {
    link.send(prepareFields(304, lines(`ETag: ${name}`), undefined));
    return link.block.toString("hex");
  };
  assert.deepEqual(
    [tag(1), tag(2), tag(1), tag(1), tag(2)],
    ["8b0f130131", "8b0f130132", "8b620131", "8bbe", "8b620132"],
  );
  for (let name = 10; name < 74; name++) tag(name);
  assert.ok(tag(10).startsWith("8b62"), "what came 64 fields ago is forgotten");
  for (let name = 100; name < 164; name++) tag(name);
  assert.ok(tag(11).startsWith("8b0f13"), "what came once is remembered too long");
  assert.ok(tag(11).startsWith("8b62"), "what came twice is not added");
});

test("HpackEncoder sends no block again that an addition to the table has made wrong", () => {
  const link = new Link();
  const fields = prepareFields(200, TYPE, 10);
  const added = prepareFields(200, lines("X-Added: 1"), undefined);
  for (let times = 0; times < 4; times++) assert.deepEqual(link.send(fields, DATE), TYPE_FIELDS);
  link.send(added, DATE);
  for (let times = 0; times < 4; times++) assert.deepEqual(link.send(fields, DATE), TYPE_FIELDS);
  const later = dateField("Sun, 29 Nov 2026 15:00:01 GMT");
  for (let times = 0; times < 4; times++)
    assert.equal(link.send(fields, later).at(-1)![1], "Sun, 29 Nov 2026 15:00:01 GMT");
  for (let times = 0; times < 4; times++) assert.deepEqual(link.send(fields), TYPE_FIELDS.slice(0, -1));
});

// RFC 7541 §4.2 and §6.3.
const limits: [limits: number[], updates: string][] = [
  [[], ""],
  [[4096], ""],
  [[65_536], ""],
  [[0], "20"],
  [[0, 4096], "203fe11f"],
  [[0, 65_536], "203fe11f"],
  [[100, 50, 70], "3f133f27"],
  [[100, 50], "3f13"],
  [[65_536, 4096], ""],
];
for (const [limitsBytes, updates] of limits) {
  test(`HpackEncoder begins its next block with ${updates || "no update"} after table limits of [${limitsBytes}]`, () => {
    const link = new Link();
    const fields = prepareFields(200, lines("X: a"), undefined);
    for (let times = 0; times < 3; times++) link.send(fields);
    for (const limitBytes of limitsBytes) link.encoder.setTableLimit(limitBytes);
    for (let times = 0; times < 3; times++) {
      assert.deepEqual(link.send(fields), [
        [":status", "200"],
        ["x", "a"],
      ]);
      assert.equal(link.block.toString("hex").startsWith(`${updates}88`), times === 0 || updates === "");
    }
  });
}

test("HpackEncoder adds nothing to a table of size 0", () => {
  const link = new Link();
  link.encoder.setTableLimit(0);
  for (const hex of ["20880001780161", "880001780161"]) {
    link.send(prepareFields(200, lines("X: a"), undefined));
    assert.equal(link.block.toString("hex"), hex);
  }
});

test("HpackEncoder adds no field that would take more than half of the table", () => {
  const link = new Link();
  const fields = prepareFields(200, lines("X-Short: 1", `X-Long: ${"a".repeat(2040)}`), undefined);
  const first = link.send(fields);
  assert.deepEqual(link.send(fields), first);
  assert.ok(link.block.length > 1000);
  assert.deepEqual(link.send(prepareFields(200, lines("X-Short: 1"), undefined)).at(-1), ["x-short", "1"]);
  assert.equal(link.block.toString("hex"), "88be");
});

test("HpackEncoder and HpackDecoder keep their tables in step while entries drop out of the full table", () => {
  const link = new Link();
  for (let count = 0; count < 2000; count++) {
    const one = `x-${count % 150}`;
    const other = `y-${count % 7}`;
    assert.deepEqual(link.send(prepareFields(200, lines(`${one}:`, `${other}: 1`), undefined)), [
      [":status", "200"],
      [one, ""],
      [other, "1"],
    ]);
  }
});

test("dateField() makes one entry for each second", () => {
  const [one, other] = [dateField("Sun, 29 Nov 2026 15:00:01 GMT"), dateField("Sun, 29 Nov 2026 15:00:02 GMT")];
  assert.notEqual(one, other);
  assert.equal(dateField("Sun, 29 Nov 2026 15:00:02 GMT"), other);
});

test("preparedOf() keeps the fields of a reply that is sent twice in a second", () => {
  const reply: Reply = { status: 304, fields: TYPE, content: undefined };
  const later = dateField("Sun, 29 Nov 2026 15:00:09 GMT");
  const first = preparedOf(reply, DATE);
  assert.notEqual(preparedOf(reply, later), first);
  const kept = preparedOf(reply, later);
  assert.equal(preparedOf(reply, later), kept);
  assert.equal(preparedOf(reply, DATE), kept);
});

const contents: [what: string, reply: Reply, length: string | undefined][] = [
  ["content in memory", { status: 200, fields: "", content: content(3) }, "3"],
  ["no content", { status: 304, fields: "", content: undefined }, undefined],
  ["empty content", { status: 200, fields: "", content: content(0) }, "0"],
  ["a stream", { status: 200, fields: "", content: { kind: "stream", chunks: (async function* () {})() } }, undefined],
];
for (const [what, reply, length] of contents) {
  test(`preparedOf() gives ${length === undefined ? "no length" : "the length"} to a reply with ${what}`, () => {
    const fields = new Map(new Link().send(preparedOf(reply, DATE)));
    assert.equal(fields.get("content-length"), length);
  });
}

function content(length: number): Reply["content"] {
  return { kind: "content", length, segments: [Buffer.alloc(length)], file: undefined };
}

test("HpackEncoder's blocks arrive as they were meant, whatever replies and limits follow each other", () => {
  const name = fc.constantFrom("Content-Type", "ETag", "Set-Cookie", "X-A", "Link", "Vary", "x-long");
  const value = fc.oneof(
    fc.constantFrom("", "a", "text/html", "b".repeat(700)),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[^!-~]/g, "")),
  );
  const reply = fc.record({
    status: fc.constantFrom(200, 206, 304, 418, 503),
    fields: fc.array(fc.tuple(name, value), { maxLength: 8 }),
    limit: fc.option(fc.constantFrom(0, 40, 300, 4096, 10_000), { freq: 5 }),
    hasDate: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 20 }), (replies) => {
      const link = new Link();
      for (const { status, fields, limit, hasDate } of replies) {
        if (limit !== null) link.encoder.setTableLimit(limit);
        const text = lines(...fields.map(([one, other]) => `${one}: ${other}`));
        const wanted: Field[] = [
          [":status", `${status}`],
          ...fields.map(([one, other]): Field => [one.toLowerCase(), other]),
        ];
        if (hasDate) wanted.push(["date", "Sun, 29 Nov 2026 15:00:00 GMT"]);
        const found = link.send(prepareFields(status, text, undefined), hasDate ? DATE : undefined);
        assert.deepEqual(byName(found), byName(wanted));
      }
    }),
    { numRuns: 150 },
  );
});

/** Fields of one name stay in their order. */
function byName(fields: readonly Field[]): Field[] {
  return fields.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}
