// A site that answers only so many requests at the same time: further ones get 503. An exchange lasts until its reply is sent
// or cut, so a slow download counts all the while. Before everything else of the site, also before passwords are checked:
// it protects what the site costs, whoever asks.
import { refusedReply } from "../content/complete-reply.ts";
import { errorReply } from "../content/error-page.ts";
import { changedReply, whenOver } from "../http/changed-reply.ts";
import type { Reply } from "../http/message.ts";
import type { SiteRefusalCode } from "../http/site-refusals.ts";
import { around } from "./counted.ts";
import type { ClosableHandler } from "./handler.ts";
import type { SiteContext } from "./site.ts";

/** @param number of the site, among those that are counted */
export function bounded(
  handler: ClosableHandler,
  { site: { concurrencyLimit: limit }, limits, steps }: Pick<SiteContext, "site" | "limits" | "steps">,
  number: number,
): ClosableHandler {
  if (limit === undefined) return handler;
  const { exchanges, onOverRate } = limits ?? {};
  const { handle, refuse } = handler;
  const { requestCount, dryRun: isDryRun } = limit;
  return around(
    handler,
    (request, peer) => {
      steps?.bounded(limit);
      if (exchanges === undefined) return handle(request, peer);
      const count = exchanges.enter(number);
      if (count > requestCount) {
        onOverRate!({ option: "concurrencyLimit", address: peer.address, isDryRun });
        if (!isDryRun) {
          exchanges.leave(number);
          return BUSY;
        }
      }
      const leave = (): void => exchanges.leave(number);
      const reply = handle(request, peer);
      return reply instanceof Promise ? reply.then((late) => leaving(late, leave)) : leaving(reply, leave);
    },
    refuse,
  );
}

const BUSY: Reply = refusedReply(errorReply(503), "EXCHANGES_EXCEEDED" satisfies SiteRefusalCode);

/** The same reply for one request, which calls back when it is over. */
function leaving(reply: Reply, leave: () => void): Reply {
  const { fields, content } = reply;
  if (content !== undefined) return changedReply(reply, fields, whenOver(content, leave));
  leave();
  return reply;
}
