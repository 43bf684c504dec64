// The address that the server listens on: a name resolved once, a port found or refused, and listening
// sockets at it, as many as are wanted. Everything is bound by number, so that each socket gets the same.
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { BoundSocket, createServer, isIP, type Server } from "node:net";
import type { ResolvedOptions } from "../options.ts";

export interface BoundAddress {
  /** Numeric, or the path of a Unix socket. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
}

/** Ports that are tried after the default one: with more than this in use, something else is wrong. */
const PORT_TRY_COUNT = 100;

/**
 * A port that no other server listens on, bound for us.
 * @throws the system's error, with its `code`: EADDRINUSE when the port is taken (unless it was only the default
 *   and one of the next is free), EADDRNOTAVAIL, EACCES, ENOTFOUND
 */
export async function bindAddress(
  options: Pick<ResolvedOptions, "host" | "port" | "isPortFixed">,
): Promise<BoundSocket> {
  const { host, port, isPortFixed } = options;
  // "localhost" is both ::1 and 127.0.0.1 in many places; the one that people type is the older.
  const found = isIP(host) ? [{ address: host }] : await lookup(host, { all: true, order: "ipv4first" });
  const lastPort = isPortFixed || port === 0 ? port : Math.min(port + PORT_TRY_COUNT, 65_535);
  let failure: unknown;
  for (let candidate = port; candidate <= lastPort; candidate++) {
    for (const { address } of found) {
      try {
        return new BoundSocket({ host: address, port: candidate });
      } catch (error) {
        failure = error;
        // A name may stand for an address that this machine lacks (::1 in a container): try its next one.
        if (codeOf(error) !== "EADDRNOTAVAIL" && codeOf(error) !== "EAFNOSUPPORT") break;
      }
    }
    if (codeOf(failure) !== "EADDRINUSE") break;
  }
  throw failure;
}

/**
 * Listens from this very tick on. Whoever calls this has until the event loop turns to take the server into use
 * (a listener for "connection", or a transfer); connections wait in the listen queue till then.
 * @throws the system's error
 */
export async function listenOn(bound: BoundSocket, options: { pauseOnConnect: boolean }): Promise<Server> {
  // Half open: a client may send its request and its FIN at once, and still wants its reply.
  const server = createServer({ ...options, allowHalfOpen: true, noDelay: true }).listen(bound);
  if (!server.listening) throw (await once(server, "error"))[0];
  return server;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
