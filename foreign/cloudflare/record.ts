// Records what Cloudflare's parsers make of the rule files here: `node foreign/cloudflare/record.ts <cli.js>`, where the
// argument is wrangler-dist/cli.js of an installed wrangler. No package exports the parsers, and wrangler takes 300 MB, so
// the suite reads what this writes in their place. They stand in the bundle as pure functions below comments with the names
// of their files, and are run from there.
import { readFileSync, writeFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { DECISIONS, headerFiles, redirectFiles } from "./rule-files.ts";

const PARTS = ["constants.ts", "validateURL.ts", "parseHeaders.ts", "parseRedirects.ts"];
/** What the bundle has around each file: it runs when it is first needed. */
const AROUND =
  "const __name = (value) => value, __esm = (files) => Object.values(files)[0], init_import_meta_url = () => {};";

const [bundlePath] = process.argv.slice(2);
if (bundlePath === undefined) throw new Error("found no argument, wanted the path of wrangler-dist/cli.js");
const bundle = readFileSync(bundlePath, "utf8");
const source = PARTS.map(partOf).join("\n");
const starts = [...source.matchAll(/^var (init_\w+) = /gm)].map(([, name]) => `${name}();`).join(" ");
const parsers = runInNewContext(`${AROUND}\n${source}\n${starts}\n({ parseRedirects, parseHeaders })`, { URL }) as {
  parseRedirects(text: string): unknown;
  parseHeaders(text: string): unknown;
};
const decisions = {
  redirects: Object.fromEntries(redirectFiles().map((text) => [text, parsers.parseRedirects(text)])),
  headers: Object.fromEntries(headerFiles().map((text) => [text, parsers.parseHeaders(text)])),
};
writeFileSync(DECISIONS, `${JSON.stringify(decisions).replaceAll('},"', '},\n"')}\n`);

function partOf(name: string): string {
  const begin = bundle.indexOf(`// ../workers-shared/utils/configuration/${name}\n`);
  if (begin < 0) throw new Error(`found no ${name} in the bundle, wanted that of wrangler 4.164.0`);
  return bundle.slice(begin, bundle.indexOf("\n// ../", begin + 1));
}
