// The address that the server listens on: resolves the host once, finds a free port, and opens listening sockets there.
// All of them are bound by numeric address, so that each gets the same one.
import { once } from "node:events";
import { BoundSocket, createServer, isIP, type Server } from "node:net";
import type { ResolvedOptions } from "../../options/resolved-options.ts";

export interface BoundAddress {
  /** Numeric, or the path of a Unix socket. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
}

/** How many ports are tried after the default one. When all of them are in use, something else is wrong. */
const PORT_TRY_COUNT = 100;

/**
 * Binds a port that no other server listens on.
 * @throws the system's error, with its `code`: EADDRINUSE when the port is in use (a default port moves on to the next
 *   free one instead), EADDRNOTAVAIL, EACCES, ENOTFOUND
 */
export async function bindAddress(
  options: Pick<ResolvedOptions, "host" | "port" | "isPortFixed">,
): Promise<BoundSocket> {
  const { host, port, isPortFixed } = options;
  // On many systems "localhost" is both ::1 and 127.0.0.1; people type the second.
  const found = isIP(host) ? [{ address: host }] : await lookup(host);
  const lastPort = isPortFixed || port === 0 ? port : Math.min(port + PORT_TRY_COUNT, 65_535);
  let failure: unknown;
  for (let candidate = port; candidate <= lastPort; candidate++) {
    for (const { address } of found) {
      try {
        return new BoundSocket({ host: address, port: candidate });
      } catch (error) {
        failure = error;
        // A name may have an address that this machine lacks (::1 in a container): try its next address.
        if (codeOf(error) !== "EADDRNOTAVAIL" && codeOf(error) !== "EAFNOSUPPORT") break;
      }
    }
    if (codeOf(failure) !== "EADDRINUSE") break;
  }
  throw failure;
}

/**
 * Listens from this tick on. The caller must use the server (listen for "connection", or transfer it) before the event
 * loop turns; until then connections wait in the listen queue.
 * @throws the system's error
 */
export async function listenOn(bound: BoundSocket, options: { pauseOnConnect: boolean }): Promise<Server> {
  // Half open: a client may send a FIN right after its request, and still wants the reply.
  const server = createServer({ ...options, allowHalfOpen: true, noDelay: true }).listen(bound);
  if (!server.listening) throw (await once(server, "error"))[0];
  return server;
}

/** Loaded here, because Node takes 2 ms to load it, and an address needs none of it. */
async function lookup(host: string): Promise<readonly { readonly address: string }[]> {
  const dns = await import("node:dns/promises");
  return dns.lookup(host, { all: true, order: "ipv4first" });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
