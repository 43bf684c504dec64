// TLS in front of the portable transport (RFC 8446, RFC 5246): a connection comes in as a socket, and goes on as a stream
// of bytes that were protected. OpenSSL inside node:tls does the handshake and the records.
//
// There is a server of node:tls for each certificate. The name that a client asks for is read here, as node:tls does not
// ask for it when a session is resumed: a session of one certificate is refused by the server of another.

import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { NEXT_REQUEST_MS } from "../../http1/limits.ts";
import type { Origin } from "../../proxies/clients.ts";
import type { TlsMaterial } from "../../tls/certificate.ts";
import { CHALLENGE_PROTOCOL, isQuestion, readAnswer } from "../../tls/challenge.ts";
import { ClientCertificate } from "../../tls/client-certificate.ts";
import { type ClientHello, readClientHello } from "../../tls/client-hello.ts";
import { type HandshakeFailure, handshakeFailureOf } from "../../tls/handshake-failure.ts";
import { type Identity, identitiesOf } from "../../tls/identities.ts";
import { GROUPS, TLS_1_2_CIPHERS, TLS_1_3_CIPHERS } from "../../tls/parameters.ts";
import { HANDSHAKE } from "../../tls/record-layer.ts";
import { certificateFor } from "../../tls/server-name.ts";
import { sessionContextOf } from "../../tls/session-context.ts";
import type { HandshakePeer, Handshakes } from "../handshakes.ts";
import { giveUpLate } from "./give-up-late.ts";
import { addressOf } from "./peer.ts";
import type { Secured } from "./pump.ts";

export interface SecureHooks {
  /** The handshake is complete. */
  readonly onSecure: (socket: Socket, secured: Secured, listener: number) => void;
  /** The client speaks, but not TLS: most likely HTTP. Nothing of what it sent is lost. */
  readonly onPlain: (socket: Socket, listener: number, origin: Origin | undefined) => void;
  readonly handshakes: Handshakes;
  /** Whether clients that offer HTTP/2 get it. */
  readonly hasHttp2: boolean;
  /** A handshake begins, or is over. */
  readonly countPending: (change: 1 | -1) => void;
}

/** A connection whose handshake is not complete. */
class Pending implements HandshakePeer {
  readonly socket: Socket;
  /** Asked for at the beginning: a socket that is closed does not know it. */
  readonly address: string;
  /** The index of the listener that it came to. */
  readonly listener: number;
  /** What a PROXY header has said before. */
  readonly origin: Origin | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(
    socket: Socket,
    { listener, origin }: Pick<Pending, "listener" | "origin">,
    timeoutMs: number,
    onTimeout: (pending: Pending) => void,
  ) {
    this.socket = socket;
    this.address = origin?.address ?? addressOf(socket);
    this.listener = listener;
    this.origin = origin;
    this.#timer = setTimeout(() => onTimeout(this), timeoutMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  settle(): void {
    clearTimeout(this.#timer);
  }
}

interface NamedServer {
  readonly names: readonly string[];
  readonly server: Server;
}

export class SecureServer {
  readonly #hooks: SecureHooks;
  #material: TlsMaterial;
  #servers: readonly NamedServer[] = [];
  /** By the peer's address and port. */
  readonly #pending = new Map<string, Pending>();
  /** Closed in this turn of the event loop, the oldest first. */
  readonly #closed: Pending[] = [];
  readonly #waiters: (() => void)[] = [];
  #isDraining = false;

  constructor(material: TlsMaterial, hooks: SecureHooks) {
    this.#hooks = hooks;
    this.#material = material;
    this.adopt(material);
  }

  /** Takes other certificates. Connections that are open, and sessions that clients kept, stay good. */
  adopt(material: TlsMaterial): void {
    this.#material = material;
    this.#servers = identitiesOf(material.certificates).map((identity) => {
      return { names: identity.names, server: this.#newServer(identity, material) };
    });
  }

  #newServer(identity: Identity, material: TlsMaterial): Server {
    const server = createServer({
      ALPNProtocols: this.#hooks.hasHttp2 ? ["h2", "http/1.1"] : ["http/1.1"],
      // Ours is earlier: it began when the connection was accepted.
      handshakeTimeout: 2 * this.#hooks.handshakes.timeoutMs,
      // OpenSSL refuses clients without a certificate; whose certificate is not accepted, node:tls hangs up on.
      requestCert: material.clients !== undefined,
      rejectUnauthorized: material.clients?.isRequired === true,
      ...parametersOf(identity, material),
    });
    server.on("secureConnection", (socket) => this.#finish(socket));
    server.on("tlsClientError", (error, socket) => this.#refuse(error, socket));
    return server;
  }

  /** The handshake is complete. */
  #finish(socket: TLSSocket): void {
    // After the handshake, node:tls leaves a connection open whose records are wrong. The alert of OpenSSL waits for what
    // is being written, and would be lost with the socket if that ended in this very turn.
    socket.on("error", () => setImmediate(() => socket.destroy()));
    const peer = peerOf(socket);
    socket.allowHalfOpen = true;
    const der = socket.getPeerX509Certificate()?.raw;
    // Where a certificate is optional, node:tls leaves it to us whether one that is not accepted is as good as none: it is not.
    if (der !== undefined && !socket.authorized) {
      this.#fail(peer, "clientCertificate");
      socket.destroy();
    } else {
      const certificate = der && new ClientCertificate(der);
      const { listener = 0, origin } = this.#pending.get(peer) ?? {};
      this.#hooks.onSecure(socket, { isHttp2: socket.alpnProtocol === "h2", certificate, origin }, listener);
    }
    this.#settle(peer);
  }

