// What a request has to pass before anything of the site is looked at, in this order:
//
//   1. address      whether the peer may come in at all
//   2. client       whether its certificate lets it in
//   3. rate         whether the client, or all clients, have asked too much; whoever may not come in does not count
//   4. maintenance  whether the site is open
//   5. preflight    the browser's question before a cross-origin request is answered here (CORS)
//   6. password     whether the path needs one, and the request has it
//
// Only a password may have to be waited for, and that is the last check. A site that sets none of these has no guard.
import type { Peer, Reply, Request } from "../../http/message.ts";
import type { Notes } from "../../http/notes.ts";
import { pathOf } from "../../http/query.ts";
import type { SiteRefusalCode } from "../../http/site-refusals.ts";
import type { Cors } from "../fields/cors.ts";
import type { ResolvedAccess } from "./access-options.ts";
import { addressRule } from "./addresses.ts";
import { type Authenticated, BasicAuth } from "./basic-auth.ts";
import { clientRule } from "./clients.ts";
import type { ResolvedRateLimit } from "./limit-options.ts";
import { type RateCheckOptions, rateCheck } from "./rate-check.ts";
import type { VerifiedPasswords } from "./verified-passwords.ts";

/** Undefined lets the request pass. */
export type Guard = (request: Request, peer: Peer) => Reply | undefined | Promise<Reply | undefined>;

export interface GuardOptions {
  readonly access: ResolvedAccess;
  readonly cors: Cors | undefined;
  readonly site: GuardedSite;
  /** Undefined where no rate is limited. */
  readonly rate?: Omit<RateCheckOptions, "rateLimit" | "page"> | undefined;
  /** Passwords that need not be verified again. */
  readonly verified?: VerifiedPasswords | undefined;
  readonly steps?: GuardSteps | undefined;
}

/** The pages of the site, and what it protects. Paths are as they were sent, without the query. */
export interface GuardedSite {
  /** The page for a status, with further field lines, and with the code of a refusal. */
  error(status: number, path: string, fields?: string, code?: string): Reply | Promise<Reply>;
  /** The page that the site shows while it is closed. */
  maintenance(path: string, fields: string): Reply | Promise<Reply>;
  /** The page for a client that has asked too much. */
  tooMany(retryAfterSeconds: number): Reply;
  asksForPassword(path: string): boolean;
}

/** What is told of the checks, for `heddle explain`. */
export interface GuardSteps {
  addressRefused(address: string): void;
  /** The connection comes from no address, as at a local socket, so a rule for addresses lets it pass. */
  addressMissing(rule: "allow-deny" | "maintenance"): void;
  /** @param subject undefined where the client has no certificate */
  clientRefused(subject: string | undefined): void;
  /** The answer depends on how much was asked before. */
  rateLimited(site: ResolvedRateLimit | undefined, server: ResolvedRateLimit | undefined): void;
  closed(): void;
  preflightAnswered(): void;
  passwordWanted(): void;
}

/** @throws {TypeError} for addresses, users and hashes that cannot be used */
export function createGuard(options: GuardOptions): Guard | undefined {
  const checks = [
    // 1. address
    addressCheck(options),
    // 2. client
    clientCheck(options),
    // 3. rate
    rateLimitCheck(options),
    // 4. maintenance
    maintenanceCheck(options),
    // 5. preflight
    preflightCheck(options),
    // 6. password
    passwordCheck(options),
  ].filter((check) => check !== undefined);
  return checks.length === 0 ? undefined : (request, peer) => passAll(checks, request, peer);
}

function passAll(checks: readonly Guard[], request: Request, peer: Peer): ReturnType<Guard> {
  for (const check of checks) {
    const stopped = check(request, peer);
    if (stopped !== undefined) return stopped;
  }
  return undefined;
}

function addressCheck({ access: { allow, deny }, site, steps }: GuardOptions): Guard | undefined {
  if (allow.length === 0 && deny.length === 0) return undefined;
  const isAllowed = addressRule(allow, deny);
  return ({ target }, { address }) => {
    if (address === "") steps?.addressMissing("allow-deny");
    if (isAllowed(address)) return undefined;
    steps?.addressRefused(address);
    return site.error(403, pathOf(target), "", "ADDRESS_DENIED" satisfies SiteRefusalCode);
  };
}

function clientCheck({ access: { allowClients }, site, steps }: GuardOptions): Guard | undefined {
  if (allowClients.length === 0) return undefined;
  const isAllowed = clientRule(allowClients);
  return ({ target }, { certificate }) => {
    if (isAllowed(certificate)) return undefined;
    steps?.clientRefused(certificate?.subject);
    return site.error(403, pathOf(target), "", "CLIENT_DENIED" satisfies SiteRefusalCode);
  };
}

function rateLimitCheck({ access: { rateLimit }, rate, site, steps }: GuardOptions): Guard | undefined {
  if (rate === undefined) return undefined;
  const check = rateCheck({ ...rate, rateLimit, page: (retryAfterSeconds) => site.tooMany(retryAfterSeconds) });
  if (check === undefined || steps === undefined) return check;
  return (request, peer) => {
    steps.rateLimited(rateLimit, rate.serverRateLimit);
    return check(request, peer);
  };
}

function maintenanceCheck({ access: { maintenance }, site, steps }: GuardOptions): Guard | undefined {
  if (maintenance === undefined) return undefined;
  const { retryAfterSeconds, allow } = maintenance;
  const isAllowed = allow.length === 0 ? () => false : addressRule(allow, []);
  // RFC 9110 §10.2.3; search engines keep a site that says when it will be back.
  const fields = `Retry-After: ${retryAfterSeconds}\r\n`;
  return ({ target }, { address }) => {
    if (isAllowed(address)) {
      if (address === "") steps?.addressMissing("maintenance");
      return undefined;
    }
    steps?.closed();
    return site.maintenance(pathOf(target), fields);
  };
}

function preflightCheck({ cors, steps }: GuardOptions): Guard | undefined {
  if (cors === undefined) return undefined;
  return (request) => {
    const reply = cors.preflight(request);
    if (reply !== undefined) steps?.preflightAnswered();
    return reply;
  };
}

function passwordCheck({ access: { auth }, site, verified, steps }: GuardOptions): Guard | undefined {
  if (auth === undefined) return undefined;
  const basic = new BasicAuth(auth, verified);
  return (request) => {
    const path = pathOf(request.target);
    if (!site.asksForPassword(path)) return undefined;
    const found = basic.authenticate(request);
    const { notes } = request;
    return found instanceof Promise ? found.then((late) => replyTo(late, path, notes)) : replyTo(found, path, notes);
  };

  function replyTo(found: Authenticated, path: string, notes: Notes): Reply | undefined | Promise<Reply> {
    if (found === "busy") return site.error(503, path, "Retry-After: 1\r\n");
    if (found !== "challenge") {
      notes.user = found.user;
      return undefined;
    }
    steps?.passwordWanted();
    return site.error(401, path, basic.challenge.fields);
  }
}
