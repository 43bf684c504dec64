import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PATH_REFUSALS, type PathRefusalCode, resolvePath, writePath } from "./resolve.ts";

/** [path as sent, name below the root; a final slash stands for `isFolder`] */
const resolved: [string, string][] = [
  ["/", "/"],
  ["/index.html", "index.html"],
  ["/a/b/c.txt", "a/b/c.txt"],
  ["/a/", "a/"],
  ["/A/b.TXT", "A/b.TXT"],
  // Percent-decoding, once.
  ["/%61%2e%62", "a.b"],
  ["/with%20space", "with space"],
  ["/a+b", "a+b"],
  ["/caf%C3%A9", "café"],
  ["/caf%c3%a9", "café"],
  ["/%E2%82%AC", "€"],
  ["/%F0%9F%A7%B5.txt", "🧵.txt"],
  ["/%F4%8F%BF%BF", "\u{10ffff}"],
  ["/%EF%BF%BD", "\ufffd"],
  ["/e%CC%81", "e\u0301"],
  ["/%25", "%"],
  ["/%2541", "%41"],
  ["/%252e%252e/a", "%2e%2e/a"],
  ["/%252e%252e%252fetc%252fpasswd", "%2e%2e%2fetc%2fpasswd"],
  ["/%2500", "%00"],
  ["/%255c", "%5c"],
  ["/a%3Fb", "a?b"],
  ["/a%23b", "a#b"],
  ["/a%0Ab", "a\nb"],
  ["/a%3Ab", "a:b"],
  ["/a;v=1/b;c", "a;v=1/b;c"],
  ["/a;/../b", "b"],
  // Sent by browsers although RFC 3986 wants them encoded.
  ['/[id]/{x}|^`"<>.js', '[id]/{x}|^`"<>.js'],
  ["/~user/!$&'()*+,;=:@-._", "~user/!$&'()*+,;=:@-._"],
  // Dot segments, RFC 3986 §5.2.4.
  ["/.", "/"],
  ["/./", "/"],
  ["/a/.", "a/"],
  ["/a/./b", "a/b"],
  ["/a/..", "/"],
  ["/a/../", "/"],
  ["/a/b/..", "a/"],
  ["/a/b/../", "a/"],
  ["/a/b/../c", "a/c"],
  ["/a/b/../../c", "c"],
  ["/mid/content=5/../6", "mid/6"],
  ["/a/b/c/./../../g", "a/g"],
  ["/%2e", "/"],
  ["/a/%2e%2e/b", "b"],
  ["/a/%2E%2e", "/"],
  ["/a/.%2e/b", "b"],
  ["/a/%2e./b", "b"],
  ["/a/%2e/b", "a/b"],
  ["/a//../b", "a/b"],
  ["/.git/../a", "a"],
  ["/a../b", "a../b"],
  ["/a.", "a."],
  ["/a...", "a..."],
  ["/a%20", "a "],
  // RFC 8615.
  ["/.well-known/", ".well-known/"],
  ["/.well-known/acme-challenge/x", ".well-known/acme-challenge/x"],
  ["/%2ewell-known/x", ".well-known/x"],
  ["/a/../.well-known/x", ".well-known/x"],
  // Nothing special where they are not.
  ["/con", "con"],
  ["/nul.txt", "nul.txt"],
  ["/COM1", "COM1"],
  ["/a~1", "a~1"],
  [`/${"x".repeat(8000)}`, "x".repeat(8000)],
  [`/${"d/".repeat(4000)}f`, `${"d/".repeat(4000)}f`],
  [`/${"d/../".repeat(1500)}f`, "f"],
];

for (const [path, wanted] of resolved) {
  test(`resolvePath() reads ${short(path)}`, () => {
    const isFolder = wanted.endsWith("/");
    const name = isFolder ? wanted.slice(0, -1) : wanted;
    assert.deepEqual(resolvePath(path, "linux"), { kind: "path", path: name, isFolder });
  });
}

