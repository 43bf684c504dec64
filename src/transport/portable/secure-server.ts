// TLS in front of the portable transport (RFC 8446, RFC 5246): a connection comes in as a socket, and goes on as a stream
// of bytes that were protected. OpenSSL inside node:tls does the handshake and the records.
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import type { Certificate, TlsMaterial } from "../../tls/certificate.ts";
import { identitiesOf } from "../../tls/identities.ts";
import { GROUPS, TLS_1_2_CIPHERS, TLS_1_3_CIPHERS } from "../../tls/parameters.ts";
import { HANDSHAKE } from "../../tls/record-layer.ts";
import { certificateFor } from "../../tls/server-name.ts";

/** How long a client may take to say who it is, in ms. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface SecureHooks {
  /** The handshake is complete. */
  readonly onSecure: (socket: Socket) => void;
  /** The client speaks, but not TLS: most likely HTTP. Nothing of what it sent is lost. */
  readonly onPlain: (socket: Socket) => void;
}

interface NamedContext {
  readonly names: readonly string[];
  /** Undefined for the context of the server itself. */
  readonly context: SecureContext | undefined;
}

export class SecureServer {
  readonly #hooks: SecureHooks;
  readonly #server: Server;
  /** Connections whose handshake is not complete, by the peer's address and port. */
  readonly #pending = new Map<string, Socket>();
  readonly #waiters: (() => void)[] = [];
  #contexts: readonly NamedContext[] = [];
  #isDraining = false;

  constructor(material: TlsMaterial, hooks: SecureHooks) {
    this.#hooks = hooks;
    this.#server = createServer({
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // OpenSSL refuses clients without a certificate; whose certificate is not accepted, node:tls hangs up on.
      requestCert: material.clients !== undefined,
      rejectUnauthorized: material.clients?.isRequired === true,
      SNICallback: (name, callback) => callback(null, certificateFor(this.#contexts, name).context),
    });
    this.#server.on("secureConnection", (socket) => {
      // After the handshake, node:tls leaves a connection open whose records are wrong: OpenSSL has sent the alert.
      socket.on("error", () => socket.destroy());
      if (isRefused(socket)) socket.destroy();
      else hooks.onSecure(socket);
      this.#settle(peerOf(socket));
    });
    // Nothing to tell the client: OpenSSL has sent the alert.
    this.#server.on("tlsClientError", (_, socket) => socket.destroy());
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
    const peer = peerOf(socket);
    this.#pending.set(peer, socket);
    socket.on("error", () => {}); // "close" follows
    // Another connection from there may have begun since.
    socket.on("close", () => this.#pending.get(peer) === socket && this.#settle(peer));
    socket.setTimeout(HANDSHAKE_TIMEOUT_MS, () => socket.destroy());
    socket.once("readable", () => this.#begin(socket));
    if (this.#isDraining) socket.destroy();
  }

  /** Ends the handshakes that are under way: nothing was asked yet. */
  drain(): void {
    this.#isDraining = true;
    for (const socket of this.#pending.values()) socket.destroy();
  }

  /** Resolves when no handshake is under way. */
  whenEmpty(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #begin(socket: Socket): void {
    const first: Buffer | null = socket.read();
    if (first === null) return void socket.destroy(); // The peer has ended without a word.
    socket.setTimeout(0);
    socket.unshift(first);
    if (first[0] === HANDSHAKE) return void this.#server.emit("connection", socket);
    this.#hooks.onPlain(socket);
    this.#settle(peerOf(socket));
  }

  #settle(peer: string): void {
    this.#pending.delete(peer);
    if (this.#pending.size > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
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
