// Listening sockets that the process was started with: from systemd, or from another parent. They are not ours alone: the
// parent goes on to listen when we stop, so nothing is done to the socket itself. It is neither held off nor shut down, and
// no path is removed; what comes after the last accept waits for the next server.

import { adoptListeningSocket, type SocketPlace } from "../../linux/inherited-socket.ts";
import { libc } from "../../linux/libc.ts";
import { OptionError } from "../../options/mistakes.ts";
import { isAwaited, type Listener } from "../../transport/kernel/listener.ts";

/**
 * @param option that names the descriptor
 * @throws {OptionError} when the descriptor is not a socket that listens
 */
export function inheritListener(fd: number, option = "fd"): Listener {
  const { address, port } = adopt(fd, option);
  let isOpen = true;
  return {
    fd,
    address,
    port,
    get isAwaited(): boolean {
      return isAwaited(fd);
    },
    hold: () => {},
    refuse: () => {},
    close: () => {
      if (isOpen) libc.close(fd);
      isOpen = false;
    },
  };
}

function adopt(fd: number, option: string): SocketPlace {
  try {
    return adoptListeningSocket(fd);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "EBADF" ? "it is not open" : code === "ENOTSOCK" ? "it is no socket" : message;
    throw new OptionError(option, fd, `the descriptor of a listening socket (${reason})`);
  }
}
