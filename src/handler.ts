// The one way from a request to a reply, for one site:
//
//   1. guard     who may come in: addresses, maintenance, preflight, password; a site without these has none
//   2. method    what files do not have, or what is not about one file, is answered right away
//   3. find      the plan of the path, by its bytes; while it is current nothing waits and no string is built
//   4. look      otherwise rules are asked where to look, and the file system what is there: a new plan, or the old
//                one again (site.ts)
//   5. answer    from plan and request: preconditions, ranges, codings, HEAD; the fallback page for navigations
//
// Anything about a target and its site belongs in a plan, anything about the request in an answer.
import { answer } from "./content/answer.ts";
import { errorReply } from "./content/error-page.ts";
import { createCors } from "./features/cors.ts";
import { createGuard } from "./features/guard.ts";
import { type Handler, hashTarget, type Peer, type Reply, type Request } from "./http/message.ts";
import { Site, type SiteContext } from "./site.ts";

const QUESTION_MARK = 0x3f;

const ALLOW = "Allow: GET, HEAD, OPTIONS\r\n";
const OPTIONS_REPLY: Reply = { status: 204, fields: ALLOW, content: undefined };

/** Methods that everybody knows and files do not have (RFC 9110 §9.3, RFC 5789); further ones are 501 (§9.1). */
const OTHER_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"]);

/**
 * `close()` lets go of memory and open files; replies that are being made, or sent, keep theirs to the end.
 * @throws {TypeError} for what the features of the site cannot use
 */
export function createHandler(options: SiteContext): Handler & { close(): void } {
  const { now, onError, onStep } = options;
  const cors = options.site.cors
    ? createCors(options.site.cors === true ? { origins: "*" } : options.site.cors)
    : undefined;
  const site = new Site(options, cors?.fields ?? "");
  const { plans, planner, hasFallback } = site;
  const guard = createGuard(
    options.site,
    cors,
    {
      error: (target, status, fields) => site.error(status, pathOf(target), fields),
      maintenance: (target, fields) => site.maintenance(pathOf(target), fields),
      onStep,
    },
    (request) => site.pathsOf(pathOf(request.target)),
    options.lasting?.verifiedPasswords,
  );

  function handle(request: Request, peer: Peer): Reply | Promise<Reply> {
    try {
      // 1. guard
      const stopped = guard?.(request, peer);
      if (stopped === undefined) return withCors(pass(request), request);
      if (!(stopped instanceof Promise)) return stopped;
      // Not awaited before: the bytes of the request are only lent until `handle` returns.
      const kept = request.retain();
      return stopped.then((reply) => reply ?? withCors(pass(kept), kept)).catch(fail);
    } catch (cause) {
      return fail(cause);
    }
  }

  function pass(request: Request): Reply | Promise<Reply> {
    // 2. method
    if (request.method !== "GET" && request.method !== "HEAD") {
      onStep?.("method", `${request.method} is not about a file`);
      return replyToMethod(request.method, pathOf(request.target));
    }
    // 3. find
    const { memory, targetStart, targetEnd } = request;
    const pathEnd = endOfPath(memory, targetStart, targetEnd);
    const hash = pathEnd === targetEnd ? request.targetHash : hashTarget(memory, targetStart, pathEnd);
    const plan = plans.find(memory, targetStart, pathEnd, hash);
    const nowMs = now();
    // 4. look
    if (plan === undefined || !planner.isCurrent(plan, nowMs)) {
      return site.look(memory.toString("latin1", targetStart, pathEnd), request.retain()).catch(fail);
    }
    // 5. answer
    if (plan.kind === "refusal" && hasFallback) return site.answerMissing(plan, request.retain()).catch(fail);
    if (plan.kind === "listing") return site.list(plan, request.retain()).catch(fail);
    return answer(plan, request, nowMs);
  }

  function replyToMethod(method: string, path: string): Reply | Promise<Reply> {
    // RFC 9110 §9.3.7: about the server as a whole ("*") it has no more to say than about one file.
    if (method === "OPTIONS") return site.complete(OPTIONS_REPLY, path);
    return OTHER_METHODS.has(method) ? site.error(405, path, ALLOW) : site.error(501, path);
  }

  /** Replies that only some origins may read say so for the origin that asks. */
  function withCors(reply: Reply | Promise<Reply>, request: Request): Reply | Promise<Reply> {
    if (cors?.fieldsFor === undefined) return reply;
    const fields = cors.fieldsFor(request);
    if (fields === "") return reply;
    return reply instanceof Promise ? reply.then((late) => withFields(late, fields)) : withFields(reply, fields);
  }

  /** A mistake of ours; the peer learns no more than that there was one. */
  function fail(cause: unknown): Reply {
    onError(new Error("a request could not be answered", { cause }));
    return errorReply(500);
  }

  return {
    handle,
    refuse: (rejection) => site.ownError(rejection.status),
    close: () => site.close(),
  };
}

function withFields({ status, fields, content }: Reply, more: string): Reply {
  return { status, fields: fields + more, content };
}

function endOfPath(memory: Buffer, start: number, end: number): number {
  let offset = start;
  while (offset < end && memory[offset] !== QUESTION_MARK) offset++;
  return offset;
}

function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end < 0 ? target : target.slice(0, end);
}
