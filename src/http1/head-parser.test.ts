import assert from "node:assert/strict";
import { test } from "node:test";
import { Dialogue, testAccepted, testRefused } from "../../test/support/http1.ts";
import { HeadParser } from "./head-parser.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const HOST = "Host: a\r\n";

/** A request line, then a good Host. */
function line(requestLine: string): string {
  return `${requestLine}\r\n${HOST}\r\n`;
}

/** A good request line and Host, then these lines as they are. */
function fields(lines: string): string {
  return `GET / HTTP/1.1\r\n${HOST}${lines}\r\n`;
}

testAccepted("HeadParser", [
  { what: "origin-form", bytes: line("GET /a/b HTTP/1.1"), sees: { target: "/a/b" } },
  { what: "origin-form with a query", bytes: line("GET /a?b=/c?d HTTP/1.1"), sees: { target: "/a?b=/c?d" } },
  { what: "origin-form with an empty first segment", bytes: line("GET //b/c HTTP/1.1"), sees: { target: "//b/c" } },
  {
    what: "every byte that a target may have",
    bytes: line(`GET /${visibleAscii("#")} HTTP/1.1`),
    sees: { target: `/${visibleAscii("#")}` },
  },
  { what: "percent-encoding without decoding it", bytes: line("GET /%2e%00 HTTP/1.1"), sees: { target: "/%2e%00" } },
  { what: "asterisk-form of OPTIONS", bytes: line("OPTIONS * HTTP/1.1"), sees: { method: "OPTIONS", target: "" } },
  {
    what: "absolute-form, whose authority wins over Host",
    bytes: line("GET http://b:81/c?d HTTP/1.1"),
    sees: { target: "/c?d", authority: "b:81" },
  },
  {
    what: "absolute-form with a scheme in upper case",
    bytes: line("GET HTTP://b/ HTTP/1.1"),
    sees: { authority: "b" },
  },
  { what: "absolute-form without a path", bytes: line("GET http://b HTTP/1.1"), sees: { authority: "b" } },
  {
    what: "absolute-form with a query and no path",
    bytes: line("GET http://b?c/d HTTP/1.1"),
    sees: { target: "/?c/d", authority: "b" },
  },
  {
    what: "absolute-form with an IPv6 address",
    bytes: line("GET http://[::1]:8080/ HTTP/1.1"),
    sees: { authority: "[::1]:8080" },
  },
  {
    what: "absolute-form without Host in HTTP/1.0",
    bytes: "GET http://b/ HTTP/1.0\r\n\r\n",
    sees: { authority: "b" },
    persists: false,
  },

  { what: "HTTP/1.0", bytes: line("GET / HTTP/1.0"), persists: false },
  { what: "a later minor version as HTTP/1.1", bytes: line("GET / HTTP/1.2") },
  { what: "the last minor version as HTTP/1.1", bytes: line("GET / HTTP/1.9") },

  ...["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "get", "G", "!#$%&'*+-.^_`|~09"].map(
    (method) => ({ what: `the method ${method}`, bytes: line(`${method} / HTTP/1.1`), sees: { method } }),
  ),

  { what: "an empty line before the request line", bytes: `\r\n${line("GET / HTTP/1.1")}` },
  {
    what: "many empty lines before the request line",
    bytes: "\r\n".repeat(1000) + line("GET / HTTP/1.1"),
    limits: { headLimitBytes: 64 },
  },

  { what: "a field without a value", bytes: fields("A:\r\n") },
  { what: "a field whose value is whitespace", bytes: fields("A: \t \r\n") },
  { what: "no whitespace before a value, and some behind", bytes: `GET / HTTP/1.1\r\nHost:a \t\r\n\r\n` },
  { what: "obs-text in a value", bytes: fields("A: \x80\xff\r\n") },
  { what: "HTAB and spaces within a value", bytes: fields("A: b\t c\r\n") },
  { what: "colons in a value", bytes: fields("A::b:\r\n") },
  { what: "every token byte in a field name", bytes: fields("!#$%&'*+-.^_`|~09azAZ: b\r\n") },
  { what: "a field name in any case", bytes: "GET / HTTP/1.1\r\nhOST: a\r\n\r\n" },
  { what: "an unknown field twice", bytes: fields("A: b\r\nA: c\r\n") },
]);

