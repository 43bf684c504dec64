// Counts the replies of a site where somebody asks for metrics: by method and status. Without a tally, the handler of the
// site is called directly.
import type { Handler, Reply } from "../http/message.ts";
import type { ClosableHandler } from "./handler.ts";
import type { SiteTally } from "./site.ts";

/** For a request that was refused before anything was known of it. */
const NO_METHOD = "";

/** @param number of the site, among all of the server */
export function counted(handler: ClosableHandler, number: number, tally: SiteTally | undefined): ClosableHandler {
  if (tally === undefined) return handler;
  const { handle, refuse } = handler;
  const count = (method: string, reply: Reply): Reply => {
    tally.countReply(number, method, reply.status);
    return reply;
  };
  return around(
    handler,
    (request, peer) => {
      const { method } = request;
      const reply = handle(request, peer);
      return reply instanceof Promise ? reply.then((late) => count(method, late)) : count(method, reply);
    },
    (rejection) => count(NO_METHOD, refuse(rejection)),
  );
}

/** The same handler, with another way to its replies. */
export function around(
  handler: ClosableHandler,
  handle: Handler["handle"],
  refuse: Handler["refuse"],
): ClosableHandler {
  return {
    handle,
    refuse,
    get usage() {
      return handler.usage;
    },
    resize: (bounds) => handler.resize(bounds),
    close: () => handler.close(),
  };
}
