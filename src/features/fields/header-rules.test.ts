import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSiteHandler, SITE_FILES } from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";
import type { SiteOptions } from "../../options/site-options.ts";
import {
  askedHeaderRules,
  changeFields,
  type HeaderRule,
  type HeaderRules,
  headerRules,
  rulesFor,
  type SiteHeaderRule,
} from "./header-rules.ts";

const FIELDS = 'Content-Type: text/html\r\nCache-Control: no-cache\r\nETag: "a"\r\n';
const rules: HeaderRule[] = [
  { for: "/*", set: { "X-Frame-Options": "DENY", "Cache-Control": "max-age=60" } },
  { for: "/private/*", set: { "cache-control": "no-store", ETag: null } },
];

const cases: [path: string, fields: string][] = [
  ["/a", 'Content-Type: text/html\r\nETag: "a"\r\nX-Frame-Options: DENY\r\nCache-Control: max-age=60\r\n'],
  ["/private/a", "Content-Type: text/html\r\nX-Frame-Options: DENY\r\ncache-control: no-store\r\n"],
];
for (const [path, fields] of cases) {
  test(`headerRules() change the fields of ${path}, later rules last`, () => {
    assert.equal(changeFields(FIELDS, headerRules(rules)(path)), fields);
  });
}

const joins: [path: string, value: string | null][] = [
  ["/a", "1"],
  ["/b/a", "1, 2"],
  ["/b/c/a", "4"],
  ["/b/c/d/a", "4, 5"],
];
for (const [path, value] of joins) {
  test(`headerRules() join the values of ${path} where the later rule says so`, () => {
    const found = headerRules([
      { for: "/*", set: { "X-A": "1" }, join: true },
      { for: "/b/*", set: { "x-a": "2" }, join: true },
      { for: "/b/c/*", set: { "X-A": null }, join: true },
      { for: "/b/c/*", set: { "X-A": "4" }, join: true },
      { for: "/b/c/d/*", set: { "X-A": "5" }, join: true },
    ])(path);
    assert.equal(found.get("x-a")?.value, value);
  });
}

test("headerRules() leave alone what they are not about", () => {
  assert.equal(changeFields(FIELDS, headerRules([{ for: "/b", set: { A: "b" } }])("/a")), FIELDS);
});

const compared: SiteHeaderRule[] = [
  { for: "/:page.html", set: { A: "file" } },
  { for: "/blog/:slug", set: { B: "asked" }, compares: "asked" },
  { for: "/BLOG/*", set: { C: "caseless" }, compares: "asked without case" },
  { for: "/caf%C3%A9/*", set: { D: "escaped" }, compares: "asked without case" },
];
const paths: [paths: Parameters<HeaderRules>, values: string][] = [
  [["/", "/index.html"], "file"],
  [["/blog/", "/blog/index.html"], "caseless"],
  [["/blog/a", "/blog/a.html"], "asked caseless"],
  [["/Blog/a"], "caseless"],
  [["/x", "/x.html", "/blog/a"], "file asked caseless"],
  [["/blog/a", "/blog/a", "/x"], ""],
  [["/CAF%C3%A9/b"], "escaped"],
  [["/caf%C3%89/b"], "escaped"],
  [["/caf%FF/b"], ""],
];
for (const [of, values] of paths) {
  test(`headerRules() and rulesFor() compare ${of} with the path that each rule is about`, () => {
    const changes = headerRules(compared)(...of);
    assert.equal([...changes.values()].map(({ value }) => value).join(" "), values);
    const sets = rulesFor(compared, ...of).map(({ set }) => Object.values(set)[0]);
    assert.equal(sets.join(" "), values);
  });
}

test("headerRules() have the last word for a file that is sent in place of another, but describe no other file", () => {
  const both = { "Content-Language": "en", Expires: "0" };
  const rules = headerRules([
    { for: "/b", set: { A: "b", "Content-Type": "b" } },
    { for: "/*", set: { ...both, B: "all" } },
    { for: "/a", set: { A: "a", B: "a", C: "a", "Content-Type": "a", Expires: "1" } },
    { for: "/asked", compares: "asked", set: { D: "asked", ETag: "asked" } },
  ]);
  const made = [...rules("/a", "/a", "/asked", "/b")].map(([, { name, value }]) => [name, value]);
  assert.deepEqual(Object.fromEntries(made), {
    ...both,
    A: "b",
    B: "a",
    C: "a",
    D: "asked",
    "Content-Type": "b",
  });
});

