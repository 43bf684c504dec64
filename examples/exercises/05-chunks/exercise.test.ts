// Exercise 5 is solved when these tests pass. The engine itself decodes the chunks: as the content of a request.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, HeadParser, HeadWriter, DEFAULT_LIMITS as limits } from "../../../src/http1/index.ts";
import { attempt } from "../support.ts";

const { chunked } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const HEAD = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";

/** What the engine understands, and how many requests. */
function decode(bytes: Buffer): { content: string; ends: number } {
  const connection = new Connection({ limits, parser: new HeadParser(limits), writer: new HeadWriter() }, 0);
  connection.receive(Buffer.concat([Buffer.from(HEAD, "latin1"), bytes]), 0);
  const found = { content: "", ends: 0 };
  for (let event = connection.next(); event !== undefined; event = connection.next()) {
    if (event.kind === "content") found.content += event.bytes.toString("utf8");
    else if (event.kind === "end") found.ends++;
    else if (event.kind === "rejected") assert.fail(`the engine refused the content: ${event.rejection.code}`);
  }
  return found;
}

const cases = [
  { name: "one part", parts: ["hello"] },
  { name: "several parts", parts: ["hello", " ", "world"] },
  { name: "no part", parts: [] },
  { name: "an empty part does not end the content", parts: ["before", "", "after"] },
  { name: "a part of more than 15 bytes, whose size has a letter", parts: ["x".repeat(26), "y".repeat(300)] },
  { name: "a part that looks like the end", parts: ["0\r\n\r\n", "more"] },
  { name: "characters of several bytes: the size counts bytes", parts: ["Grüße", "✓"] },
];

for (const { name, parts } of cases) {
  test(`05 ${name}`, () => {
    const { content, ends } = decode(chunked(parts.map((part) => Buffer.from(part, "utf8"))));
    assert.equal(content, parts.join(""));
    assert.equal(ends, 1);
  });
}
