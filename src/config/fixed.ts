// What a running server cannot change: where it listens, how many threads it has, and what these were born with. The
// rest of the options can be exchanged at any time.
import { isDeepStrictEqual } from "node:util";
import type { ResolvedOptions } from "../options.ts";

export type FixedOption =
  | "host"
  | "port"
  | "socket"
  | "socketMode"
  | "threads"
  | "maxThreads"
  | "transport"
  | "accept"
  | "connectionLimitCount"
  | "stallTimeoutMs"
  | "trace"
  | "limits";

/** What each of them became. */
const FIXED: Readonly<Record<FixedOption, readonly (keyof ResolvedOptions)[]>> = {
  host: ["host"],
  port: ["port"],
  socket: ["socket"],
  socketMode: ["socketMode"],
  threads: ["mode", "threads"],
  maxThreads: ["maxThreads"],
  transport: ["transport"],
  accept: ["accept", "isAcceptFixed"],
  connectionLimitCount: ["connectionLimitCount"],
  stallTimeoutMs: ["stallTimeoutMs"],
  trace: ["trace"],
  limits: ["limits"],
};

const FIXED_OPTIONS = Object.keys(FIXED) as FixedOption[];

/** @returns the wanted options with what cannot change as it is now, and the names of those that differ in that */
export function keepFixed(
  wanted: ResolvedOptions,
  current: ResolvedOptions,
): { options: ResolvedOptions; unchanged: FixedOption[] } {
  const unchanged = FIXED_OPTIONS.filter((name) =>
    FIXED[name].some((field) => !isDeepStrictEqual(wanted[field], current[field])),
  );
  const fields = FIXED_OPTIONS.flatMap((name) => FIXED[name]);
  const kept = Object.fromEntries(fields.map((field) => [field, current[field]]));
  // Not compared: "8080, or the next free one" is no other port than "8080".
  const { isPortFixed } = current;
  return { options: Object.freeze({ ...wanted, ...kept, isPortFixed }), unchanged };
}
