// The supervisor's side of the encoder: it is started when the first thread asks for it, and started again, more slowly
// each time, when it dies while threads ask. It costs nothing until then, and serves nobody by itself: a server without
// it sends every file as it is.
import { extname } from "node:path";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { Backoff } from "./backoff.ts";
import { describeError } from "./describe-error.ts";
import type { ClientMessage, EncoderData } from "./encoder.ts";

/** From source it is encoder.ts, from dist encoder.js. */
export const ENCODER_URL: URL = new URL(`./encoder${extname(import.meta.filename)}`, import.meta.url);

/** It cannot be stopped within one encoding, which takes a second. In ms. */
const END_TIMEOUT_MS = 2_000;

/** Who is given a way to the encoder: a thread. */
export interface EncoderUser {
  post(message: { readonly kind: "encoder"; readonly port: MessagePort }): void;
}

export class EncoderHost {
  readonly #url: URL;
  #data: EncoderData;
  readonly #warn: (text: string) => void;
  readonly #backoff = new Backoff();
  /** Those who have asked while there was none. */
  readonly #waiting = new Set<EncoderUser>();
  #worker: Worker | undefined;
  #startedAt = 0;
  #rest: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(url: URL, data: EncoderData, warn: (text: string) => void) {
    this.#url = url;
    this.#data = data;
    this.#warn = warn;
  }

  /** Gives the user a port to the encoder, now or when there is one again. */
  connect(user: EncoderUser): void {
    if (this.#isClosed) return;
    if (this.#rest !== undefined) {
      this.#waiting.add(user);
      return;
    }
    this.#worker ??= this.#start();
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ port: port1 } satisfies ClientMessage, [port1]);
    user.post({ kind: "encoder", port: port2 });
  }

  /** One that runs with another bound ends, which refuses what it is at; those who ask again get one with this. */
  set data(data: EncoderData) {
    if (data.keptLimitBytes === this.#data.keptLimitBytes) return;
    this.#data = data;
    const former = this.#worker;
    this.#worker = undefined;
    void former?.terminate();
  }

  /** The user is gone. */
  forget(user: EncoderUser): void {
    this.#waiting.delete(user);
  }

  /** Resolves when it is gone, or cannot be stopped soon. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#rest);
    const worker = this.#worker;
    if (worker === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, END_TIMEOUT_MS);
    void worker.terminate().then(() => resolve());
    await promise;
    clearTimeout(timer);
  }

  #start(): Worker {
    const worker = new Worker(this.#url, { workerData: this.#data, name: "heddle encoder" });
    this.#startedAt = performance.now();
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#bury(cause);
    });
    // A process that has nothing else to do may end.
    worker.unref();
    return worker;
  }

  #bury(cause: unknown): void {
    this.#worker = undefined;
    if (this.#isClosed) return;
    const delayMs = this.#backoff.nextDelayMs(performance.now() - this.#startedAt);
    this.#warn(`the thread that encodes stopped: ${cause === undefined ? "it ended unasked" : describeError(cause)}`);
    if (delayMs === 0) return;
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      for (const user of this.#waiting) this.connect(user);
      this.#waiting.clear();
    }, delayMs);
    this.#rest.unref();
  }
}
