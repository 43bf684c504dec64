// What one thread does about each refusal: it counts all of them, writes all of them into the trace if there is one, and
// reports a few each second as events. How many there are is the peers' choice, so the usual case is one addition.
import { printable } from "../telemetry/printable.ts";
import type { Refusal, RefusedPeer } from "../transport/transport.ts";
import { indexOfCode, sentenceOf } from "./codes.ts";
import { evidenceOf } from "./evidence.ts";

/** Events of one thread in one second. A person reads no more, and a program has the counts. */
const EVENT_LIMIT_COUNT = 10;
const INTERVAL_MS = 1_000;

/** A refusal, as the program that embeds the server is told of it. */
export interface RefusedEvent {
  readonly kind: "refused";
  /** A code of docs/errors.md. */
  readonly code: string;
  /** The code, what it means, and the section of the rule, in one line. */
  readonly text: string;
  /** What the peer was told; undefined where no reply could be sent. */
  readonly status: number | undefined;
  /** The numeric address of the peer; "" at a local socket. */
  readonly address: string;
  /** The name of the listener that the peer has connected to: "localhost:8080", "unix:/run/heddle.sock", "fd:3". */
  readonly listener: string;
  /** The number of the thread, from 1. */
  readonly thread: number;
  /** The number of the connection, as in the trace; undefined before its handshake is complete. */
  readonly connection: number | undefined;
  /** How many refusals this thread has left out since its last event, because there were too many: they are counted only. */
  readonly leftOutCount: number;
}

export interface RecorderHooks {
  /** The number of the thread. */
  readonly thread: number;
  /** The names of the listeners. */
  readonly listeners: readonly string[];
  /** @param index the place of the code in REFUSAL_CODES */
  readonly count: (index: number) => void;
  readonly onTrace?: ((text: string) => void) | undefined;
  /** Whether that text shows passwords, cookies and tokens. */
  readonly tracesSecrets?: boolean;
  readonly onEvent: (event: RefusedEvent) => void;
  /** Monotonic, in ms. */
  readonly now?: () => number;
}

export class RefusalRecorder {
  readonly #hooks: RecorderHooks;
  readonly #now: () => number;
  #secondBegan = Number.NEGATIVE_INFINITY;
  #toldCount = 0;
  #leftOutCount = 0;

  constructor(hooks: RecorderHooks) {
    this.#hooks = hooks;
    this.#now = hooks.now ?? (() => performance.now());
  }

  record(refusal: Refusal, peer: RefusedPeer): void {
    const { count, onTrace, tracesSecrets = false } = this.#hooks;
    const index = indexOfCode(refusal.code);
    if (index >= 0) count(index);
    if (onTrace !== undefined) onTrace(linesOf(refusal, peer, tracesSecrets).join("\n"));
    if (this.#mayTell()) this.#tell(refusal, peer);
    else this.#leftOutCount++;
  }

  #mayTell(): boolean {
    const now = this.#now();
    if (now - this.#secondBegan >= INTERVAL_MS) {
      this.#secondBegan = now;
      this.#toldCount = 0;
    }
    return ++this.#toldCount <= EVENT_LIMIT_COUNT;
  }

  #tell(refusal: Refusal, { address, id, listener: index }: RefusedPeer): void {
    const { code, status } = refusal;
    const { thread, listeners } = this.#hooks;
    const listener = listeners[index] ?? "";
    const leftOutCount = this.#leftOutCount;
    this.#leftOutCount = 0;
    const text = sentenceOf(refusal);
    this.#hooks.onEvent({
      kind: "refused",
      code,
      text,
      status,
      address,
      listener,
      thread,
      connection: id,
      leftOutCount,
    });
  }
}

/** The reason, and the bytes that were read: each line marked "!", as those of a head are marked "<" and ">". */
function linesOf(refusal: Refusal, { id, address }: RefusedPeer, showsSecrets: boolean): string[] {
  const { by, stream, read, mistakeAt = 0 } = refusal;
  const beginning =
    by === "accept" ? "connection" : `${by === "proxies" ? "header" : "handshake"} of ${printable(address)}`;
  const whose = id === undefined ? beginning : `connection ${id}`;
  const prefix = `${whose}${stream === undefined ? "" : ` stream ${stream}`} !`;
  const evidence = read === undefined ? [] : evidenceOf(read, mistakeAt, showsSecrets);
  return [sentenceOf(refusal), ...evidence].map((line) => `${prefix} ${line}`);
}
