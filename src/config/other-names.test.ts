// Names of other servers in a configuration, as resolveOptions() answers them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOptions, type ServerOptions } from "../options.ts";
import { namesNear } from "./mistakes.ts";
import { otherName } from "./other-names.ts";

const redirect = { from: "/a", to: "/b" };
const cases: [options: object, message: RegExp][] = [
  [{ spa: true }, /^spa: found true, wanted fallback: "\/index\.html"$/],
  [{ gzip: true }, /^gzip: found true, wanted compress, /],
  [{ index: ["a.html"] }, /^index: found \[ 'a.html' \], wanted rewrites: .* index\.html is the page of a folder/],
  [{ tls: {} }, /^tls: found \{\}, wanted nothing by this name: TLS and HTTP\/2 are not here yet$/],
  [{ authentication: {} }, /^authentication: .* most likely auth$/],
  [{ basic_auth: {} }, /^basic_auth: .* wanted auth: \{ users: /],
  [{ public: "dist" }, /^public: .* wanted the name root$/],
  [{ directoryListing: true }, /wanted the name listing$/],
  [{ listen: 80 }, /wanted host and port: /],
  [{ redirects: [{ ...redirect, source: "/a" }] }, /^redirects\[0\]\.source: .* wanted the name from$/],
  [{ redirects: [{ ...redirect, destination: "/a" }] }, /^redirects\[0\]\.destination: .* wanted the name to$/],
  [{ redirects: [{ ...redirect, type: 301 }] }, /^redirects\[0\]\.type: .* wanted status: 301, or another$/],
  [{ rewrites: [{ ...redirect, type: 301 }] }, /^rewrites\[0\]\.type: .* wanted one of from, to, onlyMissing$/],
  [{ headers: [{ for: "/", set: {}, source: "/" }] }, /^headers\[0\]\.source: .* wanted the name for$/],
  [{ headers: [{ for: "/", set: {}, headers: [] }] }, /^headers\[0\]\.headers: .* wanted set: \{/],
  [{ cors: { origins: "*", allowHeaders: [] } }, /^cors\.allowHeaders: .* wanted the name requestHeaders$/],
  [{ sites: { a: { root: ".", spa: true } } }, /^sites\.a\.spa: found true, wanted fallback: /],
  [{ revalidate: 1 }, /most likely revalidateMs$/],
];
for (const [options, message] of cases) {
  test(`resolveOptions() says what ${JSON.stringify(options)} is here`, () => {
    assert.throws(() => resolveOptions(options as ServerOptions), { name: "OptionError", message });
  });
}

test("otherName() takes a name as it is meant at its place, whatever its case and dashes", () => {
  assert.equal(otherName("page-fallback", ["fallback"]), 'fallback: "/index.html"');
  assert.equal(otherName("TRY_FILES", ["fallback"]), 'fallback: "/index.html"');
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
