// An option whose parts have a flag and a variable each: `tls`. Joins what was written into the one value, and leaves
// out what is overridden: a flag overrides a variable, also one for another form of the option.
import type { ServerOptions } from "../../options/server-options.ts";
import { type Flag, partFlagsOf, variableOfFlag } from "./flags.ts";

/** One part as it was written. */
export interface WrittenPart {
  /** "cert", "acme.domains"; "by" for the word after `--tls`. */
  readonly part: string;
  /** The flag or the variable. */
  readonly source: string;
  readonly value: string | boolean | readonly string[];
}

/** The part that chooses a form of the option: `--tls acme`, `--tls dev`. */
export const CHOICE = "by";
export const ACME = "acme";
/** The words that may follow `--tls`. */
export const CHOICES: readonly string[] = [ACME, "dev"];

/** @param flagged the values of the command line, by the flag's term */
export function writtenParts(
  field: keyof ServerOptions,
  flagged: (term: string) => WrittenPart["value"] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): WrittenPart[] {
  const parts = partFlagsOf(field).flatMap((flag): WrittenPart[] => {
    const part = flag.part!;
    const typed = flagged(flag.term);
    if (typed !== undefined) return [{ part, source: flag.term.split(" ")[0]!, value: typed }];
    const variable = variableOfFlag(flag);
    const value = fromVariable(flag, environment[variable]);
    return value === undefined ? [] : [{ part, source: variable, value }];
  });
  return withoutOverridden(parts);
}

/** "true" and "false" for a flag without a value, a list by commas for one that may be repeated. */
function fromVariable({ term, isRepeatable }: Flag, value = ""): WrittenPart["value"] | undefined {
  // The variable of a whole option may have the name of one of its flags: HEDDLE_TLS={"cert": …}.
  if (value === "" || /^[[{]/.test(value)) return undefined;
  if (isRepeatable) return value.split(",").map((one) => one.trim());
  return term.includes("<") || !/^(true|false)$/.test(value) ? value : value === "true";
}

/** Leaves out variables for another form of the option than the one that the flags ask for: HEDDLE_TLS=dev with --tls-cert. */
function withoutOverridden(parts: readonly WrittenPart[]): WrittenPart[] {
  const forms = new Set(parts.filter(isFlag).flatMap((one) => formOf(one) ?? []));
  if (forms.size === 0) return [...parts];
  const isOfFiles = forms.has("pair") || forms.has("pfx");
  return parts.filter((one) => {
    const form = formOf(one);
    return isFlag(one) || (form === undefined ? isOfFiles : forms.has(form));
  });
}

export function isFlag({ source }: { readonly source: string }): boolean {
  return source.startsWith("--");
}

/** The form of the option that a part is of. Undefined for one that goes with a pair of files and with PKCS#12: the password, the authorities of clients. */
export function formOf({ part, value }: WrittenPart): string | undefined {
  if (part === CHOICE) return String(value);
  if (part.startsWith(`${ACME}.`)) return ACME;
  if (part === "pfx") return "pfx";
  return part === "cert" || part === "key" ? "pair" : undefined;
}

/**
 * `tls.by` chooses a form of the option: with "acme" the parts below `acme` are the option, with any other word that word.
 * Nothing is ordered from an authority because of a name alone: without the word, its parts stay apart, and no form fits.
 */
export function joined(parts: readonly WrittenPart[]): string | Record<string, unknown> {
  const by = parts.find(({ part }) => part === CHOICE)?.value;
  if (by !== undefined && by !== ACME) return String(by);
  const value: Record<string, unknown> = by === undefined ? {} : { [ACME]: {} };
  for (const { part, value: given } of parts.filter((one) => one.part !== CHOICE)) {
    const [outer, inner] = part.split(".") as [string, string?];
    if (inner === undefined || by === undefined) value[inner ?? outer] = given;
    else value[outer] = { ...(value[outer] as object), [inner]: given };
  }
  return value;
}
