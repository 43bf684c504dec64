// The listener for operators, on the main thread: HTTP/1.1 by our own engine over node:net. Few programs connect to it,
// and it must answer while the threads are busy or dead. It opens first and closes last.
import type { Server } from "node:net";
import type { AdminPlace } from "../options/admin-place.ts";
import { LIMIT_DEFAULTS } from "../options/limits.ts";
import { PortableTransport } from "../transport/portable/transport.ts";
import { createAdminHandler } from "./admin-handler.ts";
import { openPlace } from "./open-place.ts";
import { ownHosts } from "./own-hosts.ts";
import { adminRoutes, type Route } from "./routes.ts";
import type { AdminView } from "./view.ts";

/** Some scrapers, a balancer, a person: more is a mistake of somebody's. */
const CONNECTION_LIMIT_COUNT = 64;
/** Scrapers ask every minute at least, over one connection. */
const LIMITS = { ...LIMIT_DEFAULTS, idleTimeoutMs: 150_000, discardLimitBytes: 0 };
/** Replies are short, and nobody waits for more when the server has ended. */
const CLOSE_MS = 500;

export interface AdminListener {
  /** "http://localhost:9180/" or "unix:/run/heddle/admin.sock". */
  readonly url: string;
  /**
   * Replies that are under way have a moment.
   * @param isReplaced another process listens on the same sockets: a Unix socket keeps its path
   */
  close(isReplaced: boolean): Promise<void>;
}

/** @param more pages of others, by path. @throws the system's error when the place cannot be opened */
export async function openAdminListener(
  place: AdminPlace,
  view: AdminView,
  onError: (error: unknown) => void,
  more: ReadonlyMap<string, Route> = new Map(),
): Promise<AdminListener> {
  const handler = createAdminHandler(adminRoutes(view, more), ownHosts(place), onError);
  const nothing = (): void => {};
  const counters = { countConnection: nothing, countRequest: nothing, countSent: nothing };
  const transport = new PortableTransport(handler, { limits: LIMITS }, { counters, onError });
  const { servers, url, removeFile } = await openPlace(place);
  for (const server of servers) accept(server, transport);
  return {
    url,
    close: (isReplaced) => {
      if (!isReplaced) removeFile();
      return close(servers, transport);
    },
  };
}

function accept(server: Server, transport: PortableTransport): void {
  server.on("connection", (socket) => {
    if (transport.connectionCount >= CONNECTION_LIMIT_COUNT && !transport.makeRoom()) socket.destroy();
    else transport.serve(socket);
  });
  // Too many open files: the client is refused, and the next may have more luck.
  server.on("error", () => {});
}

async function close(servers: readonly Server[], transport: PortableTransport): Promise<void> {
  for (const server of servers) server.close();
  transport.drain();
  const late = setTimeout(() => transport.destroy(), CLOSE_MS);
  await transport.whenEmpty();
  clearTimeout(late);
}
