// schema.json, by which editors complete and check a heddle.config.json: the schema of the options, with the words that
// stand beside each field in the code. `node docs/option-table.ts` writes it; test/option-table.test.ts compares.
import { toJSONSchema } from "zod/mini";
import { optionsSchema } from "../src/options/schema/schema.ts";
import { documentedFields, SITE_INTERFACES } from "./documented-fields.ts";

type Node = Record<string, unknown> & { properties?: Record<string, Node> };

/** Where the fields of an interface stand in the schema: a list is passed by "items", a choice by its second. */
const DESCRIBED: readonly { file: string; name: string; at: readonly string[] }[] = [
  { file: "options/server-options.ts", name: "ServerOptions", at: [] },
  {
    file: "options/acme-options.ts",
    name: "AcmeOptions",
    at: ["properties", "tls", "anyOf", "2", "properties", "acme"],
  },
  { file: "features/access/limit-options.ts", name: "RateLimitOptions", at: ["properties", "serverRateLimit"] },
  { file: "features/access/limit-options.ts", name: "BandwidthOptions", at: ["properties", "serverBandwidth"] },
  { file: "http1/limits.ts", name: "Http1Limits", at: ["properties", "limits"] },
  { file: "http2/limits.ts", name: "Http2Limits", at: ["properties", "limits"] },
];

const OF_SITES: typeof DESCRIBED = [
  ...SITE_INTERFACES.map((one) => ({ ...one, at: [] })),
  { file: "features/routes.ts", name: "RedirectRule", at: ["properties", "redirects", "items"] },
  { file: "features/routes.ts", name: "RewriteRule", at: ["properties", "rewrites", "items"] },
  { file: "features/fields/header-rules.ts", name: "HeaderRule", at: ["properties", "headers", "items"] },
  { file: "features/fields/cors.ts", name: "CorsOptions", at: ["properties", "cors", "anyOf", "1"] },
  { file: "features/fields/hsts.ts", name: "HstsOptions", at: ["properties", "hsts", "anyOf", "1"] },
  { file: "features/access/access-options.ts", name: "SiteAuthOptions", at: ["properties", "auth"] },
  { file: "features/access/basic-auth.ts", name: "BasicAuthOptions", at: ["properties", "auth"] },
  {
    file: "features/access/access-options.ts",
    name: "MaintenanceOptions",
    at: ["properties", "maintenance", "anyOf", "1"],
  },
  { file: "features/access/limit-options.ts", name: "RateLimitOptions", at: ["properties", "rateLimit"] },
  { file: "features/access/limit-options.ts", name: "BandwidthOptions", at: ["properties", "bandwidth"] },
];

/** The text of the file. */
export function schemaJson(): string {
  const schema = toJSONSchema(optionsSchema, { io: "input" }) as Node;
  for (const { file, name, at } of [...OF_SITES, ...DESCRIBED]) describe(schema, at, file, name);
  const site = nodeAt(schema, ["properties", "sites", "additionalProperties"]);
  for (const { file, name, at } of OF_SITES) describe(site, at, file, name);
  schema.properties = { $schema: { type: "string" }, ...schema.properties };
  const { $schema, ...others } = schema;
  return `${JSON.stringify({ $schema, title: "Options of Heddle", ...others }, null, 2)}\n`;
}

function describe(root: Node, at: readonly string[], file: string, name: string): void {
  const { properties = {} } = nodeAt(root, at);
  for (const field of documentedFields(file, name)) {
    const property = properties[field.name];
    if (property === undefined) throw new Error(`${name}.${field.name} is not in the schema`);
    properties[field.name] = { description: field.meaning, ...property };
  }
}

function nodeAt(root: Node, at: readonly string[]): Node {
  return at.reduce((node, key) => node[key] as Node, root);
}
