// What to say about words that cannot be used: which word it was, and what to write in its place. Most are those of
// another server (other-flags.ts), of a flag without a value, or mistyped. Pure text; the exit status is the caller's.
import { nearestName } from "../config/mistakes.ts";
import type { ServerOptions } from "../options.ts";
import { printable } from "./banner.ts";
import { COMMANDS, variableOf } from "./flags.ts";
import { OTHER_COMMANDS, OTHER_FLAGS } from "./other-flags.ts";

/** A flag that there is, as far as a hint depends on it. */
export interface KnownFlag {
  /** "--no-compress" */
  readonly long: string;
  readonly takesValue: boolean;
  /** The option that it sets, if it sets one. */
  readonly field: keyof ServerOptions | undefined;
}

const MORE = "(docs/migrating.md)";

/**
 * @param word the first that is no flag of ours, as it was typed
 * @param argv all words
 */
export function unknownFlag(word: string, argv: readonly string[], known: readonly KnownFlag[]): string {
  const { flag, value } = split(word, argv);
  const hint = otherServers(flag, value);
  if (hint !== undefined) return printable(`there is no ${flag}: ${hint} ${MORE}`);
  const turned = turnedRound(flag, value, known);
  if (turned !== undefined) return printable(turned);
  const nearest = nearestName(
    flag,
    known.map(({ long }) => long),
  );
  return printable(nearest === undefined ? `there is no ${flag}` : `there is no ${flag}: did you mean ${nearest}?`);
}

/** More words than folders. @param words without the flags */
export function tooManyWords(words: readonly string[]): string {
  const [first = "", second = ""] = words.map(printable);
  if (OTHER_COMMANDS.has(first)) return `there is no command ${first}: without one, heddle ${second} serves`;
  const port = words.find((word) => /^\d+$/.test(word));
  if (port !== undefined) return `found ${words.length} words that are no flags: write --port ${port} for the port`;
  return `found the folders ${words.map(printable).join(" and ")}, wanted one: further ones are mounts ${MORE}`;
}

/** What else to say about a word that was taken for the value of a flag, which it cannot be; "" for nothing. */
export function hintForValue(flag: string, found: unknown): string {
  if (typeof found !== "string") return "";
  const value = printable(found);
  if (flag === "--spa" && value === "false") return ": leave it out";
  if (flag === "--spa") {
    return /\.html?$/.test(value) ? `: write --spa /${value}` : `: the folder stands before it: heddle ${value} --spa`;
  }
  if (flag === "--etag") return ": entity tags are sent without it";
  const [, host, port] = /^(.*):(\d+)$/.exec(value) ?? [];
  if (flag !== "--port" || port === undefined) return "";
  return host === "" ? `: write --port ${port}` : `: write --host ${host} --port ${port}`;
}

/** What else to say about a folder that is not there; "" for nothing. @param name without the folders above it */
export function hintForFolder(name: string): string {
  if (/^\d+$/.test(name)) return ` For a port, write --port ${name}.`;
  if (name === "help") return " For help, write --help.";
  if (OTHER_COMMANDS.has(name)) return ` There is no command ${name}: heddle <folder> serves.`;
  const command = nearestName(name, Object.keys(COMMANDS));
  return command === undefined ? "" : ` There is a command ${command}.`;
}

/** "--cors=a" -> --cors and a; "-c-1" -> -c and -1; "-l" "3000" -> both. */
function split(word: string, argv: readonly string[]): { flag: string; value: string | undefined } {
  const [, flag = word, joined] = /^(--[^=]+)=(.*)$/s.exec(word) ?? /^(-[^-])=?(.+)$/s.exec(word) ?? [];
  if (joined !== undefined) return { flag, value: joined };
  const next = argv[argv.indexOf(word) + 1];
  return { flag, value: next === undefined || /^-\D/.test(next) ? undefined : next };
}

function otherServers(flag: string, value: string | undefined): string | undefined {
  const row = OTHER_FLAGS.find((one) => one.flags.includes(flag) && (one.value?.test(value ?? "") ?? true));
  return row?.hint.replace(/\{(<.*?>)\}/, (_all, name: string) => value ?? name);
}

/** The flag is ours, but with a value that it does not take, or with a "no" that it does not have. */
function turnedRound(flag: string, value: string | undefined, known: readonly KnownFlag[]): string | undefined {
  const positive = flag.replace(/^--no-/, "--");
  const one = known.find(({ long }) => long.replace(/^--no-/, "--") === positive);
  if (one === undefined || one.takesValue) return undefined;
  const set = one.field && `${variableOf(one.field)}=${one.long === positive ? "false" : "true"}`;
  // For what stands in a file or a variable: a flag can only turn it the other way.
  const undo = set === undefined ? "leave it out" : `leave it out, or set ${set} where a file says otherwise`;
  if (one.long !== flag) return `there is no ${flag}: ${undo}`;
  if (flag === "--cors" && /^https?:/.test(value ?? "")) {
    return `${flag} takes no value and is for all origins: write cors: { origins: ["${value}"] } in heddle.config.ts ${MORE}`;
  }
  return `${flag} takes no value: ${value === "false" ? undo : `write ${flag}`}`;
}
