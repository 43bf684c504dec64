// Opens the place of the admin listener: an address (localhost is two), or a Unix socket that its owner and group may
// connect to.
import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import type { AdminPlace } from "../options/admin-place.ts";
import { addressName } from "../options/listen-options.ts";
import { bindAddresses, listenOn } from "../threads/listening/address.ts";

/** What `umask` leaves: 0o660. */
const SOCKET_UMASK = 0o117;

interface Opened {
  readonly servers: readonly Server[];
  readonly url: string;
}

/** The caller must use the servers before the event loop turns. @throws the system's error */
export async function openPlace(place: AdminPlace): Promise<Opened> {
  if (place.kind === "socket") return openSocket(place.path);
  const bound = await bindAddresses({ ...place, isPortFixed: true });
  const { port } = bound[0].address();
  const servers = await Promise.all(bound.map((one) => listenOn(one, { pauseOnConnect: false })));
  return { servers, url: `http://${addressName(place.host, port)}/` };
}

async function openSocket(path: string): Promise<Opened> {
  await removeStale(path);
  const server = createServer({ allowHalfOpen: true });
  // The mode counts from the first moment: bind(2) makes the file in this call.
  const before = process.umask(SOCKET_UMASK);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  if (!server.listening) throw (await once(server, "error"))[0];
  return { servers: [server], url: `unix:${path}` };
}

/** Removes a socket that refuses connections: a server has left it behind. Any other file stays, and is an error. */
async function removeStale(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const client = connect({ path });
  try {
    await once(client, "connect");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") unlinkSync(path);
  } finally {
    client.destroy();
  }
}