const refused: [string, PathRefusalCode][] = [
  ["", "PATH_MALFORMED"],
  ["*", "PATH_MALFORMED"],
  ["a", "PATH_MALFORMED"],
  ["../a", "PATH_MALFORMED"],
  ["?/a", "PATH_MALFORMED"],
  ["http://host/a", "PATH_MALFORMED"],
  ["\\a", "PATH_MALFORMED"],
  ["/a b", "PATH_MALFORMED"],
  ["/a?b", "PATH_MALFORMED"],
  ["/a#b", "PATH_MALFORMED"],
  ["/a\tb", "PATH_MALFORMED"],
  ["/a\r\nX: y", "PATH_MALFORMED"],
  ["/a\n", "PATH_MALFORMED"],
  ["/\0", "PATH_MALFORMED"],
  ["/a\x7f", "PATH_MALFORMED"],
  ["/caf\xe9", "PATH_MALFORMED"],
  ["/caf\xc3\xa9", "PATH_MALFORMED"],
  ["/\u2215", "PATH_MALFORMED"],
  // Percent-encoding.
  ["/%", "PATH_ENCODING_MALFORMED"],
  ["/%4", "PATH_ENCODING_MALFORMED"],
  ["/a%", "PATH_ENCODING_MALFORMED"],
  ["/%zz", "PATH_ENCODING_MALFORMED"],
  ["/%%32%65", "PATH_ENCODING_MALFORMED"],
  ["/%u002e", "PATH_ENCODING_MALFORMED"],
  ["/%-1", "PATH_ENCODING_MALFORMED"],
  ["/%+1", "PATH_ENCODING_MALFORMED"],
  ["/%0x", "PATH_ENCODING_MALFORMED"],
  ["/%80", "PATH_ENCODING_MALFORMED"],
  ["/%E9", "PATH_ENCODING_MALFORMED"],
  ["/%FF", "PATH_ENCODING_MALFORMED"],
  ["/%FE%FF", "PATH_ENCODING_MALFORMED"],
  ["/%C3", "PATH_ENCODING_MALFORMED"],
  ["/%C3/%A9", "PATH_ENCODING_MALFORMED"],
  ["/%C3%28", "PATH_ENCODING_MALFORMED"],
  ["/%E2%82", "PATH_ENCODING_MALFORMED"],
  // Overlong forms of ".", "/", "\" and NUL, in two, three and four octets.
  ["/%C0%AE%C0%AE/a", "PATH_ENCODING_MALFORMED"],
  ["/..%C0%AFa", "PATH_ENCODING_MALFORMED"],
  ["/%C0%2F", "PATH_ENCODING_MALFORMED"],
  ["/%C1%9C", "PATH_ENCODING_MALFORMED"],
  ["/%C0%80", "PATH_ENCODING_MALFORMED"],
  ["/%E0%80%AE", "PATH_ENCODING_MALFORMED"],
  ["/%E0%80%AF", "PATH_ENCODING_MALFORMED"],
  ["/%F0%80%80%AF", "PATH_ENCODING_MALFORMED"],
  ["/%F8%80%80%80%AF", "PATH_ENCODING_MALFORMED"],
  // Surrogates, CESU-8, beyond Unicode.
  ["/%ED%A0%80", "PATH_ENCODING_MALFORMED"],
  ["/%ED%A0%BC%ED%BF%BF", "PATH_ENCODING_MALFORMED"],
  ["/%F4%90%80%80", "PATH_ENCODING_MALFORMED"],
  ["/%F5%80%80%80", "PATH_ENCODING_MALFORMED"],
  // Bytes that separate or end names for somebody.
  ["/%00", "PATH_NUL"],
  ["/index.html%00", "PATH_NUL"],
  ["/index.html%00.jpg", "PATH_NUL"],
  ["/..%00/a", "PATH_NUL"],
  ["/a%00/../b", "PATH_NUL"],
  ["/a%2fb", "PATH_ENCODED_SLASH"],
  ["/a%2Fb", "PATH_ENCODED_SLASH"],
  ["/%2f", "PATH_ENCODED_SLASH"],
  ["/%2f%2fevil.example", "PATH_ENCODED_SLASH"],
  ["/..%2f..%2fetc/passwd", "PATH_ENCODED_SLASH"],
  ["/%2e%2e%2fetc", "PATH_ENCODED_SLASH"],
  ["/a%2f../b", "PATH_ENCODED_SLASH"],
  ["/a/..%2f", "PATH_ENCODED_SLASH"],
  ["/a\\b", "PATH_BACKSLASH"],
  ["/\\evil.example", "PATH_BACKSLASH"],
  ["/\\evil.example/%2e%2e", "PATH_BACKSLASH"],
  ["/a%5cb", "PATH_BACKSLASH"],
  ["/a%5Cb", "PATH_BACKSLASH"],
  ["/..%5c..%5cetc", "PATH_BACKSLASH"],
  ["/..\\a", "PATH_BACKSLASH"],
  ["/%2e%2e%5c", "PATH_BACKSLASH"],
  // Out of the root.
  ["/..", "PATH_ABOVE_ROOT"],
  ["/../", "PATH_ABOVE_ROOT"],
  ["/../etc/passwd", "PATH_ABOVE_ROOT"],
  ["/%2e%2e", "PATH_ABOVE_ROOT"],
  ["/%2e%2e/etc", "PATH_ABOVE_ROOT"],
  ["/.%2E/etc", "PATH_ABOVE_ROOT"],
  ["/a/../..", "PATH_ABOVE_ROOT"],
  ["/a/../../b", "PATH_ABOVE_ROOT"],
  ["/./../a", "PATH_ABOVE_ROOT"],
  ["/../a/..", "PATH_ABOVE_ROOT"],
  ["/a/b/../../../a/b", "PATH_ABOVE_ROOT"],
  [`/a/${"../".repeat(2000)}etc/passwd`, "PATH_ABOVE_ROOT"],
  // Empty names.
  ["//", "PATH_NAME_EMPTY"],
  ["///", "PATH_NAME_EMPTY"],
  ["//a", "PATH_NAME_EMPTY"],
  ["/a//b", "PATH_NAME_EMPTY"],
  ["/a//", "PATH_NAME_EMPTY"],
  ["/a//.", "PATH_NAME_EMPTY"],
  ["//evil.example", "PATH_NAME_EMPTY"],
  ["//evil.example/", "PATH_NAME_EMPTY"],
  ["//evil.example/..", "PATH_NAME_EMPTY"],
  ["//evil.example/%2e%2e", "PATH_NAME_EMPTY"],
  ["/.//evil.example/..", "PATH_NAME_EMPTY"],
  ["/a/..//evil.example", "PATH_NAME_EMPTY"],
  // Dotfiles.
  ["/.env", "PATH_HIDDEN"],
  ["/%C2%AD.env", "PATH_HIDDEN"],
  ["/%E2%80%8B%EF%B8%8F.git/config", "PATH_HIDDEN"],
  ["/%2eenv", "PATH_HIDDEN"],
  ["/.git/config", "PATH_HIDDEN"],
  ["/a/.git/config", "PATH_HIDDEN"],
  ["/.htaccess", "PATH_HIDDEN"],
  ["/...", "PATH_HIDDEN"],
  ["/.../a", "PATH_HIDDEN"],
  ["/..;/a", "PATH_HIDDEN"],
  ["/..;/..;/etc/passwd", "PATH_HIDDEN"],
  ["/a/..;/b", "PATH_HIDDEN"],
  ["/%2e%2e;/a", "PATH_HIDDEN"],
  ["/..%20/a", "PATH_HIDDEN"],
  ["/..%09/a", "PATH_HIDDEN"],
  ["/..%EF%BC%8Fa", "PATH_HIDDEN"],
  ["/.well-known/.secret", "PATH_HIDDEN"],
  ["/a/.well-known/x", "PATH_HIDDEN"],
  ["/.well-knowns", "PATH_HIDDEN"],
  ["/.WELL-KNOWN/x", "PATH_HIDDEN"],
  ["/.well-known./x", "PATH_HIDDEN"],
  ["/%E2%80%8C.git/config", "PATH_HIDDEN"],
  ["/%EF%BB%BF.env", "PATH_HIDDEN"],
];

