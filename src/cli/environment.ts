// Options from the environment: every option has a variable, HEDDLE_ and its name in capitals, written as its flag
// is; what no flag can say is written as JSON. Pure: the variables come in.
import { OPTION_NAMES, type ServerOptions } from "../options.ts";
import { flagOf, variableOf } from "./flags.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that sets an option, if one does. An empty one is how shells and compose files say "not set". */
export function variableFor(field: keyof ServerOptions, environment: Environment): string | undefined {
  const names = [variableOf(field), flagOf(field)?.environment];
  return names.find((name) => name !== undefined && environment[name] && !isOfKubernetes(name, environment[name]));
}

/** Beginning with HEDDLE_, and no option: most likely mistyped. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set([...OPTION_NAMES.map(variableOf), "HEDDLE_CONFIG"]);
  const isOurs = (name: string): boolean => name.startsWith("HEDDLE_") && !/^HEDDLE_(PORT|SERVICE)_/.test(name);
  return Object.keys(environment).filter((name) => isOurs(name) && !known.has(name));
}

/** A service that is called heddle makes Kubernetes set HEDDLE_PORT=tcp://10.0.0.1:80 in every container near it. */
function isOfKubernetes(name: string, value: string): boolean {
  return name === "HEDDLE_PORT" && /^(tcp|udp|sctp):\/\//.test(value);
}
