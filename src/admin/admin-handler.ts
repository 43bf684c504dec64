// From a request to the admin listener to its reply: the host, the path, the method, in this order. The paths are a table
// (routes.ts).
import type { Handler, Reply, Request } from "../http/message.ts";
import { pathOf } from "../http/query.ts";
import { reasonPhrase } from "../http/status.ts";
import type { Route } from "./routes.ts";
import { textReply } from "./text-reply.ts";

const ALLOW = "Allow: GET, HEAD\r\n";
const ALLOW_POST = "Allow: POST\r\n";

/** @param isOwn whether a host, as requests name it, is this listener's */
export function createAdminHandler(
  routes: ReadonlyMap<string, Route>,
  isOwn: (authority: string) => boolean,
  onError: (error: unknown) => void,
): Handler {
  const refused = (status: number, fields = "") => textReply(status, `${status} ${reasonPhrase(status)}\n`, { fields });
  const fail = (error: unknown): Reply => {
    onError(error);
    return refused(500);
  };
  const answer = (request: Request, route: Route): Reply | Promise<Reply> => {
    try {
      const reply = route(request);
      return reply instanceof Promise ? reply.catch(fail) : reply;
    } catch (error) {
      return fail(error);
    }
  };
  return {
    handle(request) {
      if (!isOwn(request.authority)) return refused(421);
      const path = pathOf(request.target);
      const isRead = request.method === "GET" || request.method === "HEAD";
      const route = routes.get(isRead ? path : `${request.method} ${path}`);
      if (route !== undefined) return answer(request, route);
      if (routes.has(`POST ${path}`)) return refused(405, ALLOW_POST);
      return routes.has(path) ? refused(405, ALLOW) : refused(404);
    },
    refuse: ({ status }) => refused(status),
  };
}
