// Names of other servers in a configuration, as resolveOptions() answers them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "../server.ts";
import { namesNear } from "./mistakes.ts";
import { otherName } from "./other-names.ts";
import { resolveOptions } from "./resolve.ts";
import type { ServerOptions } from "./server-options.ts";

const FALLBACK = 'the option fallback, such as fallback: "/index.html"';
const redirect = { from: "/a", to: "/b" };
const cases: [options: object, message: RegExp][] = [
  [{ spa: true }, /^spa: found an unknown name, wanted the option fallback, such as fallback: "\/index\.html"$/],
  [{ gzip: true }, /^gzip: found an unknown name, wanted the option compress, /],
  [{ index: ["a.html"] }, /^index: found an unknown name, wanted rewrites: .* the page of a folder is index\.html$/],
  [{ allowHTTP1: true }, /^allowHTTP1: found an unknown name, wanted the option h2c, for HTTP\/2 without TLS, or /],
  [{ fetch() {} }, /^fetch: .* wanted nothing: heddle serves files, and handlers do not exist yet$/],
  [{ middleware: [] }, /^middleware: .* handlers do not exist yet$/],
  [{ https: {} }, /^https: found an unknown name, wanted the option tls, such as tls: /],
  [{ letsEncrypt: true }, /^letsEncrypt: .* wanted the option tls, such as tls: \{ acme: /],
  [{ forceHttps: true }, /^forceHttps: .* wanted the option tlsRedirect, such as tlsRedirect: 80$/],
  [{ strictTransportSecurity: true }, /^strictTransportSecurity: .* wanted the option hsts$/],
  [{ authentication: {} }, /^authentication: found an unknown name, wanted auth$/],
  [{ basic_auth: {} }, /^basic_auth: .* wanted the option auth, such as auth: \{ users: /],
  [{ public: "dist" }, /^public: .* wanted the option root$/],
  [{ directoryListing: true }, /wanted the option listing$/],
  [{ bind: 80 }, /wanted host and port: /],
  [{ redirects: [{ ...redirect, source: "/a" }] }, /^redirects\[0\]\.source: .* wanted the key from$/],
  [{ redirects: [{ ...redirect, destination: "/a" }] }, /^redirects\[0\]\.destination: .* wanted the key to$/],
  [
    { redirects: [{ ...redirect, type: 301 }] },
    /^redirects\[0\]\.type: .* wanted status: 301, or another redirect status$/,
  ],
  [{ rewrites: [{ ...redirect, type: 301 }] }, /^rewrites\[0\]\.type: .* wanted one of from, to, onlyMissing$/],
  [{ headers: [{ for: "/", set: {}, source: "/" }] }, /^headers\[0\]\.source: .* wanted the key for$/],
  [{ headers: [{ for: "/", set: {}, headers: [] }] }, /^headers\[0\]\.headers: .* wanted set: \{/],
  [{ cors: { origins: "*", allowHeaders: [] } }, /^cors\.allowHeaders: .* wanted the key requestHeaders$/],
  [
    { sites: { a: { root: ".", spa: true } } },
    /^sites\.a\.spa: found an unknown name, wanted the option fallback, such as fallback: /,
  ],
  [{ revalidate: 1 }, /found an unknown name, wanted revalidateMs$/],
];
test("createServer() does not take a handler for options", () => {
  assert.throws(() => createServer((() => {}) as unknown as ServerOptions), /handlers do not exist yet$/);
});

for (const [options, message] of cases) {
  test(`resolveOptions() says what ${JSON.stringify(options)} is here`, () => {
    assert.throws(() => resolveOptions(options as ServerOptions), { name: "OptionError", message });
  });
}

test("otherName() takes a name as it is meant at its place, whatever its case and dashes", () => {
  assert.equal(otherName("page-fallback", ["fallback"]), FALLBACK);
  assert.equal(otherName("TRY_FILES", ["fallback"]), FALLBACK);
  assert.equal(otherName("spa", ["from", "to"]), undefined);
});

const near: [name: string, names: string[], near: string[]][] = [
  ["prot", ["port", "host"], ["port"]],
  ["compression", ["compress", "cors"], ["compress"]],
  ["headLimit", ["headLimitBytes", "headLimitCount", "port"], ["headLimitBytes", "headLimitCount"]],
  ["max", ["maxThreads"], []],
  ["limits", ["limitsOne", "limitsTwo", "limitsThree", "limitsFour"], []],
];
for (const [name, names, expected] of near) {
  test(`namesNear() finds ${JSON.stringify(expected)} for ${name}`, () => {
    assert.deepEqual(namesNear(name, names), expected);
  });
}
