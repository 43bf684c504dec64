// Sockets that a former server of ours has handed over to this process, which takes its place: `heddle upgrade`. Whoever
// opens a place to listen asks here first. What nobody asks for is closed when this server listens.
import { closeSync } from "node:fs";
import { type BoundAddress, DescriptorSocket } from "./binding.ts";

export interface HandedSocket extends BoundAddress {
  readonly fd: number;
  /** The name of its listener in the former server; undefined for another port of it. */
  readonly name: string | undefined;
  readonly isReusePort: boolean;
}

let handed: HandedSocket[] = [];
let isFormerServing = false;

/** To be called before a server of this process listens. */
export function takeOver(sockets: readonly HandedSocket[]): void {
  handed = [...sockets];
  isFormerServing = true;
}

/**
 * Whether the former server goes on with its sockets if this one does not start: until then, nothing may be done to them that
 * the other one would notice.
 */
export function isTakingOver(): boolean {
  return isFormerServing;
}

/** Those of a listener: several, where it had an address twice or a socket for each thread. Each is given once. */
export function handedTo(name: string): HandedSocket[] {
  return take((one) => one.name === name);
}

/** Those at a place that is no listener's: where plain HTTP is sent to HTTPS, and the admin listener's. */
export function handedAt(address: string, port: number): HandedSocket[] {
  return take((one) => one.name === undefined && one.address === address && one.port === port);
}

/** This server serves. Nobody has asked for the other sockets: the options name them no more. */
export function closeUnused(): void {
  isFormerServing = false;
  for (const { fd } of handed.splice(0)) closeSync(fd);
}

function take(isWanted: (one: HandedSocket) => boolean): HandedSocket[] {
  if (handed.length === 0) return [];
  const wanted = handed.filter(isWanted);
  handed = handed.filter((one) => !wanted.includes(one));
  return wanted;
}

/** Stands for an address that was bound here. */
export class AdoptedSocket extends DescriptorSocket {
  readonly isReusePort: boolean;

  constructor(socket: HandedSocket) {
    super(socket.fd, socket);
    this.isReusePort = socket.isReusePort;
  }
}
