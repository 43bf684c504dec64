// The two shapes that every HTTP version and every transport share: a request as the handler sees it, and the reply
// that the handler gives back. Plain data: no socket, no file system, no clock. `http1/` frames them on the wire;
// `content/` fills replies from files.
import type { Notes } from "./notes.ts";

/**
 * A request head. Its bytes belong to the transport and are valid only until the handler returns. A handler that
 * answers later must call `retain()` first and use the copy.
 */
export interface Request {
  /** Case-sensitive, RFC 9110 §9.1. */
  readonly method: string;
  /** `OPTIONS *`, RFC 9112 §3.2.4. The target below is then empty. */
  readonly isAsterisk: boolean;
  /**
   * Path and query as they were sent, still percent-encoded, without scheme and authority. The string is made on
   * demand.
   */
  readonly target: string;
  /** The target as bytes, for look-ups that make no string: `memory` from `targetStart` to `targetEnd`, half-open. */
  readonly memory: Buffer;
  readonly targetStart: number;
  readonly targetEnd: number;
  /** `hashTarget()` of those bytes. */
  readonly targetHash: number;
  /** Host and port that the request is for; `""` when an HTTP/1.0 request does not say. */
  readonly authority: string;
  /** Whether any of these known fields is present: a mask of `FIELD_BIT` values of `fields.ts`. */
  has(mask: number): boolean;
  /**
   * The field's value, by its lower-case name. Several lines are joined with ", " (RFC 9110 §5.2), or "; " for a cookie.
   * `undefined` when the field is absent.
   */
  field(name: string): string | undefined;
  /** Gives the field's value as bytes, without making a string. @returns whether the field is present */
  giveField(name: string, reader: ByteReader): boolean;
  /** Gives `authority` as bytes. @returns false for "" */
  giveAuthority(reader: ByteReader): boolean;
  /** Copies of the request share them. */
  readonly notes: Notes;
  /** A copy that owns its memory and stays valid. */
  retain(): Request;
}

/** Takes bytes[start, end) at once: they may change when it returns. */
export interface ByteReader {
  escaped(bytes: Uint8Array, start: number, end: number): void;
}

/** An open file, shared by the plan that opened it and the replies that are being sent from it. */
export interface OpenFile {
  readonly fd: number;
  /** Adds a user. Throws when the file is closed already. */
  retain(): void;
  /** Removes a user. The last one closes the descriptor. */
  release(): void;
}

/** Part of an open file, half-open, in bytes. */
export interface FileSlice {
  readonly start: number;
  readonly end: number;
}

/** Content of a known length: bytes in memory and slices of one file, in order. */
export interface Content {
  readonly kind: "content";
  /** The sum of the segments, in bytes. */
  readonly length: number;
  readonly segments: readonly (Buffer | FileSlice)[];
  /** The file of the slices. It is retained for this reply, and the transport releases it when the reply is over. */
  readonly file: OpenFile | undefined;
  /** Called when the reply is over, however it ended. It may be called again. Undefined where nobody asks. */
  readonly onRelease?: () => void;
}

/** Content of unknown length: sent as chunks or, to an HTTP/1.0 peer, up to the end of the connection. */
export interface ContentStream {
  readonly kind: "stream";
  /** Read once, or not at all: the reply to HEAD has no content. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Called when the reply is over, however it ended and whether or not it was read. */
  readonly release?: () => void;
}

/** The content is `undefined` for the statuses that cannot have any: 204 and 304 (RFC 9110 §6.4.1). */
export interface Reply {
  readonly status: number;
  /**
   * Field lines ready for the wire, each ended by CRLF, in Latin-1. Without `Date`, `Connection`,
   * `Content-Length` and `Transfer-Encoding`: framing belongs to the engine.
   */
  readonly fields: string;
  readonly content: Content | ContentStream | undefined;
  /** Why the site refuses the request, as a code of docs/errors.md; only with a status from 400 on. The peer never sees it. */
  readonly code?: string | undefined;
  /**
   * The bytes of the reply as they are sent. Only `http1/head-writer.ts` writes and reads this. It lives as long as the
   * reply: for the reply of a plan, as long as the file is unchanged.
   */
  written?: WrittenReply;
  /** The fields as HTTP/2 sends them. Only `hpack/prepared-fields.ts` writes and reads this. */
  prepared?: object;
}

/** Memory that a transport can send from. */
export interface Block {
  readonly bytes: Buffer;
}

/** A head, followed by the content if that is short and in memory. */
export interface WrittenReply {
  /** Undefined until the reply is sent often. Most replies that are made for one request never are. */
  readonly block: Block | undefined;
  readonly headLength: number;
  /** The date in the head, or when the reply was last sent, in whole seconds since the epoch. */
  second: number;
  /** How often the reply was sent in that second, while there is no block. */
  sentCount: number;
  /** The writer that made the block. Another writer may use another kind of memory, so it ignores this block. */
  readonly writer: object;
}

/** Why the engine refused a message; codes are stable and listed in docs/errors.md. */
export interface Rejection {
  readonly status: number;
  readonly code: string;
}

export type Scheme = "http" | "https";

/** Who asks: the other end of a connection, or the client that a trusted proxy at the other end speaks for. */
export interface Peer {
  /**
   * The numeric IP address; "" where the peer has none, as at a local socket; UNKNOWN_ADDRESS where a proxy does not say it.
   */
  readonly address: string;
  /** Whether the client came by TLS. */
  readonly scheme: Scheme;
  /** Host and port that a trusted proxy was asked for; undefined where what the request says counts. */
  readonly host?: string | undefined;
  /** The address of the trusted proxy at the other end, "" at a local socket; undefined where that is the client itself. */
  readonly proxy?: string | undefined;
  /** What the client has proved itself with (mutual TLS); undefined for a client that has not. One that is not accepted never gets here. */
  readonly certificate?: ClientCertificate | undefined;
}

/** Of a client that a trusted proxy hides. No rule about addresses lets it in. */
export const UNKNOWN_ADDRESS = "unknown";

/** Parsed when a field is asked for. */
export interface ClientCertificate {
  /** RFC 4514: "CN=ada,O=Example". Characters beyond ASCII are as they are. */
  readonly subject: string;
  /** SHA-256 of the certificate, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
}

/** What a transport needs to answer requests. */
export interface Handler {
  /** Never rejects or throws because of the peer or the file system. */
  handle(request: Request, peer: Peer): Reply | Promise<Reply>;
  /** The page for a request that the engine refused before it reached the handler. */
  refuse(rejection: Rejection): Reply;
}

/** 32-bit FNV-1a over the bytes of a request target. */
export function hashTarget(memory: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let offset = start; offset < end; offset++) hash = Math.imul(hash ^ memory[offset]!, 0x01000193);
  return hash | 0;
}
