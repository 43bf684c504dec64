// TLS in front of the portable transport (RFC 8446, RFC 5246): a connection comes in as a socket, and goes on as a stream
// of bytes that were protected. OpenSSL inside node:tls does the handshake and the records.

import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import { FIRST_REQUEST_MS } from "../../http1/limits.ts";
import type { Certificate, TlsMaterial } from "../../tls/certificate.ts";
import { type HandshakeFailure, handshakeFailureOf } from "../../tls/handshake-failure.ts";
import { identitiesOf } from "../../tls/identities.ts";
import { GROUPS, TLS_1_2_CIPHERS, TLS_1_3_CIPHERS } from "../../tls/parameters.ts";
import { HANDSHAKE } from "../../tls/record-layer.ts";
import { certificateFor } from "../../tls/server-name.ts";
import type { HandshakePeer, Handshakes } from "../handshakes.ts";

export interface SecureHooks {
  /** The handshake is complete. */
  readonly onSecure: (socket: Socket) => void;
  /** The client speaks, but not TLS: most likely HTTP. Nothing of what it sent is lost. */
  readonly onPlain: (socket: Socket) => void;
  readonly handshakes: Handshakes;
  /** A handshake begins, or is over. */
  readonly countPending: (change: 1 | -1) => void;
}

/** A connection whose handshake is not complete. */
class Pending implements HandshakePeer {
  readonly socket: Socket;
  readonly #timer: NodeJS.Timeout;

  constructor(socket: Socket, timeoutMs: number, onTimeout: (pending: Pending) => void) {
    this.socket = socket;
    this.#timer = setTimeout(() => onTimeout(this), timeoutMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  settle(): void {
    clearTimeout(this.#timer);
  }
}

interface NamedContext {
  readonly names: readonly string[];
  /** Undefined for the context of the server itself. */
  readonly context: SecureContext | undefined;
}

export class SecureServer {
  readonly #hooks: SecureHooks;
  readonly #server: Server;
  /** By the peer's address and port. */
  readonly #pending = new Map<string, Pending>();
  /** Closed in this turn of the event loop, the oldest first. */
  readonly #closed: Pending[] = [];
  readonly #waiters: (() => void)[] = [];
  #contexts: readonly NamedContext[] = [];
  #isDraining = false;

