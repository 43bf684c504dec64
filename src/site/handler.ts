// The one way from a request to a reply, for one site:
//
//   1. guard    who may come in: addresses, rate, maintenance, preflight, password; a site without these has no guard
//   2. method   a request that is not about one file, or that files do not have, is answered right away
//   3. find     the plan of the path, by its bytes; while it is fresh nothing waits and no string is built
//   4. look up  otherwise: redirect, rewrite, file, fallback, error page; numbered in lookup.ts
//   5. answer   from plan and request: preconditions, ranges, codings, HEAD
//
// What a client wants besides is added last: digests, and what other origins need to read the reply.
//
// Whatever depends on a target and its site belongs in a plan, whatever depends on the request in an answer.
import { answer, DIGEST_FIELDS } from "../content/answer.ts";
import { refusedReply } from "../content/complete-reply.ts";
import { Digests } from "../content/digests.ts";
import { errorReply } from "../content/error-page.ts";
import { Freshness } from "../content/plans/freshness.ts";
import { PlanCache } from "../content/plans/plan-cache.ts";
import { run, type Task } from "../content/task.ts";
import { createGuard } from "../features/access/guard.ts";
import { type Cors, createCors } from "../features/fields/cors.ts";
import { changedReply } from "../http/changed-reply.ts";
import { FIELD_BIT } from "../http/fields.ts";
import { type Handler, hashTarget, type Peer, type Reply, type Request } from "../http/message.ts";
import { CACHE } from "../http/notes.ts";
import { pathOf } from "../http/query.ts";
import type { SiteRefusalCode } from "../http/site-refusals.ts";
import type { Pacing } from "../limits/pace.ts";
import { selectAtOnce } from "./alternates.ts";
import type { Asking } from "./asking.ts";
import { withDecodedSlashes } from "./decoded-slashes.ts";
import { EarlyHinting } from "./early-hints.ts";
import { Lookup } from "./lookup.ts";
import { Site, type SiteBounds, type SiteContext, type SiteUsage } from "./site.ts";

export interface ClosableHandler extends Handler {
  /** Changes the bounds of the context. Content that a lower one has no room for is dropped at once. */
  resize(bounds: SiteBounds): void;
  readonly usage: SiteUsage;
  /** Releases memory and open files; replies that are being made, or sent, keep theirs to the end. */
  close(): void;
}

const QUESTION_MARK = 0x3f;

const HSTS_LINE = /^strict-transport-security:[^\r\n]*\r\n/gim;

const ALLOW = "Allow: GET, HEAD, OPTIONS\r\n";
const OPTIONS_REPLY: Reply = { status: 204, fields: ALLOW, content: undefined };

/** Methods that everybody knows and files do not have (RFC 9110 §9.3, RFC 5789, RFC 10008); further ones are 501 (§9.1). */
const OTHER_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH", "QUERY", "CONNECT", "TRACE"]);

/**
 * A function and not a class: the site has all state, and V8 takes the values that this closure holds for constants.
 * That makes a hot reply 8 % (2 ns) quicker than fields do.
 * @throws {TypeError} for options that the features of the site cannot use
 */
