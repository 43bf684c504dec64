// Messages about words that cannot be used: which word, and what to write instead. Most come from another server
// (other-servers.ts), or are mistyped. Pure text; the exit status is the caller's.
import { nearestName } from "../../options/mistakes.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { printable } from "../../telemetry/printable.ts";
import { variableOf } from "./flags.ts";
import { hintForHost } from "./host.ts";
import { OTHER_COMMANDS, OTHER_FLAGS } from "./other-servers.ts";
import { COMMANDS } from "./usage.ts";

/** The part of a flag of ours that a hint depends on. */
export interface KnownFlag {
  /** "--no-compress" */
  readonly long: string;
  /** "-p" */
  readonly short?: string | undefined;
  readonly takesValue: boolean;
  /** Whether it may stand without its value. */
  readonly isOptional?: boolean;
  /** The option that the flag sets. */
  readonly field: keyof ServerOptions | undefined;
}

const MORE = "(heddle help migrating)";

/**
 * @param word the first unknown flag, as it was typed
 * @param argv all words
 */
export function unknownFlag(word: string, argv: readonly string[], known: readonly KnownFlag[]): string {
  const { flag, value } = split(word, argv);
  const hint = otherServers(flag, value);
  if (hint !== undefined) return printable(`unknown option ${flag}: ${hint} ${MORE}`);
  const misread = wrongForm(flag, value, known);
  if (misread !== undefined) return printable(misread);
  const nearest = nearestName(
    flag,
    known.map(({ long }) => long),
  );
  return printable(
    nearest === undefined ? `unknown option ${flag}` : `unknown option ${flag}: did you mean ${nearest}?`,
  );
}

/** The value of a flag that takes none, such as "*" after --cors, and not a folder. */
const VALUE = /^(?:\*|true|false|yes|no|on|off|0|1|https?:.*)$/i;
const OFF = /^(?:false|no|off|0)$/i;

/**
 * More arguments than the one folder.
 * @param words without the flags
 * @param argv all words
 */
export function tooManyArguments(
  words: readonly string[],
  argv: readonly string[],
  known: readonly KnownFlag[],
): string {
  const folders = words.map(printable);
  const [first = "", second = ""] = folders;
  if (OTHER_COMMANDS.has(first)) return `unknown command ${first}: write heddle ${second} to serve`;
  const command = nearestName(first, Object.keys(COMMANDS));
  if (command !== undefined) return `unknown command ${first}: did you mean ${command}?`;
  const port = words.find((word) => /^\d+$/.test(word) && !VALUE.test(word));
  if (port !== undefined) return `unexpected argument ${port}: did you mean --port ${port}?`;
  const misplaced = valueOfSwitch(words, argv, known);
  if (misplaced !== undefined) return printable(misplaced);
  const list = `${folders.slice(0, -1).join(", ")} and ${folders.at(-1)}`;
  return `found the folders ${list}, wanted one: write the others as mounts in heddle.config.ts ${MORE}`;
}

/** A message about an extra word that follows a flag without a value; the first word may still be the folder. */
function valueOfSwitch(
  words: readonly string[],
  argv: readonly string[],
  known: readonly KnownFlag[],
): string | undefined {
  const [first, ...extra] = words;
  for (const [index, word] of argv.entries()) {
    if (word === "--") return undefined;
    const next = argv[index + 1] ?? "";
    const isExtra = extra.includes(next) || (next === first && VALUE.test(next));
    const message = isExtra ? wrongForm(word, next, known) : undefined;
    if (message !== undefined) return message;
  }
  return undefined;
}

/** A hint about a word that cannot be the value of its flag; "" for no hint. */
export function hintForValue(flag: string, found: unknown): string {
  if (typeof found !== "string") return "";
  const value = printable(found);
  if (flag === "--spa" && OFF.test(value)) return ": leave out --spa";
  if (flag === "--spa") {
    return /\.html?$/.test(value) ? `: write --spa /${value}` : `: write the folder first: heddle ${value} --spa`;
  }
  // As in serve, where a number stands for all addresses.
  if (flag === "--listen") return /^\d+$/.test(value) ? `: write --port ${value}, or --listen :${value}` : "";
  if (flag === "--etag") return ": ETag is sent without the flag, too";
  if (flag === "--host" || flag === "HEDDLE_HOST") return hintForHost(flag, value);
  const isPort = /^(?:--port|(?:HEDDLE_)?PORT)$/.test(flag);
  // Not "80:8080", the pair of ports that docker takes: a number is no host.
  if (!isPort || !/:\d+\/?$/.test(value) || /^\d+:/.test(value)) return "";
  return hintForHost(flag === "--port" ? "--host" : "HEDDLE_HOST", value);
}

/** A hint about a folder that does not exist; "" for no hint. @param name without the folders above it */
export function hintForFolder(name: string): string {
  if (/^\d+$/.test(name)) return ` For a port, write --port ${name}.`;
  if (OTHER_COMMANDS.has(name)) return ` There is no command ${name}: write heddle <folder> to serve.`;
  const command = nearestName(name, Object.keys(COMMANDS));
  return command === undefined ? "" : ` Did you mean ${command}? The command is heddle ${command}.`;
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

/** A flag of ours with a value that it does not take, or with a "no" that it does not have. */
function wrongForm(flag: string, value: string | undefined, known: readonly KnownFlag[]): string | undefined {
  const positive = flag.replace(/^--no-/, "--");
  const one = known.find(({ long }) => long.replace(/^--no-/, "--") === positive);
  if (one === undefined || one.takesValue) return undefined;
  const variable = one.field && `${variableOf(one.field)}=${one.long === positive ? "false" : "true"}`;
  // A flag can only turn an option one way; a variable can undo what a file says.
  const undo = `leave out ${one.long}${variable === undefined ? "" : `, or set ${variable} to override the file`}`;
  if (one.long !== flag) return `unknown option ${flag}: ${undo}`;
  if (flag === "--cors" && /^https?:/.test(value ?? "")) {
    return `${flag} takes no value and allows all origins: write cors: { origins: ["${value}"] } in heddle.config.ts ${MORE}`;
  }
  return `${flag} takes no value: ${OFF.test(value ?? "") ? undo : `write ${flag}`}`;
}
