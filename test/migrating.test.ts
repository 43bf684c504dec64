// Every row of docs/migrating.md, with its entry of docs/tests/migrating.md: a server is set up as the row says, the
// requests of the entry are sent, and its replies must come back. And the page is complete: it names each option that
// another server has for static files.
import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync, renameSync, symlinkSync } from "node:fs";
import { get, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext, test } from "node:test";
import { runInNewContext } from "node:vm";
import bcrypt from "bcryptjs";
import { parseArguments } from "../src/cli/arguments/parse.ts";
import { resolveOptions } from "../src/options/resolve.ts";
import type { ServerOptions } from "../src/options/server-options.ts";
import { createServer, type Server } from "../src/server.ts";
import { Command } from "./support/command.ts";
import { asGzip, makeSite } from "./support/site.ts";

const PAGE = readFileSync(new URL("../docs/migrating.md", import.meta.url), "utf8");
const ENTRIES = readFileSync(new URL("../docs/tests/migrating.md", import.meta.url), "utf8");

const RELEASE = {
  "index.html": "home",
  "about.html": "about",
  "app.js": "script",
  "app.css": "sheet of style",
  "app.css.br": "br",
  "app.css.gz": asGzip("gz"),
  "page.json": JSON.stringify("long enough to be encoded ".repeat(100)),
  "assets/index-BxK3f9aZ.js": "hashed",
  "docs/index.html": "docs",
  "docs/index.md": "# docs",
  "photo.jpg": "photo as JPEG",
  "photo.webp": "WebP",
  "files/a.txt": "first of two",
  "files/b.foo": "second",
  "404.html": "lost",
  "50x.html": "sorry",
  ".env": "SECRET",
};
const FILES = {
  ...Object.fromEntries(Object.entries(RELEASE).map(([path, content]) => [`releases/1/${path}`, content])),
  "releases/2/index.html": "new home",
  "srv/x/only.txt": "mounted",
  "srv/docs/index.html": "home of docs",
  "outside.txt": "SECRET",
  "run/other.pid": "",
  "heddle.config.json": JSON.stringify({ root: "dist" }),
};

/** Both of "secret", as cheap as they may be. */
const SALT = Buffer.alloc(16);
const HASH = `$scrypt$ln=10,r=8,p=1$${encode(SALT)}$${encode(scryptSync("secret", SALT, 32, { cost: 1024 }))}`;
const BCRYPT = bcrypt.hashSync("secret", 4);

/** What a test may open, whatever address a line names. */
const BASE: ServerOptions = { host: "127.0.0.1", port: 0, threads: 1, transport: "portable" };

/** How a line begins: a flag, a command, a variable, an option. */
const TOLD = /^`(?:--?|heddle |[A-Z_]+=|\w+:)/;

interface Row {
  readonly server: string;
  readonly theirs: string;
  readonly ours: string;
  readonly gives: string;
}

const [tested = "", untested = ""] = PAGE.split(/^(?=## The same without an option)/m);
const entries = sectionsOf(ENTRIES).flatMap(({ server, section }) =>
  [...section.matchAll(/^- (.*):\n {2}(.*)$/gm)].map(([, theirs = "", gives = ""]) => ({ server, theirs, gives })),
);
const rows: Row[] = sectionsOf(tested)
  .flatMap(({ server, section }) => cellsOf(section).map(([theirs = "", ours = ""]) => ({ server, theirs, ours })))
  .map((row, index) => ({ ...row, gives: entries[index]?.gives ?? "" }));

test("docs/tests/migrating.md has an entry for each row of docs/migrating.md, in its order", () => {
  const keyOf = ({ server, theirs }: { server: string; theirs: string }): string => `${server}: ${theirs}`;
  assert.deepEqual(entries.map(keyOf), rows.map(keyOf));
});

describe("docs/migrating.md", () => {
  let server: Server;
  before(async () => {
    server = createServer({ ...BASE, root: import.meta.dirname });
    await server.listen();
  });
  after(() => server.close({ graceMs: 0 }));

  for (const { server: theirServer, theirs, ours, gives } of rows) {
    for (const line of linesOf(ours)) {
      test(`${theirServer}: ${theirs} is ${line || "nothing needed"}, which gives ${gives}`, {
        timeout: 20_000,
      }, async (t) => {
        const folder = makeFolder(t);
        const options = await tell(t, line, folder);
        const { unchanged } = await server.reload({ ...baseOf(options), revalidateMs: 0, ...options });
        const canStart = options.socket === undefined || process.platform === "linux";
        const isOfStart = canStart && unchanged.some((name) => name !== "host" && name !== "port");
        const asked = isOfStart ? await start(t, options) : server;
        for (const one of gives.split(/; (?=(?:soon |after a deployment )?`)/)) {
          await checkThat(asked, one, options, folder);
        }
        if (isOfStart) check(await request(asked, "/", []), "200 home");
      });
    }
  }
});

