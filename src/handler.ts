// The one way from a request to a reply:
//
//   1. method    what files do not have, or what is not about one file, is answered right away
//   2. find      the plan of the path, by its bytes; while it is current nothing waits and no string is built
//   3. look      otherwise the path is resolved and the file system is asked: a new plan, or the old one again
//   4. answer    from plan and request: preconditions, ranges, HEAD
//
// Anything about a target and its site belongs in a plan, anything about the request in an answer.
import { answer } from "./content/answer.ts";
import { createOpener } from "./content/containment.ts";
import { errorReply, errorReplyWith } from "./content/error-page.ts";
import { PlanCache } from "./content/plan-cache.ts";
import { Planner } from "./content/planner.ts";
import { resolvePath } from "./content/resolve.ts";
import type { Opener } from "./http/file.ts";
import { type Handler, hashTarget, type Reply, type Request } from "./http/message.ts";

export interface HandlerOptions {
  /** Folder to serve, absolute. It may be a link that is swapped while we run. */
  readonly root: string;
  /** How files below `root` are opened; by default in the way that works on every system. */
  readonly opener?: Opener | undefined;
  /** A file is looked at again at most this often, in ms; 0 looks for every request. */
  readonly revalidateMs: number;
  /** Large files that are kept open, for this handler alone. @default 128 */
  readonly openFileLimitCount?: number;
  /** Memory for the contents of small files, in bytes, for this handler alone; 0 keeps none. */
  readonly cacheLimitBytes: number;
  /** Wall clock, in ms since the epoch. */
  readonly now: () => number;
  /** Told why a request got a 500 or 503; the peer is told nothing. */
  readonly onError: (error: Error) => void;
}

const QUESTION_MARK = 0x3f;

const ALLOW = "Allow: GET, HEAD, OPTIONS\r\n";
const OPTIONS_REPLY: Reply = { status: 204, fields: ALLOW, content: undefined };
const NOT_ALLOWED_REPLY: Reply = errorReplyWith(405, ALLOW);

/** Methods that everybody knows and files do not have (RFC 9110 §9.3, RFC 5789); further ones are 501 (§9.1). */
const OTHER_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"]);

/** `close()` lets go of memory and open files; replies that are being sent keep theirs to the end. */
export function createHandler(options: HandlerOptions): Handler & { close(): void } {
  const { root, opener = createOpener(root), revalidateMs, now, onError } = options;
  const cache = new PlanCache(options.cacheLimitBytes, options.openFileLimitCount);
  const planner = new Planner({ opener, cache, revalidateMs, now, onError });

  function handle(request: Request): Reply | Promise<Reply> {
    // 1. method
    if (request.method !== "GET" && request.method !== "HEAD") return replyToMethod(request.method);
    try {
      // 2. find
      const { memory, targetStart, targetEnd } = request;
      const pathEnd = endOfPath(memory, targetStart, targetEnd);
      const hash = pathEnd === targetEnd ? request.targetHash : hashTarget(memory, targetStart, pathEnd);
      const plan = cache.find(memory, targetStart, pathEnd, hash);
      const nowMs = now();
      // 3. look
      if (plan === undefined || !planner.isCurrent(plan, nowMs)) return look(request, pathEnd).catch(fail);
      // 4. answer
      return answer(plan, request, nowMs);
    } catch (cause) {
      return fail(cause);
    }
  }

  async function look(request: Request, pathEnd: number): Promise<Reply> {
    const path = request.memory.toString("latin1", request.targetStart, pathEnd);
    const resolved = resolvePath(path);
    // What is hidden is answered as what is missing.
    if (resolved.kind === "refused") return resolved.status === 404 ? planner.notFound() : errorReply(resolved.status);
    // Not awaited before: the bytes of the request are only lent until `handle` returns.
    const kept = request.retain();
    return planner.use(resolved, (plan) => answer(plan, kept, now()));
  }

  /** A mistake of ours; the peer learns no more than that there was one. */
  function fail(cause: unknown): Reply {
    onError(new Error("a request could not be answered", { cause }));
    return errorReply(500);
  }

  return { handle, refuse: (rejection) => errorReply(rejection.status), close: () => cache.close() };
}

function replyToMethod(method: string): Reply {
  // RFC 9110 §9.3.7: about the server as a whole ("*") it has no more to say than about one file.
  if (method === "OPTIONS") return OPTIONS_REPLY;
  return OTHER_METHODS.has(method) ? NOT_ALLOWED_REPLY : errorReply(501);
}

function endOfPath(memory: Buffer, start: number, end: number): number {
  let offset = start;
  while (offset < end && memory[offset] !== QUESTION_MARK) offset++;
  return offset;
}
