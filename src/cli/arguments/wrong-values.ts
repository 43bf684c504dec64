// Messages about values that an option cannot have. Each names the flag or variable that the user wrote.

import { RANGES } from "../../options/defaults.ts";
import { type ListenPlace, parseListen } from "../../options/listen-options.ts";
import { OptionError, type OptionMistake } from "../../options/mistakes.ts";
import { resolveOptions } from "../../options/resolve.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { flagOf } from "./flags.ts";
import { hintForValue } from "./misuse.ts";
import type { Written } from "./values.ts";
import { blamePart, contradiction } from "./wrong-parts.ts";

/** Begins the wanted text for a text that is no hash at all (features/access/password.ts). */
const ANY_HASH = 'a hash as "heddle hash-password" prints it';

/** `--grace: found "x", wanted …`, not `graceMs: …`; empty when all values can be used. */
export function findMistakes(options: ServerOptions, written: readonly Written[]): string[] {
  const contradictory = new Map(
    written.flatMap(({ field, parts = [] }) => {
      const message = contradiction(parts);
      return message === undefined ? [] : [[field as string, message] as const];
    }),
  );
  const others = mistakesOf(options).filter(({ option }) => !contradictory.has(fieldOf(option)));
  return [...contradictory.values(), ...new Set(others.map((mistake) => blame(mistake, written)))];
}

function mistakesOf(options: ServerOptions): readonly OptionMistake[] {
  try {
    resolveOptions({ ...ofFile(options), ...options });
    return [];
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return error.mistakes;
  }
}

/** What some flags need, as the file may give it: that is read later, and then all is checked together. */
function ofFile({ tls, listen }: ServerOptions): ServerOptions {
  const places = [listen ?? []].flat() as (string | ListenPlace)[];
  const needsTls = places.some((one) => (typeof one === "string" ? parseListen(one) : one)?.tls === true);
  return { trustedProxies: ["unix"], ...(needsTls && tls === undefined && { tls: { pfx: "." } }) };
}

/** `tls.acme.domains[0]` -> `tls`. */
function fieldOf(option: string): string {
  return /^\w*/.exec(option)![0];
}

function blame({ option, found, wanted }: OptionMistake, written: readonly Written[]): string {
  const culprit = written.find(({ field }) => field === fieldOf(option))!;
  const { value, field, source, parts } = culprit;
  if (parts !== undefined) return blamePart({ option, found, wanted }, field, parts);
  if (option !== field) {
    if (field === "auth") return blameUser({ option, found, wanted }, culprit);
    if (field === "listen") return blamePlace({ option, found, wanted }, culprit);
    // A text that is no JSON names no part: "10.0.0.0/8,x", or the one number of a limit.
    const place = typeof value === "string" && !/^[[{]/.test(value) ? "" : ` at ${option.slice(field.length)}`;
    return `${source}: found ${found}${place}, wanted ${wanted}`;
  }
  const shown = typeof value === "string" && field !== "auth" ? JSON.stringify(value) : found;
  return `${source}: found ${shown}, wanted ${inUnit(field, wanted)}${hintForValue(source, value)}`;
}

/** @param mistake about a user or a hash; found never shows a password */
function blameUser({ option, found, wanted }: OptionMistake, { source, value }: Written): string {
  const isJson = typeof value === "string" && value.startsWith("{");
  if (isJson) return `${source}: found ${found}, wanted ${wanted}`;
  // Without a colon, the whole text counts as the hash of a user without a name.
  if (!wanted.startsWith(ANY_HASH) || option.endsWith('[""]'))
    return `${source}: found ${found}, wanted <user>:<hash>, with ${wanted}`;
  return `${source}: the text after the colon is not a hash (not shown here). heddle hash-password prints one; argon2 and bcrypt are accepted too.`;
}

/** Each place was typed by itself. */
function blamePlace({ option, found, wanted }: OptionMistake, { source, value }: Written): string {
  const index = Number(/^listen\[(\d+)\]$/.exec(option)?.[1]);
  const typed = Array.isArray(value) ? value[index] : undefined;
  return `${source}: found ${found}, wanted ${wanted}${hintForValue(source, typed)}`;
}

function inUnit(field: keyof ServerOptions, wanted: string): string {
  const flag = flagOf(field);
  if (field === "console") return wanted.replace(/^true(?=,)/, "no value");
  if (flag?.isOctal) return "an octal number from 0 to 777, as for chmod";
  if (flag?.isSize) return `a number of bytes, or a size like 100M`;
  if (!flag?.isSeconds) return wanted;
  const [lowest, highest] = RANGES[field as keyof typeof RANGES];
  return `seconds from ${lowest / 1000} to ${highest / 1000}, with up to three decimals`;
}
