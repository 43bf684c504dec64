// What a learner's thread tells, step by step: plain data, from the thread over the main thread to the page.
import type { PeerState, PeerStep, SelfState, SelfStep } from "../../http1/state.ts";

/** In the order in which a connection meets them; facts.ts says what each is. */
export type StepName =
  | "listen"
  | "accept"
  | "bytes"
  | "head"
  | "guard"
  | "plan"
  | "answer"
  | "write"
  | "file"
  | "content"
  | "next"
  | "linger"
  | "close";

/** A system call, as a person would write it down. */
export interface Call {
  /** "recv(23, buffer, 65536, 0)" */
  readonly text: string;
  /** "= 78", or "= -1 EAGAIN" */
  readonly result: string;
}

/** Bytes that came or left. */
export interface ShownBytes {
  readonly direction: "in" | "out";
  readonly length: number;
  /** The first of them, in base64. */
  readonly first: string;
}

export interface States {
  readonly peer: PeerState;
  readonly self: SelfState;
}

export interface Step {
  /** From 1. */
  readonly number: number;
  readonly name: StepName;
  /** The number of the request on its connection; 0 before the first. */
  readonly request: number;
  /** What has happened, in a sentence or two. */
  readonly outcome: string;
  readonly calls: readonly Call[];
  readonly bytes: ShownBytes | undefined;
  /** What was found or decided: "method" and "GET", "file" and "index.html (12 bytes, …)". */
  readonly words: readonly (readonly [name: string, what: string])[];
  /** When a thread that serves would give the client up, in ms from now; undefined where it would wait for nothing. */
  readonly deadlineMs: number | undefined;
  readonly before: States;
  readonly after: States;
  /** The rows of the tables by which both sides have moved. */
  readonly moves: { readonly peer: readonly PeerStep[]; readonly self: readonly SelfStep[] };
}

/** What the page is told, one after the other. */
export type Told =
  | { readonly kind: "open"; readonly port: number; readonly transport: "kernel" | "portable" }
  | ({ readonly kind: "step" } & Step)
  /** The thread has stopped before that step: until the learner goes on, or until the client does something. */
  | { readonly kind: "waits"; readonly for: "learner" | "client"; readonly next: StepName }
  /** What the client of the page has sent or received, in base64; undefined for the end of that half. */
  | { readonly kind: "client"; readonly did: "sends" | "receives"; readonly bytes: string | undefined }
  | { readonly kind: "ended"; readonly why: string };

/** What the main thread tells of itself, and not the learner's thread. */
export type ToldByThread = Exclude<Told, { readonly kind: "client" }>;

/** How many bytes of a step are shown: a head is shorter, and nobody reads more. */
const SHOWN_BYTES = 1024;

export function shown(direction: ShownBytes["direction"], bytes: Buffer): ShownBytes {
  return { direction, length: bytes.length, first: bytes.subarray(0, SHOWN_BYTES).toString("base64") };
}
