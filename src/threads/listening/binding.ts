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

/** What it binds with. Plain TCP, if nothing is given. */
interface BindingParts {
  readonly mptcp?: Mptcp;
  /** Why there is no Multipath TCP, where it is wanted. */
  readonly obstacle?: string;
  readonly onWarning?: ((text: string) => void) | undefined;
}

export class Binding {
  readonly #mptcp: Mptcp | undefined;
  readonly #onWarning: (text: string) => void;
  #obstacle: string | undefined;
  /** A socket for Multipath TCP has been made: an error after it is one of that moment, such as EMFILE. */
  #hasWorked = false;

  constructor({ mptcp, obstacle = mptcp?.findMptcpObstacle(), onWarning = () => {} }: BindingParts = {}) {
    this.#mptcp = mptcp;
    this.#obstacle = obstacle;
    this.#onWarning = onWarning;
  }

  static async choose(
    { mptcp }: Pick<ResolvedOptions, "mptcp">,
    onWarning?: BindingParts["onWarning"],
  ): Promise<Binding> {
    if (mptcp === "off") return new Binding();
    if (process.platform !== "linux") return new Binding({ obstacle: "it needs Linux" });
    try {
      return new Binding({ mptcp: await import("../../transport/kernel/listening-calls.ts"), onWarning });
    } catch (error) {
      return new Binding({ obstacle: (error as Error).message });
    }
  }

  /** Why there is no Multipath TCP, or why a later socket is without it, where it is wanted. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  /**
   * Plain TCP where Multipath TCP cannot be had. The first error ends the attempts; after a success, it counts for one socket.
   * @throws the system's error, with its `code`
   */
  bind(wanted: WantedAddress): Bound {
    const plain = new BoundSocket(wanted);
    if (this.#mptcp === undefined || (this.#obstacle !== undefined && !this.#hasWorked)) return plain;
    try {
      // node:net finds errors and a free port, and knows every way to write an address. Neither listens yet, so both may have
      // it for a moment.
      const fd = this.#mptcp.bindMultipath(plain.fd());
      const socket = new DescriptorSocket(fd, plain.address());
      plain.close();
      this.#hasWorked = true;
      return socket;
    } catch (error) {
      this.#obstacle = (error as Error).message;
      if (this.#hasWorked) this.#warn(plain.address(), this.#obstacle);
      return plain;
    }
  }

  #warn({ address, port }: BoundAddress, reason: string): void {
    this.#onWarning(
      `mptcp: a socket at ${address} port ${port} is for plain TCP, because one for Multipath TCP could not be made ` +
        `(${reason}): restart the server to try again`,
    );
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
