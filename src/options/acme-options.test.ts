// What `tls.acme`, `tlsRedirect` and `hsts` may hold, and what they resolve to.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { AcmeOptions } from "./acme-options.ts";
import { optionsWithoutEffect } from "./check-effects.ts";
import { OptionError } from "./mistakes.ts";
import { resolveOptions } from "./resolve.ts";
import type { ResolvedOptions } from "./resolved-options.ts";
import type { ServerOptions } from "./server-options.ts";

const TLS = { cert: "a", key: "b" };

function resolveAcme(acme: Partial<AcmeOptions>): ResolvedOptions {
  return resolveOptions({ tls: { acme: { domains: ["example.com"], ...acme } } });
}

test("resolveOptions() turns tls.acme into the file that it writes, and opens port 80", () => {
  const { tls, acme, tlsRedirect, isTlsRedirectFixed } = resolveAcme({ keyFolder: "keys" });
  assert.deepEqual(acme, {
    domains: ["example.com"],
    email: undefined,
    directory: "https://acme-v02.api.letsencrypt.org/directory",
    profile: undefined,
    challenge: undefined,
    externalAccount: undefined,
    keyFolder: resolve("keys"),
    agreeToTerms: true,
  });
  assert.equal(tls!.length, 1);
  assert.equal(tls![0]!.cert, tls![0]!.key);
  assert.ok(tls![0]!.cert!.startsWith(join(resolve("keys"), "acme-v02.api.letsencrypt.org-")));
  assert.deepEqual([tlsRedirect, isTlsRedirectFixed], [80, false]);
});

test("resolveOptions() has a folder of its own for each authority, and for other names", () => {
  const fileOf = (acme: Partial<AcmeOptions>): string => resolveAcme({ keyFolder: "keys", ...acme }).tls![0]!.cert!;
  const files = [
    {},
    { staging: true },
    { directory: "https://a.example/d" },
    { domains: ["example.com", "a.example"] },
  ];
  assert.equal(new Set(files.map(fileOf)).size, files.length);
  assert.equal(fileOf({ domains: ["example.com", "a", "b"] }), fileOf({ domains: ["EXAMPLE.com.", "b", "a", "b"] }));
});

for (const [written, canonical] of [
  ["Example.COM.", "example.com"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["192.0.2.1", "192.0.2.1"],
  ["2001:DB8:0:0::1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["a_b.example", undefined],
  ["-a.example", undefined],
  ["a..example", undefined],
  ["example.com:443", undefined],
  ["https://example.com", undefined],
  ["192.0.2.300", undefined],
  ["*.example.com", undefined],
  ["", undefined],
  [" ", undefined],
  [`${"a".repeat(64)}.example`, undefined],
] as const) {
  test(`resolveOptions() takes ${JSON.stringify(written)} as ${canonical ?? "no domain"}`, () => {
    if (canonical !== undefined)
      return assert.deepEqual(resolveAcme({ domains: [written] }).acme!.domains, [canonical]);
    assert.throws(() => resolveAcme({ domains: [written] }), OptionError);
  });
}

const REFUSED: readonly (readonly [options: ServerOptions, message: RegExp])[] = [
  [{ tls: { acme: { domains: [] } } }, /^tls\.acme\.domains: found \[\], wanted 1 to 100 names/],
  [
    { tls: { acme: { domains: ["*.a.example"] } } },
    /^tls\.acme\.domains\[0\]: found "\*\.a\.example", wanted a name without a wildcard: authorities prove/,
  ],
  [{ tls: { acme: { domains: ["a"], email: "a" } } }, /^tls\.acme\.email: found "a", wanted an address for mail/],
  [
    { tls: { acme: { domains: ["a"], directory: "http://a.example/" } } },
    /^tls\.acme\.directory: found .*, wanted the https:\/\/ URL/,
  ],
  [
    { tls: { acme: { domains: ["a"], directory: "https://a.example/", staging: true } } },
    /^tls\.acme\.staging: found true, wanted no staging together with directory/,
  ],
  [{ tls: { acme: { domains: ["a"], mail: "b" } } } as ServerOptions, /^tls\.acme\.mail: found an unknown name/],
  [
    { tls: { acme: { domains: ["a"], externalAccount: { keyId: "a", hmacKey: "se cret" } } } },
    /^tls\.acme\.externalAccount\.hmacKey: found a text \(not shown\), wanted a key in base64url/,
  ],
  [{ tls: "dev", port: 443, tlsRedirect: 443 }, /^tlsRedirect: found 443, wanted a port other than 443, which is for/],
  [{ tlsRedirect: 0 }, /^tlsRedirect: found 0, wanted a port from 1 to 65535, or false/],
  [{ hsts: { preload: true } }, /^hsts: found .*, wanted other HSTS options \(preload needs includeSubDomains/],
  [
    { hsts: { preload: true, includeSubDomains: true, maxAgeSeconds: 86_400 } },
    /^hsts: .*maxAgeSeconds of a year at least/,
  ],
];

for (const [options, message] of REFUSED) {
  test(`resolveOptions() refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => resolveOptions(options), { name: "OptionError", message });
  });
}

test("resolveOptions() takes a second port that is the default port, which a file may change", () => {
  assert.equal(resolveOptions({ tls: "dev", tlsRedirect: 8080 }).tlsRedirect, 8080);
});

test("resolveOptions() has HSTS with TLS only", () => {
  const year = { maxAgeSeconds: 31_536_000, includeSubDomains: false, preload: false };
  assert.equal(resolveOptions({ hsts: true }).site.hsts, undefined);
  assert.equal(resolveOptions({ tls: TLS }).site.hsts, undefined);
  assert.deepEqual(resolveOptions({ tls: TLS, hsts: true }).site.hsts, year);
  const sites = { "a.example": { root: ".", hsts: { maxAgeSeconds: 0 } }, "b.example": { root: "." } };
  const resolved = resolveOptions({ tls: TLS, sites }).sites;
  assert.deepEqual(
    resolved.map(({ site }) => site.hsts),
    [{ ...year, maxAgeSeconds: 0 }, undefined],
  );
});

test("optionsWithoutEffect() says that an authority cannot reach this machine", () => {
  const warning = (options: ServerOptions): string | undefined => optionsWithoutEffect(resolveOptions(options))[0];
  const tls = { acme: { domains: ["example.com"] } };
  assert.match(warning({ tls })!, /^host: localhost is reached from this machine only, so that no authority/);
  assert.equal(warning({ tls, host: "0.0.0.0" }), undefined);
  assert.equal(warning({ tls: { acme: { ...tls.acme, directory: "http://127.0.0.1:14000/dir" } } }), undefined);
});
