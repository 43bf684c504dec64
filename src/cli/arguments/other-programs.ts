// How other servers are started, and the flags that mean something else there than in most: data for whole lines of other
// servers (foreign-line.ts).
import type { OtherFlag } from "./other-servers.ts";

export interface OtherProgram {
  /** The words that start it, each a name or one of several: "python3 -m http.server". The first words of the line may be missing. */
  readonly words: readonly RegExp[];
  /** Counts before OTHER_FLAGS and before flags of ours. */
  readonly flags: readonly OtherFlag[];
}

/** Programs that start other programs, with their own flags. */
export const RUNNERS: ReadonlySet<string> = new Set([
  "npx",
  "bunx",
  "pnpx",
  "sudo",
  "exec",
  "dlx",
  "x",
  "-y",
  "--yes",
  "npm",
  "pnpm",
  "yarn",
  "bun",
]);

const LOGS: Pick<OtherFlag, "to" | "hint"> = { to: "", hint: "leave it out; --trace prints requests" };
const LEAVE_OUT: Pick<OtherFlag, "to" | "hint"> = { to: "", hint: "leave it out" };
const ADDRESS: Pick<OtherFlag, "to" | "hint"> = { to: "address", hint: "write --host {<name>}" };
const FOLDER: Pick<OtherFlag, "to" | "hint"> = {
  to: "root",
  hint: "write the folder without a flag: heddle {<folder>}",
};
const LISTING: Pick<OtherFlag, "to" | "hint"> = { to: "--listing", hint: "write --listing" };

export const OTHER_PROGRAMS: readonly OtherProgram[] = [
  {
    words: [/^(?:python[\d.]*|py|uv)$/, /^-m$/, /^http\.server$/],
    flags: [
      { flags: ["-b", "--bind"], ...ADDRESS },
      { flags: ["-d", "--directory"], ...FOLDER },
      { flags: ["-p", "--protocol"], takesValue: true, ...LEAVE_OUT },
      { flags: ["--cgi"], hint: "heddle serves files and runs no programs" },
    ],
  },
  {
    words: [/^http-server(?:@.*)?$/],
    flags: [
      { flags: ["-s"], to: "--quiet", hint: "write --quiet" },
      { flags: ["-d", "-i"], takesValue: true, ...LISTING },
      { flags: ["-r"], to: "", hint: "put a robots.txt into the folder" },
      { flags: ["-S"], hint: "write --tls-cert <file> and --tls-key <file>" },
      { flags: ["-T", "--title"], takesValue: true, ...LEAVE_OUT },
    ],
  },
  {
    words: [/^caddy$/, /^file-server$/],
    flags: [
      { flags: ["-r"], ...FOLDER },
      { flags: ["-b"], ...LISTING },
      { flags: ["-d", "--domain"], to: "--tls acme --domain {}", hint: "write --tls acme --domain {<name>}" },
      { flags: ["-v"], ...LOGS },
      { flags: ["-p", "--precompressed", "-f", "--file-limit"], takesValue: true, ...LEAVE_OUT },
      { flags: ["-t", "--templates"], hint: "heddle sends files as they are" },
    ],
  },
  {
    words: [/^(?:static-web-server|sws)$/],
    flags: [
      { flags: ["-g", "--log-level"], takesValue: true, ...LOGS },
      { flags: ["-f", "-n", "-e", "-x"], takesValue: true, ...LEAVE_OUT },
      { flags: ["-z"], ...LISTING },
    ],
  },
  {
    words: [/^sirv(?:-cli)?(?:@.*)?$/],
    flags: [
      { flags: ["-d"], to: "", hint: "names that begin with a dot are never served, except /.well-known" },
      { flags: ["-c"], to: "--cors", hint: "write --cors" },
      { flags: ["-L"], ...LOGS },
    ],
  },
  {
    words: [/^serve(?:@.*)?$/],
    flags: [
      { flags: ["-d", "--debug"], ...LOGS },
      { flags: ["-S"], to: "", hint: "links inside the folder are always followed, links out of it never" },
    ],
  },
  { words: [/^live-server(?:@.*)?$/], flags: [] },
  {
    words: [/^php[\d.]*$/],
    flags: [
      { flags: ["-S"], ...ADDRESS },
      { flags: ["-t"], ...FOLDER },
    ],
  },
  { words: [/^ruby$/, /^-run$/, /^-e$/, /^httpd$/], flags: [{ flags: ["-b", "--bind-address"], ...ADDRESS }] },
  {
    words: [/^busybox$/, /^httpd$/],
    flags: [
      { flags: ["-p"], ...ADDRESS },
      { flags: ["-h"], ...FOLDER },
      { flags: ["-f", "-v", "-vv", "-i"], ...LEAVE_OUT },
      { flags: ["-c", "-r", "-u"], takesValue: true, ...LEAVE_OUT },
    ],
  },
  {
    words: [/^nginx$/],
    flags: [
      { flags: ["-g", "-e"], takesValue: true, ...LEAVE_OUT },
      { flags: ["-p"], ...FOLDER },
      { flags: ["-c"], takesValue: true, hint: "write --config <file> with a heddle.config.ts, .js, .mjs or .json" },
    ],
  },
  { words: [/^(?:vite|astro|gatsby|webpack|browser-sync)$/, /^(?:preview|serve|dev|start)$/], flags: [] },
  {
    words: [/^(?:darkhttpd|miniserve|lite-server|servor|local-web-server|ws|vite|http-server-spa|webpack-dev-server)$/],
    flags: [],
  },
  { words: [/^(?:start|run|server|dev|preview|file-server)$/], flags: [] },
];
