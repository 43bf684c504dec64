// Warnings of the server in the words of the command line: the server knows options, and the user typed flags.
import type { ServerOptions } from "../../options/server-options.ts";
import type { Sources } from "../../options/sources/sources.ts";
import { flagOf, partFlagsOf, variableOfFlag } from "./flags.ts";

/**
 * "fallback: there is no file …" -> "--spa: there is no file …", when the option was typed as a flag.
 * @param warning begins with the option that it is about, or is about no option
 * @param sources of the command line and the environment; those of a file keep the name of the option
 */
export function inFlags(warning: string, sources: Sources): string {
  const option = /^\w+(?=[ :])/.exec(warning)?.[0] ?? "";
  const source = sources[option as keyof Sources];
  if (source === undefined || source === "root") return warning;
  const named = source + warning.slice(option.length);
  return source.startsWith("--") ? named.replace(/(?<= without )\w+$/, longFlagOf) : named;
}

/** `tls.key` -> `--tls-key`, when one of the files was named by a flag, or `HEDDLE_TLS_KEY`. */
export function inPartFlags(place: string, sources: Sources): string {
  const [option = ""] = place.split(".");
  return partName(option, place.slice(option.length + 1), sources) ?? place;
}

/** Names in a sentence about files of a certificate, where they are names: "key" alone is a word. */
const PART_NAMES =
  /(?<![\w."/-])(?:passphraseFile|clientCa|clientCertificate|pfx)(?![\w"/-])|\bcert(?= and (?:as )?key\b)|(?<=\bcert and (?:as )?)key\b/g;

/** "write the password into a file, and give that as passphraseFile" -> "… as --tls-passphrase-file", as `inPartFlags`. */
export function wantedInFlags(wanted: string, sources: Sources): string {
  const named = (name: string): string => partName("tls", name, sources) ?? name;
  return wanted.replace(PART_NAMES, named);
}

/** The flag or the variable of a part, as the others were written; undefined for options of a file. */
function partName(option: string, part: string, sources: Sources): string | undefined {
  const flags = partFlagsOf(option as keyof ServerOptions);
  const names = flags.map((flag) => [longFlag(flag.term), variableOfFlag(flag)]);
  const form = [0, 1].find((one) => names.some((both) => both[one] === sources[option as keyof Sources]));
  const index = flags.findIndex((flag) => flag.part === part);
  return form === undefined ? undefined : names[index]?.[form];
}

function longFlagOf(option: string): string {
  const term = flagOf(option as keyof ServerOptions)?.term;
  return longFlag(term ?? "") ?? option;
}

function longFlag(term: string): string | undefined {
  return /--[\w-]+/.exec(term)?.[0];
}
