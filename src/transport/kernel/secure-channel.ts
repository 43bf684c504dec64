// TLS on one socket of the kernel transport: what recv(2) gives is opened, and what is sent is sealed. To its pump and
// sender it looks like a socket: a write takes some bytes, or none when the socket is full.
//
// handshake-channel.ts begins with OpenSSL, which goes on with TLS 1.2. With TLS 1.3, record-channel.ts takes over: it
// costs an idle connection a fifth of the memory.

import type { Pinned } from "../../linux/pinned.ts";
import type { ClientCertificate } from "../../tls/client-certificate.ts";
import type { HandshakeFailure } from "../../tls/handshake-failure.ts";

/** The peer speaks, and not TLS: its bytes are in the memory as they came. */
export const NOT_TLS = -3;

/** TLS on one socket, as its pump, its sender and the content that is sent see it. */
export interface SecureChannel {
  /** Whether the handshake is complete. */
  readonly isOpen: boolean;
  /** Whether client and server have agreed on HTTP/2: RFC 9113 §3.2. To be looked at when the handshake is complete. */
  readonly isHttp2?: boolean;
  /** Why the handshake has failed; undefined where the connection has ended by itself. */
  readonly failure?: HandshakeFailure | undefined;
  /** What the client has proved itself with. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Whether sealed bytes wait for room in the socket. */
  readonly hasPending: boolean;
  /** Whether the last receive emptied the socket's receive queue. */
  readonly isQueueEmpty: boolean;
  /** Whether the peer has said that it sends no more. What came before is told first. */
  readonly hasEnded: boolean;
  /** Serves the connection from now on, in place of this channel. To be looked at after each `read`. */
  readonly successor?: SecureChannel | undefined;
  /** How many bytes are in the memory after NOT_TLS. */
  readonly plainLength?: number;
  /** Receives once, and opens all that came. @returns how many bytes are in the memory, or what happened instead */
  read(memory: Pinned): number;
  /** Seals and sends. @returns how many bytes are on their way; AGAIN when the socket is full; FAILED */
  write(address: bigint, length: number): number;
  /** Sends what is sealed. @returns whether nothing is left */
  flush(): boolean;
  /** Says that nothing follows: close_notify, RFC 8446 §6.1. */
  end(): void;
  /** Frees what the channel holds, after `end`. */
  close(): void;
}
