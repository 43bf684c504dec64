// The two shapes that every HTTP version and every transport share: a request as the handler sees it, and
// the reply that it gives back. Plain data: no socket, no file system, no clock. Who frames these on the
// wire is `http1/`; who fills them from files is `content/`.

/**
 * A request head. The bytes it points to belong to the transport and are valid only until the handler
 * returns; a handler that answers later must `retain()` it first and use the copy.
 */
export interface Request {
  /** Case-sensitive, RFC 9110 §9.1. */
  readonly method: string;
  /** `OPTIONS *`, RFC 9112 §3.2.4. The target below is then empty. */
  readonly isAsterisk: boolean;
  /** Path and query as they were sent, still percent-encoded, without scheme and authority: a string built on demand. */
  readonly target: string;
  /** The same as bytes, for look-ups that build no string: `memory` from `targetStart` to `targetEnd`, half-open. */
  readonly memory: Buffer;
  readonly targetStart: number;
  readonly targetEnd: number;
  /** `hashTarget()` of those bytes. */
  readonly targetHash: number;
  /** Host and port that the request is for, `""` when an HTTP/1.0 request names none. */
  readonly authority: string;
  /** True when any of these known fields is there: a mask of `FIELD_BIT` values of `fields.ts`. */
  has(mask: number): boolean;
  /**
   * The field's value, by its lower-case name; several lines are joined with ", " (RFC 9110 §5.2).
   * `undefined` when there is none.
   */
  field(name: string): string | undefined;
  /** A copy that owns its memory and outlives the read that brought it. */
  retain(): Request;
}

/** One open file, shared by the plan that opened it and the replies that are being sent from it. */
export interface OpenFile {
  readonly fd: number;
  /** One more user. Throws when the file is closed already. */
  retain(): void;
  /** One user less; the last one closes the descriptor. */
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
  /** What the slices are slices of. It is retained for this reply, and released by the transport when the reply is over. */
  readonly file: OpenFile | undefined;
}

/** Content of a length that nobody knows yet: sent as chunks, or up to the end of the connection to an HTTP/1.0 peer. */
export interface ContentStream {
  readonly kind: "stream";
  /** Read once, or not at all: the reply to HEAD has none of it. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Called when the reply is over, however it ended and whether or not it was read. */
  readonly release?: () => void;
}

/** `undefined` content is for the statuses that cannot have any: 204 and 304 (RFC 9110 §6.4.1). */
export interface Reply {
  readonly status: number;
  /**
   * Field lines ready for the wire, each ended by CRLF, in Latin-1. Without `Date`, `Connection`,
   * `Content-Length` and `Transfer-Encoding`: framing belongs to the engine.
   */
  readonly fields: string;
  readonly content: Content | ContentStream | undefined;
  /**
   * Written and read by `http1/head-writer.ts` only: the reply as it is sent. It lives as long as the reply,
   * which for a plan is as long as the file stays unchanged.
   */
  written?: WrittenReply;
}

/** Memory of the kind that a transport can send from. */
export interface Block {
  readonly bytes: Buffer;
}

/** A head, and behind it the content if that is short and in memory. */
export interface WrittenReply {
  /** Undefined until the reply is sent a second time: most that are made for one request never are. */
  readonly block: Block | undefined;
  readonly headLength: number;
  /** Of its date, in whole seconds since the epoch. */
  second: number;
  /** Who wrote it: its blocks are of no other's kind. */
  readonly writer: object;
}

/** Why the engine refused a message; codes are stable and listed in docs/errors.md. */
export interface Rejection {
  readonly status: number;
  readonly code: string;
}

/** Who is at the other end of a connection. */
export interface Peer {
  /** Numeric IP address, as the system gives it; "" where there is none, as at a local socket. */
  readonly address: string;
}

/** What a transport needs to answer requests. */
export interface Handler {
  /** Never rejects and never throws for anything that the peer or the file system did. */
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