test("askedHeaderRules() has one name for all paths with the same rules", () => {
  const nameOf = askedHeaderRules(compared);
  assert.equal(nameOf("/blog/a"), nameOf("/blog/b"));
  assert.notEqual(nameOf("/blog/a"), nameOf("/blog/a/b"));
  assert.equal(nameOf("/a.html"), "");
});

const refused: [what: string, rule: HeaderRule][] = [
  ["a name that is no token", { for: "/*", set: { "A B": "c" } }],
  ["a name that is empty", { for: "/*", set: { "": "c" } }],
  ["a line end in a value", { for: "/*", set: { A: "b\r\nC: d" } }],
  ["a NUL in a value", { for: "/*", set: { A: "b\0" } }],
  ["letters beyond ASCII", { for: "/*", set: { A: "ä" } }],
  ["Content-Length", { for: "/*", set: { "content-length": "1" } }],
  ["Transfer-Encoding, even to remove it", { for: "/*", set: { "Transfer-Encoding": null } }],
  ["a path without a slash", { for: "a", set: { A: "b" } }],
];
for (const [what, rule] of refused) {
  test(`headerRules() refuse ${what}`, () => assert.throws(() => headerRules([rule]), TypeError));
}

test("a header rule is for errors as far as it is not about the file", async (t) => {
  const headers = [
    { for: "/*", set: { "X-Frame-Options": "DENY" } },
    {
      for: "/a/*",
      set: { "Cache-Control": "public, max-age=31536000", "CDN-Cache-Control": "max-age=60", Expires: "0" },
    },
    { for: "/a/*.bin", set: { "Content-Type": "application/x-own", "Content-Disposition": "attachment" } },
    { for: "/b/*", set: { "Cache-Control": "no-store" } },
  ];
  const { ask } = makeSiteHandler(t, { headers }, { ...SITE_FILES, "a/there.bin": "bytes" });
  const fieldsOf = async (target: string) => {
    const reply = await ask(target);
    const names = [
      "cache-control",
      "cdn-cache-control",
      "expires",
      "content-type",
      "content-disposition",
      "x-frame-options",
    ];
    return names.map((name) => fieldOf(reply, name));
  };
  const own = ["public, max-age=31536000", "max-age=60", "0", "application/x-own", "attachment", "DENY"];
  assert.deepEqual(await fieldsOf("/a/there.bin"), own);
  const lost = ["no-cache", undefined, undefined, "text/html; charset=utf-8", undefined, "DENY"];
  assert.deepEqual(await fieldsOf("/a/missing.bin"), lost);
  assert.deepEqual(await fieldsOf("/b/missing"), ["no-store", ...lost.slice(1)]);
});

test("createHandler() applies header rules to every reply for a path", async (t) => {
  const headers = [
    { for: "/*", set: { "X-Site": "a" } },
    { for: "/docs/*", set: { "Cache-Control": "max-age=60", "X-Content-Type-Options": null } },
  ];
  const { ask } = makeSiteHandler(t, { headers });
  const page = await ask("/docs/guide.html");
  assert.equal(fieldOf(page, "x-site"), "a");
  assert.equal(fieldOf(page, "cache-control"), "max-age=60");
  assert.equal(fieldOf(page, "x-content-type-options"), undefined);
  const etag = fieldOf(page, "etag")!;
  const variants: [Record<string, string>, number][] = [
    [{ "If-None-Match": etag }, 304],
    [{ Range: "bytes=0-1" }, 206],
    [{ Range: "bytes=99-" }, 416],
    [{ "If-Match": '"other"' }, 412],
  ];
  for (const [fields, status] of variants) {
    const reply = await ask("/docs/guide.html", fields);
    assert.equal(reply.status, status);
    assert.equal(fieldOf(reply, "x-site"), "a", String(status));
  }
  for (const target of ["/missing", "/docs"]) assert.equal(fieldOf(await ask(target), "x-site"), "a", target);
});

const byFile: [target: string, site: Partial<SiteOptions>, isMatched: boolean][] = [
  ["/", {}, true],
  ["/docs/", {}, true],
  ["/about", { cleanUrls: true }, true],
  ["/app.js", {}, false],
  ["/docs", {}, false],
];
for (const [target, site, isMatched] of byFile) {
  test(`createHandler() ${isMatched ? "takes" : "does not take"} a rule for *.html for one about ${target}`, async (t) => {
    const { ask } = makeSiteHandler(t, { ...site, headers: [{ for: "/*.html", set: { "X-A": "b" } }] });
    assert.equal(fieldOf(await ask(target), "x-a") !== undefined, isMatched);
  });
}
