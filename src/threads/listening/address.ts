// The address that the server listens on: resolves the host once, finds a free port, and opens listening sockets there.
// All of them are bound by numeric address, so that each gets the same one.
import { once } from "node:events";
import { createServer, isIP, type Server } from "node:net";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { Binding, type Bound, DescriptorSocket } from "./binding.ts";
import { AdoptedSocket, handedAt } from "./handed-over.ts";

/** How many ports are tried after the default one. When all of them are in use, something else is wrong. */
const PORT_TRY_COUNT = 100;

/** How often any free port is asked for, until it is free at both addresses. */
const ANY_PORT_TRY_COUNT = 20;
/** RFC 6761 §6.3. Clients try both of its addresses, and some only the first that they find. */
const LOCALHOST = /^(?:.+\.)?localhost\.?$/i;

type Address = Pick<ResolvedOptions, "host" | "port" | "isPortFixed">;

/**
 * Binds a port that no other server listens on: at both 127.0.0.1 and ::1 where "localhost" is both, at one address
 * otherwise.
 * @returns at least one, all with the same port
 * @throws the system's error, with its `code`: EADDRINUSE when the port is in use (a default port moves on to the next
 *   free one instead), EADDRNOTAVAIL, EACCES, ENOTFOUND
 */
export async function bindAddresses(
  { host, port, isPortFixed }: Address,
  binding: Binding = new Binding(),
  find: typeof lookup = lookup,
): Promise<[Bound, ...Bound[]]> {
  const found = isIP(host) ? [host] : (await find(host)).map(({ address }) => address);
  const limitCount = LOCALHOST.test(host) ? found.length : 1;
  const lastPort = Math.min(port + PORT_TRY_COUNT, 65_535);
  const candidates =
    port === 0
      ? new Array<number>(ANY_PORT_TRY_COUNT).fill(0)
      : Array.from({ length: isPortFixed ? 1 : lastPort - port + 1 }, (_, index) => port + index);
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return bindAll(binding, [...new Set(found)], candidate, limitCount);
    } catch (error) {
      failure = error;
      if (codeOf(error) !== "EADDRINUSE") break;
    }
  }
  throw failure;
}

function bindAll(
  binding: Binding,
  addresses: readonly string[],
  port: number,
  limitCount: number,
): [Bound, ...Bound[]] {
  const bound: Bound[] = [];
  let failure: unknown;
  for (const host of addresses) {
    if (bound.length === limitCount) break;
    try {
      const [first] = bound;
      const wanted = first === undefined ? port : first.address().port;
      const [handed] = handedAt(host, wanted);
      bound.push(handed === undefined ? binding.bind({ host, port: wanted }) : new AdoptedSocket(handed));
    } catch (error) {
      failure = error;
      // A name may have an address that this machine lacks (::1 in a container).
      if (codeOf(error) === "EADDRNOTAVAIL" || codeOf(error) === "EAFNOSUPPORT") continue;
      for (const one of bound) one.close();
      throw error;
    }
  }
  const [first, ...others] = bound;
  if (first === undefined) throw failure;
  return [first, ...others];
}

/**
 * Listens from this tick on. The caller must use the server (listen for "connection", or transfer it) before the event
 * loop turns; until then connections wait in the listen queue.
 * @throws the system's error
 */
export async function listenOn(
  bound: Bound | { readonly fd: number },
  options: { pauseOnConnect: boolean },
): Promise<Server> {
  // Half open: a client may send a FIN right after its request, and still wants the reply.
  const server = createServer({ ...options, allowHalfOpen: true, noDelay: true }).listen(
    bound instanceof DescriptorSocket ? { fd: bound.fd() } : bound,
  );
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
