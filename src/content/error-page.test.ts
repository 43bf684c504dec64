import assert from "node:assert/strict";
import { test } from "node:test";
import type { Content, Reply } from "../http/message.ts";
import { errorReply } from "./error-page.ts";

function textOf(reply: Reply): string {
  return Buffer.concat((reply.content as Content).segments as Buffer[]).toString("utf8");
}

for (const status of [301, 400, 403, 404, 405, 408, 412, 413, 414, 416, 417, 431, 500, 501, 503, 505]) {
  test(`errorReply() has a page for ${status}`, () => {
    const reply = errorReply(status);
    const text = textOf(reply);
    assert.equal(reply.status, status);
    assert.match(text, new RegExp(`^<!doctype html>[^]*<title>${status} [A-Z][^<]+</title>[^]*<h1>${status} `));
    assert.doesNotMatch(text, /undefined|null|NaN|Error:|node:|\.ts/);
    assert.equal((reply.content as Content).length, Buffer.byteLength(text));
  });
}

test("errorReply() makes one reply for each status", () => {
  assert.equal(errorReply(404), errorReply(404));
  assert.notEqual(errorReply(404), errorReply(403));
});

test("errorReply() can say a status that has no name", () => {
  assert.match(textOf(errorReply(499)), /<title>499<\/title>/);
});

test("errorReply() says what its content is, and that it is not to be kept", () => {
  assert.deepEqual(errorReply(404).fields.split("\r\n"), [
    "Content-Type: text/html; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    "Cache-Control: no-cache",
    "",
  ]);
});

test("errorReply() says when to come back after a 503, unless somebody knows better", () => {
  assert.match(errorReply(503).fields, /^Retry-After: 2\r$/m);
  assert.equal(errorReply(503, "Retry-After: 60\r\n").fields.match(/Retry-After/g)?.length, 1);
});

test("errorReply() adds field lines and leaves the plain page as it is", () => {
  const reply = errorReply(405, "Allow: GET\r\n");
  assert.equal(reply.fields, `${errorReply(405).fields}Allow: GET\r\n`);
  assert.equal(textOf(reply), textOf(errorReply(405)));
});
