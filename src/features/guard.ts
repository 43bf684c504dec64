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
  error(target: string, status: number, fields: string): Reply | Promise<Reply>;
  /** The page that the site shows while it is closed. */
  maintenance(target: string, fields: string): Reply | Promise<Reply>;
  /** Told what decided, where somebody wants to know. */
  readonly onStep?: ((step: "guard", what: string) => void) | undefined;
}

const RETRY_AFTER_SECONDS = 120;

/**
 * @param pathsOf the paths that a request is about, canonically written, so that "/%70rivate/a" is asked for a password as
 * "/private/a" is, and "/private" as "/private/" is
 * @param verified passwords that need not be verified again
 * @throws {TypeError} for what `addressRule`, `BasicAuth` and `pathPattern` do not take
 */
export function createGuard(
  site: SiteOptions,
  cors: Cors | undefined,
  replies: GuardReplies,
  pathsOf: (request: Request) => Iterable<string>,
  verified?: VerifiedPasswords,
): Guard | undefined {
  const checks = [
    addressCheck(site, replies),
    maintenanceCheck(site, replies),
    preflightCheck(cors, replies),
    authCheck(site, replies, pathsOf, verified),
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
  return ({ target }, { address }) => {
    if (address === "") onStep?.("guard", "allow and deny let it pass, because it comes from no address");
    if (isAllowed(address)) return undefined;
    onStep?.("guard", `${address} may not come in (allow, deny)`);
    return error(target, 403, "");
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
  return ({ target }, { address }) => {
    if (isAllowed(address)) {
      if (address === "") onStep?.("guard", "maintenance lets it pass, because it comes from no address");
      return undefined;
    }
    onStep?.("guard", "the site is closed (maintenance)");
    return closed(target, fields);
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

/** Which paths, canonically written, ask for a password. In any case: on some file systems "/PRIVATE" is "/private". */
export function protectedPaths(auth: SiteOptions["auth"]): (path: string) => boolean {
  const sources = auth === undefined ? [] : (auth.for ?? ["/*"]);
  // In an expression the case has a meaning: \D is not \d.
  const patterns = [...sources, ...sources.filter((source) => !/[\\(]/.test(source)).map(folded)].map(pathPattern);
  return (path) => {
    const alike = folded(path);
    return [...new Set([path, alike])].some((one) => patterns.some((pattern) => pattern.match(one) !== undefined));
  };
}

const ENCODED_BEYOND_ASCII = /(?:%[89A-F][\dA-F])+/gi;

/**
 * One text for all that some file system takes for the same name: without case, and beyond ASCII however accents are put
 * together and whatever invisible characters stand between (APFS, and ext4 with `casefold`).
 */
function folded(path: string): string {
  // Most are their own: whoever asks for what needs no password should not wait for this.
  if (/^[^%A-Z\x80-\uffff]*$/.test(path)) return path;
  const visible = path
    .toWellFormed()
    .replace(ENCODED_BEYOND_ASCII, decodedOr)
    .normalize("NFD")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return visible
    .replace(/%[\dA-F]{2}|[^%]+/gi, (part) => (part.startsWith("%") ? part : part.toUpperCase().toLowerCase()))
    .normalize("NFC")
    .replace(/[^\0-\x7f]+/g, encodeURIComponent);
}

function decodedOr(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function authCheck(
  { auth }: SiteOptions,
  { error, onStep }: GuardReplies,
  pathsOf: (request: Request) => Iterable<string>,
  verified: VerifiedPasswords | undefined,
): Guard | undefined {
  if (auth === undefined) return undefined;
  const basic = new BasicAuth(auth, verified);
  const asksAt = protectedPaths(auth);
  return (request) => {
    if (!Iterator.from(pathsOf(request)).some(asksAt)) return undefined;
    const found = basic.authenticate(request);
    const { target } = request;
    return found instanceof Promise ? found.then((late) => replyTo(late, target)) : replyTo(found, target);
  };

  function replyTo(
    found: Awaited<ReturnType<BasicAuth["authenticate"]>>,
    target: string,
  ): Reply | undefined | Promise<Reply> {
    if (found === "challenge") {
      onStep?.("guard", "a password is asked for here, and the right one was not given (auth)");
      return error(target, 401, basic.challenge.fields);
    }
    return found === "busy" ? error(target, 503, "Retry-After: 1\r\n") : undefined;
  }
}