for (const [path, code] of refused) {
  test(`resolvePath() refuses ${short(path)} as ${code}`, () => {
    assert.deepEqual(resolvePath(path, "linux"), { kind: "refused", status: PATH_REFUSALS[code][0], code });
  });
}

const refusedOnWindows = [
  "/a:b",
  "/a.html::$DATA",
  "/C:/a",
  "/a.",
  "/a./b",
  "/a%20",
  "/a.html.",
  "/a.html%20.",
  "/con",
  "/CON",
  "/Con.txt",
  "/nul",
  "/nul.tar.gz",
  "/a/prn/b",
  "/aux.js",
  "/com1",
  "/com0.txt",
  "/LPT9.x",
  "/com%C2%B9",
  "/lpt%C2%B3.txt",
  "/conin$",
  "/CONOUT$.txt",
  "/nul%20.txt",
  "/HTACCE~1",
  "/progra~1/a",
  "/a*",
  '/a"',
  "/a<b",
  "/a|b",
  "/a%3Fb",
  "/a%01",
  "/a%0Ab",
];

for (const path of refusedOnWindows) {
  test(`resolvePath() refuses ${path} on Windows`, () => {
    const code = "PATH_NOT_PORTABLE";
    assert.deepEqual(resolvePath(path, "win32"), { kind: "refused", status: 404, code });
  });
}

