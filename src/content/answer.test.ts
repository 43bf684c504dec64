import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRequest } from "../../test/support/request.ts";
import type { FileStat } from "../files/opener.ts";
import type { Content, FileSlice, OpenFile, Reply } from "../http/message.ts";
import { answer } from "./answer.ts";
import { errorReply } from "./error-page.ts";
import { type FilePlan, planFile, planRedirect, planRefusal } from "./plans/plan.ts";
import { replyOf } from "./plans/site-error-pages.ts";

const MODIFIED_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const MODIFIED = "Fri, 02 Jan 2026 03:04:05 GMT";
const EARLIER = "Fri, 02 Jan 2026 03:04:04 GMT";
const LATER = "Fri, 02 Jan 2026 03:04:06 GMT";
const NOW_MS = MODIFIED_MS + 86_400_000;
const TEXT = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(100);

const STAT: FileStat = {
  type: "file",
  sizeBytes: TEXT.length,
  mtimeNs: BigInt(MODIFIED_MS) * 1_000_000n,
  ctimeNs: BigInt(MODIFIED_MS) * 1_000_000n,
  ino: 1n,
  dev: 1n,
};

class CountedFile implements OpenFile {
  readonly fd = -1;
  userCount = 0;

  retain(): void {
    this.userCount++;
  }

  release(): void {
    this.userCount--;
  }
}

/** The same file, small enough for memory and as if it were not. */
const inMemory = planFile({ path: "a.txt", source: Buffer.from(TEXT), stat: STAT, nowMs: NOW_MS });
const file = new CountedFile();
const byDescriptor = planFile({ path: "a.txt", source: file, stat: STAT, nowMs: NOW_MS });

const TAG = "TAG";
const WEAK_TAG = "W/TAG";

