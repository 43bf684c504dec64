// Why a socket took nothing, with TLS and without it.
import { EAGAIN, errno } from "../../linux/libc.ts";
import { AGAIN } from "../../linux/tls-outcome.ts";
import type { SecureChannel } from "./secure-channel.ts";

/**
 * Whether a write that has just failed may succeed when the socket has room.
 * @param result what the channel gave, or the system call where there is no channel
 */
export function isFull(result: number, channel: SecureChannel | undefined): boolean {
  return channel === undefined ? errno() === EAGAIN : result === AGAIN;
}
