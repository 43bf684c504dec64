// What an access log knows of one reply, when it has been sent or cut.
import type { Request } from "../../http/message.ts";

/** How the content was found: in a cache that needed no look, after a look at the file, on the disk, or encoded on demand. */
export type CacheOutcome = "hot" | "looked" | "cold" | "encoded" | "none";

export interface AccessRecord {
  /** When the request's head was complete, in ms since the epoch. */
  readonly wallMs: number;
  /** From then until the reply was sent or cut, in microseconds. */
  readonly durationUs: number;
  /** The address of the client, without a zone index; "" where it has none, as at a local socket. */
  readonly client: string;
  /** Undefined where the engine refused what came before there was a request. */
  readonly request: Request | undefined;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2.0";
  readonly status: number;
  /** Bytes of content that were given to the system. */
  readonly contentBytes: number;
  /** Whether the reply was cut before its end. */
  readonly isCut: boolean;
  /** The user whose password was verified; "" for none. */
  readonly user: string;
  /** The content coding of the reply; "" for none. */
  readonly coding: string;
  readonly cache: CacheOutcome;
  /** From 0 on. */
  readonly thread: number;
  /** Of the thread, from 1 on. */
  readonly connection: number;
  /** Of the connection, from 1 on. */
  readonly exchange: number;
}
