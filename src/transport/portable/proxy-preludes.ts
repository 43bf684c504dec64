// The PROXY headers in front of connections over node:net: what comes behind a header goes back into its stream, so that TLS
// or HTTP begins there as without one. Connections whose header is not complete belong to this file.
import type { Socket } from "node:net";
import type { Scheme } from "../../http/message.ts";
import { NEXT_REQUEST_MS } from "../../http1/limits.ts";
import { type Origin, originOf } from "../../proxies/clients.ts";
import { type ProxyHeader, readProxyHeader } from "../../proxies/proxy-header.ts";
import type { ProxyRefusal } from "../../proxies/refusals.ts";
import type { Refusal, RefusedPeer } from "../transport.ts";
import { giveUpLate } from "./give-up-late.ts";
import { addressOf } from "./peer.ts";

export interface ProxyPreludeHooks {
  /** Whether headers of this peer are believed. */
  readonly isTrusted: (address: string) => boolean;
  /** How long a header may take. */
  readonly timeoutMs: number;
  /** Of connections to a listener, where the header says nothing. */
  readonly schemeOf: (listener: number) => Scheme;
  readonly onOrigin: (socket: Socket, listener: number, origin: Origin) => void;
  readonly onRefusal: (refusal: Refusal, peer: RefusedPeer) => void;
  /** A connection waits for its header, or does so no more. */
  readonly countPending: (change: 1 | -1) => void;
}

/** A connection whose header is not complete. */
interface Pending {
  readonly listener: number;
  readonly timer: NodeJS.Timeout;
}

export class ProxyPreludes {
  readonly #hooks: ProxyPreludeHooks;
  readonly #pending = new Map<Socket, Pending>();
  readonly #waiters: (() => void)[] = [];
  #isDraining = false;

  constructor(hooks: ProxyPreludeHooks) {
    this.#hooks = hooks;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Takes over a connection from which nothing was read. @param listener the index of the listener that it came to */
  take(socket: Socket, listener: number): void {
    const { timeoutMs } = this.#hooks;
    const timer = this.#isDraining
      ? setTimeout(() => socket.destroy(), Math.min(NEXT_REQUEST_MS, timeoutMs))
      : setTimeout(() => this.#refuse(socket, "PROXY_HEADER_TIMEOUT"), timeoutMs);
    this.#pending.set(socket, { listener, timer });
    this.#hooks.countPending(1);
    socket.on("error", () => {}); // "close" follows
    socket.once("close", () => this.#settle(socket));
    if (!this.#hooks.isTrusted(addressOf(socket))) return this.#refuse(socket, "PROXY_PEER_UNTRUSTED");
    this.#listen(socket, Buffer.alloc(0));
  }

  /** Headers that are awaited have to come soon: a request may follow. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    giveUpLate(this.#pending, (socket) => socket.destroy());
  }

  /** Closes the connections that wait. */
  destroy(): void {
    for (const socket of this.#pending.keys()) socket.destroy();
  }

  /** Resolves when none waits. */
  whenEmpty(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** @param before what has come of the header */
  #listen(socket: Socket, before: Buffer): void {
    socket.once("readable", () => {
      const part: Buffer | null = socket.read();
      if (part === null) return this.#end(socket, before);
      const bytes = Buffer.concat([before, part]);
      const outcome = readProxyHeader(bytes);
      if (outcome === "incomplete") return this.#listen(socket, bytes);
      if (outcome === "malformed") return this.#refuse(socket, "PROXY_HEADER_MALFORMED", bytes);
      if (outcome.length < bytes.length) socket.unshift(bytes.subarray(outcome.length));
      // Node takes this listener away at the end of the turn only, and the next one counts from then on.
      setImmediate(() => this.#handOver(socket, outcome));
    });
  }

  #handOver(socket: Socket, header: ProxyHeader): void {
    const pending = this.#pending.get(socket);
    if (pending === undefined) return;
    const own = { address: addressOf(socket), scheme: this.#hooks.schemeOf(pending.listener) };
    this.#hooks.onOrigin(socket, pending.listener, originOf(header, own));
    this.#settle(socket);
  }

  /** A look whether the port is open is no mistake. */
  #end(socket: Socket, before: Buffer): void {
    if (before.length > 0) return this.#refuse(socket, "PROXY_HEADER_MALFORMED", before);
    socket.destroy();
  }

  #refuse(socket: Socket, code: ProxyRefusal, read?: Buffer): void {
    const { listener = 0 } = this.#pending.get(socket) ?? {};
    const refusal: Refusal = { by: "proxies", code, status: undefined, read };
    this.#hooks.onRefusal(refusal, { address: addressOf(socket), listener });
    socket.destroy();
  }

  #settle(socket: Socket): void {
    clearTimeout(this.#pending.get(socket)?.timer);
    if (!this.#pending.delete(socket)) return;
    this.#hooks.countPending(-1);
    if (this.#pending.size > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
