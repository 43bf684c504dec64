// A place on the portable transport becomes a server of node:net that listens.
import type { Server } from "node:net";
import { listenOn } from "./address.ts";
import { inheritServer } from "./inherited-server.ts";
import { type Place, withListener } from "./places.ts";

/**
 * Listens from this tick on, as `listenOn`.
 * @throws the system's error, with the `listener`; OptionError for a descriptor that is no listening TCP socket
 */
export async function serverAt(place: Place): Promise<Server> {
  try {
    if (place.kind === "inherited") return await inheritServer(place.fd, place.listener.option);
    if (place.kind === "bound") return await listenOn(place.bound, { pauseOnConnect: true });
  } catch (error) {
    throw withListener(error, place.listener);
  }
  throw new Error(`the portable transport cannot listen on ${place.path}`); // choose-transport.ts refuses it
}
