// docs/errors.md lists every code that the code has, with the same status, meaning and section, and no other.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PATH_REFUSALS } from "../src/content/resolve.ts";
import { HPACK_PROBLEMS } from "../src/hpack/problem.ts";
import { SITE_REFUSALS } from "../src/http/site-refusals.ts";
import { reasonPhrase } from "../src/http/status.ts";
import { REJECTIONS, rejection } from "../src/http1/rejection.ts";
import { CONNECTION_PROBLEMS, REJECTIONS as HTTP2_REJECTIONS, STREAM_PROBLEMS } from "../src/http2/problems.ts";
import { PROXY_REFUSALS } from "../src/proxies/refusals.ts";
import { HANDSHAKE_REFUSALS } from "../src/tls/handshake-failure.ts";
import { ACCEPT_REFUSALS } from "../src/transport/accept-refusals.ts";

const ROOT = new URL("../", import.meta.url);
const PAGE = readFileSync(new URL("docs/errors.md", ROOT), "utf8");

type Rows = Readonly<Record<string, readonly [status: number | string, meaning: string, section: string]>>;

const COMPRESSION: Rows = Object.fromEntries(
  Object.entries(HPACK_PROBLEMS).map(([code, [meaning, section]]) => [code, ["COMPRESSION_ERROR", meaning, section]]),
);

/** `closing` is the code after which, unlike the others, the connection is closed. */
const tables: { name: string; rows: Rows; connection: string; closing?: string }[] = [
  { name: "engine", rows: REJECTIONS, connection: "closed" },
  { name: "http2", rows: HTTP2_REJECTIONS, connection: "kept" },
  { name: "http2 streams", rows: STREAM_PROBLEMS, connection: "kept" },
  { name: "http2 connections", rows: { ...CONNECTION_PROBLEMS, ...COMPRESSION }, connection: "closed" },
  { name: "content", rows: PATH_REFUSALS, connection: "kept" },
  { name: "site", rows: SITE_REFUSALS, connection: "kept", closing: "CONNECTIONS_EXCEEDED" },
  { name: "tls", rows: HANDSHAKE_REFUSALS, connection: "closed" },
  { name: "proxies", rows: PROXY_REFUSALS, connection: "closed" },
  { name: "accept", rows: ACCEPT_REFUSALS, connection: "kept" },
];
for (const { name, rows, connection, closing } of tables) {
  test(`docs/errors.md has the "${name}" table as the code has it`, () => {
    const [, start = ""] = PAGE.split(`<!-- ${name} -->`);
    const lines = start.split(`<!-- /${name} -->`)[0]!.trim().split("\n");
    const expected = Object.entries(rows).map(([code, [status, meaning, section]]) => {
      return [String(status), `\`${code}\``, meaning, section, code === closing ? "closed" : connection];
    });
    assert.deepEqual(lines.slice(2).map(cellsOf), expected);
  });
}

test("docs/errors.md has every code that the source names elsewhere", () => {
  const named = globSync("src/**/*.ts", { cwd: ROOT, exclude: ["src/**/*.test.ts"] })
    .map((path) => readFileSync(new URL(path, ROOT), "utf8"))
    .flatMap((source) => [...source.matchAll(/\bcode(?::| =) "([A-Z0-9_]+)"/g)].map(([, code]) => code!));
  assert.ok(named.length > 0);
  for (const code of named) assert.ok(PAGE.includes(`| \`${code}\``), code);
});

for (const code of Object.keys(REJECTIONS) as (keyof typeof REJECTIONS)[]) {
  test(`rejection() gives ${code} a status that has a name, a meaning and a section`, () => {
    const [status, meaning, section] = REJECTIONS[code];
    assert.deepEqual(rejection(code), { status, code });
    assert.notEqual(reasonPhrase(status), "");
    assert.match(meaning, /^[A-Z].*\.$/);
    assert.match(section, /^RFC \d{4} §/);
  });
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