testRefused("HeadParser", [
  { what: "a fragment in the target", bytes: line("GET /a#b HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "an https target, unsecured", bytes: line("GET https://b/ HTTP/1.1"), as: "421 TARGET_MISDIRECTED" },
  { what: "an HTTPS target in upper case", bytes: line("GET HTTPS://b/ HTTP/1.1"), as: "421 TARGET_MISDIRECTED" },
  { what: "a control byte in the target", bytes: line("GET /\x01 HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "DEL in the target", bytes: line("GET /\x7f HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "a byte beyond ASCII in the target", bytes: line("GET /\xe4 HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "NUL in the target", bytes: line("GET /\0 HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "HTAB in the target", bytes: line("GET /\ta HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "a target without a slash", bytes: line("GET a HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "authority-form without CONNECT", bytes: line("GET a:80 HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "asterisk-form without OPTIONS", bytes: line("GET * HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "more than an asterisk", bytes: line("OPTIONS *a HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "an empty target", bytes: line("GET  HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "an unknown scheme", bytes: line("GET ftp://b/ HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "a scheme alone", bytes: line("GET http:// HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "one slash behind the scheme", bytes: line("GET http:/b HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "absolute-form without authority", bytes: line("GET http:///c HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  { what: "absolute-form with userinfo", bytes: line("GET http://u:p@b/ HTTP/1.1"), as: "400 TARGET_MALFORMED" },
  {
    what: "absolute-form with a port too high",
    bytes: line("GET http://b:65536/ HTTP/1.1"),
    as: "400 TARGET_MALFORMED",
  },

  { what: "HTTP/2.0", bytes: line("GET / HTTP/2.0"), as: "505 VERSION_UNSUPPORTED" },
  { what: "HTTP/0.9", bytes: line("GET / HTTP/0.9"), as: "505 VERSION_UNSUPPORTED" },
  { what: "the preface of HTTP/2", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", as: "505 HTTP2_UNEXPECTED" },
  ...["HTTP/1", "HTTP/1.", "HTTP/1.1.1", "HTTP/1.10", "HTTP/11.1", "HTTP/.1", "HTTP/1,1", "HTTP/a.1", "HTTP/1.a"].map(
    (version) => ({
      what: `the version ${version}`,
      bytes: line(`GET / ${version}`),
      as: "400 VERSION_MALFORMED",
    }),
  ),
  ...["http/1.1", "HTTp/1.1", "HTTP 1.1", "HTTQ/1.1", "HTTP1.1", "HTTPS/1.1", "ICE/1.0", "RTSP/1.0"].map((version) => ({
    what: `the version ${version}`,
    bytes: line(`GET / ${version}`),
    as: version.includes(" ") ? "400 REQUEST_LINE_MALFORMED" : "400 VERSION_MALFORMED",
  })),

  { what: "TRACE", bytes: line("TRACE / HTTP/1.1"), as: "501 METHOD_UNSUPPORTED" },
  { what: "CONNECT", bytes: line("CONNECT a:443 HTTP/1.1"), as: "501 METHOD_UNSUPPORTED" },
  { what: "an empty method", bytes: line(" / HTTP/1.1"), as: "400 METHOD_MALFORMED" },
  { what: "a method with a byte that no token has", bytes: line("G@T / HTTP/1.1"), as: "400 METHOD_MALFORMED" },
  { what: "a method with obs-text", bytes: line("G\xc4T / HTTP/1.1"), as: "400 METHOD_MALFORMED" },
  { what: "NUL before the method", bytes: `\0${line("GET / HTTP/1.1")}`, as: "400 METHOD_MALFORMED" },
  { what: "HTAB behind the method", bytes: line("GET\t/ HTTP/1.1"), as: "400 METHOD_MALFORMED" },
  { what: "what looks like TLS", bytes: `\x16\x03\x01${line("GET / HTTP/1.1")}`, as: "400 TLS_ON_PLAIN" },

  { what: "a method alone", bytes: line("GET"), as: "400 REQUEST_LINE_MALFORMED" },
  { what: "a request line without a version", bytes: line("GET /"), as: "400 VERSION_MISSING" },
  { what: "a request line with an empty version", bytes: line("GET / "), as: "400 VERSION_MALFORMED" },
  { what: "two spaces before the version", bytes: line("GET /  HTTP/1.1"), as: "400 REQUEST_LINE_MALFORMED" },
  { what: "a space behind the version", bytes: line("GET / HTTP/1.1 "), as: "400 REQUEST_LINE_MALFORMED" },
  { what: "NUL behind the version", bytes: line("GET / HTTP/1.1\0"), as: "400 REQUEST_LINE_MALFORMED" },
  { what: "a space in the target", bytes: line("GET /a b HTTP/1.1"), as: "400 REQUEST_LINE_MALFORMED" },

  { what: "LF alone behind the request line", bytes: `GET / HTTP/1.1\n${HOST}\r\n`, as: "400 BARE_LF" },
  { what: "LF alone behind the method", bytes: `GET\n / HTTP/1.1\r\n${HOST}\r\n`, as: "400 BARE_LF" },
  { what: "LF alone behind the target", bytes: `GET /\n${HOST}\r\n`, as: "400 BARE_LF" },
  { what: "LF alone behind a field line", bytes: "GET / HTTP/1.1\r\nHost: a\n\r\n", as: "400 BARE_LF" },
  { what: "LF alone behind a field name", bytes: fields("A\r\n".replace("\r", "")), as: "400 BARE_LF" },
  { what: "LF alone as the empty line", bytes: `GET / HTTP/1.1\r\n${HOST}\n`, as: "400 BARE_LF" },
  { what: "LF alone before the request line", bytes: `\n${line("GET / HTTP/1.1")}`, as: "400 BARE_LF" },
  { what: "LF LF in place of CRLF CRLF", bytes: "GET / HTTP/1.1\r\nHost: a\n\n", as: "400 BARE_LF" },

  { what: "CR alone behind the request line", bytes: `GET / HTTP/1.1\r${HOST}\r\n`, as: "400 BARE_CR" },
  { what: "CR CR LF behind the request line", bytes: `GET / HTTP/1.1\r\r\n${HOST}\r\n`, as: "400 BARE_CR" },
  { what: "CR alone in the method", bytes: line("GE\rT / HTTP/1.1"), as: "400 BARE_CR" },
  { what: "CR alone in the target", bytes: line("GET /\ra HTTP/1.1"), as: "400 BARE_CR" },
  { what: "CR alone in a field name", bytes: fields("A\rB: c\r\n"), as: "400 BARE_CR" },
  { what: "CR alone in a value", bytes: fields("A: b\rc\r\n"), as: "400 BARE_CR" },
  { what: "CR CR LF behind a value", bytes: fields("A: b\r\r\n"), as: "400 BARE_CR" },
  { what: "CR alone as the empty line", bytes: `GET / HTTP/1.1\r\n${HOST}\rX\r\n`, as: "400 BARE_CR" },
  { what: "CR CR LF as the empty line", bytes: `GET / HTTP/1.1\r\n${HOST}\r\r\n`, as: "400 BARE_CR" },
  { what: "CR alone before the request line", bytes: `\r${line("GET / HTTP/1.1")}`, as: "400 BARE_CR" },

  { what: "a folded line", bytes: fields("A: b\r\n c\r\n"), as: "400 FIELD_FOLDED" },
  { what: "a line folded by HTAB", bytes: fields("A: b\r\n\tc\r\n"), as: "400 FIELD_FOLDED" },
  { what: "a folded line of whitespace", bytes: fields("A: b\r\n \r\n"), as: "400 FIELD_FOLDED" },
  { what: "whitespace before the first field", bytes: `GET / HTTP/1.1\r\n ${HOST}\r\n`, as: "400 FIELD_FOLDED" },
  { what: "a space before the colon", bytes: fields("A : b\r\n"), as: "400 FIELD_NAME_SPACE" },
  { what: "HTAB before the colon", bytes: fields("A\t: b\r\n"), as: "400 FIELD_NAME_SPACE" },
  { what: "a space in a field name", bytes: fields("A B: c\r\n"), as: "400 FIELD_NAME_SPACE" },
  { what: "an empty field name", bytes: fields(": b\r\n"), as: "400 FIELD_NAME_MALFORMED" },
  { what: "a line without a colon", bytes: fields("A\r\n"), as: "400 FIELD_NAME_MALFORMED" },
  { what: "a field name with a byte that no token has", bytes: fields("A(: b\r\n"), as: "400 FIELD_NAME_MALFORMED" },
  { what: "a field name with obs-text", bytes: fields("\xc4: b\r\n"), as: "400 FIELD_NAME_MALFORMED" },
  { what: "NUL in a field name", bytes: fields("A\0: b\r\n"), as: "400 FIELD_NAME_MALFORMED" },
  ...["\0", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"].map((control) => ({
    what: `the control byte ${control.charCodeAt(0)} in a value`,
    bytes: fields(`A: b${control}c\r\n`),
    as: "400 FIELD_VALUE_MALFORMED",
  })),
]);

// Each limit when it is just met, and when it is exceeded by one. The head below is 32 bytes without the value.
const limits = { headLimitBytes: 64, headLimitCount: 4, targetLimitBytes: 16 };
const headOf = (lengthBytes: number) => fields(`A: ${"b".repeat(lengthBytes - 32)}\r\n`);

testAccepted("HeadParser", [
  { what: "a head of exactly headLimitBytes", bytes: headOf(64), limits },
  { what: "exactly headLimitCount field lines", bytes: fields("B:\r\nC:\r\nD:\r\n"), limits },
  {
    what: "a target of exactly targetLimitBytes",
    bytes: line(`GET /${"a".repeat(15)} HTTP/1.1`),
    sees: { target: `/${"a".repeat(15)}` },
    limits,
  },
]);

testRefused("HeadParser", [
  { what: "a head of one byte more than headLimitBytes", bytes: headOf(65), as: "431 HEAD_TOO_LARGE", limits },
  { what: "a head that never ends", bytes: headOf(640), as: "431 HEAD_TOO_LARGE", limits },
  { what: "one field line too many", bytes: fields("B:\r\nC:\r\nD:\r\nE:\r\n"), as: "431 FIELDS_TOO_MANY", limits },
  {
    what: "a target of one byte more than targetLimitBytes",
    bytes: line(`GET /${"a".repeat(16)} HTTP/1.1`),
    as: "414 TARGET_TOO_LONG",
    limits,
  },
  {
    what: "a request line that never ends",
    bytes: line(`GET /${"a".repeat(160)} HTTP/1.1`),
    as: "414 TARGET_TOO_LONG",
    limits,
  },
  {
    what: "a method whose line end is cut in two by headLimitBytes",
    bytes: line("G".repeat(63)),
    as: "501 METHOD_TOO_LONG",
    limits,
  },
  { what: "a method that never ends", bytes: line("G".repeat(640)), as: "501 METHOD_TOO_LONG", limits },
  {
    what: "a method that leaves no room for a target",
    bytes: line(`${"G".repeat(63)} / HTTP/1.1`),
    as: "501 METHOD_TOO_LONG",
    limits,
  },
  {
    what: "a method that leaves room for a byte of the target",
    bytes: line(`${"G".repeat(62)} / HTTP/1.1`),
    as: "414 TARGET_TOO_LONG",
    limits,
  },
  {
    what: "a version that has no room behind its target",
    bytes: line(`${"G".repeat(50)} /abc HTTP/1.1`),
    as: "414 TARGET_TOO_LONG",
    limits,
  },
  {
    what: "a version that never ends",
    bytes: line(`GET / HTTP/1.${"1".repeat(160)}`),
    as: "400 VERSION_MALFORMED",
    limits,
  },
  {
    what: "a mistake in a line that goes beyond headLimitBytes",
    bytes: line(`G@T /${"a".repeat(160)} HTTP/1.1`),
    as: "400 METHOD_MALFORMED",
    limits,
  },
]);

test("HeadParser takes the default limits of the options", () => {
  const head = fields(`A: ${"b".repeat(16 * 1024 - 32)}\r\n`);
  assert.deepEqual(new Dialogue().receive(head).requests.length, 1);
  assert.deepEqual(new Dialogue().receive(head.replace("b", "bb")).events.at(0), "rejected 431 HEAD_TOO_LARGE");
});

test("HeadParser takes as many field lines as the limits allow, and more than 2^15 of them", () => {
  const parser = new HeadParser({ ...DEFAULT_LIMITS, headLimitCount: 2 ** 31 - 1, headLimitBytes: 400_000 });
  const bytes = Buffer.from(`GET / HTTP/1.1\r\n${"A:\r\n".repeat(40_000)}Range: b\r\n\r\n`);
  assert.equal(parser.parse(bytes, 0, bytes.length), "complete");
  assert.equal(parser.head.lineCount, 40_001);
  assert.equal(parser.head.field("range"), "b");
});

test("HeadParser reports a mistake when its line is there to the end, and not before", () => {
  const parser = new HeadParser(DEFAULT_LIMITS);
  const bytes = Buffer.from("GET / HTTP/1.1\r\nA b: c\r\n", "latin1");
  for (let end = 0; end < bytes.length; end++) assert.equal(parser.parse(bytes, 0, end), "incomplete");
  assert.equal(parser.parse(bytes, 0, bytes.length), "FIELD_NAME_SPACE");
});

test("HeadParser reads nothing beyond the end that it is given", () => {
  const parser = new HeadParser(DEFAULT_LIMITS);
  const bytes = Buffer.from("..GET / HTTP/1.1\r\nHost: a\r\n\r\nGET", "latin1");
  const end = bytes.length - 3;
  for (let cut = 2; cut < end; cut++) assert.equal(parser.parse(bytes, 2, cut), "incomplete", `cut at ${cut}`);
  assert.equal(parser.parse(bytes, 2, end), "complete");
  assert.deepEqual([parser.head.start, parser.head.end], [2, end]);
});

/** The visible ASCII characters, RFC 5234 VCHAR, except some. */
function visibleAscii(without: string): string {
  const codes = Array.from({ length: 0x7f - 0x21 }, (_, index) => index + 0x21);
  return codes
    .map((code) => String.fromCharCode(code))
    .filter((character) => !without.includes(character))
    .join("");
}
