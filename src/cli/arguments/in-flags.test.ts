import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sources } from "../../options/sources/sources.ts";
import { inFlags, wantedInFlags } from "./in-flags.ts";

const PAGE = "there is no file /index.html in /srv";
const ZIP = "zip has no effect without listing";
const cases: [warning: string, sources: Sources, printed: string][] = [
  [`fallback: ${PAGE}`, {}, `fallback: ${PAGE}`],
  [`fallback: ${PAGE}`, { fallback: "--spa" }, `--spa: ${PAGE}`],
  [`fallback: ${PAGE}`, { fallback: "HEDDLE_SPA" }, `HEDDLE_SPA: ${PAGE}`],
  [`sites.a.fallback: ${PAGE}`, { fallback: "--spa" }, `sites.a.fallback: ${PAGE}`],
  [ZIP, { fallback: "--spa" }, ZIP],
  [ZIP, { zip: "--zip" }, "--zip has no effect without --listing"],
  [ZIP, { zip: "HEDDLE_ZIP" }, "HEDDLE_ZIP has no effect without listing"],
  [
    "socketMode has no effect without socket",
    { socketMode: "--socket-mode" },
    "--socket-mode has no effect without --socket",
  ],
  ["root: x", { root: "root" }, "root: x"],
  [
    "/srv/_redirects:1: proxies are not supported",
    { fallback: "--spa" },
    "/srv/_redirects:1: proxies are not supported",
  ],
];
for (const [warning, sources, printed] of cases) {
  test(`inFlags() says "${printed}" with ${JSON.stringify(sources)}`, () => {
    assert.equal(inFlags(warning, sources), printed);
  });
}

const PEM = "a private key as PKCS#12: for PEM, give cert and key";
const WORDS = "write the password into a file, and give that as passphraseFile";
const wants: [wanted: string, source: string, printed: string][] = [
  [WORDS, "--tls-key", "write the password into a file, and give that as --tls-passphrase-file"],
  [WORDS, "HEDDLE_TLS_KEY", "write the password into a file, and give that as HEDDLE_TLS_PASSPHRASE_FILE"],
  [WORDS, "heddle.config.ts", WORDS],
  [PEM, "--tls-pfx", "a private key as PKCS#12: for PEM, give --tls-cert and --tls-key"],
  ["openssl -in a.pfx, as cert and as key", "--tls-pfx", "openssl -in a.pfx, as --tls-cert and as --tls-key"],
  ['the path of a file, like "server.pfx"', "--tls-pfx", 'the path of a file, like "server.pfx"'],
  ["the private key of the certificate in /srv/pfx/a", "--tls-key", "the private key of the certificate in /srv/pfx/a"],
];
for (const [wanted, tls, printed] of wants) {
  test(`wantedInFlags() says "${printed}" for ${tls}`, () => {
    assert.equal(wantedInFlags(wanted, { tls }), printed);
  });
}
