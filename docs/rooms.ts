// Which room of src/ owns what, and which rooms it may import: the one table of both. Biome checks the imports by it, in
// the rules of biome.rooms.json; docs/architecture.md shows it. `node docs/rooms.ts` writes both files, and
// test/rooms.test.ts fails when they are old.
import { readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";

export interface Room {
  /** A folder below src/, or a file of it. */
  readonly name: string;
  readonly owns: string;
  /** Rooms whose files it may import, besides its own: "content" is the files of that folder, "content/*" all below it. */
  readonly mayImport: readonly string[];
}

/** From the top: no room imports one that stands above it, but for the parts of one room among themselves. */
export const ROOMS: readonly Room[] = [
  room(
    "cli",
    "the command: starts a server, follows its configuration, and says what failed",
    "cli/* server.ts threads/supervisor threads/listening options options/sources telemetry linux",
  ),
  room("cli/sandbox", "what the process may still open once it serves", "options linux"),
  room(
    "cli/commands",
    "a file for each command",
    "cli cli/arguments cli/output cli/top explain precompress server.ts threads/supervisor options/* telemetry local-authority linux",
  ),
  room("cli/top", "the live page in a terminal", "cli/top/* console options telemetry"),
  room("cli/top/views", "a file for each view of it", "cli/top console"),
  room("cli/arguments", "argv and environment become options", "options options/schema options/sources telemetry"),
  room("cli/output", "what is printed: banner, report, the log of the server", "server.ts telemetry"),
  room(
    "precompress",
    "compressed files for a folder, on all cores",
    "content content/codings features/fields http workers",
  ),
  room(
    "server.ts",
    "the public API: createServer",
    "admin console threads/* options/* features/* telemetry http1 http2 acme local-authority",
  ),
  room(
    "console",
    "the live page of the admin listener, and its data",
    "console/steps admin explain threads/supervisor threads options http",
  ),
  room(
    "console/steps",
    "a learner's thread: one connection, step by step",
    "explain site transport transport/* options content/plans files/* http1 http linux",
  ),
  room(
    "console/page",
    "the programs of the live page and of the step mode, which run in browsers",
    "console console/steps http1 http",
  ),
  room(
    "explain",
    "what would answer a request, and why",
    "site transport/* options content/* features/* files limits proxies http1 http2 http",
  ),
  room(
    "admin",
    "the listener for operators: metrics and health",
    "admin/* threads/supervisor threads/listening options transport/portable http",
  ),
  room(
    "admin/metrics",
    "what is measured, and how it is written for Prometheus",
    "admin threads threads/supervisor tls http",
  ),
  room(
    "threads",
    "the contract between supervisor and threads: messages, counters",
    "telemetry refusals options site content/codings transport/* limits workers tls",
  ),
  room(
    "threads/supervisor",
    "starts, watches and replaces threads",
    "threads threads/listening threads/encoder refusals options options/sources content/codings transport transport/kernel limits telemetry workers tls acme telemetry/access-log",
  ),
  room(
    "threads/listening",
    "the ways to listen and to spread connections",
    "threads options transport/kernel telemetry linux",
  ),
  room(
    "threads/worker",
    "what runs in a serving thread",
    "threads threads/encoder refusals site options content/codings content/plans files/* http transport/* features/access limits proxies telemetry workers linux tls telemetry/access-log",
  ),
  room(
    "threads/encoder",
    "the threads that compress: on demand, and what a request waits for",
    "threads telemetry content/codings workers",
  ),
  room("site", "a request becomes a reply, for one site", "options content/* features/* files limits http"),
  room(
    "options",
    "what can be said, and what it resolves to",
    "options/schema content features/* proxies files http1 http2 acme local-authority",
  ),
  room(
    "options/schema",
    "the schema, and mistakes in words",
    "options features/* proxies http1 http2 telemetry/access-log",
  ),
  room("options/sources", "the configuration file, and which source wins", "options workers"),
  room("options/site-files", "rules in files of other servers", "options options/sources features/* files"),
  room(
    "refusals",
    "every refusal: its code and words, counted, traced and reported",
    "transport content telemetry proxies http1 http2 hpack http tls",
  ),
  room(
    "transport",
    "bytes between streams and the engine: what all carriers share",
    "transport/portable limits proxies telemetry http1 http2 http tls telemetry/access-log",
  ),
  room(
    "transport/kernel",
    "sockets by system calls, TLS by OpenSSL",
    "transport limits proxies telemetry http1 http2 http linux tls",
  ),
  room(
    "transport/portable",
    "sockets by node:net, TLS by node:tls",
    "transport limits proxies telemetry http1 http2 http tls",
  ),
  room("proxies", "who asks, where proxies stand between", "features/access http"),
  room("content", "from a path to a reply", "content/* features/fields files http"),
  room(
    "content/plans",
    "what a path leads to, made once and kept",
    "content content/codings features/fields files http workers",
  ),
  room("content/codings", "the same content, compressed", "content files http"),
  room(
    "content/listing",
    "folders as pages",
    "content content/plans content/listing/* features/fields files http workers",
  ),
  room("content/listing/readme", "the README below a listing", "content content/listing files workers"),
  room(
    "content/listing/zip",
    "a folder as one zip file",
    "content content/plans content/listing features/fields files http",
  ),
  room("features", "what a site may ask for: routes, navigation, private files", "features/patterns http"),
  room(
    "features/access",
    "who may come in, and how often",
    "features features/fields features/patterns limits http workers",
  ),
  room("features/fields", "which fields a reply has", "features/patterns http"),
  room("features/patterns", "which paths a rule is about", ""),
  room("limits", "how much in how much time, counted over all threads", ""),
  room("files", "a path below a root becomes a descriptor", ""),
  room("files/linux", "the same by openat2", "files linux"),
  room("telemetry", "text for people about what happens", "http1 http"),
  room("telemetry/access-log", "a line for each reply, from a thread to a file", "http"),
  room("local-authority", "certificates for development, and who trusts them", "tls acme"),
  room("acme", "certificates from an authority (RFC 8555), ordered and renewed", "tls"),
  room("tls", "certificates: read, written, checked, and chosen by name", ""),
  room("http1", "the HTTP/1.1 engine (RFC 9112)", "http"),
  room("http2", "the HTTP/2 engine (RFC 9113, RFC 9218)", "hpack http"),
  room("hpack", "field compression for HTTP/2 (RFC 7541)", "http"),
  room("http", "what every HTTP version shares (RFC 9110)", ""),
  room("workers", "threads for single jobs", ""),
  room("linux", "system calls from TypeScript", ""),
];

function room(name: string, owns: string, mayImport: string): Room {
  return { name, owns, mayImport: mayImport.split(" ").filter(Boolean) };
}

/** The rule of each room, as Biome's `overrides` hold it. */
function overrideOf({ name, mayImport }: Room): object {
  const isFile = name.endsWith(".ts");
  const from = isFile ? "." : name;
  const allowed = mayImport.map((other) => `!${specifierOf(from, other)}`);
  const message = `src/${name} may import ${mayImport.join(", ") || "no other room"} (docs/rooms.ts)`;
  const patterns = [{ group: ["../**", "./*/**", ...allowed], message }];
  return {
    includes: [isFile ? `src/${name}` : `src/${name}/*.ts`, "!src/**/*.test.ts"],
    linter: { rules: { style: { noRestrictedImports: { level: "error", options: { patterns } } } } },
  };
}

/** How a file of one room writes the path to files of another. */
function specifierOf(from: string, to: string): string {
  const path = posix.relative(from, to.replace(/\/\*$/, "")) || ".";
  const relative = path.startsWith(".") ? path : `./${path}`;
  if (to.endsWith(".ts")) return relative;
  return to.endsWith("/*") ? `${relative}/**` : `${relative}/*.ts`;
}

const RULES = new URL("../biome.rooms.json", import.meta.url);
const ARCHITECTURE = new URL("./architecture.md", import.meta.url);

/** biome.rooms.json, which biome.json extends. */
export function importRules(): string {
  const rules = ROOMS.map((one) => JSON.stringify(overrideOf(one)));
  return `{"overrides":[\n${rules.join(",\n")}\n]}\n`;
}

/** docs/architecture.md with the rooms and their arrows. */
export function architecture(): string {
  const width = Math.max(...ROOMS.map(({ name }) => name.length)) + 1;
  const lines = ROOMS.flatMap(({ name, owns, mayImport }) => [
    `${(name.endsWith(".ts") ? name : `${name}/`).padEnd(width)}  ${owns}`,
    ...(mayImport.length > 0 ? [`${" ".repeat(width)}  → ${mayImport.join(", ")}`] : []),
  ]);
  const page = readFileSync(ARCHITECTURE, "utf8");
  const block = ["```text", ...lines, "```"].join("\n");
  return page.replace(/(?<=<!-- rooms -->\n).*?(?=\n<!-- \/rooms -->)/s, () => `\n${block}\n`);
}

if (import.meta.main) {
  writeFileSync(RULES, importRules());
  writeFileSync(ARCHITECTURE, architecture());
}
