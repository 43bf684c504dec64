import assert from "node:assert/strict";
import { test } from "node:test";
import { HeadParser } from "../http1/head-parser.ts";
import { DEFAULT_LIMITS } from "../http1/limits.ts";
import { FIELD_BIT } from "./fields.ts";
import { hashTarget } from "./message.ts";
import type { RequestHead } from "./request-head.ts";

/** Parses a head that stands in the middle of other bytes. */
function parse(text: string): RequestHead {
  const parser = new HeadParser(DEFAULT_LIMITS);
  const bytes = Buffer.from(`...${text}...`, "latin1");
  assert.equal(parser.parse(bytes, 3, bytes.length), "complete");
  return parser.head;
}

const FIELDS =
  "Host: a\r\nACCEPT:  b, c \r\nX-One: 1\r\naccept: d\r\ncookie: a=b\r\ncookie: c=d\r\nx-one:\r\nX-ONE: 3\r\nRange:\tbytes=0-\r\n";

const values: { name: string; value: string | undefined }[] = [
  { name: "host", value: "a" },
  { name: "accept", value: "b, c, d" },
  { name: "x-one", value: "1, , 3" },
  { name: "range", value: "bytes=0-" },
  { name: "cookie", value: "a=b; c=d" },
  { name: "if-range", value: undefined },
  { name: "x-two", value: undefined },
  { name: "x-on", value: undefined },
  { name: "x-one1", value: undefined },
];

const heads: { what: string; head: () => RequestHead }[] = [
  { what: "RequestHead", head: () => parse(`GET /a?b HTTP/1.1\r\n${FIELDS}\r\n`) },
  { what: "A retained RequestHead", head: () => retained(`GET /a?b HTTP/1.1\r\n${FIELDS}\r\n`) },
  {
    what: "A retained RequestHead, retained again,",
    head: () => retained(`GET /a?b HTTP/1.1\r\n${FIELDS}\r\n`).retain(),
  },
];

/** A retained copy of a head whose own memory is used for something else since. */
function retained(text: string): RequestHead {
  const head = parse(text);
  const copy = head.retain();
  head.bytes.fill("*");
  head.lines.fill(-1);
  head.firstLine.fill(-1);
  return copy;
}

for (const { what, head } of heads) {
  for (const { name, value } of values) {
    test(`${what} finds for the field ${name} the value ${JSON.stringify(value)}`, () => {
      assert.equal(head().field(name), value);
    });
  }

  test(`${what} tells which known fields are there`, () => {
    assert.equal(head().has(FIELD_BIT.range), true);
    assert.equal(head().has(FIELD_BIT["if-range"]), false);
    assert.equal(head().has(FIELD_BIT["if-range"] | FIELD_BIT.accept), true);
    assert.equal(head().has(0), false);
  });

  test(`${what} lists its field lines as they were sent`, () => {
    assert.deepEqual(
      [...head().fields()],
      [
        ["Host", "a"],
        ["ACCEPT", "b, c"],
        ["X-One", "1"],
        ["accept", "d"],
        ["cookie", "a=b"],
        ["cookie", "c=d"],
        ["x-one", ""],
        ["X-ONE", "3"],
        ["Range", "bytes=0-"],
      ],
    );
  });

  test(`${what} has its target as a string, as bytes and as their hash`, () => {
    const { method, target, memory, targetStart, targetEnd, targetHash, isAsterisk, authority } = head();
    assert.deepEqual([method, target, isAsterisk, authority], ["GET", "/a?b", false, "a"]);
    assert.equal(memory.toString("latin1", targetStart, targetEnd), "/a?b");
    assert.equal(targetHash, hashTarget(Buffer.from("/a?b"), 0, 4));
  });

  test(`${what} has its bytes from the request line to the empty line`, () => {
    const { bytes, start, end } = head();
    assert.equal(bytes.toString("latin1", start, end), `GET /a?b HTTP/1.1\r\n${FIELDS}\r\n`);
  });
}

const targets = [
  { line: "GET http://b:81/c?d HTTP/1.1", target: "/c?d", authority: "b:81", isAsterisk: false },
  { line: "GET http://b?d HTTP/1.1", target: "/?d", authority: "b", isAsterisk: false },
  { line: "GET http://b HTTP/1.1", target: "/", authority: "b", isAsterisk: false },
  { line: "OPTIONS * HTTP/1.1", target: "", authority: "a", isAsterisk: true },
  { line: "GET / HTTP/1.0", target: "/", authority: "a", isAsterisk: false },
];
for (const { line, target, authority, isAsterisk } of targets) {
  test(`RequestHead reads ${line} the same whether it is retained or not`, () => {
    for (const head of [parse(`${line}\r\nHost: a\r\n\r\n`), retained(`${line}\r\nHost: a\r\n\r\n`)]) {
      assert.deepEqual([head.target, head.authority, head.isAsterisk], [target, authority, isAsterisk]);
      assert.equal(head.targetHash, hashTarget(Buffer.from(target), 0, target.length));
      assert.equal(head.minorVersion, line.endsWith("0") ? 0 : 1);
    }
  });
}

test("RequestHead has no authority when an HTTP/1.0 request names none", () => {
  assert.equal(parse("GET / HTTP/1.0\r\n\r\n").authority, "");
});

test("RequestHead of one request has nothing of the one before", () => {
  const parser = new HeadParser(DEFAULT_LIMITS);
  const first = Buffer.from("OPTIONS * HTTP/1.0\r\nHost: a\r\nHost: b\r\nRange: c\r\n\r\n");
  const absolute = Buffer.from("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n");
  const second = Buffer.from("GET / HTTP/1.1\r\nA: b\r\n\r\n");
  for (const bytes of [first, absolute, second]) assert.equal(parser.parse(bytes, 0, bytes.length), "complete");
  const { head } = parser;
  assert.deepEqual([head.method, head.target, head.authority, head.minorVersion], ["GET", "/", "", 1]);
  assert.deepEqual([head.isAsterisk, head.present, head.repeated, head.lineCount], [false, 0, 0, 1]);
});

for (const name of ["accept", "accept-encoding"]) {
  test(`RequestHead.field() gives each request its own ${name}, however like the last one's it is`, () => {
    const parser = new HeadParser(DEFAULT_LIMITS);
    const long = "x".repeat(256);
    const each = [
      "",
      "br",
      "gz",
      "br",
      "br, gzip",
      "br",
      "BR",
      "bs",
      "",
      undefined,
      "bs",
      long,
      `${long}x`,
      long,
      "bs",
    ];
    const found = each.map((value) => {
      const line = value === undefined ? "" : `${name}: ${value}\r\n`;
      const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n`, "latin1");
      assert.equal(parser.parse(bytes, 0, bytes.length), "complete");
      return parser.head.field(name);
    });
    assert.deepEqual(found, each);
  });
}

test("RequestHead.field() joins the lines of an Accept that has several", () => {
  const parser = new HeadParser(DEFAULT_LIMITS);
  const bytes = Buffer.from("GET / HTTP/1.1\r\nHost: a\r\nAccept: image/avif\r\nAccept: */*;q=0.8\r\n\r\n", "latin1");
  assert.equal(parser.parse(bytes, 0, bytes.length), "complete");
  assert.equal(parser.head.field("accept"), "image/avif, */*;q=0.8");
});
