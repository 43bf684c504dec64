// A default stands once: in defaults.ts. The documentation of each field says the same, and no code behind options/
// fills an option in again.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { documentedFields, SITE_INTERFACES } from "../../docs/documented-fields.ts";
import {
  AUTH_DEFAULTS,
  CORS_DEFAULTS,
  DEFAULTS,
  MAINTENANCE_DEFAULTS,
  REDIRECT_DEFAULTS,
  REWRITE_DEFAULTS,
  SITE_DEFAULTS,
} from "./defaults.ts";
import { resolveOptions } from "./resolve.ts";

const ACCESS = "features/access/access-options.ts";
const documented: [defaults: object, interfaces: { file: string; name: string }[]][] = [
  [DEFAULTS, [{ file: "options/server-options.ts", name: "ServerOptions" }]],
  [SITE_DEFAULTS, [...SITE_INTERFACES]],
  [REDIRECT_DEFAULTS, [{ file: "features/routes.ts", name: "RedirectRule" }]],
  [REWRITE_DEFAULTS, [{ file: "features/routes.ts", name: "RewriteRule" }]],
  [CORS_DEFAULTS, [{ file: "features/fields/cors.ts", name: "CorsOptions" }]],
  [MAINTENANCE_DEFAULTS, [{ file: ACCESS, name: "MaintenanceOptions" }]],
  [
    AUTH_DEFAULTS,
    [
      { file: ACCESS, name: "SiteAuthOptions" },
      { file: "features/access/basic-auth.ts", name: "BasicAuthOptions" },
    ],
  ],
];

/** Values that the documentation writes in a form of its own. */
const WRITTEN: Readonly<Record<string, (value: number) => string>> = {
  cacheLimitBytes: (value) => `${value / 2 ** 20} MiB`,
  socketMode: (value) => `0o${value.toString(8)}`,
  page: () => "the server's own",
  errorPages: () => '{ "404": "/404.html" }',
  forwardedFields: () => "x-forwarded-for, x-forwarded-proto",
};

for (const [defaults, interfaces] of documented) {
  const fields = interfaces.flatMap(({ file, name }) => documentedFields(file, name));
  for (const [name, value] of Object.entries(defaults)) {
    test(`${interfaces.at(-1)!.name}.${name} documents its default as it is`, () => {
      const { byDefault } = fields.find((field) => field.name === name)!;
      // A list or a record that is empty needs no word.
      const isEmpty = typeof value === "object" && Object.keys(value).length === 0;
      if (isEmpty) return assert.ok(["", "none"].includes(byDefault), byDefault);
      const written = WRITTEN[name]?.(Number(value)) ?? JSON.stringify(value);
      assert.match(byDefault, new RegExp(`^${RegExp.escape(written)}($|[,:] )`));
    });
  }
}

/** Names that are also names of other things: of arguments, of what a reply, a peer and an address have. */
const AMBIGUOUS = new Set(["status", "page", "for", "host", "port"]);
const NAMES = documented
  .flatMap(([defaults]) => Object.keys(defaults))
  .concat("encodedLimitBytes", "fallback", "auth")
  .filter((name) => !AMBIGUOUS.has(name));
/** `site.cors ?? …`, and `{ cors = … }` where something is taken apart. */
const FILLED_IN = new RegExp(
  `\\.(?:${NAMES.join("|")})\\b\\)?\\s*\\?\\?|[{,]\\s*(?:${NAMES.join("|")})(?:: \\w+)? = `,
  "g",
);

for (const file of globSync("src/**/*.ts", { exclude: ["src/options/**", "src/cli/**", "src/**/*.test.ts"] })) {
  test(`${file} fills in no option again`, () => {
    assert.deepEqual(readFileSync(file, "utf8").match(FILLED_IN), null);
  });
}

test("resolveOptions() leaves no field of a site open", () => {
  const { site } = resolveOptions({});
  const fields = SITE_INTERFACES.flatMap((one) => documentedFields(one.file, one.name)).map(({ name }) => name);
  assert.deepEqual(Object.keys(site).sort(), fields.sort());
});