test("docs/migrating.md has rows for each of the six servers", () => {
  const servers = new Set(rows.map((row) => row.server));
  for (const name of Object.keys(THEIRS)) assert.ok(servers.has(name), name);
  for (const { theirs, gives } of rows) assert.match(gives, / → /, theirs);
});

/** A Unix socket stands in the place of host and port, and takes the other transport. */
function baseOf({ socket }: ServerOptions): ServerOptions {
  return socket === undefined ? BASE : { threads: 1 };
}

/** For what a running server cannot change. */
async function start(t: TestContext, options: ServerOptions): Promise<Server> {
  const where = options.socket === undefined ? { host: "127.0.0.1", port: 0 } : {};
  const server = createServer({ ...baseOf(options), ...options, ...where });
  t.after(() => server.close({ graceMs: 0 }));
  await server.listen();
  return server;
}

/** A site that was released twice, behind a link, as deployments do it; with a link out of it and one inside. */
function makeFolder(t: TestContext): string {
  const folder = makeSite(t, FILES);
  symlinkSync("releases/1", join(folder, "dist"));
  symlinkSync("../../outside.txt", join(folder, "releases/1/outside.txt"));
  symlinkSync("files/a.txt", join(folder, "releases/1/inside.txt"));
  return folder;
}

/** What a line makes of the options: flags, a whole command, a variable, or the inside of heddle.config.ts. */
async function tell(t: TestContext, line: string, folder: string): Promise<ServerOptions> {
  const told = line.replaceAll(/\/(?=srv\/|run\/)/g, `${folder}/`);
  if (/^heddle (?:precompress|check|config) /.test(told)) {
    const command = new Command(t, told.split(" ").slice(1), { cwd: folder });
    assert.equal(await command.ended(), 0, command.stderr);
    return at(folder, {});
  }
  if (/^heddle |^-/.test(told)) return at(folder, fromCommandLine(told.replace(/^heddle /, "").split(" "), {}));
  const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(told) ?? [];
  if (name !== undefined) return at(folder, fromCommandLine([], { [name]: value! }));
  return at(folder, structuredClone(runInNewContext(`({ ${told} })`, { HASH, BCRYPT }) as ServerOptions));
}

function fromCommandLine(argv: readonly string[], environment: Readonly<Record<string, string>>): ServerOptions {
  const words = argv.map((word) => word.replace("HASH", () => HASH).replace("BCRYPT", () => BCRYPT));
  const found = parseArguments(words, environment, "0.0.0");
  assert.ok(found.kind === "run", found.kind === "exit" ? found.stderr : "");
  return found.options;
}

function at(folder: string, options: ServerOptions): ServerOptions {
  return { ...options, root: join(folder, options.root ?? "dist") };
}