  #refuse(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const reason = failureOf(error, socket);
    // A socket that is closed has no peer any more. Which of those it was makes no difference to the counts.
    const pending = this.#pending.get(peerOf(socket)) ?? this.#closed[0];
    if (reason !== undefined && pending !== undefined) this.#hooks.handshakes.fail(pending, reason);
    // Nothing to tell the client: OpenSSL has sent the alert.
    socket.destroy();
  }

  /**
   * Takes over a connection from which nothing was read.
   * @param listener the index of the listener that it came to
   * @param origin what a PROXY header has said before
   */
  take(socket: Socket, listener: number, origin?: Origin): void {
    const { handshakes } = this.#hooks;
    const peer = peerOf(socket);
    const timeoutMs = this.#isDraining ? Math.min(NEXT_REQUEST_MS, handshakes.timeoutMs) : handshakes.timeoutMs;
    const pending = new Pending(socket, { listener, origin }, timeoutMs, () => {
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
    this.#listen(socket, []);
    handshakes.begin(pending, Date.now());
  }

  /** Handshakes that are under way have to be complete soon: a request may follow. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    giveUpLate(this.#pending, (_, pending) => this.#giveUp(pending));
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

  /** Waits for a hello that is whole, or for bytes that cannot become one. @param parts what came before */
  #listen(socket: Socket, parts: readonly Buffer[], wantedLength = 1): void {
    socket.once("readable", () => {
      const part: Buffer | null = socket.read();
      if (part === null) return void socket.destroy(); // The peer has ended in the middle of it.
      const received = [...parts, part];
      const length = received.reduce((sum, { length }) => sum + length, 0);
      if (length < wantedLength) return this.#listen(socket, received, wantedLength);
      const bytes = Buffer.concat(received);
      const hello = bytes[0] === HANDSHAKE ? readClientHello(bytes) : undefined;
      if (typeof hello === "number") return this.#listen(socket, [bytes], hello);
      socket.unshift(bytes);
      if (bytes[0] === HANDSHAKE) return this.#begin(socket, hello);
      const { listener = 0, origin } = this.#pending.get(peerOf(socket)) ?? {};
      this.#fail(peerOf(socket), "plainHttp");
      this.#hooks.onPlain(socket, listener, origin);
      this.#settle(peerOf(socket));
    });
  }

  #begin(socket: Socket, hello: ClientHello | undefined): void {
    // A client that ends in its handshake is gone. Afterwards it may send its end and still read.
    socket.allowHalfOpen = false;
    const server = this.#answerTo(hello) ?? certificateFor(this.#servers, hello?.serverName).server;
    server.emit("connection", socket);
  }

  /** A server that shows an authority the certificate that it asks for; undefined for other clients. */
  #answerTo(hello: ClientHello | undefined): Server | undefined {
    const { challengeFolder } = this.#material;
    if (challengeFolder === undefined || hello?.serverName === undefined) return undefined;
    const answer = isQuestion(hello.protocols) ? readAnswer(challengeFolder, hello.serverName) : undefined;
    if (answer === undefined) return undefined;
    const server = createServer({ ...answer, ALPNProtocols: [CHALLENGE_PROTOCOL], minVersion: "TLSv1.2" });
    server.on("secureConnection", (socket) => {
      this.#settle(peerOf(socket));
      socket.on("error", () => socket.destroy());
      socket.resume().end();
    });
    server.on("tlsClientError", (error, socket) => this.#refuse(error, socket));
    return server;
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

/** Names the connection: node:tls does not say which socket its own socket stands for. One peer may ask two listeners. */
function peerOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

function parametersOf({ names, certificates }: Identity, { clients, ticketKeys }: TlsMaterial) {
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
    // At most 32 characters.
    sessionIdContext: sessionContextOf([...names].sort().join(" "), clients).toString("hex", 0, 16),
    ...(clients && { ca: [...clients.authorities] }),
  } as const;
}

/** node:tls takes fewer bytes than OpenSSL. */
function nodeKeys(ticketKeys: Uint8Array): Buffer {
  return Buffer.from(ticketKeys.subarray(0, 48));
}
