// Whether a client, and all clients together, have asked too much: 429 (RFC 6585 §4), with the time to wait. Addresses and
// passwords are other checks; this one comes before passwords, so that it limits guesses of them.

import type { Peer, Reply, Request } from "../../http/message.ts";
import type { Gate } from "../../limits/gate.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { ResolvedRateLimit } from "./limit-options.ts";

/** A request was over its rate. */
export interface OverRate {
  /** The option that limits it. */
  readonly option: "rateLimit" | "serverRateLimit" | "concurrencyLimit";
  /** As `Peer.address`. */
  readonly address: string;
  /** Whether it was answered all the same, as it is only tried which limit fits. */
  readonly isDryRun: boolean;
}

export interface RateCheckOptions {
  readonly limiter: Limiter | undefined;
  /** Of the site. */
  readonly rateLimit: ResolvedRateLimit | undefined;
  /** Of all sites together. */
  readonly serverRateLimit: ResolvedRateLimit | undefined;
  /** Names the site: each has buckets of its own. */
  readonly siteName: string;
  /** The page for a client that has to wait. */
  readonly page: (retryAfterSeconds: number) => Reply;
  readonly onOverRate: (over: OverRate) => void;
}

interface NamedGate {
  readonly option: OverRate["option"];
  readonly gate: Gate;
  readonly isDryRun: boolean;
}

/** @returns undefined without a limit; undefined from the check lets the request pass */
export function rateCheck(
  options: RateCheckOptions,
): ((request: Request, peer: Peer) => Reply | undefined) | undefined {
  const gates = gatesOf(options);
  return gates.length === 0 ? undefined : (_, { address }) => passAll(gates, address, options);
}

function gatesOf({ limiter, rateLimit, serverRateLimit, siteName }: RateCheckOptions): NamedGate[] {
  if (limiter === undefined) return [];
  const gates: NamedGate[] = [];
  const add = (option: OverRate["option"], name: string, limit: ResolvedRateLimit | undefined): void => {
    if (limit !== undefined) gates.push({ option, gate: limiter.gate(name, limit), isDryRun: limit.dryRun });
  };
  add("rateLimit", `site ${siteName}`, rateLimit);
  add("serverRateLimit", "server", serverRateLimit);
  return gates;
}

/** A request that one gate refuses does not count for those before it. */
function passAll(
  gates: readonly NamedGate[],
  address: string,
  { page, onOverRate }: RateCheckOptions,
): Reply | undefined {
  for (let index = 0; index < gates.length; index++) {
    const { gate, option, isDryRun } = gates[index]!;
    const waitMs = gate.pass(address);
    if (waitMs === 0) continue;
    onOverRate({ option, address, isDryRun });
    if (isDryRun) continue;
    for (const { gate: passed } of gates.slice(0, index)) passed.giveBack(address);
    return page(Math.ceil(waitMs / 1000));
  }
  return undefined;
}