/** [method, fields, status, what the content is (undefined: none), why] */
const cases: [string, Record<string, string>, number, string | undefined, string][] = [
  ["GET", {}, 200, TEXT, "sends the whole"],
  ["GET", { Accept: "*/*", Cookie: "a=b" }, 200, TEXT, "sends the whole whatever else is asked"],
  ["HEAD", {}, 200, "", "answers HEAD like GET"],
  // If-None-Match, RFC 9110 §13.1.2
  ["GET", { "If-None-Match": TAG }, 304, undefined, "needs nothing sent for the tag it has"],
  ["HEAD", { "If-None-Match": TAG }, 304, undefined, "needs nothing sent for HEAD either"],
  ["GET", { "If-None-Match": WEAK_TAG }, 304, undefined, "compares weakly"],
  ["GET", { "If-None-Match": `"x", ${TAG}` }, 304, undefined, "finds the tag in a list"],
  ["GET", { "If-None-Match": "*" }, 304, undefined, "takes * for any"],
  ["GET", { "If-None-Match": '"x"' }, 200, TEXT, "sends what the tag does not name"],
  ["GET", { "If-None-Match": '"x"', "If-Modified-Since": LATER }, 200, TEXT, "ignores the date beside a tag"],
  ["GET", { "If-None-Match": TAG, "If-Modified-Since": EARLIER }, 304, undefined, "heeds the tag beside a date"],
  ["GET", { "If-None-Match": TAG, Range: "bytes=0-1" }, 304, undefined, "prefers 304 to a range"],
  // If-Modified-Since, §13.1.3
  ["GET", { "If-Modified-Since": MODIFIED }, 304, undefined, "needs nothing sent for the date it has"],
  ["GET", { "If-Modified-Since": LATER }, 304, undefined, "needs nothing sent for a later date"],
  ["GET", { "If-Modified-Since": EARLIER }, 200, TEXT, "sends what is newer"],
  ["GET", { "If-Modified-Since": "yesterday" }, 200, TEXT, "ignores what is no date"],
  // If-Match, §13.1.1, and If-Unmodified-Since, §13.1.4
  ["GET", { "If-Match": TAG }, 200, TEXT, "sends what If-Match names"],
  ["GET", { "If-Match": "*" }, 200, TEXT, "sends what exists"],
  ["GET", { "If-Match": '"x"' }, 412, undefined, "refuses what If-Match does not name"],
  ["GET", { "If-Match": WEAK_TAG }, 412, undefined, "compares If-Match strongly"],
  ["GET", { "If-Match": '"x"', "If-None-Match": TAG }, 412, undefined, "asks If-Match first"],
  ["GET", { "If-Match": TAG, "If-None-Match": TAG }, 304, undefined, "asks If-None-Match next"],
  ["GET", { "If-Unmodified-Since": MODIFIED }, 200, TEXT, "sends what has not changed since"],
  ["GET", { "If-Unmodified-Since": EARLIER }, 412, undefined, "refuses what has changed since"],
  ["GET", { "If-Unmodified-Since": EARLIER, "If-None-Match": TAG }, 412, undefined, "asks for the date first"],
  ["GET", { "If-Match": TAG, "If-Unmodified-Since": EARLIER }, 200, TEXT, "ignores the date beside If-Match"],
  // Range, §14.2
  ["GET", { Range: "bytes=0-0" }, 206, "0", "sends the first byte"],
  ["GET", { Range: "bytes=0-9" }, 206, "0123456789", "sends the first ten bytes"],
  ["GET", { Range: "bytes=-3" }, 206, "xyz", "sends the last three bytes"],
  ["GET", { Range: "bytes=3590-" }, 206, "qrstuvwxyz", "sends the rest"],
  ["GET", { Range: "bytes=3590-9999" }, 206, "qrstuvwxyz", "sends what there is"],
  ["GET", { Range: "bytes=0-" }, 206, TEXT, "sends all as a range when asked for it so"],
  ["GET", { Range: "bytes=0-4,5-9" }, 206, "0123456789", "joins ranges that touch"],
  ["GET", { Range: "bytes=3600-" }, 416, undefined, "refuses what lies behind the end"],
  ["GET", { Range: "bytes=-0" }, 416, undefined, "refuses the last no bytes"],
  ["GET", { Range: "bytes=9-0" }, 200, TEXT, "ignores a range that is malformed"],
  ["GET", { Range: "lines=0-1" }, 200, TEXT, "ignores a unit that it does not know"],
  ["GET", { "Content-Range": "bytes 0-1/9" }, 200, TEXT, "ignores Content-Range in a request"],
  ["HEAD", { Range: "bytes=0-9" }, 200, "", "ignores Range in HEAD"],
  ["HEAD", { Range: "bytes=9999-" }, 200, "", "ignores a range behind the end in HEAD"],
  ["GET", { Range: "bytes=0-9", "If-Match": '"x"' }, 412, undefined, "prefers 412 to a range"],
  // If-Range, §13.1.5
  ["GET", { Range: "bytes=0-9", "If-Range": TAG }, 206, "0123456789", "sends a range of the tag it has"],
  ["GET", { Range: "bytes=0-9", "If-Range": MODIFIED }, 206, "0123456789", "sends a range of the date it has"],
  ["GET", { Range: "bytes=0-9", "If-Range": '"x"' }, 200, TEXT, "sends the whole of another tag"],
  ["GET", { Range: "bytes=0-9", "If-Range": WEAK_TAG }, 200, TEXT, "sends the whole for a weak tag"],
  ["GET", { Range: "bytes=0-9", "If-Range": LATER }, 200, TEXT, "sends the whole of another date"],
  ["GET", { Range: "bytes=9999-", "If-Range": '"x"' }, 200, TEXT, "sends the whole instead of 416"],
  ["GET", { "If-Range": '"x"' }, 200, TEXT, "ignores If-Range without Range"],
];

