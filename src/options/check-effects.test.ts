import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsWithoutEffect } from "./check-effects.ts";
import { resolveOptions } from "./resolve.ts";
import type { ServerOptions } from "./server-options.ts";

const cases: [options: ServerOptions, sentences: string[]][] = [
  [{}, []],
  [{ listing: true }, []],
  [{ listing: true, zip: true }, []],
  [{ maxThreads: 9 }, ["maxThreads has no effect without a thread per connection"]],
  [{ maxThreads: 9, threads: "per-connection" }, []],
  [{ socketMode: 0o600 }, ["socketMode has no effect without socket"]],
  [{ socketMode: 0o600, socket: "/a" }, []],
  [{ log: "json", logMask: ["query"], logFile: "a", logRotateBytes: 1, logKeepCount: 2 }, []],
  [{ forwardedFields: ["forwarded"] }, ["forwardedFields has no effect without trustedProxies"]],
  [{ forwardedFields: ["forwarded"], trustedProxies: ["unix"] }, []],
  [{ tls: { pfx: "a" }, listen: ":80,no-tls" }, ["tls has no effect: every listener says no-tls"]],
  [{ logMask: ["query"] }, ["logMask has no effect without log"]],
  [{ log: "json", logRotateBytes: 1 }, ["logRotateBytes has no effect without logFile"]],
  [{ log: "json", logFile: "a", logKeepCount: 2 }, ["logKeepCount has no effect without logRotateBytes"]],
  [{ earlyHints: "all" }, []],
  [{ earlyHints: "http2", h2c: true }, []],
  [{ earlyHints: "http2", tls: { pfx: "a" } }, []],
  [
    { earlyHints: "http2" },
    ['earlyHints: "http2" has no effect, because no client speaks HTTP/2 here: it needs tls or h2c'],
  ],
  [{ zip: true }, ["zip has no effect without listing"]],
  [
    { listing: true, zip: true, sites: { "a.example": { root: ".", zip: true } } },
    ['sites["a.example"].zip has no effect without listing'],
  ],
];
for (const [options, sentences] of cases) {
  test(`optionsWithoutEffect(${JSON.stringify(options)}) are ${JSON.stringify(sentences)}`, () => {
    assert.deepEqual(optionsWithoutEffect(resolveOptions(options)), sentences);
  });
}
