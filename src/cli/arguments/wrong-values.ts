// Messages about values that an option cannot have. Each names the flag or variable that the user wrote.

import { RANGES } from "../../options/defaults.ts";
import { OptionError, type OptionMistake } from "../../options/mistakes.ts";
import { resolveOptions } from "../../options/resolve.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { flagOf, partFlagsOf, variableOfFlag } from "./flags.ts";
import { hintForValue } from "./misuse.ts";
import type { Written } from "./values.ts";

/** Begins the wanted text for a text that is no hash at all (features/access/password.ts). */
const ANY_HASH = 'a hash as "heddle hash-password" prints it';

/** Flags, and their variables, that say more about `--tls acme`. */
const ACME_FLAGS: ReadonlySet<string> = new Set(
  partFlagsOf("tls")
    .filter(({ part }) => part!.startsWith("acme."))
    .flatMap((flag) => [flag.term.split(" ")[0]!, variableOfFlag(flag)]),
);

/** `--grace: found "x", wanted …`, not `graceMs: …`; empty when all values can be used. */
export function findMistakes(options: ServerOptions, written: readonly Written[]): string[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return error.mistakes.map((mistake) => blame(mistake, written));
  }
}

function blame({ option, found, wanted }: OptionMistake, written: readonly Written[]): string {
  const culprit = written.find(({ field }) => field === /^\w+/.exec(option)?.[0])!;
  if (option !== culprit.field) {
    const place = option.slice(culprit.field.length);
    if (isHalfPair(option, culprit)) return incompletePair(option, culprit);
    if (culprit.field === "auth") return blameUser({ option, found, wanted }, culprit);
    const flag = isWritten(culprit) ? undefined : partFlagsOf(culprit.field).find(({ part }) => isAt(place, part!));
    if (flag !== undefined) return `${flag.term.split(" ")[0]}: found ${found}, wanted ${wanted}`;
    return `${culprit.source}: found ${found} at ${place}, wanted ${wanted}`;
  }
  const { value, field } = culprit;
  if (field === "tls" && ACME_FLAGS.has(culprit.source)) return `${culprit.source} needs --tls acme`;
  const shown = typeof value === "string" && field !== "auth" ? JSON.stringify(value) : found;
  return `${culprit.source}: found ${shown}, wanted ${inUnit(field, wanted)}${hintForValue(culprit.source, value)}`;
}

/** As one text, in JSON. */
function isWritten({ value }: Written): boolean {
  return typeof value === "string";
}

/** Whether a place in an option, ".acme.domains[0]", is that of a flag's part, "acme.domains". */
function isAt(place: string, part: string): boolean {
  return place === `.${part}` || place.startsWith(`.${part}[`);
}

/** Whether there is a certificate without its key, or the other way round. */
function isHalfPair(option: string, { value }: Written): boolean {
  if (typeof value !== "object") return false;
  const [has, lacks] = option === "tls.key" ? ["cert", "key"] : ["key", "cert"];
  return option === `tls.${lacks}` && has in value && !(lacks in value);
}

/** @param option the half that is missing */
function incompletePair(option: string, { source }: Written): string {
  const flag = partFlagsOf("tls").find(({ part }) => option === `tls.${part}`)!;
  const wanted = source.startsWith("--") ? flag.term : `${variableOfFlag(flag)}=<file>`;
  return `${source}: a certificate needs its private key: write ${wanted} as well. If one file holds both, name it twice.`;
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

function inUnit(field: keyof ServerOptions, wanted: string): string {
  const flag = flagOf(field);
  if (flag?.isOctal) return "an octal number from 0 to 777, as for chmod";
  if (!flag?.isSeconds) return wanted;
  const [lowest, highest] = RANGES[field as keyof typeof RANGES];
  return `seconds from ${lowest / 1000} to ${highest / 1000}, with up to three decimals`;
}
