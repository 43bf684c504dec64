// Every message between the supervisor and a thread, each a named type. Counts do not travel as messages: they are in
// shared memory (counters.ts).
import type { Server, Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import type { EncoderKind } from "../content/codings/encoder.ts";
import type { ClientConnectionsShape } from "../limits/client-connections.ts";
import type { RefusedEvent } from "../refusals/recorder.ts";
import type { TlsMaterial } from "../tls/certificate.ts";
import type { KernelMemory } from "../transport/kernel/shared.ts";
import type { DescriptorBudget } from "./descriptors.ts";
import type { ThreadOptions } from "./site-numbers.ts";

/** What V8 has compiled of the files that a thread loads, by file; in shared memory. See worker/chunk-loader.ts. */
export type CompiledCode = ReadonlyMap<string, Uint8Array>;

export interface ClientMemory extends ClientConnectionsShape {
  readonly memory: SharedArrayBuffer;
}

/** The `workerData` of a thread. The supervisor writes it once; the thread reads its own copy for its whole life. */
export interface StartData {
  readonly options: ThreadOptions;
  /** The thread's name in events and in the trace, from 1. */
  readonly number: number;
  /** The thread's place in all shared memory. A replacement gets it when the thread has ended. */
  readonly slot: number;
  /** Counts of all threads (counters.ts). Each thread writes its slice; the supervisor and its peers read it. */
  readonly counters: SharedArrayBuffer;
  /** Memory that threads share on the kernel transport; undefined on the portable one. Lives as long as the supervisor. */
  readonly kernel: KernelMemory | undefined;
  /** Certificates and ticket keys of an HTTPS server; undefined without HTTPS. */
  readonly tls: TlsMaterial | undefined;
  /** How many threads share the bounds of the process: cache bytes and connections. */
  readonly threadCount: number;
  /** What the descriptors of the process allow, for all threads; undefined where nothing is known. */
  readonly budget?: DescriptorBudget | undefined;
  /** The number of the last connection of the server; each thread adds one for the next. @default a count of its own */
  readonly lastConnection?: SharedArrayBuffer | undefined;
  /** What is counted by rates, for all threads (limits/memory.ts). Lives as long as the supervisor. */
  readonly limits: SharedArrayBuffer;
  /** Where the exchanges of each site are counted, for all threads (limits/exchanges.ts). @default they are not counted */
  readonly exchanges?: SharedArrayBuffer | undefined;
  /** Where the connections of each client are counted (limits/client-connections.ts); undefined where nobody limits them. */
  readonly clients?: ClientMemory | undefined;
  /** Where this thread appends the lines of the access log; undefined without one. */
  readonly log?: SharedArrayBuffer | undefined;
  /** Where this thread writes samples while somebody looks (samples.ts); undefined without a live page. */
  readonly samples?: SharedArrayBuffer | undefined;
  /** A ruleset of Landlock, for a thread that was started before the process went into its sandbox (linux/landlock.ts). */
  readonly ruleset?: number;
  /** Given to a thread per connection. Empty until a thread has handed over its own. */
  readonly code?: CompiledCode;
}

/** Accept from this listening socket. It is transferred, and the thread owns it from then on. */
interface ListenMessage {
  readonly kind: "listen";
  readonly server: Server;
  /** Which listener of the options it is for. */
  readonly listener: number;
}

/**
 * Accept from these descriptors (kernel transport). All threads share them, and the supervisor owns them. In a thread per
 * connection: accept one connection.
 */
interface AcceptMessage {
  readonly kind: "accept";
  readonly fds: readonly number[];
  /** For each of them, which listener of the options it is for. */
  readonly listeners: readonly number[];
}

/** Serve this connection. It is transferred, and nothing has been read from it. */
interface ConnectionMessage {
  readonly kind: "connection";
  readonly socket: Socket;
  /** Which listener of the options it came to. */
  readonly listener: number;
}

/**
 * The server stops. Take the connections that still come, serve each to the end of one request at most, and close the
 * idle ones. "drain" comes next. A thread's own listening socket is held off, and closed when its queue is empty.
 */
interface LastCallMessage {
  readonly kind: "last-call";
  /** How long connections that wait to be accepted may take, in ms. */
  readonly graceMs: number;
  /** Another process listens on the same sockets: it gets what waits there. */
  readonly isReplaced: boolean;
}

/** Accept no more, finish the requests in flight, close the idle connections, then end. */
interface DrainMessage {
  readonly kind: "drain";
}

/** The grace is over: close every connection now. Comes after "drain". */
interface DestroyMessage {
  readonly kind: "destroy";
}

/** The last batch of reports has arrived; the next may come. */
interface ReportsReceivedMessage {
  readonly kind: "reports-received";
}

/** The reply to "encoder-wanted": a port to the encoder, transferred. It closes when the encoder dies. */
interface EncoderMessage {
  readonly kind: "encoder";
  readonly encoder: EncoderKind;
  readonly port: MessagePort;
}

/** Make a handler for these options, and keep the handler in use. */
interface PrepareQuestion {
  readonly kind: "prepare";
  readonly options: ThreadOptions;
}

/** Shake hands with these certificates from now on. */
interface CertificatesMessage {
  readonly kind: "certificates";
  readonly tls: TlsMaterial;
}

/** All threads have prepared a handler: it answers every request from now on. */
interface AdoptQuestion {
  readonly kind: "adopt";
}

/** Drop the prepared handler: another thread could not make one. */
interface DiscardMessage {
  readonly kind: "discard";
}

/** Somebody looks at the live page: write samples (samples.ts), until the shared memory says that nobody does. */
interface WatchedMessage {
  readonly kind: "watched";
}

export type Question = PrepareQuestion | AdoptQuestion;

/** A thread replies to each with one "answer" of the same id. */
type QuestionMessage = Question & { readonly id: number };

export type ToThread =
  | ListenMessage
  | AcceptMessage
  | ConnectionMessage
  | LastCallMessage
  | DrainMessage
  | DestroyMessage
  | ReportsReceivedMessage
  | EncoderMessage
  | QuestionMessage
  | DiscardMessage
  | CertificatesMessage
  | WatchedMessage;

/** The thread has loaded and can take connections. */
interface ReadyMessage {
  readonly kind: "ready";
}

/** The thread is full: it gives its listening socket back, transferred, until it has room. */
interface FullMessage {
  readonly kind: "full";
  readonly server: Server;
}

/** The thread has room again: it wants a listening socket. */
interface RoomMessage {
  readonly kind: "room";
}

/** The thread has accepted its one connection. Only in a thread per connection, on the kernel transport. */
interface AcceptedMessage {
  readonly kind: "accepted";
}

/**
 * Something for people to read, or a refusal for the program. "forbidden" is a file that may not be read: all threads find
 * the same, so the supervisor makes one warning of it.
 */
export type Report = TextReport | RefusedEvent;

interface TextReport {
  readonly kind: "trace" | "warning" | "forbidden";
  readonly text: string;
}

/** At most one batch is under way at a time, so that a slow reader costs reports and not memory. */
interface ReportsMessage {
  readonly kind: "reports";
  readonly reports: readonly Report[];
}

/** The thread has something to encode, and no port to the encoder. */
interface EncoderWantedMessage {
  readonly kind: "encoder-wanted";
  readonly encoder: EncoderKind;
}

/** The answer to the question with this id. */
interface AnswerMessage {
  readonly kind: "answer";
  readonly id: number;
  /** Why the thread could not do it, and changed nothing; undefined when it is done. */
  readonly failure: string | undefined;
}

/** What a thread had to compile, for those that start later. Only in a thread per connection. */
interface CompiledMessage {
  readonly kind: "compiled";
  readonly code: CompiledCode;
}

/** The thread has nothing left to serve, and is about to end by itself. */
interface FinishedMessage {
  readonly kind: "finished";
}

export type FromThread =
  | ReadyMessage
  | FullMessage
  | RoomMessage
  | AcceptedMessage
  | ReportsMessage
  | EncoderWantedMessage
  | AnswerMessage
  | CompiledMessage
  | FinishedMessage;

/**
 * How often a thread shows in its counters that its event loop turns, in ms; the supervisor checks as often. On the kernel
 * transport a thread shows each turn, and that it waits for something to do.
 */
export const HEARTBEAT_MS = 250;