  constructor(material: TlsMaterial, hooks: SecureHooks) {
    this.#hooks = hooks;
    this.#server = createServer({
      ALPNProtocols: ["http/1.1"],
      // Ours is earlier: it began when the connection was accepted.
      handshakeTimeout: 2 * hooks.handshakes.timeoutMs,
      // OpenSSL refuses clients without a certificate; whose certificate is not accepted, node:tls hangs up on.
      requestCert: material.clients !== undefined,
      rejectUnauthorized: material.clients?.isRequired === true,
      SNICallback: (name, callback) => callback(null, certificateFor(this.#contexts, name).context),
    });
    this.#server.on("secureConnection", (socket) => {
      // After the handshake, node:tls leaves a connection open whose records are wrong. The alert of OpenSSL waits for what
      // is being written, and would be lost with the socket if that ended in this very turn.
      socket.on("error", () => setImmediate(() => socket.destroy()));
      const peer = peerOf(socket);
      socket.allowHalfOpen = true;
      if (isRefused(socket)) {
        this.#fail(peer, "clientCertificate");
        socket.destroy();
      } else hooks.onSecure(socket);
      this.#settle(peer);
    });
    this.#server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      const reason = failureOf(error, socket);
      // A socket that is closed has no peer any more. Which of those it was makes no difference to the counts.
      const pending = this.#pending.get(peerOf(socket)) ?? this.#closed[0];
      if (reason !== undefined && pending !== undefined) hooks.handshakes.fail(pending, reason);
      // Nothing to tell the client: OpenSSL has sent the alert.
      socket.destroy();
    });
    this.adopt(material);
  }

  /** Takes other certificates. Connections that are open, and sessions that clients kept, stay good. */
  adopt(material: TlsMaterial): void {
    const identities = identitiesOf(material.certificates);
    // Of a context that is selected by name, node:tls takes one certificate only, the last. So it gets no more.
    this.#contexts = identities.map(({ names, certificates }, index) => ({
      names,
      context: index === 0 ? undefined : createSecureContext(parametersOf(certificates.slice(0, 1), material)),
    }));
    this.#server.setSecureContext(parametersOf(identities[0]!.certificates, material));
  }

  /** Takes over a connection from which nothing was read. */
  take(socket: Socket): void {
    const { handshakes } = this.#hooks;
    const peer = peerOf(socket);
    const timeoutMs = this.#isDraining ? Math.min(FIRST_REQUEST_MS, handshakes.timeoutMs) : handshakes.timeoutMs;
    const pending = new Pending(socket, timeoutMs, () => {
      if (!this.#isDraining) handshakes.fail(pending, "timeout");
      this.#giveUp(pending);
    });
    if (!this.#pending.has(peer)) this.#hooks.countPending(1);
    this.#pending.set(peer, pending);
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      this.#closed.push(pending);
      // node:tls tells its reason after this.
      setImmediate(() => {
        this.#closed.shift();
        handshakes.fail(pending, "abandoned");
        pending.settle();
        // Another connection from there may have begun since.
        if (this.#pending.get(peer) === pending) this.#settle(peer);
      });
    });
    socket.once("readable", () => this.#begin(socket));
    handshakes.begin(pending, Date.now());
  }

  /** Handshakes that are under way have to be complete soon: a request may follow. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const underWay = [...this.#pending];
    setTimeout(() => {
      for (const [peer, pending] of underWay) if (this.#pending.get(peer) === pending) this.#giveUp(pending);
    }, FIRST_REQUEST_MS).unref();
  }

  /** Ends the handshakes that are under way. */
  destroy(): void {
    for (const pending of this.#pending.values()) this.#giveUp(pending);
  }

  /** Handshakes that are under way. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Resolves when no handshake is under way. */
  whenEmpty(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #begin(socket: Socket): void {
    const first: Buffer | null = socket.read();
    if (first === null) return void socket.destroy(); // The peer has ended without a word.
    socket.unshift(first);
    if (first[0] === HANDSHAKE) {
      // A client that ends in its handshake is gone. Afterwards it may send its end and still read.
      socket.allowHalfOpen = false;
      return void this.#server.emit("connection", socket);
    }
    this.#fail(peerOf(socket), "plainHttp");
    this.#hooks.onPlain(socket);
    this.#settle(peerOf(socket));
  }

  /** No failure of the client. */
  #giveUp(pending: Pending): void {
    this.#hooks.handshakes.end(pending);
    pending.destroy();
  }

  #fail(peer: string, reason: HandshakeFailure): void {
    const pending = this.#pending.get(peer);
    if (pending !== undefined) this.#hooks.handshakes.fail(pending, reason);
  }

  #settle(peer: string): void {
    const pending = this.#pending.get(peer);
    if (pending !== undefined) {
      pending.settle();
      this.#hooks.handshakes.end(pending);
      this.#pending.delete(peer);
      this.#hooks.countPending(-1);
    }
    if (this.#pending.size > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** Undefined where the client has gone: "close" tells. */
function failureOf({ code = "" }: NodeJS.ErrnoException, socket: TLSSocket): HandshakeFailure | undefined {
  if (code.startsWith("ERR_SSL_")) return handshakeFailureOf(code.slice("ERR_SSL_".length));
  return socket.authorizationError ? "clientCertificate" : undefined;
}

/** Where a certificate is optional, node:tls leaves it to us whether one that is not accepted is as good as none: it is not. */
function isRefused(socket: TLSSocket): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

/** Names the connection: node:tls does not say which socket its own socket stands for. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function parametersOf(certificates: readonly Certificate[], { clients, ticketKeys }: TlsMaterial) {
  return {
    cert: certificates.map(({ cert }) => cert),
    key: certificates.map(({ key }) => key),
    ciphers: `${TLS_1_3_CIPHERS}:${TLS_1_2_CIPHERS}`,
    ecdhCurve: GROUPS,
    minVersion: "TLSv1.2",
    honorCipherOrder: true,
    // With TLS 1.2, node:tls allows three in ten minutes.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ticketKeys: nodeKeys(ticketKeys),
    ...(clients && { ca: [...clients.authorities], sessionIdContext: contextOf(clients.sessionContext) }),
  } as const;
}

/** At most 32 characters. */
function contextOf(sessionContext: Uint8Array): string {
  return Buffer.from(sessionContext).toString("hex", 0, 16);
}

/** node:tls takes fewer bytes than OpenSSL. */
function nodeKeys(ticketKeys: Uint8Array): Buffer {
  return Buffer.from(ticketKeys.subarray(0, 48));
}
