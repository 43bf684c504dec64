import assert from "node:assert/strict";
import { test } from "node:test";
import { type AcceptedRow, Dialogue, type RefusedRow, testAccepted, testRefused } from "../../test/support/http1.ts";
import type { Http1Limits } from "./limits.ts";

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

function accepted(what: string, chunks: string, content: string, limits: Partial<Http1Limits> = {}): AcceptedRow {
  return { what, bytes: HEAD + chunks, sees: { method: "POST", content }, limits };
}

/** Refused behind the head, and behind this content. */
function refused(
  what: string,
  chunks: string,
  as: string,
  content = "",
  limits: Partial<Http1Limits> = {},
): RefusedRow {
  const before = content === "" ? ["head POST /"] : ["head POST /", `content ${content}`];
  return { what, bytes: HEAD + chunks, as, before, limits };
}

testAccepted("ChunkedReader", [
  accepted("no content", "0\r\n\r\n", ""),
  accepted("one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted("several chunks", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef"),
  accepted("a size in hexadecimal", `1a\r\n${"x".repeat(26)}\r\n0\r\n\r\n`, "x".repeat(26)),
  accepted("a size in upper case", `1A\r\n${"x".repeat(26)}\r\n0\r\n\r\n`, "x".repeat(26)),
  accepted("leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello"),
  accepted("CRLF in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
  accepted("data that looks like the last chunk", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),

  accepted("an extension", "5;a\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted("an extension with a value", "5;a=b\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted("an extension with a quoted value", '5;a="b;\\" c"\r\nhello\r\n0\r\n\r\n', "hello"),
  accepted("several extensions", "5;a;b=c;d\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted(
    "a quoted value without text, and one with every escape",
    '5;a="";b="\\\t\\\\\\"\xff"\r\nhello\r\n0\r\n\r\n',
    "hello",
  ),
  accepted("an extension behind a quoted value", '5;a="b" ; c\r\nhello\r\n0\r\n\r\n', "hello"),
  accepted("an extension behind whitespace behind a value", "5;a=b\t;c\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted("an extension behind whitespace behind a name", "5;a ;b\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted("whitespace around an extension", "5 \t; a = b\r\nhello\r\n0\r\n\r\n", "hello"),
  accepted("an extension of the last chunk", "5\r\nhello\r\n0;a=b\r\n\r\n", "hello"),

  accepted("a trailer field", "0\r\nA: b\r\n\r\n", ""),
  accepted("several trailer fields", "5\r\nhello\r\n0\r\nA: b\r\nC:\r\nD:\t\xff\r\n\r\n", "hello"),
  accepted("framing fields in the trailers, without acting on them", "0\r\nContent-Length: 5\r\nHost: b\r\n\r\n", ""),
  accepted("Connection: close in the trailers, without acting on it", "0\r\nConnection: close\r\n\r\n", ""),
]);

testRefused("ChunkedReader", [
  refused("an empty line in place of a size", "\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a size that is no number", "x\r\n", "400 CHUNK_MALFORMED"),
  refused("a size with a sign", "+5\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a negative size", "-5\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a size with an underscore", "0_5\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a space before the size", " 5\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a space behind the size", "5 \r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a space in the size", "5 0\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a g in the size", "5g\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("a colon behind the size", "5:a\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("NUL behind the size", "5\0\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("LF behind the size", "5\nhello\r\n0\r\n\r\n", "400 BARE_LF"),
  refused("LF in place of a size", "\n5\r\nhello\r\n", "400 BARE_LF"),
  refused("CR behind the size", "5\rhello\r\n0\r\n\r\n", "400 BARE_CR"),
  refused("CR CR LF behind the size", "5\r\r\nhello\r\n0\r\n\r\n", "400 BARE_CR"),
  refused("a size of 2^53", "20000000000000\r\n", "413 CHUNK_TOO_LARGE"),
  refused("a size of 2^53 with leading zeros and an extension", "0000020000000000000;a=b\r\n", "413 CHUNK_TOO_LARGE"),
  refused("a size of 2^63 - 1", "7FFFFFFFFFFFFFFF\r\n", "413 CHUNK_TOO_LARGE"),
  refused("a size of 2^63", "8000000000000000\r\n", "400 CHUNK_OVERFLOW"),
  refused("a size of 2^63 with leading zeros", "0008000000000000000\r\n", "400 CHUNK_OVERFLOW"),
  refused("a size of 2^64 + 5", "10000000000000005\r\nhello\r\n0\r\n\r\n", "400 CHUNK_OVERFLOW"),
  refused("a size of 200 digits", `${"f".repeat(200)}\r\n`, "400 CHUNK_OVERFLOW"),

  refused("data that is longer than its size", "5\r\nhello!\r\n0\r\n\r\n", "400 CHUNK_MALFORMED", "hello"),
  refused("data that is shorter than its size", "5\r\nhell\r\n0\r\n\r\n", "400 BARE_LF", "hell\r"),
  refused("LF behind the data", "5\r\nhello\n0\r\n\r\n", "400 BARE_LF", "hello"),
  refused("CR behind the data", "5\r\nhello\r0\r\n\r\n", "400 BARE_CR", "hello"),
  refused("no line end behind the data", "5\r\nhello0\r\n\r\n", "400 CHUNK_MALFORMED", "hello"),
  refused("the next request in place of the last chunk", "5\r\nhello\r\nGET /", "400 CHUNK_MALFORMED", "hello"),

  refused("an extension without a name", "5;\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("an extension with an empty name", "5;=a\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("an extension without a semicolon", "5 a=b\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  ...[
    ";a=",
    ";a= ",
    ";a b",
    ";a=b c",
    ";a=b=c",
    ";a ",
    ";a=b ",
    ';a="b" ',
    ';a="b"c',
    ';a="b""c"',
    ';a="b',
    ';a="b\\',
    ';a="b\\"',
    ';a"b"',
    ';"a"=b',
    ";a;",
    ";;a",
    ";a,b",
    ";a=\xe4",
    ";\xe4",
    "\t",
  ].map((extension) =>
    refused(`the extension ${JSON.stringify(extension)}`, `5${extension}\r\nhello\r\n0\r\n\r\n`, "400 CHUNK_MALFORMED"),
  ),
  refused(
    "half of an extension behind one of the chunk before",
    "1;a\r\nx\r\n1=b\r\nx\r\n0\r\n\r\n",
    "400 CHUNK_MALFORMED",
    "x",
  ),
  refused("LF in a quoted value", '5;a="\n"\r\nhello\r\n0\r\n\r\n', "400 BARE_LF"),
  refused("a control byte in a quoted value", '5;a="\x01"\r\nhello\r\n0\r\n\r\n', "400 CHUNK_MALFORMED"),
  refused("NUL behind a backslash", '5;a="\\\0"\r\nhello\r\n0\r\n\r\n', "400 CHUNK_MALFORMED"),
  refused("a control byte in an extension", "5;a=\x01\r\nhello\r\n0\r\n\r\n", "400 CHUNK_MALFORMED"),
  refused("LF in an extension", "5;a\nhello\r\n0\r\n\r\n", "400 BARE_LF"),
  refused("LF behind the space before an extension", "5 \nhello\r\n0\r\n\r\n", "400 BARE_LF"),
  refused("LF behind the semicolon", "5;\nhello\r\n0\r\n\r\n", "400 BARE_LF"),
  refused("CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n", "400 BARE_CR"),

  refused("LF behind the last chunk", "0\n\r\n", "400 BARE_LF"),
  refused("LF as the last line", "0\r\n\n", "400 BARE_LF"),
  refused("CR as the last line", "0\r\n\rG", "400 BARE_CR"),
  refused("LF behind a trailer field", "0\r\nA: b\n\r\n", "400 BARE_LF"),
  refused("LF in the name of a trailer field", "0\r\nA\n: b\r\n\r\n", "400 BARE_LF"),
  refused("CR in a trailer field", "0\r\nA: b\rc\r\n\r\n", "400 BARE_CR"),
  refused("a folded trailer field", "0\r\nA: b\r\n c\r\n\r\n", "400 FIELD_FOLDED"),
  refused("a trailer field folded by HTAB", "0\r\n\tA: b\r\n\r\n", "400 FIELD_FOLDED"),
  refused("a space before the colon of a trailer field", "0\r\nA : b\r\n\r\n", "400 FIELD_NAME_SPACE"),
  refused("a trailer line without a colon", "0\r\nA\r\n\r\n", "400 FIELD_NAME_MALFORMED"),
  refused("a trailer field without a name", "0\r\n: b\r\n\r\n", "400 FIELD_NAME_MALFORMED"),
  refused("a trailer field with a bad name", "0\r\nA(: b\r\n\r\n", "400 FIELD_NAME_MALFORMED"),
  refused("NUL in a trailer field", "0\r\nA: b\0\r\n\r\n", "400 FIELD_VALUE_MALFORMED"),
  refused("the next request in place of the last line", "0\r\nGET / HTTP/1.1\r\n", "400 FIELD_NAME_SPACE"),
]);

// Each limit when it is just met, and when it is exceeded by one.
const lineLimit = { chunkLineLimitBytes: 10 };
const headLimit = { headLimitBytes: 64, chunkLineLimitBytes: 40 };
/** An extension of 31 bytes in a line of 32; two of them come to 62 bytes. */
const extended = `1;${"a".repeat(30)}\r\nx\r\n`;
const extendedBy = (count: number) => `0;${"a".repeat(count - 1)}\r\n\r\n`;

testAccepted("ChunkedReader", [
  accepted("a size of exactly chunkLineLimitBytes", "0000000001\r\na\r\n0\r\n\r\n", "a", lineLimit),
  accepted("a line of exactly chunkLineLimitBytes", "1;23456789\r\na\r\n0\r\n\r\n", "a", lineLimit),
  accepted("lines that only together are longer", `${"1;23456789\r\na\r\n".repeat(5)}0\r\n\r\n`, "aaaaa", lineLimit),
  accepted("extensions of exactly headLimitBytes", extended.repeat(2) + extendedBy(2), "xx", headLimit),
  accepted("trailers of exactly headLimitBytes", `0\r\nA:${"b".repeat(58)}\r\n\r\n`, "", headLimit),
  accepted("exactly headLimitCount trailer fields", "0\r\nA:\r\nB:\r\nC:\r\n\r\n", "", { headLimitCount: 3 }),
]);

testRefused("ChunkedReader", [
  refused("a size line beyond chunkLineLimitBytes", "00000000001\r\n", "400 CHUNK_LINE_TOO_LONG", "", lineLimit),
  refused("an extension beyond chunkLineLimitBytes", "1;234567890\r\n", "400 CHUNK_LINE_TOO_LONG", "", lineLimit),
  refused("whitespace beyond chunkLineLimitBytes", "1          ;a\r\n", "400 CHUNK_LINE_TOO_LONG", "", lineLimit),
  refused("whitespace behind a semicolon, likewise", "1;          a\r\n", "400 CHUNK_LINE_TOO_LONG", "", lineLimit),
  refused(
    "extensions that are together larger than headLimitBytes",
    extended.repeat(2) + extendedBy(3),
    "400 CHUNK_EXTENSIONS_TOO_LARGE",
    "xx",
    headLimit,
  ),
  refused("trailers of one byte more", `0\r\nA:${"b".repeat(59)}\r\n\r\n`, "431 HEAD_TOO_LARGE", "", headLimit),
  refused("one trailer field too many", "0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", "431 FIELDS_TOO_MANY", "", {
    headLimitCount: 3,
  }),
]);

test("ChunkedReader takes a size of 2^53 - 1, and waits for the data", () => {
  const dialogue = new Dialogue().receive(`${HEAD}1fffffffffffff\r\nhello`);
  assert.deepEqual(dialogue.events, ["head POST /", "content hello"]);
});

test("ChunkedReader gives content as it arrives, without waiting for the rest of its chunk", () => {
  const dialogue = new Dialogue().receive(`${HEAD}5\r\nhe`);
  assert.deepEqual(dialogue.events, ["head POST /", "content he"]);
  dialogue.receive("llo\r\n0\r\n").receive("\r\n");
  assert.deepEqual(dialogue.events, ["head POST /", "content hello", "end"]);
});

test("LengthReader gives content as it arrives, and not a byte more", () => {
  const dialogue = new Dialogue().receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  assert.deepEqual(dialogue.events, ["head POST /", "content he"]);
  dialogue.receive("lloGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.deepEqual(dialogue.events, ["head POST /", "content hello", "end", "head GET /b", "end"]);
});
