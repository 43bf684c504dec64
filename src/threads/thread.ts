// The supervisor's side of one thread: its worker, what was handed to it, whether its event loop still turns,
// and its end. It decides nothing about restarts; who started it does.
import type { Socket } from "node:net";
import { extname } from "node:path";
import { type ResourceLimits, type Transferable, Worker } from "node:worker_threads";
import type { CounterTable } from "./counters.ts";
import {
  type FromThread,
  HEARTBEAT_MS,
  type Question,
  type Report,
  type StartData,
  type ToThread,
} from "./messages.ts";

/** What runs in a thread. Not an option: only tests give another one, to have threads that fail. */
export interface WorkerEntry {
  readonly url: URL;
  readonly resourceLimits?: ResourceLimits;
  /** What runs in the encoder. @default encoder.ts */
  readonly encoderUrl?: URL;
}

/**
 * Two MiB for each half of the young generation, where V8 would take up to 16: what a request makes is gone with it,
 * and the room that this saves (up to 30 MiB a thread, measured) costs no time.
 */
const YOUNG_GENERATION_MB = 6;

/** From source it is worker.ts, from dist worker.js. */
export const WORKER_ENTRY: WorkerEntry = {
  url: new URL(`./worker${extname(import.meta.filename)}`, import.meta.url),
  resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
};

/** A thread loads in about 50 ms; on a machine that is out of breath it may take long, but not for ever. In ms. */
const START_TIMEOUT_MS = 30_000;

/** What a thread that has finished, or was told to end at once, may still take, in ms. */
const END_TIMEOUT_MS = 1_000;

/** A thread this silent, in ms, gets no new connection while another can take it. */
const RESPONSIVE_MS = 4 * HEARTBEAT_MS;

export interface ThreadHooks {
  readonly onReady: (thread: Thread) => void;
  /** It has accepted the connection that it is for. */
  readonly onTaken: (thread: Thread) => void;
  readonly onReport: (report: Report) => void;
  readonly onEncoderWanted: (thread: Thread) => void;
  /** The thread is gone and its connections are closed. `cause` is undefined when it ended as it should. */
  readonly onEnd: (thread: Thread, cause: Error | undefined) => void;
}

/** What became of a question; a thread that is gone has nothing to say. */
export type Answer = { readonly kind: "done" | "gone" } | { readonly kind: "failed"; readonly reason: string };

export class Thread {
  readonly number: number;
  readonly slot: number;
  /** Settles when the thread can take connections, or is gone before that (with the cause). */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
  state: "starting" | "ready" | "ending" | "ended" = "starting";
  readonly #worker: Worker;
  readonly #table: CounterTable;
  readonly #hooks: ThreadHooks;
  readonly #stallTimeoutMs: number;
  readonly #isReady = Promise.withResolvers<void>();
  readonly #isEnded = Promise.withResolvers<void>();
  #readyAt: number | undefined;
  #cause: Error | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #handedCount = 0;
  /** Questions without an answer, the oldest first. */
  readonly #asked: ((answer: Answer) => void)[] = [];
  #lastBeats = 0;
  /** Whether it ever had a connection; says so at its end. */
  hadConnection = false;
  /** How long its event loop has shown no turn, in ms; up to HEARTBEAT_MS or two is usual. */
  silentMs = 0;

