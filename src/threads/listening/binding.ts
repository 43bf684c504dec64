// How sockets are bound: as node:net does it, or for Multipath TCP where that is wanted and the system has it.
import { closeSync } from "node:fs";
import { BoundSocket } from "node:net";
import type { ResolvedOptions } from "../../options/resolved-options.ts";

export interface BoundAddress {
  /** Numeric, or the path of a Unix socket. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
}

/** An address that was bound here, or by a former server. */
export type Bound = BoundSocket | DescriptorSocket;

/** Stands for `BoundSocket` of node:net where something else has made the socket. */
export class DescriptorSocket {
  readonly #fd: number;
  readonly #address: BoundAddress;
  #isOpen = true;

  constructor(fd: number, { address, port }: BoundAddress) {
    this.#fd = fd;
    this.#address = { address, port };
  }

  fd(): number {
    return this.#fd;
  }

  address(): BoundAddress {
    return this.#address;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface WantedAddress {
  /** Numeric. */
  readonly host: string;
  readonly port: number;
  /** Further sockets can be bound at its port. */
  readonly reusePort?: boolean;
}

/** It needs node:ffi. */
type Mptcp = Pick<typeof import("../../transport/kernel/listening-calls.ts"), "bindMultipath" | "findMptcpObstacle">;

export class Binding {
  readonly #mptcp: Mptcp | undefined;
  #obstacle: string | undefined;

  /** Plain TCP, unless it is given what makes other sockets. */
  constructor(mptcp?: Mptcp, obstacle: string | undefined = mptcp?.findMptcpObstacle()) {
    this.#mptcp = mptcp;
    this.#obstacle = obstacle;
  }

  static async choose({ mptcp }: Pick<ResolvedOptions, "mptcp">): Promise<Binding> {
    if (mptcp === "off") return new Binding();
    if (process.platform !== "linux") return new Binding(undefined, "it needs Linux");
    try {
      return new Binding(await import("../../transport/kernel/listening-calls.ts"));
    } catch (error) {
      return new Binding(undefined, (error as Error).message);
    }
  }

  /** Why there is no Multipath TCP, where it is wanted. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  /** @throws the system's error, with its `code` */
  bind(wanted: WantedAddress): Bound {
    const plain = new BoundSocket(wanted);
    if (this.#mptcp === undefined || this.#obstacle !== undefined) return plain;
    try {
      // node:net finds errors and a free port, and knows every way to write an address. Neither listens yet, so both may have
      // it for a moment.
      const fd = this.#mptcp.bindMultipath(plain.fd());
      const socket = new DescriptorSocket(fd, plain.address());
      plain.close();
      return socket;
    } catch (error) {
      this.#obstacle = (error as Error).message;
      return plain;
    }
  }
}

/** Whether a socket is for Multipath TCP: made here, by a former server, or by the process that this one inherited it from. */
export async function isMultipath(fd: number): Promise<boolean> {
  try {
    const mptcp = await import("../../transport/kernel/listening-calls.ts");
    return mptcp.isMultipath(fd);
  } catch {
    return false; // no Linux, no node:ffi, or no socket
  }
}
