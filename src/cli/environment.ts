// Options from the environment: every option has a variable, HEDDLE_ and its name in capitals, written as its flag
// is; what no flag can say is written as JSON. Pure: the variables come in.
import { nearestName } from "../config/mistakes.ts";
import { OPTION_NAMES, type ServerOptions } from "../options.ts";
import { flagOf, variableOf } from "./flags.ts";
import { OTHER_VARIABLES } from "./other-flags.ts";

/** What it sets NAME_PORT to in every container near a service that is called name. */
const TARGET_OF_KUBERNETES = /^(tcp|udp|sctp):\/\//;

const PREFIX = "HEDDLE_";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that sets an option, if one does. An empty one is how shells and compose files say "not set". */
export function variableFor(field: keyof ServerOptions, environment: Environment): string | undefined {
  const names = [variableOf(field), flagOf(field)?.environment];
  return names.find((name) => name !== undefined && environment[name] && !isOfKubernetes(name, environment[name]));
}

/** Variables that set nothing, and look as if they were meant to; each with what to do, in a sentence. */
export function variableNotes(environment: Environment): string[] {
  return [
    ...mistyped(environment).map((name) => `${name} is set, and sets no option: ${rightName(name)}`),
    ...ofOthers(environment).map(([name, ours]) => `${name} is set, and sets nothing here: ${ours} does`),
  ];
}

function mistyped(environment: Environment): string[] {
  const known = new Set(knownVariables());
  const isOurs = (name: string): boolean => name.startsWith("HEDDLE_") && !/^HEDDLE_(PORT|SERVICE)_/.test(name);
  return Object.keys(environment).filter((name) => isOurs(name) && !known.has(name));
}

function rightName(name: string): string {
  const field = OPTION_NAMES.find((option) => name === `HEDDLE_${option.replace(/[A-Z]/g, "_$&").toUpperCase()}`);
  if (field !== undefined) return `${variableOf(field)} does`;
  const positive = name.replace("HEDDLE_NO_", "HEDDLE_");
  if (positive !== name && knownVariables().includes(positive)) return `write ${positive}=false`;
  const nearest = nearestName(
    name.slice(PREFIX.length),
    knownVariables().map((known) => known.slice(PREFIX.length)),
  );
  return nearest === undefined ? "heddle --help says how they are called" : `most likely ${PREFIX}${nearest} was meant`;
}

function knownVariables(): string[] {
  return [...OPTION_NAMES.map(variableOf), "HEDDLE_CONFIG"];
}

/** Those of other servers; whoever has set ours as well knows. */
function ofOthers(environment: Environment): [name: string, ours: string][] {
  const isMeant = (value = ""): boolean => value !== "" && !TARGET_OF_KUBERNETES.test(value);
  return Object.entries(OTHER_VARIABLES).filter(([name, ours]) => isMeant(environment[name]) && !environment[ours]);
}

/** A service that is called heddle makes Kubernetes set HEDDLE_PORT=tcp://10.0.0.1:80 in every container near it. */
function isOfKubernetes(name: string, value: string): boolean {
  return name === "HEDDLE_PORT" && TARGET_OF_KUBERNETES.test(value);
}
