// The same as inherited.ts on the portable transport, without system calls: node:net listens on a descriptor.
import { type AddressInfo, isIP, type Server } from "node:net";
import { OptionError } from "../../options/mistakes.ts";
import { listenOn } from "./address.ts";
import type { BoundAddress } from "./binding.ts";

/**
 * Listens from this tick on, as `listenOn`.
 * @param option that names the descriptor
 * @throws {OptionError} when the descriptor is not a socket that listens
 */
export async function inheritServer(fd: number, option = "fd"): Promise<Server> {
  const server = await listenOn({ fd }, { pauseOnConnect: true }).catch(({ code, message }: NodeJS.ErrnoException) => {
    throw new OptionError(option, fd, `the descriptor of a listening socket (${code ?? message})`);
  });
  const found = server.address() as AddressInfo | null;
  if (isIP(found?.address ?? "") !== 0) return server;
  // Node 26.10 transfers only TCP sockets to another thread.
  server.close();
  throw new OptionError(option, fd, "a TCP socket, because a Unix socket needs the kernel transport");
}

export function boundAddressOf(server: Server): BoundAddress {
  const { address, port } = server.address() as AddressInfo;
  return { address, port };
}
