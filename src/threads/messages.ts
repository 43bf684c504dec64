// Every message that crosses between the supervisor and a thread, each a named type. What is counted does not
// travel here but through shared memory (counters.ts).
import type { Server, Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import type { ResolvedOptions } from "../options.ts";
import type { KernelMemory } from "../transport/kernel/shared.ts";

/** What a thread is born with (its `workerData`). Written once by the supervisor. */
export interface StartData {
  readonly options: ResolvedOptions;
  /** The thread's name in events and in the trace, from 1. */
  readonly number: number;
  /** Its slice of `counters`, for as long as it lives. */
  readonly slot: number;
  readonly counters: SharedArrayBuffer;
  /** What threads share on the kernel transport; undefined on the portable one. */
  readonly kernel: KernelMemory | undefined;
  /** How many threads share what is bounded for the whole process: cache bytes and connections. */
  readonly threadCount: number;
}

/** Accept from this listening socket, which is transferred and the thread's own from then on. */
interface ListenMessage {
  readonly kind: "listen";
  readonly server: Server;
}

/**
 * Accept from this descriptor, which all threads share and the supervisor owns (kernel transport); one connection
 * where each has a thread of its own.
 */
interface AcceptMessage {
  readonly kind: "accept";
  readonly fd: number;
}

/** Serve this connection, which is transferred too; nothing has been read from it. */
interface ConnectionMessage {
  readonly kind: "connection";
  readonly socket: Socket;
}

/** Accept no more, finish the requests in flight, close the idle connections, then end. */
interface DrainMessage {
  readonly kind: "drain";
}

/** The grace is over: close every connection now. Comes after "drain". */
interface DestroyMessage {
  readonly kind: "destroy";
}

/** The last batch of reports has been passed on; the next may come. */
interface ReportsTakenMessage {
  readonly kind: "reports-taken";
}

/** The answer to "encoder-wanted": a way to the encoder, which is transferred; it closes when the encoder dies. */
interface EncoderMessage {
  readonly kind: "encoder";
  readonly port: MessagePort;
}

/** Make what answers by these options, beside what answers now. Answered with "done". */
interface PrepareMessage {
  readonly kind: "prepare";
  readonly options: ResolvedOptions;
}

/** All threads have prepared it: it answers every request that comes after this. Answered with "done". */
interface AdoptMessage {
  readonly kind: "adopt";
}

/** A thread could not prepare it, so none goes over to it. */
interface DiscardMessage {
  readonly kind: "discard";
}

export type ToThread =
  | ListenMessage
  | AcceptMessage
  | ConnectionMessage
  | DrainMessage
  | DestroyMessage
  | ReportsTakenMessage
  | EncoderMessage
  | Question
  | DiscardMessage;

/** What a thread answers, each with one "done", in their order. */
export type Question = PrepareMessage | AdoptMessage;

/** Loaded, and able to take connections. */
interface ReadyMessage {
  readonly kind: "ready";
}

/** It has accepted the one connection that it is for; comes only where each has a thread of its own. */
interface TakenMessage {
  readonly kind: "taken";
}

/** Something for people to read. */
export interface Report {
  readonly kind: "trace" | "warning";
  readonly text: string;
}

/** At most one batch is on its way at a time, so that a slow reader costs reports and not memory. */
interface ReportsMessage {
  readonly kind: "reports";
  readonly reports: readonly Report[];
}

/** Nothing is left to serve; the thread is about to end by itself. */
interface FinishedMessage {
  readonly kind: "finished";
}

/** It has something to encode, and no way to the encoder, or none any more. */
interface EncoderWantedMessage {
  readonly kind: "encoder-wanted";
}

/** The answer to the oldest question that has none. */
interface DoneMessage {
  readonly kind: "done";
  /** Why it could not be done; nothing has changed then. */
  readonly failure: string | undefined;
}

export type FromThread =
  | ReadyMessage
  | TakenMessage
  | ReportsMessage
  | EncoderWantedMessage
  | FinishedMessage
  | DoneMessage;

/** How often a thread shows in its counters that its event loop turns, in ms; the supervisor looks as often. */
export const HEARTBEAT_MS = 250;
