// The PROXY header in front of a connection, by system calls. It is looked at before it is taken, so that the socket holds
// exactly what follows, TLS or HTTP, and whatever reads next need not know.
import { EAGAIN, errno, libc, MSG_PEEK } from "../../linux/libc.ts";
import type { Pinned } from "../../linux/pinned.ts";
import { HEADER_LIMIT_BYTES, type ProxyHeaderOutcome, readProxyHeader } from "../../proxies/proxy-header.ts";

export class ProxyPrelude {
  readonly #fd: number;
  /** When the header must be complete. */
  readonly deadline: number;
  /** What has come of it, and is not all. */
  bytes: Buffer = Buffer.alloc(0);

  constructor(fd: number, deadline: number) {
    this.#fd = fd;
    this.deadline = deadline;
  }

  get hasBegun(): boolean {
    return this.bytes.length > 0;
  }

  /** Takes what has come. @returns "ended" where nothing more comes, whether or not the header is begun */
  receive(memory: Pinned): ProxyHeaderOutcome | "ended" {
    const before = this.bytes.length;
    const room = HEADER_LIMIT_BYTES - before;
    const count = libc.recv(this.#fd, memory.at(0, room), room, MSG_PEEK);
    if (count < 0) return errno() === EAGAIN ? "incomplete" : "ended";
    if (count === 0) return "ended";
    const bytes = before === 0 ? memory.bytes : Buffer.concat([this.bytes, memory.bytes.subarray(0, count)]);
    const outcome = readProxyHeader(bytes, before + count);
    // Kept of a malformed one, too, for those who are told of it.
    if (typeof outcome === "string") this.bytes = Buffer.from(bytes.subarray(0, before + count));
    if (outcome === "malformed") return outcome;
    // The same bytes again, and no other: they are in the socket.
    const taken = outcome === "incomplete" ? count : outcome.length - before;
    libc.recv(this.#fd, memory.at(0, taken), taken, 0);
    return outcome;
  }
}
