// What can be written on the command line, as data: the program (arguments.ts), its help and the tables of
// the documentation are all made from this list. What the values mean, their ranges and their defaults
// belong to config/schema.ts.
import { DEFAULTS, type ServerOptions } from "../options.ts";

export interface Flag {
  /** As commander and the help text write it: "--port <n>". */
  readonly term: string;
  /** The option that it sets, or undefined for what only a command line has. */
  readonly field?: keyof ServerOptions;
  /** A variable that other programs know too, beside the one that begins with HEDDLE_. */
  readonly environment?: string;
  /** Written in seconds, with up to three decimals, while the field counts milliseconds. */
  readonly isSeconds?: true;
  /** Written in octal digits, as for chmod. */
  readonly isOctal?: true;
  /** May be given more than once. */
  readonly isRepeatable?: true;
  readonly meaning: string;
}

/** The folder, the only argument that is not a flag. */
export const ROOT: Flag = { term: "[root]", field: "root", meaning: "folder to serve" };

/** In the order and under the headings of the help text. */
export const FLAG_GROUPS: Readonly<Record<string, readonly Flag[]>> = {
  "Where to listen": [
    {
      term: "--host <name>",
      field: "host",
      environment: "HOST",
      meaning: "name or address; 0.0.0.0 or :: opens it to the network",
    },
    {
      term: "-p, --port <n>",
      field: "port",
      environment: "PORT",
      meaning: "TCP port, 0 for any free one; the default one moves on when it is busy",
    },
    { term: "--socket <path>", field: "socket", meaning: "Unix socket, instead of host and port (kernel transport)" },
    { term: "--socket-mode <octal>", field: "socketMode", isOctal: true, meaning: "who may connect to it" },
  ],
  "What to answer": [
    { term: "--spa [page]", field: "fallback", meaning: "page for navigations to missing paths, or /index.html" },
    { term: "--clean-urls", field: "cleanUrls", meaning: "/about is about.html, and redirects the other way" },
    {
      term: "--trailing-slash <where>",
      field: "trailingSlash",
      meaning: "folders: added to them; never: taken away; ignore: neither",
    },
    { term: "--listing", field: "listing", meaning: "list folders that have no index page" },
    { term: "--zip", field: "zip", meaning: "offer listed folders as zip files, beside --listing" },
    { term: "--cors", field: "cors", meaning: "let scripts of other origins read the site" },
    { term: "--security-headers", field: "securityHeaders", meaning: "send a set of protective fields" },
    {
      term: "--auth <user:hash>",
      field: "auth",
      isRepeatable: true,
      meaning: "ask for a password; heddle hash-password makes the hash",
    },
    { term: "--maintenance", field: "maintenance", meaning: "answer 503 to everything" },
    { term: "--etag <auto|content>", field: "etag", meaning: "content: tags by content, where times mean nothing" },
    { term: "--no-compress", field: "compress", meaning: "encode nothing; sidecars (.br, .zst, .gz) are still used" },
    {
      term: "--keep-previous <seconds>",
      field: "keepPreviousSeconds",
      meaning: "keep fingerprinted files of the release before reachable",
    },
    {
      term: "--revalidate <seconds>",
      field: "revalidateMs",
      isSeconds: true,
      meaning: "look at a file again at most this often; 0 at every request",
    },
  ],
  Threads: [
    {
      term: "--threads <n|auto|per-connection>",
      field: "threads",
      meaning: "how many serve, one per core, or one for each connection",
    },
    { term: "--max-threads <n>", field: "maxThreads", meaning: "bound for per-connection" },
    { term: "--transport <auto|kernel|portable>", field: "transport", meaning: "how bytes reach the sockets" },
    {
      term: "--accept <auto|reuse-port|transfer>",
      field: "accept",
      meaning: "who hands out connections: the kernel, or the main thread",
    },
    {
      term: "--grace <seconds>",
      field: "graceMs",
      isSeconds: true,
      meaning: "for requests in flight to finish after Ctrl+C",
    },
  ],
  Configuration: [
    { term: "--config <file>", meaning: "options from this file, not from ./heddle.config.*" },
    { term: "--no-config", meaning: "options from no file" },
  ],
  Output: [
    { term: "--trace", field: "trace", meaning: "print connections, requests and responses" },
    { term: "--quiet", meaning: "print only errors, warnings and the trace" },
    { term: "-v, --version", meaning: "print the version" },
    { term: "-h, --help", meaning: "print this help" },
  ],
};

export type CommandName = "check" | "config" | "explain" | "hash-password" | "precompress";

interface CommandWords {
  readonly usage: string;
  readonly meaning: string;
  /** It has options of its own, and explains them. */
  readonly hasOwnHelp?: true;
}

/** The commands beside serving. */
export const COMMANDS: Readonly<Record<CommandName, CommandWords>> = {
  check: { usage: "check [file]", meaning: "check a configuration, and serve nothing" },
  config: { usage: "config [options] [root]", meaning: "print every option, and its source" },
  explain: {
    usage: "explain <url> [options]",
    meaning: "say what would answer, and why",
    hasOwnHelp: true,
  },
  "hash-password": { usage: "hash-password", meaning: "print the hash of a password, for --auth" },
  precompress: {
    usage: "precompress [options] <root>",
    meaning: "write .br, .zst and .gz beside its files",
    hasOwnHelp: true,
  },
};

/** What a command takes beside the options of serving. */
export interface OwnWords {
  readonly argument: Flag;
  readonly flags: readonly Flag[];
}

export const EXPLAIN_WORDS: OwnWords = {
  argument: { term: "<url>", meaning: "address, whose host picks the site, or only a path" },
  flags: [
    { term: "-H, --header <line>", isRepeatable: true, meaning: 'field of the request: "Accept-Encoding: br"' },
    { term: "-X, --method <name>", meaning: "method of the request (default GET)" },
  ],
};

/** The flag of an option, if it has one. */
export function flagOf(field: keyof ServerOptions): Flag | undefined {
  return [ROOT, ...Object.values(FLAG_GROUPS).flat()].find((flag) => flag.field === field);
}

/** "--no-compress" -> "compress": what a flag is called without its dashes and its value. */
function bareName(flag: Flag): string {
  return /--(?:no-)?([a-z-]+)/.exec(flag.term)?.[1] ?? "root";
}

/** The variable of an option: that of its flag, `HEDDLE_KEEP_PREVIOUS`, or of its name, `HEDDLE_CACHE_LIMIT_BYTES`. */
export function variableOf(field: keyof ServerOptions): string {
  const flag = flagOf(field);
  const words =
    flag === undefined ? field.replace(/[A-Z]/g, (letter) => `_${letter}`) : bareName(flag).replaceAll("-", "_");
  return `HEDDLE_${words.toUpperCase()}`;
}

/** The default in the unit of the flag, for people to read; undefined when there is nothing worth saying. */
export function shownDefault(flag: Flag): string | undefined {
  if (flag === ROOT) return "./public if there is one, else .";
  const value: unknown = flag.field === undefined ? undefined : Reflect.get(DEFAULTS, flag.field);
  if (value === undefined || value === false) return undefined;
  if (flag.isOctal) return Number(value).toString(8);
  return String(flag.isSeconds ? Number(value) / 1000 : value);
}
