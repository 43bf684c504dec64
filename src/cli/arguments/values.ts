// Collects what the user wrote on the command line and in the environment, option by option, and reads the values.
import type { Command } from "commander";
import { DEFAULTS, SITE_DEFAULTS } from "../../options/defaults.ts";
import { inheritedSockets } from "../../options/listen-fds.ts";
import { LISTEN_WORDS } from "../../options/listen-options.ts";
import { OPTION_NAMES } from "../../options/schema/schema.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { type Environment, variableFor } from "./environment.ts";
import { flagOf, ROOT } from "./flags.ts";
import { readHost } from "./host.ts";
import { joined, type WrittenPart, writtenParts } from "./parts.ts";

/** A value as it was written, before it is checked. */
export interface Written {
  readonly field: keyof ServerOptions;
  /** The flag or the variable; "root" for the argument. */
  readonly source: string;
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, unknown>>;
  /** Where the option was written in parts. */
  readonly parts?: readonly WrittenPart[];
}

/** Options whose value stays text, even when it looks like a number. */
const TEXTS: ReadonlySet<keyof ServerOptions> = new Set(["root", "socket", "log", "logFile", "pidFile"]);

/** Options that are lists of words: "query,address". */
const LISTS: ReadonlySet<keyof ServerOptions> = new Set(["logMask", "trustedProxies", "forwardedFields"]);

/** How people write on and off in the environment. */
const SWITCH_WORDS: Readonly<Record<string, boolean | undefined>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

/** The page of `--spa` without a value. */
const SPA_PAGE = "/index.html";

/** Reads the environment here, because commander would read the variables of the process itself. */
export function collectWritten(program: Command, environment: Environment, root: string | undefined): Written[] {
  const inherited = inheritedSockets(environment, process.pid);
  const written = OPTION_NAMES.flatMap((field): Written[] => {
    const flag = flagOf(field);
    if (flag === ROOT && root !== undefined) return [{ field, source: "root", value: root }];
    const option = flag && program.options.find(({ flags }) => flags === flag.term);
    // A --no-… flag has a value even when it is not written.
    if (option !== undefined && program.getOptionValueSource(option.attributeName()) === "cli") {
      return [{ field, source: option.long!, value: program.opts()[option.attributeName()] }];
    }
    const parts = collectParts(program, environment, field);
    if (parts !== undefined) return [parts];
    const variable = variableFor(field, environment);
    if (variable !== undefined) return [{ field, source: variable, value: environment[variable]! }];
    const given = inherited[field as keyof typeof inherited];
    return given === undefined ? [] : [{ field, source: "LISTEN_FDS", value: given }];
  });
  const hasList = written.some(({ field }) => field === "listen");
  const hasSocket = hasList || written.some(({ field }) => field === "socket" || field === "fd");
  return written.filter(
    (one) =>
      !(hasSocket && isAddressOfEnvironment(one)) && !(hasList && one.source === "LISTEN_FDS" && one.field === "fd"),
  );
}

/** The first part that is written names the source. */
function collectParts(program: Command, environment: Environment, field: keyof ServerOptions): Written | undefined {
  const flagged = (term: string): WrittenPart["value"] | undefined =>
    program.opts()[program.options.find(({ flags }) => flags === term)!.attributeName()];
  const parts = writtenParts(field, flagged, environment);
  return parts.length === 0 ? undefined : { field, source: parts[0]!.source, value: joined(parts), parts };
}

/** Some shells and hosts set HOST and PORT by themselves, so they do not count for a Unix socket. */
function isAddressOfEnvironment({ source }: Written): boolean {
  return source === "HOST" || source === "PORT";
}

/** A value that cannot be read stays text, and the schema says what is wrong with it. */
export function readValue({ field, value }: Written): unknown {
  const flag = flagOf(field);
  if (field === "host" && (value === true || typeof value === "string")) return readHost(value);
  const isOn = typeof value === "string" ? SWITCH_WORDS[value.toLowerCase()] : undefined;
  if (field === "fallback" && (value === true || isOn === true)) return SPA_PAGE;
  // Overrides the page that the file names.
  if (field === "fallback" && isOn === false) return undefined;
  if (typeof value === "boolean") return value;
  if (isOn !== undefined && isSwitch(field)) return isOn;
  if (field === "fd") return readDescriptors(value);
  if (field === "listen" && typeof value === "string") return readPlaces(value);
  if (typeof value !== "string") return field === "auth" && Array.isArray(value) ? readUsers(value) : value;
  if (TEXTS.has(field)) return value;
  if (/^[[{]/.test(value)) return parseJson(value);
  if (LISTS.has(field)) return value.split(",").map((word) => word.trim());
  if (field === "rateLimit") return { clientRequestsPerSecond: readNumber(value) };
  if (field === "concurrencyLimit") return { requestCount: readNumber(value) };
  if (field === "bandwidth") return { clientBytesPerSecond: readSize(value) };
  if (flag?.isSize) return readSize(value);
  if (field === "auth") return readUsers([value]);
  if (value === "true" || value === "false") return value === "true";
  if (flag?.isOctal) return /^0?[0-7]{1,3}$/.test(value) ? Number.parseInt(value, 8) : value;
  if (flag?.isSeconds) return /^(\d+|\d*\.\d{1,3})$/.test(value) ? Math.round(Number(value) * 1000) : value;
  return /^\d+$/.test(value) ? Number(value) : value;
}

function isSwitch(field: keyof ServerOptions): boolean {
  return typeof (Reflect.get(DEFAULTS, field) ?? Reflect.get(SITE_DEFAULTS, field)) === "boolean";
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** "100M", in bytes. */
function readSize(value: string): unknown {
  const [, count, unit] = /^(\d+)([KMG]?)$/i.exec(value) ?? [];
  return count === undefined ? value : Number(count) * UNITS[unit!.toUpperCase()]!;
}

/** "0.5" */
function readNumber(value: string): unknown {
  return /^(\d+|\d*\.\d+)$/.test(value) ? Number(value) : value;
}

/** "3,4" in a variable. */
function readDescriptors(value: Written["value"]): unknown {
  if (typeof value === "string" && value.startsWith("[")) return parseJson(value);
  const words = typeof value === "string" ? value.split(",") : (value as readonly string[]);
  return words.map((word) => (/^\d+$/.test(word.trim()) ? Number(word) : word));
}

/** ":80,no-tls,unix:/run/heddle.sock" in a variable. No path there has a comma in it: then JSON does. */
function readPlaces(value: string): unknown {
  if (/^[[{]/.test(value) && !/^\[[\da-f:.%]+\]:/i.test(value)) return parseJson(value);
  const places: string[] = [];
  for (const word of value.split(",").map((one) => one.trim())) {
    if (Object.hasOwn(LISTEN_WORDS, word) && places.length > 0) places.push(`${places.pop()},${word}`);
    else places.push(word);
  }
  return places;
}

/** "ada:$scrypt$…": the first colon ends the name, as in the header of basic authentication. */
function readUsers(entries: readonly string[]): unknown {
  const users = entries.map((entry) => {
    const colon = entry.indexOf(":");
    return colon < 0 ? ["", entry] : [entry.slice(0, colon), entry.slice(colon + 1)];
  });
  return { users: Object.fromEntries(users) };
}