for (const [source, plan] of [
  ["memory", inMemory],
  ["a descriptor", byDescriptor],
] as const) {
  for (const [method, fields, status, content, why] of cases) {
    test(`answer() from ${source} ${why}: ${method} ${JSON.stringify(fields)}`, () => {
      file.userCount = 0;
      const reply = answer(plan, makeRequest(method, "/a.txt", withTag(fields, plan)), NOW_MS);
      assert.equal(reply.status, status);
      checkReply(reply, plan);
      if (content !== undefined) assert.equal(sentOf(reply), content);
      if (method === "HEAD" && status === 200) assert.equal((reply.content as Content).length, TEXT.length);
      const hasSlices = plan === byDescriptor && content !== undefined && content !== "";
      assert.equal(file.userCount, hasSlices ? 1 : 0, "retained once by replies that carry slices, and by no others");
    });
  }

  test(`answer() from ${source} sends several ranges as parts of one content`, () => {
    const reply = answer(plan, makeRequest("GET", "/a.txt", { Range: "bytes=-3, 0-1,5-6" }), NOW_MS);
    assert.equal(reply.status, 206);
    const boundary = /^Content-Type: multipart\/byteranges; boundary=([^\r]{16,70})\r\n/.exec(reply.fields)?.[1];
    assert.ok(boundary);
    assert.doesNotMatch(reply.fields, /Content-Range|text\/plain/);
    const part = (range: string, bytes: string): string =>
      `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/3600\r\n\r\n${bytes}\r\n`;
    const wanted = `\r\n${part("3597-3599", "xyz")}${part("0-1", "01")}${part("5-6", "56")}--${boundary}--\r\n`;
    assert.equal(sentOf(reply), wanted);
    checkReply(reply, plan);
  });

  test(`answer() from ${source} gives the same objects each time, so that their heads can be kept`, () => {
    for (const [method, fields] of [
      ["GET", {}],
      ["HEAD", {}],
      ["GET", { "If-None-Match": TAG }],
      ["GET", { "If-Modified-Since": MODIFIED }],
    ] as const) {
      const request = makeRequest(method, "/a.txt", withTag(fields, plan));
      assert.equal(answer(plan, request, NOW_MS), answer(plan, request, NOW_MS));
    }
  });
}

test("answer() gives a file's whole the fields that RFC 9110 wants", () => {
  assert.deepEqual(inMemory.whole.fields.split("\r\n"), [
    "Content-Type: text/plain; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    `Last-Modified: ${MODIFIED}`,
    "Accept-Ranges: bytes",
    `ETag: ${inMemory.etag}`,
    "Cache-Control: no-cache",
    "Vary: Accept-Encoding",
    "",
  ]);
});

test("answer() gives 304 the fields of RFC 9110 §15.4.5 only, and no content", () => {
  const fields = `ETag: ${inMemory.etag}\r\nCache-Control: no-cache\r\nVary: Accept-Encoding\r\n`;
  assert.deepEqual(inMemory.notModified, { status: 304, fields, content: undefined });
});

test("answer() says in a 416 how long the file is", () => {
  const reply = answer(inMemory, makeRequest("GET", "/a.txt", { Range: "bytes=9999-" }), NOW_MS);
  assert.match(reply.fields, /^Content-Range: bytes \*\/3600\r$/m);
  assert.doesNotMatch(reply.fields, /ETag|Last-Modified/);
});

test("answer() adds Content-Range to the fields of the whole", () => {
  const reply = answer(inMemory, makeRequest("GET", "/a.txt", { Range: "bytes=1-2" }), NOW_MS);
  assert.equal(reply.fields, `${inMemory.fields}Content-Range: bytes 1-2/3600\r\n`);
});

test("answer() sends an empty file whole, whatever range is asked for", () => {
  const plan = planFile({ path: "empty", source: Buffer.alloc(0), stat: { ...STAT, sizeBytes: 0 }, nowMs: NOW_MS });
  const whole = answer(plan, makeRequest("GET", "/empty"), NOW_MS);
  assert.deepEqual(whole.content, { kind: "content", length: 0, segments: [], file: undefined });
  for (const range of ["bytes=0-", "bytes=-5", "bytes=0-0", "bytes=7-", "bytes=0-1,-1"]) {
    assert.equal(answer(plan, makeRequest("GET", "/empty", { Range: range }), NOW_MS), plan.whole);
  }
});

