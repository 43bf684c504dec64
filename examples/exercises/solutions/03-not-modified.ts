// The order of the conditions is what is hard, and RFC 9110 §13.2.2 has it: evaluatePreconditions() follows it.
import { parseEntityTag } from "../../../src/http/etag.ts";
import { evaluatePreconditions } from "../../../src/http/preconditions.ts";
import type { Reply, Request } from "../../../src/http1/index.ts";

const TEXT = Buffer.from("The cloth of today.\n");
export const TAG = '"today-1"';
const VALIDATORS = { etag: parseEntityTag(TAG), lastModifiedMs: undefined };

export function answer(request: Request): Reply {
  const verdict = evaluatePreconditions(request, VALIDATORS, Date.now());
  // RFC 9110 §15.4.5: 304 has no content, and the fields that tell a cache about the one that it has.
  if (verdict === "not-modified") return { status: 304, fields: `ETag: ${TAG}\r\n`, content: undefined };
  if (verdict === "precondition-failed") return withText(412, Buffer.from("It is another one now.\n"), "");
  return withText(200, TEXT, `ETag: ${TAG}\r\n`);
}

function withText(status: number, text: Buffer, fields: string): Reply {
  const content = { kind: "content", length: text.length, segments: [text], file: undefined } as const;
  return { status, fields: `${fields}Content-Type: text/plain\r\n`, content };
}