/** "`/about` → `200 about`", "`port` → `3000`", "soon `/a` → …", "after a deployment `/a` → …". */
async function checkThat(server: Server, one: string, options: ServerOptions, folder: string): Promise<void> {
  const [asked = "", answered = ""] = one.split(" → ");
  const [target = "", ...lines] = codes(asked);
  const expected = codes(answered)[0]!;
  if (/^[a-z]/i.test(target) && !/^(?:http:|[A-Z]+ )/.test(target)) {
    const resolved: unknown = target
      .split(".")
      .reduce<unknown>((value, name) => Reflect.get(value as object, name), resolveOptions(options));
    return assert.equal(String(resolved).replace(`${folder}/`, "/"), expected);
  }
  if (one.startsWith("after a deployment")) {
    await request(server, "/", []);
    symlinkSync("releases/2", join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "dist"));
  }
  for (;;) {
    const response = await request(server, target, lines);
    // The first who ask get a file as it is, and what is encoded for them later.
    if (!one.startsWith("soon") || isAsExpected(response, expected)) return check(response, expected);
  }
}

interface Response {
  readonly status: number;
  readonly fields: IncomingHttpHeaders;
  readonly body: string;
}

async function request(server: Server, asked: string, lines: readonly string[]): Promise<Response> {
  const [, method = "GET", url = ""] = /^(?:([A-Z]+) )?(.*)$/.exec(asked)!;
  const { pathname, search, host } = new URL(url, "http://example.com");
  const headers = { Host: host, ...Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2))) };
  const { port } = server;
  const where = port === 0 ? { socketPath: server.host } : { port, host: "127.0.0.1" };
  const sent = get({ ...where, path: pathname + search, method, headers, agent: false });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode!, fields: response.headers, body: await text(response) };
}

function isAsExpected(response: Response, expected: string): boolean {
  try {
    check(response, expected);
    return true;
  } catch {
    return false;
  }
}

/** "404 lost", "301 /new", "200 X-A: b", "200 no X-A", "403". */
function check({ status, fields, body }: Response, expected: string): void {
  const [, wanted, rest = ""] = /^(\d+) ?(.*)$/.exec(expected)!;
  assert.equal(status, Number(wanted));
  const [, name, value] = /^([\w-]+): (.*)$/.exec(rest) ?? [];
  if (rest.startsWith("no ")) assert.equal(fields[rest.slice(3).toLowerCase()], undefined);
  else if (rest.startsWith("/")) assert.equal(fields.location, rest);
  else if (name !== undefined) assert.equal(String(fields[name.toLowerCase()]).slice(0, value!.length), value);
  else if (rest !== "") assert.equal(body, rest);
}

/** The parts of a page below its second level of headings, by heading. */
function sectionsOf(page: string): { server: string; section: string }[] {
  const sections = page.split(/^## /m).slice(1);
  return sections.map((section) => ({ server: /^.*/.exec(section)![0], section }));
}

/** The cells of each row of each table, without the head of the table. */
function cellsOf(section: string): string[][] {
  const tables = section.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return tables.flatMap((table) =>
    table
      .trimEnd()
      .split("\n")
      .slice(2)
      .map((line) =>
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll("\\|", "|")),
      ),
  );
}

/** "nginx: `http2`, `http3`", for each server that an entry of a list names in brackets at its end. */
function serversIn(list: string): string[] {
  const named = [...list.matchAll(/^- \*\*.*?\n {2}\((.*?)\)$/gms)];
  return named.flatMap(([, servers]) => servers!.replaceAll(/\s+/g, " ").split("; "));
}

