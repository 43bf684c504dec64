// A site that answers only so many requests at the same time: further ones get 503. An exchange lasts until its reply is sent
// or cut, so a slow download counts all the while. Before everything else of the site, also before passwords are checked:
// it protects what the site costs, whoever asks.
import { refusedReply } from "../content/complete-reply.ts";
import { errorReply } from "../content/error-page.ts";
import type { ResolvedConcurrencyLimit } from "../features/access/limit-options.ts";
import type { Content, ContentStream, Reply } from "../http/message.ts";
import type { SiteRefusalCode } from "../http/site-refusals.ts";
import { around } from "./counted.ts";
import type { ClosableHandler } from "./handler.ts";
import type { SiteLimits } from "./site.ts";

/** @param number of the site, among those that are counted */
export function bounded(
  handler: ClosableHandler,
  limit: ResolvedConcurrencyLimit | undefined,
  limits: SiteLimits | undefined,
  number: number,
): ClosableHandler {
  const { exchanges, onOverRate } = limits ?? {};
  if (limit === undefined || exchanges === undefined) return handler;
  const { handle, refuse } = handler;
  const { requestCount, dryRun: isDryRun } = limit;
  return around(
    handler,
    (request, peer) => {
      const count = exchanges.enter(number);
      if (count > requestCount) {
        onOverRate!({ option: "concurrencyLimit", address: peer.address, isDryRun });
        if (!isDryRun) {
          exchanges.leave(number);
          return BUSY;
        }
      }
      let isOver = false;
      const leave = (): void => {
        if (!isOver) exchanges.leave(number);
        isOver = true;
      };
      const reply = handle(request, peer);
      return reply instanceof Promise ? reply.then((late) => leaving(late, leave)) : leaving(reply, leave);
    },
    refuse,
  );
}

const BUSY: Reply = refusedReply(errorReply(503), "EXCHANGES_EXCEEDED" satisfies SiteRefusalCode);

/** The same reply for one request, which calls back when it is over. */
function leaving({ status, fields, content, code }: Reply, leave: () => void): Reply {
  if (content === undefined) leave();
  const reply = { status, fields, content: content && watched(content, leave) };
  return code === undefined ? reply : refusedReply(reply, code);
}

function watched(content: Content | ContentStream, leave: () => void): Content | ContentStream {
  if (content.kind === "content") return { ...content, onRelease: leave };
  const release = (): void => {
    content.release?.();
    leave();
  };
  return { ...content, release };
}
