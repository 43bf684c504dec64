// Tables of requests to one site, each row a test: what is asked for, and the reply that must come back, from cold and
// from warm caches.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply } from "../../src/http/message.ts";
import type { SiteOptions } from "../../src/options/site-options.ts";
import { makeEncodingHandler } from "./encoding-handler.ts";
import { fieldOf, textOf } from "./reply.ts";

export interface ReplyRow {
  /** The name of the test: a sentence about the behaviour. */
  readonly name: string;
  /** Options, where the defaults are not enough. */
  readonly site?: Partial<SiteOptions>;
  /** @default "GET" */
  readonly method?: string;
  readonly target: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly reply: ExpectedReply;
}

export interface ExpectedReply {
  readonly status: number;
  /** The content, whole or what it must match. */
  readonly text?: string | RegExp;
  /** Header fields, by name; `undefined` for a field that must not be there. */
  readonly fields?: Readonly<Record<string, string | RegExp | undefined>>;
}

/** Many mistakes of servers are mistakes of their caches. */
const ROUNDS = ["cold", "warm"] as const;

export function testReplies(files: Record<string, string | Buffer>, rows: readonly ReplyRow[]): void {
  for (const { name, site, method, target, fields, reply } of rows) {
    test(name, async (t) => {
      const { ask } = makeEncodingHandler(t, files, site);
      for (const round of ROUNDS) checkReply(await ask(target, fields, method), reply, round);
    });
  }
}

function checkReply(found: Reply, { status, text, fields = {} }: ExpectedReply, round: string): void {
  assert.equal(found.status, status, round);
  if (text !== undefined) check(textOf(found), text, round);
  for (const [name, value] of Object.entries(fields)) check(fieldOf(found, name), value, `${name}, ${round}`);
}

function check(found: string | undefined, expected: string | RegExp | undefined, message: string): void {
  if (expected instanceof RegExp) assert.match(found ?? "", expected, message);
  else assert.equal(found, expected, message);
}