test("answer() sends the whole of a large young file where a strong tag would be needed", () => {
  const young = planFile({ path: "a.bin", source: file, stat: STAT, nowMs: MODIFIED_MS + 500 });
  assert.match(young.fields, /^ETag: W\/"/m);
  const ranged = { Range: "bytes=0-9", "If-Range": young.etag };
  assert.equal(answer(young, makeRequest("GET", "/", ranged), NOW_MS), young.whole);
  assert.equal(answer(young, makeRequest("GET", "/", { "If-Match": young.etag }), NOW_MS).status, 412);
  assert.equal(answer(young, makeRequest("GET", "/", { "If-None-Match": young.etag }), NOW_MS), young.notModified);
});

const redirects: [target: string, location: string][] = [
  ["/folder", "/folder/"],
  ["/folder?", "/folder/?"],
  ["/folder?a=b&c=%20d?e/../f", "/folder/?a=b&c=%20d?e/../f"],
  ["/folder?//evil.example", "/folder/?//evil.example"],
  ["/folder?<script>", "/folder/?%3Cscript%3E"],
  ["/folder?a\r\nSet-Cookie: b=c", "/folder/?a%0D%0ASet-Cookie:%20b=c"],
  ["/folder?\x80\xff", "/folder/?%C2%80%C3%BF"],
];

for (const [target, location] of redirects) {
  test(`answer() redirects ${JSON.stringify(target)} with its query`, () => {
    const plan = planRedirect("/folder/", NOW_MS);
    for (const method of ["GET", "HEAD"]) {
      const reply = answer(plan, makeRequest(method, target, { "If-None-Match": "*", "If-Match": '"x"' }), NOW_MS);
      assert.equal(reply.status, 301);
      assert.deepEqual(fieldsOf(reply, "location"), [location]);
      assert.doesNotMatch(sentOf(reply), /folder\/|script/);
    }
  });
}

test("answer() ignores conditions and ranges where there is no file", () => {
  const plan = planRefusal({ reply: errorReply(404) }, NOW_MS, true);
  for (const fields of [{ "If-Match": "*" }, { "If-None-Match": "*" }, { Range: "bytes=0-1" }] as const) {
    assert.equal(answer(plan, makeRequest("GET", "/nothing", { ...fields }), NOW_MS), errorReply(404));
  }
});

test("replyOf() shows the site's page as what it is, with nothing to compare it by", () => {
  const reply = replyOf(
    404,
    planFile({ path: "404.html", source: Buffer.from("<h1>Lost</h1>"), stat: STAT, nowMs: NOW_MS }),
  );
  assert.equal(reply.status, 404);
  assert.equal(sentOf(reply), "<h1>Lost</h1>");
  assert.deepEqual(reply.fields.split("\r\n"), [
    "Content-Type: text/html; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    "Cache-Control: no-cache",
    "",
  ]);
});

test("replyOf() keeps nothing of how the page is sent when it is asked for by its own name", () => {
  const page = planFile({ path: "404.html", source: Buffer.from("<h1>Lost</h1>"), stat: STAT, nowMs: NOW_MS });
  const block = { bytes: Buffer.from("HTTP/1.1 200 OK") };
  page.whole.written = { block, headLength: 15, second: 0, sentCount: 3, writer: {} };
  assert.equal(replyOf(404, page).written, undefined);
});

/** Tables are written before the tags are known. */
function withTag(fields: Readonly<Record<string, string>>, plan: FilePlan): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.replace("TAG", plan.etag)]));
}

/** What every reply must be for the engine and the transports. */
function checkReply(reply: Reply, plan: FilePlan): void {
  assert.match(reply.fields, /^(?:[A-Za-z-]+: [ -~]+\r\n)*$/);
  assert.doesNotMatch(reply.fields, /^(?:Date|Connection|Content-Length|Transfer-Encoding):/im);
  if (reply.status === 304) return assert.equal(reply.content, undefined);
  if (reply.status === 206) assert.deepEqual(fieldsOf(reply, "etag"), [plan.etag]);
  const content = reply.content as Content;
  const hasSlices = content.segments.some((segment) => !Buffer.isBuffer(segment));
  assert.equal(content.file !== undefined, hasSlices);
  const length = content.segments.reduce((sum, segment) => sum + bytesOf(segment).length, 0);
  if (reply !== plan.headOnly) assert.equal(content.length, length);
}

function fieldsOf(reply: Reply, name: string): string[] {
  const lines = reply.fields.split("\r\n").filter((line) => line.toLowerCase().startsWith(`${name}: `));
  return lines.map((line) => line.slice(name.length + 2));
}

function bytesOf(segment: Buffer | FileSlice): Buffer {
  return Buffer.isBuffer(segment) ? segment : Buffer.from(TEXT.slice(segment.start, segment.end));
}

/** Everything in the segments; to HEAD the engine sends none of it. */
function sentOf(reply: Reply): string {
  const segments = (reply.content as Content).segments;
  return reply === inMemory.headOnly ? "" : Buffer.concat(segments.map(bytesOf)).toString();
}
