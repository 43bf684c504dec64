// Messages about an option that was written in parts (parts.ts): parts that contradict each other, are missing, or have a
// value that they cannot have. They name flags where flags were typed, and variables where variables were set.
import type { OptionMistake } from "../../options/mistakes.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { type Flag, partFlagsOf, variableOfFlag } from "./flags.ts";
import { wantedInFlags } from "./in-flags.ts";
import { ACME, CHOICE, CHOICES, formOf, isFlag, type WrittenPart } from "./parts.ts";

/** A sentence about the first part that does not go with the others, as `--domain` with `--tls dev`; undefined for none. */
export function contradiction(parts: readonly WrittenPart[]): string | undefined {
  const choice = parts.find(({ part }) => part === CHOICE);
  const ofAcme = parts.find(({ part }) => part.startsWith(`${ACME}.`));
  if (choice === undefined)
    return ofAcme && `${ofAcme.source} needs ${isFlag(ofAcme) ? "--tls acme" : "HEDDLE_TLS=acme"}`;
  if (!CHOICES.includes(String(choice.value))) return undefined;
  const part = parts.find((one) => formOf(one) !== choice.value);
  return part && `${part.source}: found ${shown(part)}, wanted nothing together with ${asWritten(choice)}`;
}

/** `--tls dev`, `HEDDLE_TLS=dev`. */
function asWritten(one: WrittenPart): string {
  return `${one.source}${isFlag(one) ? " " : "="}${String(one.value)}`;
}

function shown({ value }: WrittenPart): string {
  return JSON.stringify(typeof value === "object" ? value[0] : value);
}

/** @param parts at least one */
export function blamePart(
  { option, found, wanted }: OptionMistake,
  field: keyof ServerOptions,
  parts: readonly WrittenPart[],
): string {
  const flags = partFlagsOf(field);
  const place = option.slice(field.length);
  const flag = flags.find(({ part }) => place === `.${part}` || place.startsWith(`.${part}[`));
  const one = parts.find(({ part }) => part === (flag === undefined ? CHOICE : flag.part));
  if (flag === undefined) return wrongChoice(one ?? parts[0]!, flags);
  if (one === undefined) return missing(flag, parts, flags);
  return `${one.source}: found ${found}, wanted ${wantedInFlags(wanted, { [field]: one.source })}`;
}

/** No form of the option has this name. */
function wrongChoice(one: WrittenPart, flags: readonly Flag[]): string {
  const choices = CHOICES.map((choice) => JSON.stringify(choice)).join(" or ");
  return `${one.source}: found ${shown(one)}, wanted ${choices}: for a certificate of your own, write ${pairFor(one, flags)}`;
}

/** A part that has to be there with others: `--tls-key` with `--tls-cert`, `--domain` with `--tls acme`. */
function missing(flag: Flag, parts: readonly WrittenPart[], flags: readonly Flag[]): string {
  const first = parts[0]!;
  const name = toWrite(flag, first);
  if (flag.part?.startsWith(ACME)) return `${asWritten(first)} needs a name for the certificate: write ${name} as well`;
  if (parts.some(({ part }) => part === "cert" || part === "key"))
    return `${first.source}: a certificate needs its private key: write ${name} as well. If one file holds both, name it twice.`;
  return `${first.source} needs a certificate: write ${pairFor(first, flags)} as well`;
}

function pairFor(first: WrittenPart, flags: readonly Flag[]): string {
  const pair = flags.filter(({ part }) => part === "cert" || part === "key");
  return pair.map((flag) => toWrite(flag, first)).join(" and ");
}

/** `--tls-key <file>` or `HEDDLE_TLS_KEY=<file>`, as the other part was written. */
function toWrite(flag: Flag, like: WrittenPart): string {
  return isFlag(like) ? flag.term : `${variableOfFlag(flag)}=${/<.*>/.exec(flag.term)?.[0]}`;
}