  constructor(entry: WorkerEntry, start: StartData, table: CounterTable, hooks: ThreadHooks) {
    this.number = start.number;
    this.slot = start.slot;
    this.#table = table;
    this.#hooks = hooks;
    this.#stallTimeoutMs = start.options.stallTimeoutMs;
    this.ready = this.#isReady.promise;
    this.ready.catch(() => {}); // whoever does not wait for it hears of it by onEnd
    this.ended = this.#isEnded.promise;
    const { resourceLimits } = entry;
    this.#worker = new Worker(entry.url, {
      workerData: start,
      name: `heddle ${start.number}`,
      ...(resourceLimits && { resourceLimits }),
    });
    this.#worker.on("message", (message: FromThread) => this.#receive(message));
    this.#worker.on("error", (error) => {
      this.#cause ??= error instanceof Error ? error : new Error(String(error));
      // It is dead but not gone: what its peers lose now comes back at once, and must not be handed to it again.
      this.state = "ending";
      this.#endWithin(END_TIMEOUT_MS, () => this.terminate());
    });
    this.#worker.on("exit", (code) => this.#end(code));
  }

  /** Connections that it has or that are on their way to it. Meaningful where all come from the supervisor. */
  get load(): number {
    return this.#handedCount - this.#table.closed(this.slot);
  }

  get isResponsive(): boolean {
    return this.state === "ready" && this.silentMs < RESPONSIVE_MS;
  }

  /** How long it has been ready, in ms; 0 when it never was. */
  get livedMs(): number {
    return this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt;
  }

  post(message: ToThread): void {
    this.#worker.postMessage(message, transferablesOf(message));
  }

  ask(question: Question): Promise<Answer> {
    if (this.state === "ended") return Promise.resolve({ kind: "gone" });
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#asked.push(resolve);
    this.post(question);
    return promise;
  }

  /** Hands a connection over. A thread that died in this very moment takes none; it is closed then. */
  hand(socket: Socket): void {
    this.#worker.postMessage({ kind: "connection", socket } satisfies ToThread, [socket]);
    if (socket.destroyed) this.#handedCount++;
    else socket.destroy();
  }

  /** Looks at its heartbeat; called every HEARTBEAT_MS. */
  watch(elapsedMs: number): void {
    const beats = this.#table.beats(this.slot);
    // When the supervisor itself was held up (a suspended machine, a debugger), the threads were too: no tick counts double.
    this.silentMs = beats === this.#lastBeats ? this.silentMs + Math.min(elapsedMs, 2 * HEARTBEAT_MS) : 0;
    this.#lastBeats = beats;
    const limitMs = this.state === "starting" ? START_TIMEOUT_MS : this.#stallTimeoutMs;
    if (this.state !== "ending" && this.silentMs >= limitMs) this.terminate(new Error(`no answer for ${limitMs} ms`));
  }

  /** Ends it at once, with whatever it holds. */
  terminate(cause?: Error): void {
    if (this.state === "ended") return;
    this.#cause ??= cause;
    this.state = "ending";
    void this.#worker.terminate();
    // A system call that never returns (a dead network file system) holds its thread for ever; nobody waits for that.
    this.#endWithin(END_TIMEOUT_MS, () => {
      this.#worker.unref();
      this.#end(1);
    });
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        if (this.state !== "starting") return;
        this.state = "ready";
        this.#readyAt = performance.now();
        this.silentMs = 0;
        this.#isReady.resolve();
        return this.#hooks.onReady(this);
      case "taken":
        return this.#hooks.onTaken(this);
      case "reports":
        for (const report of message.reports) this.#hooks.onReport(report);
        return this.post({ kind: "reports-taken" });
      case "encoder-wanted":
        return this.#hooks.onEncoderWanted(this);
      case "done":
        return this.#asked.shift()?.(
          message.failure === undefined ? { kind: "done" } : { kind: "failed", reason: message.failure },
        );
      case "finished":
        this.state = "ending";
        return this.#endWithin(END_TIMEOUT_MS, () => this.terminate());
      default:
        message satisfies never;
    }
  }

  #endWithin(timeoutMs: number, otherwise: () => void): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(otherwise, timeoutMs);
  }

  #end(code: number): void {
    if (this.state === "ended") return;
    const isFinished = this.state === "ending" && this.#cause === undefined;
    if (!isFinished) this.#cause ??= new Error(`it ended by itself with code ${code}`);
    this.state = "ended";
    clearTimeout(this.#endTimer);
    this.hadConnection = this.#handedCount > 0 || this.#table.values(this.slot).accepted > 0;
    this.#isReady.reject(this.#cause ?? new Error("it was ended before it was ready"));
    for (const resolve of this.#asked.splice(0)) resolve({ kind: "gone" });
    this.#isEnded.resolve();
    this.#hooks.onEnd(this, this.#cause);
  }
}

function transferablesOf(message: ToThread): Transferable[] {
  if (message.kind === "listen") return [message.server];
  return message.kind === "encoder" ? [message.port] : [];
}
