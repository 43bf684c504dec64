// The supervisor's side of one thread: its worker, what was handed to it, whether its event loop still turns, and how it
// ends. What follows from its end is decided in supervisor.ts.
import type { Socket } from "node:net";
import type { Transferable, Worker } from "node:worker_threads";
import type { CounterTable } from "../counters.ts";
import type { ListeningThread } from "../listening/listening.ts";
import { type FromThread, HEARTBEAT_MS, type Question, type StartData, type ToThread } from "../messages.ts";
import { startWorker, type WorkerEntry } from "./worker-entry.ts";

/** A thread loads in about 50 ms, and takes far longer on an overloaded machine. In ms. */
const START_TIMEOUT_MS = 30_000;

/** How long a thread may take to exit once it has finished, or was terminated, in ms. */
const END_TIMEOUT_MS = 1_000;

/** A thread that has been silent for so long, in ms, gets no new connection while another can take it. */
const RESPONSIVE_MS = 4 * HEARTBEAT_MS;

/** Messages that the supervisor handles; a thread's own side handles the others. */
export type ThreadMessage = Exclude<FromThread, { readonly kind: "answer" | "finished" }>;

export interface ThreadHooks {
  readonly onMessage: (thread: Thread, message: ThreadMessage) => void;
  /** The worker has exited. `cause` is undefined when it did so as it should. */
  readonly onEnded: (thread: Thread, cause: Error | undefined) => void;
}

/** The answer to a question; "ended" when the thread ended instead. */
export type Answer = { readonly kind: "done" | "ended" } | { readonly kind: "failed"; readonly reason: string };

export class Thread implements ListeningThread {
  readonly number: number;
  readonly slot: number;
  state: "starting" | "ready" | "ending" | "ended" = "starting";
  /** Whether it was handed a connection or accepted one. Final when the thread has ended. */
  hadConnection = false;
  /** How long its event loop has not turned, in ms; up to HEARTBEAT_MS or two is usual. */
  silentMs = 0;
  readonly #worker: Worker;
  /** The thread writes its slice, and we read it until the thread has ended. */
  readonly #counters: CounterTable;
  readonly #hooks: ThreadHooks;
  readonly #stallTimeoutMs: number;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #readyAt: number | undefined;
  #lastBeats = 0;
  /** Why it is dying; undefined while it is not, and when it ends as it should. */
  #cause: Error | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #handedCount = 0;
  /** Questions without an answer, by id. */
  readonly #questions = new Map<number, (answer: Answer) => void>();
  #lastQuestionId = 0;

  constructor(entry: WorkerEntry, start: StartData, counters: CounterTable, hooks: ThreadHooks) {
    this.number = start.number;
    this.slot = start.slot;
    this.#counters = counters;
    this.#hooks = hooks;
    this.#stallTimeoutMs = start.options.stallTimeoutMs;
    this.ready.catch(() => {}); // onEnded tells it too
    this.#worker = startWorker(entry, start);
    this.#worker.on("message", (message: FromThread) => this.#receive(message));
    this.#worker.on("error", (error) => {
      this.#cause ??= error instanceof Error ? error : new Error(String(error));
      // The worker exits soon. Clients that lose their connections come back at once, and must get another thread.
      this.state = "ending";
      this.#endWithin(END_TIMEOUT_MS, () => this.terminate());
    });
    this.#worker.on("exit", (code) => this.#end(code));
  }

  /** Settles when the thread can take connections, or has ended before that (with the cause). */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the thread has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isReady(): boolean {
    return this.state === "ready";
  }

  get isResponsive(): boolean {
    return this.isReady && this.silentMs < RESPONSIVE_MS;
  }

  get load(): number {
    return this.#counters.load(this.slot, this.#handedCount);
  }

  get canMakeRoom(): boolean {
    return this.#counters.canMakeRoom(this.slot);
  }

  /** How long ago the thread became ready, in ms; 0 when it never did. */
  get livedMs(): number {
    return this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt;
  }

  post(message: ToThread): void {
    this.#worker.postMessage(message, transferablesOf(message));
  }

  ask(question: Question): Promise<Answer> {
    if (this.state === "ended") return Promise.resolve({ kind: "ended" });
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const id = ++this.#lastQuestionId;
    this.#questions.set(id, resolve);
    this.post({ ...question, id });
    return promise;
  }

  /** Hands over a connection. A thread that has just died cannot take it; then it is closed. */
  handOver(socket: Socket, listener: number): void {
    this.#worker.postMessage({ kind: "connection", socket, listener } satisfies ToThread, [socket]);
    if (socket.destroyed) this.#handedCount++;
    else socket.destroy();
  }

  /** Called every HEARTBEAT_MS: terminates the thread when its event loop has not turned for too long. */
  checkHeartbeat(elapsedMs: number): void {
    const beats = this.#counters.beats(this.slot);
    // When the supervisor itself was held up (a suspended machine, a debugger), so were the threads: no check counts more
    // than twice its time.
    const isSilent = beats === this.#lastBeats && !this.#counters.isResting(this.slot);
    this.silentMs = isSilent ? this.silentMs + Math.min(elapsedMs, 2 * HEARTBEAT_MS) : 0;
    this.#lastBeats = beats;
    const limitMs = this.state === "starting" ? START_TIMEOUT_MS : this.#stallTimeoutMs;
    if (this.state === "ending" || this.silentMs < limitMs) return;
    this.terminate(new Error(`it did not respond for ${limitMs} ms`));
  }

  /** Ends the thread at once, with all its connections. */
  terminate(cause?: Error): void {
    if (this.state === "ended") return;
    this.#cause ??= cause;
    this.state = "ending";
    void this.#worker.terminate();
    // A system call that never returns (on a dead network file system) blocks its thread for good: do not wait for it.
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
        this.#ready.resolve();
        return this.#hooks.onMessage(this, message);
      case "answer":
        return this.#answer(message.id, message.failure);
      case "finished":
        this.state = "ending";
        return this.#endWithin(END_TIMEOUT_MS, () => this.terminate());
      default:
        return this.#hooks.onMessage(this, message);
    }
  }

  #answer(id: number, failure: string | undefined): void {
    const resolve = this.#questions.get(id);
    this.#questions.delete(id);
    resolve?.(failure === undefined ? { kind: "done" } : { kind: "failed", reason: failure });
  }

  #endWithin(timeoutMs: number, otherwise: () => void): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(otherwise, timeoutMs);
  }

  #end(code: number): void {
    if (this.state === "ended") return;
    if (this.state !== "ending") this.#cause ??= new Error(`it exited with code ${code}`);
    this.state = "ended";
    clearTimeout(this.#endTimer);
    this.hadConnection = this.#handedCount > 0 || this.#counters.values(this.slot).accepted > 0;
    this.#ready.reject(this.#cause ?? new Error("the thread ended before it was ready"));
    for (const resolve of this.#questions.values()) resolve({ kind: "ended" });
    this.#questions.clear();
    this.#ended.resolve();
    this.#hooks.onEnded(this, this.#cause);
  }
}

function transferablesOf(message: ToThread): Transferable[] {
  if (message.kind === "listen") return [message.server];
  return message.kind === "encoder" ? [message.port] : [];
}
