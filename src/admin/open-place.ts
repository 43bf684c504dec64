// Opens the place of the admin listener: an address (localhost is two), or a Unix socket that its owner and group may
// connect to.
import { once } from "node:events";
import { lstatSync, renameSync, type Stats, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import type { AdminPlace } from "../options/admin-place.ts";
import { addressName } from "../options/listen-options.ts";
import { bindAddresses, listenOn } from "../threads/listening/address.ts";
import { handedAt } from "../threads/listening/handed-over.ts";

/** What `umask` leaves: 0o660. */
const SOCKET_UMASK = 0o117;

interface Opened {
  readonly servers: readonly Server[];
  readonly url: string;
  /** Removes the file of a Unix socket, unless another server has one at the path by now. */
  readonly removeFile: () => void;
}

/** The caller must use the servers before the event loop turns. @throws the system's error */
export async function openPlace(place: AdminPlace): Promise<Opened> {
  if (place.kind === "socket") return openSocket(place.path);
  const bound = await bindAddresses({ ...place, isPortFixed: true });
  const { port } = bound[0].address();
  const servers = await Promise.all(bound.map((one) => listenOn(one, { pauseOnConnect: false })));
  return { servers, url: `http://${addressName(place.host, port)}/`, removeFile: () => {} };
}

/**
 * Node removes the file that it has made when it closes the socket, even if another process serves there by then. So it
 * makes one of another name, which the system goes on to tell as the address of the socket.
 */
function madePath(path: string): string {
  return `${path}~`;
}

async function openSocket(path: string): Promise<Opened> {
  const [handed] = handedAt(madePath(path), 0);
  const server = handed === undefined ? await listenAt(path) : await listenOn(handed, { pauseOnConnect: false });
  const file = lookAt(path);
  const removeFile = (): void => {
    const found = lookAt(path);
    if (found !== undefined && found.dev === file?.dev && found.ino === file.ino) unlinkSync(path);
  };
  return { servers: [server], url: `unix:${path}`, removeFile };
}

async function listenAt(path: string): Promise<Server> {
  await refuseTaken(path);
  const made = madePath(path);
  if (lookAt(made)?.isSocket()) unlinkSync(made);
  const server = createServer({ allowHalfOpen: true });
  // The mode counts from the first moment: bind(2) makes the file in this call.
  const before = process.umask(SOCKET_UMASK);
  try {
    server.listen(made);
  } finally {
    process.umask(before);
  }
  if (!server.listening) throw (await once(server, "error"))[0];
  renameSync(made, path);
  return server;
}

/**
 * A socket that refuses connections is left over from another server, and will be replaced.
 * @throws EADDRINUSE when a server answers there, or the file is another one
 */
async function refuseTaken(path: string): Promise<void> {
  const found = lookAt(path);
  if (found === undefined) return;
  if (!found.isSocket() || (await isAnswered(path))) throw failure("EADDRINUSE", path);
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`listen: ${code} ${path}`), { code });
}

async function isAnswered(path: string): Promise<boolean> {
  const client = connect({ path });
  try {
    await once(client, "connect");
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    client.destroy();
  }
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
