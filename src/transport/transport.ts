// What every transport is given by its thread, and what it tells in return. The transports differ in how bytes come and
// go (`kernel/`, `portable/`); the one half that their pumps share is exchange.ts.
import type { Http1Limits } from "../http1/limits.ts";
import type { Http2Limits } from "../http2/limits.ts";
import type { Clients } from "../proxies/clients.ts";
import type { AccessLog } from "../telemetry/access-log/access-log.ts";
import type { DurationCounter } from "./durations.ts";

/** What a thread counts. Its transport is the only writer. */
export interface TransportCounters {
  countConnection(change: 1 | -1): void;
  /** @param isStream whether it came over HTTP/2 */
  countRequest(isStream: boolean): void;
  countSent(bytes: number): void;
  /** A stream of HTTP/2 waits for its reply or for the rest of it, or does so no more. Only where durations are counted. */
  countStream?(change: 1 | -1): void;
}

/** Somebody whose request, stream or connection is refused. */
export interface RefusedPeer {
  /** Names the connection in the trace; undefined before its handshake is complete. */
  readonly id?: number | undefined;
  /** As `Peer` has it. */
  readonly address: string;
  /** The index of the listener that it has connected to. */
  readonly listener: number;
}

/** Something that is refused, with a code of docs/errors.md. */
export interface Refusal {
  /** Which part of the server refuses: a code may have other words in another part. */
  readonly by: "http1" | "http2" | "tls" | "proxies" | "accept" | "site";
  readonly code: string;
  /** What the peer is told; undefined where no reply can be sent. */
  readonly status: number | undefined;
  /** Of HTTP/2, where it is about one. */
  readonly stream?: number;
  /** The bytes that were read, and where in them the mistake is. Valid until the next bytes are read. */
  readonly read?: Buffer | undefined;
  readonly mistakeAt?: number;
}

export interface TransportHooks {
  readonly counters: TransportCounters;
  /** Text for people about connections, request heads and reply heads, as they happen. Without it, none is made. */
  readonly onTrace?: ((text: string) => void) | undefined;
  /** Whether that text shows passwords, cookies and tokens. */
  readonly tracesSecrets?: boolean;
  /** Where each reply has a line. Without it, nothing is noted. */
  readonly accessLog?: AccessLog | undefined;
  /** Told of each refusal. Their number is the peers' choice: what it does must be cheap. */
  readonly onRefusal?: ((refusal: Refusal, peer: RefusedPeer) => void) | undefined;
  /** Where the durations of replies are counted. Without it, none is measured. */
  readonly durations?: DurationCounter | undefined;
  /** A handler failed in a way that it promises not to. This is a bug, reported with its cause. */
  readonly onError: (error: unknown) => void;
  /** The number of a new connection. @default one more than that of the last, from 1 on */
  readonly newConnectionId?: (() => number) | undefined;
}

export function idsFromOne(): () => number {
  let last = 0;
  return () => ++last;
}

/** How many connections of each client are open. */
export interface ClientCounter {
  /** @returns a lease, which `leave` is given, or what limits/lease.ts has instead */
  enter(address: string): number;
  leave(lease: number): void;
}

/** Connections that are told 503 at the same time, in each thread. Further ones wait, or are closed without a word. */
export const REFUSED_AT_ONCE = 32;

export interface TransportOptions {
  readonly limits: Readonly<Http1Limits & Http2Limits>;
  /** Finds who asks behind trusted proxies. Undefined where none is trusted: then nothing is looked for. */
  readonly proxies?: Clients | undefined;
  /** Undefined where one client may have all connections. */
  readonly clients?: ClientCounter | undefined;
  /** A connection knows its own by the index. @default one with all that the transport has */
  readonly listeners?: readonly TransportListener[];
}

/** How connections come to one listener. */
export interface TransportListener {
  readonly name: string;
  /** Whether they begin with TLS. */
  readonly isSecure: boolean;
  /** Whether HTTP/2 is spoken: where ALPN says so, or without TLS by prior knowledge. */
  readonly hasHttp2: boolean;
  /** Whether a PROXY header comes before everything else. */
  readonly hasProxyHeader: boolean;
}
