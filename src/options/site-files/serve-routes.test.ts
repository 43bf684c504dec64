// Where serve sends a path, by serve-handler 6.1.8. foreign/serve-json.test.ts asks serve-handler itself, with more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTarget, pathPattern } from "../../features/patterns/pattern.ts";
import { Unhonoured } from "./foreign.ts";
import { serveRoutes } from "./serve-routes.ts";

/** The target of the first rule that matches. */
function sent(source: string, destination: string, path: string): string | undefined {
  for (const { from, to } of serveRoutes(source, destination)) {
    const groups = pathPattern(from).match(path);
    if (groups !== undefined) return fillTarget(to, groups);
  }
  return undefined;
}

const cases: [source: string, destination: string, targets: Record<string, string | undefined>][] = [
  ["/8.0.0", "/x", { "/8.0.0": "/x", "/8.0.0/": "/x", "/8.0.0/y": undefined }],
  ["/plugins.html", "/x", { "/plugins.html": "/x", "/plugins.html/": "/x" }],
  ["/from", "/x", { "/from": "/x", "/from/": "/x", "/from/x": undefined, "/": undefined }],
  ["**", "/x", { "/": "/x", "/a/b": "/x" }],
  ["app/**", "/x", { "/app": "/x", "/app/": "/x", "/app/a/b": "/x", "/apps": undefined }],
  ["/docs/*", "/x", { "/docs/a/b": "/x", "/docs/a/": "/x", "/docs": undefined, "/docs/": undefined }],
  ["/docs*", "/x", { "/docs": "/x", "/docs/": "/x", "/docsy/a": "/x" }],
  ["projects/*/edit", "/x", { "/projects/1/2/edit/": "/x", "/projects/edit": undefined }],
  ["/{old,past}", "/x", { "/old": "/x", "/old/": "/x", "/past/": "/x", "/older": undefined }],
  ["/{old,past}/**", "/x", { "/old/a/": "/x", "/past/a/b": "/x", "/old/": undefined }],
  ["/{lang}/**", "/x", { "/%7Blang%7D/a": "/x", "/%7Blang%7D": "/x", "/lang/a": undefined }],
  ["/{docs/old,gone}", "/x", { "/docs/old/": "/x", "/gone": "/x", "/docs/gone": undefined }],
  ["/{a,b/a}/c", "/x", { "/a/c": "/x", "/b/a/c/": "/x", "/b/c": undefined }],
  ["/a/**/m/**/z", "/x", { "/a/m/z/": "/x", "/a/1/2/m/3/z": "/x", "/a/m": undefined }],
  ["/!(api)/**", "/x", { "/b/c/": "/x", "/api/c": undefined, "/b": undefined }],
  ["!/{keep,stay}/**", "/x", { "/a/": "/x", "/keep": "/x", "/keep/a": undefined, "/stay/a/": undefined }],
  ["/[slug]", "/x", { "/s/": "/x", "/%5Bslug%5D": "/x", "/x": undefined }],
  [
    "/v:version(\\d+\\.\\d+\\.\\d+)",
    "/r/:version",
    { "/v1.20.3": "/r/1.20.3", "/v1.2.3/": "/r/1.2.3", "/v1.2": undefined },
  ],
  ["/v:version", "/:version", { "/v1": "/1", "/v1/": "/1", "/vv1": undefined, "/v": undefined }],
  ["/user-:id", "/u/:id", { "/user-1": "/u/1", "/user-1-2": undefined }],
  // The first star of a source is `(.*)`, also behind a name.
  [
    "/docs/:path*",
    "/new/:path*",
    { "/docs": undefined, "/docs/": undefined, "/docs/a/": "/new/a", "/docs/a/b": "/new/a/b" },
  ],
  ["/docs/:path+", "/new/:path+", { "/docs/": undefined, "/docs/a": "/new/a" }],
  ["/docs/:path?", "/new/:path?", { "/docs/": "/new", "/docs/a": "/new/a", "/docs/a/b": undefined }],
  ["/docs/:path?", "/new/:path?/end", { "/docs": "/new/end", "/docs/a": "/new/a/end" }],
  ["/:a?/:b?", "/x/:a?/:b?", { "/": "/x", "/1": "/x/1", "/1/2/": "/x/1/2" }],
  ["/p/(.+)", "/q/(.+)", { "/p/a/b/": "/q/a/b", "/p": undefined }],
  ["/p/(.*)", "/x", { "/p/a": undefined, "/p/(.a)": "/x" }],
  ["/p/:rest([^.]+)", "/q/:rest", { "/p/a/": "/q/a", "/p/a.b": undefined }],
  ["/:a/:a", "/x/:a", { "/1/2": "/x/2" }],
  ["/:lang(en|de)/:rest*", "/:rest*/:lang", { "/en": undefined, "/de/a": "/a/de", "/fr": undefined }],
  ["/über/:a", "/u/:a", { "/%C3%BCber/%C3%A9": "/u/%C3%A9" }],
  ["/:a(.{2})", "/:a", { "/%C3%A9%20": "/%C3%A9%20", "/ab/": "/ab", "/abc": undefined }],
  ["/a%20b", "/x", { "/a%20b": undefined, "/a%2520b": "/x" }],
];
for (const [source, destination, targets] of cases) {
  test(`serveRoutes() sends paths of ${source} to ${destination} as serve does`, () => {
    const found = Object.fromEntries(Object.keys(targets).map((path) => [path, sent(source, destination, path)]));
    assert.deepEqual(found, targets);
  });
}

// Neither is slow: they were refused as such.
for (const source of ["/(.*)-:a(.*)-:b(.*)x", "/:a?-:b?-:c?-:d?x", "/(a?a?a?a?a?a?aaaaaa)", "/(a|aa)+b"]) {
  test(`serveRoutes() makes linear patterns of ${source}`, () => {
    for (const { from } of serveRoutes(source, "/x")) assert.ok(pathPattern(from).isLinear, from);
  });
}

const refused: [source: string, destination: string, reason: RegExp][] = [
  ["/a/", "/x", /slash off the end/],
  ["/:a/", "/x", /slash off the end/],
  ["/a/:x", "/:y", /the destination has :y, for which the source finds nothing/],
  ["/a", "/(.*)", /a group in parentheses, for which the source finds nothing/],
  ["/:x((?:a+)+)b", "/x", /serve fails: \(\?\\:a\+\) is no regular expression/],
  ["/:x(a)(\\1)", "/x", /"\\1", which is not supported/],
  ["/:x([а-ㄱ])", "/x", /the range а-ㄱ is too large/],
  ["/:x(\\w{5000})", "/x", /counted repetitions/],
  ["/{1..1000}", "/x", /braces stand for more than 500/],
  ["/:a?/:b?/:c?/:d?/:e?", "/:a?/:b?/:c?/:d?/:e?", /too many groups in the destination/],
  ["/:a", "/:a(\\w)b", /has "b" right after a group/],
];
for (const [source, destination, reason] of refused) {
  test(`serveRoutes() refuses ${source} to ${destination}`, () => {
    assert.throws(
      () => serveRoutes(source, destination),
      (cause) => cause instanceof Unhonoured && reason.test(cause.message),
    );
  });
}
