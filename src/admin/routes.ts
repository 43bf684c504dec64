// What the admin listener has, by path. A further page is a line here.
import type { Reply, Request } from "../http/message.ts";
import type { ThreadsSnapshot } from "../threads/supervisor/events.ts";
import { type Health, liveness, type Phase, readiness } from "./health.ts";
import { textReply } from "./text-reply.ts";

/** Answers GET and HEAD at once. */
export type Route = (request: Request) => Reply;

/** What the admin listener is told of the server, each time that it asks. */
export interface AdminView {
  readonly phase: Phase;
  readonly threads: ThreadsSnapshot;
  readonly stallTimeoutMs: number;
}

export function adminRoutes(view: AdminView): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ["/healthz", () => healthReply(liveness(view.phase, view.threads, view.stallTimeoutMs))],
    ["/readyz", () => healthReply(readiness(view.phase, view.threads, view.stallTimeoutMs))],
  ]);
}

function healthReply({ isWell, reason }: Health): Reply {
  return textReply(isWell ? 200 : 503, `${reason}\n`);
}
