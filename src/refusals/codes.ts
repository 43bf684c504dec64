// Every code of docs/errors.md in one list, and what each means in words. The rows stand where they are decided; here is
// where counting and telling find them.
import { PATH_REFUSALS } from "../content/resolve.ts";
import { HPACK_PROBLEMS } from "../hpack/problem.ts";
import { SITE_REFUSALS } from "../http/site-refusals.ts";
import { REJECTIONS as HTTP1_REJECTIONS } from "../http1/rejection.ts";
import { CONNECTION_PROBLEMS, REJECTIONS as HTTP2_REJECTIONS, STREAM_PROBLEMS } from "../http2/problems.ts";
import { PROXY_REFUSALS } from "../proxies/refusals.ts";
import { HANDSHAKE_REFUSALS } from "../tls/handshake-failure.ts";
import { ACCEPT_REFUSALS } from "../transport/accept-refusals.ts";
import type { Refusal } from "../transport/transport.ts";

/** By code: the status or the error code, what was found, and the section of the rule. */
type Rows = Readonly<Record<string, readonly [outcome: number | string, meaning: string, section: string]>>;

const COMPRESSION: Rows = Object.fromEntries(
  Object.entries(HPACK_PROBLEMS).map(([code, [meaning, section]]) => [code, ["COMPRESSION_ERROR", meaning, section]]),
);

/** By the part of the server that refuses: a code may mean something else in another part. */
const TABLES: Readonly<Record<Refusal["by"], Rows>> = {
  http1: HTTP1_REJECTIONS,
  http2: { ...HTTP2_REJECTIONS, ...STREAM_PROBLEMS, ...CONNECTION_PROBLEMS, ...COMPRESSION },
  tls: HANDSHAKE_REFUSALS,
  proxies: PROXY_REFUSALS,
  accept: ACCEPT_REFUSALS,
  site: { ...PATH_REFUSALS, ...SITE_REFUSALS },
};

/** In the order of the counters. Two parts that refuse by one code share its count. */
export const REFUSAL_CODES: readonly string[] = [
  ...new Set(Object.values(TABLES).flatMap((rows) => Object.keys(rows))),
];

const INDEXES: ReadonlyMap<string, number> = new Map(REFUSAL_CODES.map((code, index) => [code, index]));

/** @returns the place of a code among the counters; -1 for one that is none */
export function indexOfCode(code: string): number {
  return INDEXES.get(code) ?? -1;
}

/**
 * A refusal in one line: "BARE_LF: a line ends with LF alone; CRLF is wanted (RFC 9112 §2.2)". An error code of HTTP/2,
 * which the peer is told, stands before the section.
 */
export function sentenceOf({ by, code }: Pick<Refusal, "by" | "code">): string {
  const row = TABLES[by][code];
  if (row === undefined) return code;
  const [outcome, meaning, section] = row;
  const told = by === "http2" && typeof outcome === "string" ? `${outcome}, ` : "";
  // Names of fields, frames and protocols keep their capitals.
  const words = meaning.replace(/^[A-Z][a-z]*(?=[ ,])/, (first) => first.toLowerCase()).replace(/\.$/, "");
  return `${code}: ${words} (${told}${section})`;
}
