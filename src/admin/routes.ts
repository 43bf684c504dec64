// What the admin listener has, by path. A further page is a line here. "POST /a" answers POST; a path alone, GET and HEAD.
import type { Reply, Request } from "../http/message.ts";
import { type Health, liveness, readiness } from "./health.ts";
import { CONTENT_TYPES, chooseFormat, expose } from "./metrics/exposition.ts";
import { families } from "./metrics/families.ts";
import { textReply } from "./text-reply.ts";
import type { AdminView } from "./view.ts";

export type Route = (request: Request) => Reply | Promise<Reply>;

/** @param more of the live page, where there is one */
export function adminRoutes(view: AdminView, more: ReadonlyMap<string, Route>): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ["/", () => textReply(200, [...LISTED, ...(more.has("/console") ? [CONSOLE] : [])].join(""))],
    ...more,
    ["/healthz", () => healthReply(liveness(view))],
    ["/metrics", (request) => metricsReply(request, view)],
    ["/readyz", () => healthReply(readiness(view))],
  ]);
}

/** For people who look what is there. */
const LISTED: readonly string[] = [
  "/metrics  counts, as Prometheus reads them\n",
  "/healthz  whether a thread responds\n",
  "/readyz   whether new requests are wanted\n",
];
const CONSOLE = "/console  the live page\n";

function healthReply({ isWell, reason }: Health): Reply {
  return textReply(isWell ? 200 : 503, `${reason}\n`);
}

/** RFC 9110 §12.5.1: caches keep nothing of this, but `Vary` says what decides. */
function metricsReply(request: Request, view: AdminView): Reply {
  const format = chooseFormat(request.field("accept"));
  const text = expose(families(view, Date.now()), format);
  return textReply(200, text, { type: CONTENT_TYPES[format], fields: "Vary: Accept\r\n" });
}
