// The words at the start of the server: a block for a terminal, or one line for a log. Pure: facts and colours come in,
// text goes out.
import type { InspectColor } from "node:util";
import type { Server } from "../../server.ts";
import { printable } from "../../telemetry/printable.ts";

export interface Serving {
  readonly version: string;
  /** Absolute path of the folder. */
  readonly root: string;
  /** The addresses of the server; the first is the one to open on this machine. */
  readonly urls: readonly string[];
  readonly mode: "pool" | "per-connection";
  readonly threads: number;
  readonly maxThreads: number;
  readonly transport: Server["transport"];
  /** Whether an address speaks Multipath TCP. */
  readonly hasMptcp: boolean;
  /** Why an address that should does not. */
  readonly mptcpObstacle: string | undefined;
  /** Where operators ask; undefined where they cannot. */
  readonly adminUrl: string | undefined;
  /** The live page, with its token; undefined where there is none. */
  readonly consoleUrl: string | undefined;
  /** The default port, when it was in use and the server took another. */
  readonly busyPort: number | undefined;
  /** What the process may open, in words; undefined when it was not restricted, and nobody wanted it. */
  readonly sandbox: string | undefined;
  /** Whether the variable HOST, which some shells set by themselves, named the address. */
  readonly isHostOfVariable: boolean;
}

/** Colours a text, or leaves it as it is: `util.styleText` at a terminal. */
export type Paint = (style: InspectColor, text: string) => string;

/** A block of several lines, for a terminal. */
export function banner(serving: Serving, paint: Paint): string {
  const rows = serving.urls.map((url) => row(reach(url), paint("cyan", printable(url))));
  const lines = [
    `${paint("bold", "heddle")} ${serving.version}`,
    "",
    ...rows,
    row("Root", printable(serving.root)),
    row("Threads", serving.mode === "pool" ? String(serving.threads) : `one ${perConnection(serving)}`),
    row("Transport", withReason(serving.transport)),
    ...(mptcpOf(serving) === undefined ? [] : [row("MPTCP", printable(mptcpOf(serving)!))]),
    ...(serving.adminUrl === undefined ? [] : [row("Admin", paint("cyan", printable(serving.adminUrl)))]),
    ...(serving.consoleUrl === undefined ? [] : [row("Console", paint("cyan", printable(serving.consoleUrl)))]),
    ...(serving.sandbox === undefined ? [] : [row("Sandbox", printable(serving.sandbox))]),
    "",
  ];
  for (const note of notes(serving)) lines.push(paint("yellow", note));
  lines.push(paint("dim", "Ctrl+C stops"));
  return `\n${lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")}\n\n`;
}

/** One line without colours, for a log. */
export function plainLine(serving: Serving): string {
  const pool = serving.threads === 1 ? "1 thread" : `${serving.threads} threads`;
  const threads = serving.mode === "pool" ? pool : `a thread ${perConnection(serving)}`;
  const note = notes(serving)
    .map((one) => ` (${one})`)
    .join("");
  const sandbox = serving.sandbox === undefined ? "" : `, sandbox ${printable(serving.sandbox)}`;
  const admin = serving.adminUrl === undefined ? "" : `, admin on ${printable(serving.adminUrl)}`;
  const live = serving.consoleUrl === undefined ? "" : `, console on ${printable(serving.consoleUrl)}`;
  const mptcp = mptcpOf(serving) === undefined ? "" : `, MPTCP ${printable(mptcpOf(serving)!)}`;
  const where = serving.urls.map(printable).join(" and ");
  return `heddle ${serving.version} serving ${printable(serving.root)} on ${where} with ${threads}, transport ${withReason(serving.transport)}${mptcp}${admin}${live}${sandbox}${note}`;
}

function row(name: string, value: string): string {
  return `${name.padEnd(11)}${value}`;
}

function perConnection({ maxThreads }: Serving): string {
  return `per connection, at most ${maxThreads}`;
}

function withReason({ kind, reason }: Serving["transport"]): string {
  return reason === undefined ? kind : `${kind} (${printable(reason)})`;
}

/** Undefined where nobody wants it. */
function mptcpOf({ hasMptcp, mptcpObstacle }: Serving): string | undefined {
  const reason = mptcpObstacle === undefined ? "" : ` (${mptcpObstacle})`;
  if (hasMptcp) return reason === "" ? "on" : `not at each address${reason}`;
  return reason === "" ? undefined : `off${reason}`;
}

/** What the reader may not expect of the address. */
function notes({ busyPort, isHostOfVariable }: Serving): string[] {
  return [
    ...(busyPort === undefined ? [] : [`port ${busyPort} was in use, so this is the next free one`]),
    ...(isHostOfVariable ? ["the address is from the variable HOST"] : []),
  ];
}

function reach(url: string): "Local" | "Network" | "Socket" {
  if (url.startsWith("unix:")) return "Socket";
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname) ? "Local" : "Network";
}