/** The alternatives of a row, which stand between "or"; "" for a row that needs nothing. */
function linesOf(ours: string): string[] {
  if (ours === "nothing needed") return [""];
  const alternatives = ours.split(/, or (?=`)/);
  for (const one of alternatives) assert.match(one, TOLD);
  return alternatives.map((one) => codes(one).join(", "));
}

/** What stands between backquotes. */
function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

/** What each of them has for static files: the whole list of options where there is one, else what concerns files. */
const THEIRS: Readonly<Record<string, string>> = {
  nginx: `listen server_name root index alias try_files return rewrite map error_page add_header expires etag types default_type charset
    gzip gzip_static gzip_vary gzip_types gzip_min_length gzip_comp_level gunzip brotli brotli_static autoindex autoindex_format
    autoindex_exact_size autoindex_localtime xslt_stylesheet auth_basic auth_basic_user_file allow deny satisfy disable_symlinks
    open_file_cache sendfile aio max_ranges limit_rate limit_req limit_conn secure_link merge_slashes internal absolute_redirect
    if_modified_since worker_processes worker_connections keepalive_timeout client_header_timeout send_timeout
    large_client_header_buffers max_headers worker_shutdown_timeout reload early_hints user proxy_protocol server_tokens access_log stub_status real_ip_header proxy_pass ssl_certificate http2 http3
    sub_filter ssi image_filter mp4 random_index add_trailer`,
  Caddy: `bind root file_server browse hide index precompressed disable_canonical_uris etag_file_extensions fs encode minimum_length
    match handle handle_path strip_prefix redir rewrite try_files handle_errors header basic_auth forward_auth remote_ip respond
    error abort templates map vars grace_period timeouts read_min_rate max_header_size admin proxy_protocol trusted_proxies log metrics tracing reverse_proxy tls`,
  "static-web-server": `--host --port --fd --unix-socket --unix-socket-mode --unix-socket-force --threads-multiplier
    --max-blocking-threads --root --use-relative-root --page404 --page50x --page-fallback --log-level --log-format --log-with-ansi
    --log-file --cors-allow-origins --cors-allow-headers --cors-expose-headers --tls --tls-cert --tls-key --http2 --https-redirect
    --index-files --compression --compression-level --compression-static --directory-listing --directory-listing-order
    --directory-listing-format --directory-listing-download --security-headers --cache-control-headers --etag --basic-auth
    --grace-period --config-file --log-remote-address --log-x-real-ip --log-forwarded-for --trusted-proxies
    --redirect-trailing-slash --include-hidden --follow-symlinks --accept-markdown --text-charset --health --metrics
    --maintenance-mode --maintenance-mode-status --maintenance-mode-file --windows-service
    advanced.headers advanced.rewrites advanced.redirects advanced.virtual-hosts advanced.memory-cache`,
  serve: `-l --listen -p -s --single -d --debug -c --config -L --no-request-logging -C --cors -n --no-clipboard -u --no-compression
    --no-etag -S --symlinks --ssl-cert --ssl-key --ssl-pass --no-port-switching public cleanUrls rewrites redirects headers
    directoryListing unlisted trailingSlash renderSingle symlinks etag`,
  "http-server": `-p --port -a -d -i -g --gzip -b --brotli -e --ext -s --silent --cors -o -c -t -U --utc --log-ip -P --proxy
    --proxy-options --username --password -S -C -K -r --robots --no-dotfiles --mimetypes --content-type -H --header --coop --base-dir`,
  sirv: `-D --dev -e --etag -d --dotfiles -c --cors -G --gzip -B --brotli -m --maxage -i --immutable -k --http2 -C -K -P -s --single
    -I --ignores -q --quiet -l --logs -H --host -p --port extensions setHeaders onNoMatch`,
};

for (const [name, features] of Object.entries(THEIRS)) {
  test(`docs/migrating.md has a row, or a reason for none, for each of ${name}'s options`, () => {
    const own = rows.filter((row) => row.server === name).map((row) => row.theirs);
    const leftOut = serversIn(untested).filter((whose) => whose.startsWith(`${name}: `));
    const named = [...own, ...leftOut].flatMap(codes).join("\n");
    const missing = features
      .trim()
      .split(/\s+/)
      .filter((one) => !hasWord(named, one));
    assert.deepEqual(missing, []);
  });

  for (const flag of features.match(/(?<!\S)--?[a-z][\w-]*/gi) ?? []) {
    test(`heddle ${flag} is a flag, or answered with what ${name}'s ${flag} may be here`, () => {
      const found = parseArguments([flag], {}, "0.0.0");
      if (found.kind === "exit")
        assert.match(found.stderr, /^$|unknown option -.*heddle help migrating|wants|needs|missing/s);
    });
  }
}

function hasWord(text: string, word: string): boolean {
  return text.split(/[^\w.-]+|(?<=^-\w)-?(?=\d)/m).includes(word);
}