export function createHandler(context: SiteContext): ClosableHandler {
  const { site: access, now, onError, steps, survivors, tally } = context;
  const cors = access.cors && createCors(access.cors);
  const onEvicted = tally && (() => tally.countEviction("files"));
  const plans = new PlanCache(context.cacheLimitBytes, context.openFileLimitCount, onEvicted);
  const freshness = new Freshness(context.revalidateMs);
  const site = new Site(context, { plans, freshness, cors });
  const hinting = access.earlyHints === "off" ? undefined : new EarlyHinting(access.earlyHints, steps);
  const lookup = new Lookup(site, context, hinting);
  const rate = context.limits && { ...context.limits, siteName: context.siteName ?? "" };
  const guard = createGuard({ access, cors, site, rate, verified: survivors?.verifiedPasswords, steps });
  const pacing = pacingOf(context);
  const digests = access.digests ? new Digests({ hashes: site.survivors.hashes, now, steps }) : undefined;
  const hasDictionaries = access.dictionaries !== undefined;
  const hasAlternates = access.markdown === "negotiate" || access.images === "negotiate";
  const hasFallback = site.fallback !== undefined;
  const decodesSlashes = access.encodedSlashes === "decode";

  function handle(sent: Request, peer: Peer): Reply | Promise<Reply> {
    try {
      if (pacing !== undefined) {
        steps?.paced(access.bandwidth, context.limits!.serverBandwidth);
        sent.notes.pace = pacing.of(peer.address);
      }
      const request = decodesSlashes ? withDecodedSlashes(sent) : sent;
      // 1. guard
      const stopped = guard?.(request, peer);
      if (stopped === undefined) return withCors(respond(request), request, cors);
      if (!(stopped instanceof Promise)) return stopped;
      // Not awaited before: the bytes of the request are only lent until `handle` returns.
      const kept = request.retain();
      return stopped.then((reply) => reply ?? withCors(respond(kept), kept, cors)).catch(fail);
    } catch (cause) {
      return fail(cause);
    }
  }

  function respond(request: Request): Reply | Promise<Reply> {
    const reply = pass(request);
    if (digests === undefined || !request.has(DIGEST_FIELDS)) return reply;
    const completed = digests.complete(reply, request);
    return completed instanceof Promise ? completed.catch(fail) : completed;
  }

  function pass(request: Request): Reply | Promise<Reply> {
    // 2. method
    if (request.method !== "GET" && request.method !== "HEAD") {
      steps?.method(request.method);
      return replyToMethod(request, site);
    }
    // 3. find
    const { memory, targetStart, targetEnd } = request;
    const pathEnd = endOfPath(memory, targetStart, targetEnd);
    const hash = pathEnd === targetEnd ? request.targetHash : hashTarget(memory, targetStart, pathEnd);
    const plan = plans.find(memory, targetStart, pathEnd, hash);
    const nowMs = now();
    // 4. look up
    const checkedMs = plan?.checkedMs;
    if (plan === undefined || !freshness.refresh(plan, nowMs)) {
      tally?.countFound(plan === undefined ? "cold" : "looked");
      const path = memory.toString("latin1", targetStart, pathEnd);
      return lookUp(request, (asking) => lookup.find(path, asking));
    }
    // 5. answer
    const found = plan.checkedMs === checkedMs ? "hot" : "looked";
    tally?.countFound(found);
    const mayWait = plan.kind === "listing" || (plan.kind === "refusal" && hasFallback);
    const mayDiffer = hasDictionaries && request.has(FIELD_BIT["available-dictionary"]);
    if (mayWait || mayDiffer) return lookUp(request, (asking) => lookup.answer(plan, asking));
    const selected = hasAlternates ? selectAtOnce(plan, request, site, nowMs) : plan;
    if (selected === undefined) return lookUp(request, (asking) => lookup.answer(plan, asking));
    request.notes.cache = CACHE[found];
    if (hinting !== undefined && selected === plan && plan.kind === "file") hinting.note(plan, request);
    return answer(selected, request, nowMs);
  }

  function lookUp(request: Request, task: (asking: Asking) => Task<Reply>): Reply | Promise<Reply> {
    const asking = { request };
    request.notes.cache = CACHE.looked;
    const reply = run(task(asking));
    if (!(reply instanceof Promise)) return reply;
    request.notes.cache = CACHE.cold;
    asking.request = request.retain();
    return reply.catch(fail);
  }

  /** A mistake of ours; the peer learns no more than that there was one. */
  function fail(cause: unknown): Reply {
    onError(new Error("a request could not be answered", { cause }));
    return refusedReply(errorReply(500), "HANDLER_FAILED" satisfies SiteRefusalCode);
  }

  /** RFC 6797 §7.2: not to a client that came without TLS, as a trusted proxy may say of each request. */
  function handleSecure(request: Request, peer: Peer): Reply | Promise<Reply> {
    const reply = handle(request, peer);
    if (peer.scheme === "https") return reply;
    return reply instanceof Promise ? reply.then(withoutHsts) : withoutHsts(reply);
  }

  const isPlain = access.hsts !== undefined && context.isSecure === false;
  return {
    handle: access.hsts === undefined ? handle : handleSecure,
    // Whether that client came by TLS, no proxy could say yet.
    refuse: (rejection) => (isPlain ? withoutHsts(site.refusal(rejection)) : site.refusal(rejection)),
    get usage() {
      const { memoryBytes, openFileCount, refusalBytes } = plans.usage;
      return { cacheBytes: memoryBytes + refusalBytes, encodedBytes: site.encodings?.keptBytes ?? 0, openFileCount };
    },
    resize({ cacheLimitBytes, openFileLimitCount, encodedLimitBytes }) {
      plans.resize(cacheLimitBytes, openFileLimitCount);
      site.encodings?.resize(encodedLimitBytes);
    },
    close() {
      lookup.close();
      plans.close();
    },
  };
}

/** Undefined where content is sent as fast as clients take it. */
function pacingOf({ site: { bandwidth }, siteName = "", limits }: SiteContext): Pacing | undefined {
  const { limiter, serverBandwidth } = limits ?? {};
  return limiter?.pacing([
    bandwidth && { ...bandwidth, name: `site ${siteName}` },
    serverBandwidth && { ...serverBandwidth, name: "server" },
  ]);
}

function replyToMethod({ method, target }: Request, site: Site): Reply | Promise<Reply> {
  const path = pathOf(target);
  // RFC 9110 §9.3.7: about the server as a whole ("*") it has no more to say than about one file.
  if (method === "OPTIONS") return site.complete(OPTIONS_REPLY, path, true);
  return OTHER_METHODS.has(method) ? site.error(405, path, ALLOW) : site.error(501, path);
}

/** Replies that only some origins may read name the origin that asks. */
function withCors(reply: Reply | Promise<Reply>, request: Request, cors: Cors | undefined): Reply | Promise<Reply> {
  if (cors?.fieldsFor === undefined) return reply;
  const fields = cors.fieldsFor(request);
  if (fields === "") return reply;
  return reply instanceof Promise ? reply.then((late) => withFields(late, fields)) : withFields(reply, fields);
}

function withFields(reply: Reply, more: string): Reply {
  return changedReply(reply, reply.fields + more, reply.content);
}

function withoutHsts(reply: Reply): Reply {
  return changedReply(reply, reply.fields.replace(HSTS_LINE, ""), reply.content);
}

function endOfPath(memory: Buffer, start: number, end: number): number {
  let offset = start;
  while (offset < end && memory[offset] !== QUESTION_MARK) offset++;
  return offset;
}