for (const path of ["/console.log", "/null", "/com", "/com10", "/auxiliary.css", "/a~b", "/a.b/c d", "/icon"]) {
  test(`resolvePath() reads ${path} on Windows`, () => {
    assert.equal(resolvePath(path.replace(" ", "%20"), "win32").kind, "path");
  });
}

test("resolvePath() gives only names that stay below the root, whatever is sent", () => {
  const piece = fc.constantFrom("/", ".", "..", "%2e", "%2F", "%5c", "\\", "%00", "%", "%25", "a", "é", ";", "%c0%ae");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const outcome = resolvePath(`/${pieces.join("")}`, "linux");
      if (outcome.kind === "refused" || outcome.path === "") return;
      for (const name of outcome.path.split("/")) {
        assert.ok(name !== "" && name !== "." && name !== "..", `${pieces.join("")} gave ${outcome.path}`);
        assert.doesNotMatch(name, /[\0\\]/);
      }
    }),
    { numRuns: 5000 },
  );
});

const written: [string, boolean, string][] = [
  ["", true, "/"],
  ["a", false, "/a"],
  ["a", true, "/a/"],
  ["a b/c?d#e%f", true, "/a%20b/c%3Fd%23e%25f/"],
  ["é€", false, "/%C3%A9%E2%82%AC"],
  ["~u/!$&'()*+,;=:@-._", false, "/~u/!$&'()*+,;=:@-._"],
  ['<"a">\r\n', false, "/%3C%22a%22%3E%0D%0A"],
];

for (const [path, isFolder, wanted] of written) {
  test(`writePath() writes ${JSON.stringify(path)} as ${wanted}`, () => {
    assert.equal(writePath(path, isFolder), wanted);
  });
}

test("writePath() writes what resolvePath() reads back, with one slash in front", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/^\.|[\0/\\]/.test(text));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean(), (names, isFolder) => {
      const url = writePath(names.join("/"), isFolder);
      assert.match(url, /^\/(?!\/)[!-~]*$/);
      assert.deepEqual(resolvePath(url, "linux"), { kind: "path", path: names.join("/"), isFolder });
    }),
  );
});

function short(path: string): string {
  return JSON.stringify(path.length > 60 ? `${path.slice(0, 40)}… (${path.length})` : path);
}
