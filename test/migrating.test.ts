// Every row of docs/migrating.md: its line is what a site is made of, its request is asked, its reply must come.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { runInNewContext } from "node:vm";
import type { SiteOptions } from "../src/features/site-options.ts";
import { createHandler } from "../src/handler.ts";
import type { Content, Reply } from "../src/http/message.ts";
import { makeRequest } from "./support/request.ts";
import { makeSite } from "./support/site.ts";

const PAGE = readFileSync(new URL("../docs/migrating.md", import.meta.url), "utf8");
const FILES = {
  "index.html": "home",
  "about.html": "about",
  "app.js": "script",
  "app.css": "sheet of style",
  "app.css.br": "br",
  "app.css.gz": "gz",
  "assets/index-BxK3f9aZ.js": "hashed",
  "docs/index.html": "docs",
  "404.html": "lost",
  "50x.html": "sorry",
  ".env": "SECRET",
};
/** Hashes of nobody's password. */
const HASH = `$scrypt$ln=10,r=8,p=1$${"a".repeat(22)}$${"b".repeat(43)}`;
const BCRYPT = `$2b$04$${"a".repeat(53)}`;

const rows = [...PAGE.matchAll(/^## (?<server>.*)$|^\| (?<theirs>.*?) +\| (?<ours>.*?) +\| (?<gives>.*→.*?) +\|$/gm)];
let server = "";
for (const { groups = {} } of rows) {
  if (groups["server"] !== undefined) {
    server = groups["server"];
    continue;
  }
  const { theirs = "", ours = "", gives = "" } = groups;
  test(`${server}: ${theirs} is ${ours}, which gives ${gives}`, async (t) => {
    const [asked = "", expected = ""] = gives.split(" → ");
    const [target = "", ...fields] = codes(asked);
    const reply = await ask(t, ours === "nothing to say" ? "" : codes(ours).join(", "), target, fields);
    check(reply, codes(expected)[0]!);
  });
}

test("docs/migrating.md has rows for each of the six servers", () => {
  const servers = rows.map(({ groups }) => groups?.["server"]).filter(Boolean);
  assert.deepEqual(servers, ["nginx", "Caddy", "static-web-server", "serve", "http-server", "sirv"]);
  assert.ok(rows.length > 60);
});

async function ask(t: TestContext, line: string, target: string, fields: readonly string[]): Promise<Reply> {
  const written = line.replace("../other", makeSite(t, { "only.txt": "mounted" }));
  const site = runInNewContext(`({ ${written} })`, { HASH, BCRYPT }) as Partial<SiteOptions>;
  const handler = createHandler({
    site: { root: makeSite(t, FILES), ...structuredClone(site) },
    revalidateMs: 1000,
    cacheLimitBytes: 2 ** 20,
    now: Date.now,
    onError: (error) => assert.fail(error),
  });
  t.after(() => handler.close());
  const lines = Object.fromEntries(fields.map((field) => field.split(/: (.*)/).slice(0, 2)));
  return handler.handle(makeRequest("GET", target, lines), { address: "192.0.2.1" });
}

/** "404 lost", "301 /new", "200 X-A: b", "200 no X-A", "403". */
function check({ status, fields, content }: Reply, expected: string): void {
  const [, wanted, rest = ""] = /^(\d+) ?(.*)$/.exec(expected)!;
  assert.equal(status, Number(wanted));
  const text = content === undefined ? "" : Buffer.concat((content as Content).segments as Buffer[]).toString();
  if (rest.startsWith("no ")) assert.doesNotMatch(fields, new RegExp(`^${rest.slice(3)}:`, "m"));
  else if (rest.startsWith("/")) assert.ok(fields.includes(`Location: ${rest}\r\n`), fields);
  else if (rest.includes(": ")) assert.ok(fields.includes(rest), fields);
  else if (rest !== "") assert.equal(text, rest);
}

/** What stands between backquotes. */
function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}
