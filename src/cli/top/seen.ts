// What `heddle top` reads of a server's snapshots. The server may have another version, or may have shown no samples yet,
// so what only samples bring may be missing.
import type { Snapshot, ThreadFacts } from "../../console/snapshot.ts";

export interface Seen extends Omit<Snapshot, "threads" | "latest" | "slowest" | "refusals" | "waiting"> {
  readonly threads: readonly SeenThread[];
  /** The youngest first. */
  readonly latest?: readonly SeenRequest[];
  /** The slowest first. */
  readonly slowest?: readonly SeenRequest[];
  /** By code. */
  readonly refusals?: Readonly<Record<string, number>>;
  /** Connections that wait to be accepted. */
  readonly waiting?: number;
}

export interface SeenThread extends Omit<ThreadFacts, "shown"> {
  readonly shown?: readonly SeenConnection[];
}

/** One connection: its number, what it does, whether it speaks HTTP/2 (1), and how many requests it has had. */
export type SeenConnection = readonly [id: number, activity: string, isHttp2: number, requests: number];

export interface SeenRequest {
  readonly thread: number;
  readonly atMs: number;
  /** "" for a request that was refused before it was known. */
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** -1 where that is not known. */
  readonly bytes: number;
  readonly ms: number;
  readonly how: string;
}

/** This reader understands snapshots of this format. */
export const FORMAT = 1;
