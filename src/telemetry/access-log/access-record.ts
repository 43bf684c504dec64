// What an access log knows of one reply, when it has been sent or cut.
import type { Request } from "../../http/message.ts";
import type { CacheOutcome } from "../../http/notes.ts";

export interface AccessRecord {
  /** When the request's head was complete, in ms since the epoch. */
  readonly wallMs: number;
  /** From then until the reply was sent or cut, in microseconds. */
  readonly durationUs: number;
  /** The address of the client; "" where it has none, as at a local socket. */
  readonly client: string;
  readonly scheme: "http" | "https";
  /** "" where nobody has proved to be one. */
  readonly user: string;
  /** Undefined where the engine refused what came before there was a request. */
  readonly request: Request | undefined;
  /** No text of the request is longer than this. */
  readonly headBytes: number;
  /** "" where there was no request to tell. */
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2.0" | "";
  readonly status: number;
  /** Bytes of content that were given to the system. */
  readonly contentBytes: number;
  /** Whether the reply was cut before its end. */
  readonly isCut: boolean;
  /** The content coding of the reply; "" for none. */
  readonly coding: string;
  /** Where the reply came from. */
  readonly cache: CacheOutcome;
  /** The number of the thread, from 1 on, as the trace has it. */
  readonly thread: number;
  /** Of the thread, from 1 on. */
  readonly connection: number;
  /** Of the connection, from 1 on; the stream in HTTP/2. */
  readonly exchange: number;
}
