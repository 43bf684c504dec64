import assert from "node:assert/strict";
import { test } from "node:test";
import { Dialogue, testAccepted, testRefused } from "../../test/support/http1.ts";

/** A POST with these field lines and, behind the head, these bytes. */
function post(lines: string, behind = "", version = "1.1"): string {
  return `POST / HTTP/${version}\r\nHost: a\r\n${lines}\r\n${behind}`;
}

const HELLO = "hello";
const HELLO_CHUNKED = "5\r\nhello\r\n0\r\n\r\n";

testAccepted("contentLength()", [
  { what: "neither length nor coding as no content", bytes: post(""), sees: { method: "POST" } },
  ...[
    { value: "5", content: HELLO },
    { value: "0", content: "" },
    { value: "000", content: "" },
    { value: "005", content: HELLO },
    { value: "\t 5 \t", content: HELLO },
    { value: "00000000000000000000000000005", content: HELLO },
  ].map(({ value, content }) => ({
    what: `Content-Length: ${JSON.stringify(value)}`,
    bytes: post(`Content-Length:${value}\r\n`, content),
    sees: { method: "POST", content },
  })),
  {
    what: "content with GET",
    bytes: `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n${HELLO}`,
    sees: { content: HELLO },
  },
  {
    what: "content that looks like a request",
    bytes: post("Content-Length: 27\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    sees: { method: "POST", content: "GET / HTTP/1.1\r\nHost: x\r\n\r\n" },
  },
  {
    what: "Content-Length in HTTP/1.0",
    bytes: post("Content-Length: 5\r\n", HELLO, "1.0"),
    sees: { method: "POST", content: HELLO },
    persists: false,
  },
  ...["chunked", "CHUNKED", "cHunKed", "\tchunked "].map((coding) => ({
    what: `Transfer-Encoding: ${JSON.stringify(coding)}`,
    bytes: post(`Transfer-Encoding:${coding}\r\n`, HELLO_CHUNKED),
    sees: { method: "POST", content: HELLO },
  })),
]);

testRefused("contentLength()", [
  ...["+5", "-5", "-0", "5a", "a", "0x5", "5.0", "5e0", "5 5", "5;", '"5"', "\xb2", "5\t5", "_5", "5_0", "5h"].map(
    (value) => ({
      what: `Content-Length: ${JSON.stringify(value)}`,
      bytes: post(`Content-Length: ${value}\r\n`, HELLO),
      as: "400 LENGTH_MALFORMED",
    }),
  ),
  { what: "an empty Content-Length", bytes: post("Content-Length:\r\n"), as: "400 LENGTH_MALFORMED" },
  { what: "a Content-Length of whitespace", bytes: post("Content-Length: \t \r\n"), as: "400 LENGTH_MALFORMED" },
  { what: "a length before a stray CR", bytes: post("Content-Length: 5\r\r\n", HELLO), as: "400 BARE_CR" },
  ...["5, 5", "5,5", "5,6", "5,", "0, 5", "5,5,5"].map((value) => ({
    what: `the list ${value}`,
    bytes: post(`Content-Length: ${value}\r\n`, HELLO),
    as: "400 LENGTH_REPEATED",
  })),
  { what: "a list that begins with a comma", bytes: post("Content-Length: ,5\r\n", HELLO), as: "400 LENGTH_REPEATED" },
  {
    what: "equal lengths",
    bytes: post("Content-Length: 5\r\nContent-Length: 5\r\n", HELLO),
    as: "400 LENGTH_REPEATED",
  },
  { what: "two lengths", bytes: post("Content-Length: 5\r\ncontent-length: 6\r\n", HELLO), as: "400 LENGTH_REPEATED" },
  {
    what: "two lengths with a field between them",
    bytes: post("Content-Length: 0\r\nA: b\r\nContent-Length: 5\r\n", HELLO),
    as: "400 LENGTH_REPEATED",
  },
  { what: "2^53", bytes: post("Content-Length: 9007199254740992\r\n"), as: "413 LENGTH_TOO_LARGE" },
  { what: "2^63 - 1", bytes: post("Content-Length: 9223372036854775807\r\n"), as: "413 LENGTH_TOO_LARGE" },
  {
    what: "2^63 - 1 with leading zeros",
    bytes: post(`Content-Length: ${"0".repeat(99)}9223372036854775807\r\n`),
    as: "413 LENGTH_TOO_LARGE",
  },
  { what: "2^63", bytes: post("Content-Length: 9223372036854775808\r\n"), as: "400 LENGTH_OVERFLOW" },
  {
    what: "2^63 with leading zeros",
    bytes: post("Content-Length: 009223372036854775808\r\n"),
    as: "400 LENGTH_OVERFLOW",
  },
  { what: "2^64 + 5", bytes: post("Content-Length: 18446744073709551621\r\n", HELLO), as: "400 LENGTH_OVERFLOW" },
  { what: "400 digits", bytes: post(`Content-Length: ${"9".repeat(400)}\r\n`), as: "400 LENGTH_OVERFLOW" },
  {
    what: "digits beyond every length and then something else",
    bytes: post(`Content-Length: ${"9".repeat(400)}x\r\n`),
    as: "400 LENGTH_MALFORMED",
  },

  {
    what: "length, then coding",
    bytes: post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", HELLO_CHUNKED),
    as: "400 LENGTH_WITH_CODING",
  },
  {
    what: "coding, then length",
    bytes: post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", HELLO_CHUNKED),
    as: "400 LENGTH_WITH_CODING",
  },
  {
    what: "coding, then a length that is malformed",
    bytes: post("Transfer-Encoding: chunked\r\nContent-Length: x\r\n", HELLO_CHUNKED),
    as: "400 LENGTH_WITH_CODING",
  },
  {
    what: "length and an unknown coding",
    bytes: post("Content-Length: 5\r\nTransfer-Encoding: x\r\n", HELLO),
    as: "400 LENGTH_WITH_CODING",
  },
  {
    what: "chunked in HTTP/1.0",
    bytes: post("Transfer-Encoding: chunked\r\n", HELLO_CHUNKED, "1.0"),
    as: "400 CODING_IN_HTTP_1_0",
  },
  ...["gzip, chunked", "gzip,chunked", "x-unknown, chunked", "identity, chunked", 'a;b="c", chunked'].map((coding) => ({
    what: `Transfer-Encoding: ${coding}`,
    bytes: post(`Transfer-Encoding: ${coding}\r\n`, HELLO_CHUNKED),
    as: "501 CODING_UNSUPPORTED",
  })),
  ...[
    "",
    " ",
    "gzip",
    "identity",
    "chunked, gzip",
    "chunked, identity",
    "chunked, chunked",
    "gzip, chunked, chunked",
    ", chunked",
    "chunked,",
    "chunked;a=b",
    "chunked ;",
    '"chunked"',
    "'chunked'",
    "xchunked",
    "chunkedx",
    "chunk ed",
    "chunked chunked",
    "chun\xadked",
    "chunked\xa0",
    "\xa0chunked",
    "\x85chunked",
  ].map((coding) => ({
    what: `Transfer-Encoding: ${JSON.stringify(coding)}`,
    bytes: post(`Transfer-Encoding: ${coding}\r\n`, HELLO_CHUNKED),
    as: "400 CODING_MALFORMED",
  })),
  {
    what: "chunked on two lines",
    bytes: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", HELLO_CHUNKED),
    as: "400 CODING_MALFORMED",
  },
  {
    what: "chunked, then identity on a line of its own",
    bytes: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", HELLO_CHUNKED),
    as: "400 CODING_MALFORMED",
  },
  {
    what: "chunked behind an empty line of the same name",
    bytes: post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", HELLO_CHUNKED),
    as: "400 CODING_MALFORMED",
  },
  ...["\x0b", "\x0c", "\0"].map((control) => ({
    what: `chunked behind the control byte ${control.charCodeAt(0)}`,
    bytes: post(`Transfer-Encoding: ${control}chunked\r\n`, HELLO_CHUNKED),
    as: "400 FIELD_VALUE_MALFORMED",
  })),
  {
    what: "Transfer-Encoding with a space before its colon",
    bytes: post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", HELLO_CHUNKED),
    as: "400 FIELD_NAME_SPACE",
  },
]);

test("contentLength() does not take a name with an underscore for a framing field", () => {
  const dialogue = new Dialogue().receive(post("Content_Length: 5\r\nTransfer_Encoding: chunked\r\n"));
  assert.deepEqual(dialogue.events, ["head POST /", "end"]);
});

test("contentLength() takes 2^53 - 1, and waits for it", () => {
  const dialogue = new Dialogue().receive(post("Content-Length: 9007199254740991\r\n", HELLO));
  assert.deepEqual(dialogue.events, ["head POST /", "content hello"]);
});

test("contentLength() of one request says nothing about the next", () => {
  const dialogue = new Dialogue().receive(
    post("Content-Length: 5\r\n", HELLO) + post("") + post("Transfer-Encoding: chunked\r\n", HELLO_CHUNKED) + post(""),
  );
  assert.deepEqual(
    dialogue.requests.map((request) => request.content),
    [HELLO, "", HELLO, ""],
  );
});
