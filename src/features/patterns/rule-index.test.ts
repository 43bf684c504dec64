import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathPattern } from "./pattern.ts";
import { PatternIndex } from "./rule-index.ts";

const segment = fc.constantFrom("a", "b", "ab", "a.b", "a-b", "~a", "%C3%A9", "");
const part = fc.oneof(
  segment.map((text) => `/${text}`),
  fc.constantFrom(
    "/:x",
    "/:y",
    "/:x?",
    "/:y+",
    "/*",
    "*",
    "{/}?",
    "{/a}?",
    "{/*}?",
    "{a}",
    "/(a|b)",
    "/:z(\\d+)",
    "{/:z}*",
    "{-:z(\\w+)}+",
    "{a:z(a|b)?b}*",
    "/:z([^.\\/]*?)",
    "/((?:a|ab)(?:b|))",
    "/((?!a)(?=.)[^\\x2f]{2,4})",
    "/((?!.*b$).*)",
    "/((?:a|(?:b*|-))*)",
    "(\\.b|$|^)?",
    "/a:x",
    "\\+",
  ),
);
const source = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(""))
  .filter((text) => text.startsWith("/") && isPattern(text));
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);

function isPattern(text: string): boolean {
  try {
    return new URLPattern({ pathname: text }).pathname !== "";
  } catch {
    return false;
  }
}

/** What the platform says of a pattern, without anything of ours. */
function matchOfPlatform(pattern: string, found: string): Record<string, string> | undefined {
  const groups = new URLPattern({ pathname: pattern }).exec({ pathname: found })?.pathname.groups;
  if (groups === undefined) return undefined;
  const filled = Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, value ?? ""]));
  return filled["0"] === undefined ? filled : { splat: filled["0"], ...filled };
}

test("pathPattern() matches what URLPattern matches, with the same groups", () => {
  fc.assert(
    fc.property(source, path, (pattern, asked) => {
      assert.deepEqual(pathPattern(pattern).match(asked), matchOfPlatform(pattern, asked));
    }),
    { numRuns: 3000 },
  );
});

test("pathPattern() knows how all paths that match begin and end", () => {
  fc.assert(
    fc.property(source, path, (pattern, asked) => {
      const { beginning, ending, match } = pathPattern(pattern);
      if (match(asked) === undefined) return;
      assert.ok(asked.startsWith(beginning), `${asked} begins with ${beginning}`);
      assert.ok(asked.endsWith(ending), `${asked} ends with ${ending}`);
    }),
    { numRuns: 3000 },
  );
});

test("PatternIndex finds the first rule of the list, and all of them in its order", () => {
  fc.assert(
    fc.property(fc.array(source, { maxLength: 12 }), path, (rules, asked) => {
      const index = new PatternIndex(
        rules.map((pattern, place) => ({ pattern, place })),
        ({ pattern }) => pattern,
      );
      const wanted = rules.flatMap((pattern, place) => {
        const groups = matchOfPlatform(pattern, asked);
        return groups === undefined ? [] : [{ rule: { pattern, place }, groups }];
      });
      const { rule, groups } = index.first(asked) ?? {};
      assert.deepEqual([rule, groups], [wanted[0]?.rule, wanted[0]?.groups]);
      assert.deepEqual(
        index.all(asked),
        wanted.map((found) => found.rule),
      );
    }),
    { numRuns: 2000 },
  );
});

test("PatternIndex refuses what is no pattern", () => {
  assert.throws(() => new PatternIndex(["/a", "/("], (rule) => rule), TypeError);
});
