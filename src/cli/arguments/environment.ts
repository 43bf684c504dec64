// Options from the environment. Every option has a variable, HEDDLE_ and its name in capitals. Its value is written as
// the flag's is, or as JSON for an option without a flag. Pure: the caller gives the variables.

import { socketsOfOthers } from "../../options/listen-fds.ts";
import { nearestName } from "../../options/mistakes.ts";
import { OPTION_NAMES } from "../../options/schema/schema.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { flagOf, partFlagsOf, SANDBOX_VARIABLE, SERVER_LOG_VARIABLE, variableOf, variableOfFlag } from "./flags.ts";
import { countsAsHost } from "./host.ts";
import { OTHER_VARIABLES } from "./other-servers.ts";

/** The value of NAME_PORT in every container of Kubernetes near a service called "name". */
const KUBERNETES_TARGET = /^(tcp|udp|sctp):\/\//;

const PREFIX = "HEDDLE_";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that sets an option, if one does. Shells and compose files leave a variable empty to say "not set". */
export function variableFor(field: keyof ServerOptions, environment: Environment): string | undefined {
  const names = [variableOf(field), field === "fd" ? undefined : flagOf(field)?.environment];
  return names.find((name) => name !== undefined && environment[name] && isMeantForUs(name, environment[name]));
}

/** A sentence for each variable that looks as if it set an option, and does not. */
export function variableWarnings(environment: Environment): string[] {
  return [
    ...mistyped(environment).map((name) => `the variable ${name} sets no option: ${rightName(name)}`),
    ...socketsOfOthers(environment, process.pid),
    ...ofOtherServers(environment).map(([name, ours]) => `the variable ${name} sets no option here: write ${ours}`),
  ];
}

function mistyped(environment: Environment): string[] {
  const known = new Set(knownVariables());
  const isOurs = (name: string): boolean => name.startsWith("HEDDLE_") && !/^HEDDLE_(PORT|SERVICE)_/.test(name);
  return Object.keys(environment).filter((name) => isOurs(name) && !known.has(name));
}

function rightName(name: string): string {
  const field = OPTION_NAMES.find((option) => name === `HEDDLE_${option.replace(/[A-Z]/g, "_$&").toUpperCase()}`);
  if (field !== undefined) return `write ${variableOf(field)}`;
  const positive = name.replace("HEDDLE_NO_", "HEDDLE_");
  if (positive !== name && knownVariables().includes(positive)) return `write ${positive}=false`;
  const nearest = nearestName(
    name.slice(PREFIX.length),
    knownVariables().map((known) => known.slice(PREFIX.length)),
  );
  return nearest === undefined ? "heddle help options lists the variables" : `did you mean ${PREFIX}${nearest}?`;
}

function knownVariables(): string[] {
  const ofParts = OPTION_NAMES.flatMap((field) => partFlagsOf(field).map(variableOfFlag));
  return [...OPTION_NAMES.map(variableOf), ...ofParts, "HEDDLE_CONFIG", SANDBOX_VARIABLE, SERVER_LOG_VARIABLE];
}

/** Variables of other servers, unless ours is set as well: then the user knows. */
function ofOtherServers(environment: Environment): [name: string, ours: string][] {
  const isMeant = (value = ""): boolean => value !== "" && !KUBERNETES_TARGET.test(value);
  return Object.entries(OTHER_VARIABLES).filter(([name, ours]) => isMeant(environment[name]) && !environment[ours]);
}

function isMeantForUs(name: string, value: string): boolean {
  if (name === "HOST") return countsAsHost(value);
  // Kubernetes sets HEDDLE_PORT=tcp://10.0.0.1:80 in every container near a service called heddle.
  return name !== "HEDDLE_PORT" || !KUBERNETES_TARGET.test(value);
}
