// What a request has to pass before anything of the site is looked at: who may come in at all, whether the site is
// open, the browser's question beforehand (CORS preflight), and a password. A site that sets none of it has no guard.
import type { Peer, Reply, Request } from "../http/message.ts";
import { addressRule } from "./addresses.ts";
import { BasicAuth } from "./basic-auth.ts";
import type { Cors } from "./cors.ts";
import { pathPattern } from "./pattern.ts";
import type { SiteOptions } from "./site-options.ts";
import type { VerifiedPasswords } from "./verified-passwords.ts";

/** Undefined lets the request pass. */
export type Guard = (request: Request, peer: Peer) => Reply | undefined | Promise<Reply | undefined>;

export interface GuardReplies {
  /** The page for a status, with field lines of its own. */
  error(status: number, fields: string): Reply;
  /** The page that the site shows while it is closed. */
  maintenance(fields: string): Reply | Promise<Reply>;
  /** Told what decided, where somebody wants to know. */
  readonly onStep?: ((step: "guard", what: string) => void) | undefined;
}

const RETRY_AFTER_SECONDS = 120;

/**
 * @param pathOf the one way to write the path that a request is for, so that "/%70rivate/a" is asked for a password
 * as "/private/a" is
 * @param verified passwords that need not be verified again
 * @throws {TypeError} for what `addressRule`, `BasicAuth` and `pathPattern` do not take
 */
export function createGuard(
  site: SiteOptions,
  cors: Cors | undefined,
  replies: GuardReplies,
  pathOf: (request: Request) => string,
  verified?: VerifiedPasswords,
): Guard | undefined {
  const checks = [
    addressCheck(site, replies),
    maintenanceCheck(site, replies),
    preflightCheck(cors, replies),
    authCheck(site, replies, pathOf, verified),
  ].filter((check) => check !== undefined);
  return checks.length === 0 ? undefined : (request, peer) => passAll(checks, request, peer, 0);
}

/** In their order; only a password may have to be waited for, and that is the last. */
function passAll(checks: readonly Guard[], request: Request, peer: Peer, from: number): ReturnType<Guard> {
  for (let index = from; index < checks.length; index++) {
    const found = checks[index]!(request, peer);
    if (found !== undefined) return found;
  }
  return undefined;
}

function addressCheck({ allow = [], deny = [] }: SiteOptions, { error, onStep }: GuardReplies): Guard | undefined {
  if (allow.length === 0 && deny.length === 0) return undefined;
  const isAllowed = addressRule(allow, deny);
  return (_request, { address }) => {
    if (address === "") onStep?.("guard", "allow and deny let it pass, because it comes from no address");
    if (isAllowed(address)) return undefined;
    onStep?.("guard", `${address} may not come in (allow, deny)`);
    return error(403, "");
  };
}

function maintenanceCheck(
  { maintenance }: SiteOptions,
  { maintenance: closed, onStep }: GuardReplies,
): Guard | undefined {
  if (maintenance === undefined || maintenance === false) return undefined;
  const { retryAfterSeconds = RETRY_AFTER_SECONDS, allow = [] } = maintenance === true ? {} : maintenance;
  const isAllowed = allow.length === 0 ? () => false : addressRule(allow, []);
  // RFC 9110 §10.2.3; search engines keep a site that says when it will be back.
  const fields = `Retry-After: ${retryAfterSeconds}\r\n`;
  return (_request, { address }) => {
    if (isAllowed(address)) {
      if (address === "") onStep?.("guard", "maintenance lets it pass, because it comes from no address");
      return undefined;
    }
    onStep?.("guard", "the site is closed (maintenance)");
    return closed(fields);
  };
}

function preflightCheck(cors: Cors | undefined, { onStep }: GuardReplies): Guard | undefined {
  if (cors === undefined) return undefined;
  return (request) => {
    const reply = cors.preflight(request);
    if (reply !== undefined) onStep?.("guard", "the question of a browser beforehand, a CORS preflight (cors)");
    return reply;
  };
}

/** Which paths, canonically written, ask for a password. */
export function protectedPaths(auth: SiteOptions["auth"]): (path: string) => boolean {
  const patterns = auth === undefined ? [] : (auth.for ?? ["/*"]).map(pathPattern);
  return (path) => patterns.some((pattern) => pattern.match(path) !== undefined);
}

function authCheck(
  { auth }: SiteOptions,
  { error, onStep }: GuardReplies,
  pathOf: (request: Request) => string,
  verified: VerifiedPasswords | undefined,
): Guard | undefined {
  if (auth === undefined) return undefined;
  const basic = new BasicAuth(auth, verified);
  const asksAt = protectedPaths(auth);
  return (request) => {
    if (!asksAt(pathOf(request))) return undefined;
    const found = basic.authenticate(request);
    return found instanceof Promise ? found.then(asReply) : asReply(found);
  };

  function asReply(found: Awaited<ReturnType<BasicAuth["authenticate"]>>): Reply | undefined {
    if (found === "challenge") {
      onStep?.("guard", "a password is asked for here, and the right one was not given (auth)");
      return error(401, basic.challenge.fields);
    }
    return found === "busy" ? error(503, "Retry-After: 1\r\n") : undefined;
  }
}
