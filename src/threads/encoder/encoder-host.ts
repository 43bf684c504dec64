// The supervisor's side of an encoder thread, which starts when the first serving thread asks for it. When it dies, it
// starts again for the next that asks, later each time it dies again soon. While there is no encoder, files are sent
// without compression.
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { EncoderKind } from "../../content/codings/encoder.ts";
import { describeError } from "../../telemetry/describe-error.ts";
import { Restart } from "../restart.ts";
import type { ClientMessage, EncoderData } from "./encoder-thread.ts";

export const ENCODER_URL: URL = new URL("./encoder-thread.ts", import.meta.url);

/** A thread cannot be stopped in the middle of an encoding, which takes a second. In ms. */
const END_TIMEOUT_MS = 2_000;

/** It makes few objects, and V8 would take up to 48. */
const YOUNG_GENERATION_MB = 6;

/** A serving thread, as the encoder needs to know it. */
export interface EncoderUser {
  post(message: { readonly kind: "encoder"; readonly encoder: EncoderKind; readonly port: MessagePort }): void;
}

export class EncoderHost {
  readonly #url: URL;
  #data: EncoderData;
  readonly #warn: (text: string) => void;
  readonly #restart = new Restart();
  /** Users that asked during the wait for a restart. */
  readonly #waiting = new Set<EncoderUser>();
  #worker: Worker | undefined;
  #startedAt = 0;
  #isClosed = false;

  constructor(url: URL, data: EncoderData, warn: (text: string) => void) {
    this.#url = url;
    this.#data = data;
    this.#warn = warn;
  }

  /** Gives the user a port to the encoder: now, or after the wait for a restart. */
  connect(user: EncoderUser): void {
    if (this.#isClosed) return;
    if (this.#restart.isWaiting) {
      this.#waiting.add(user);
      return;
    }
    this.#worker ??= this.#start();
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ port: port1 } satisfies ClientMessage, [port1]);
    user.post({ kind: "encoder", encoder: this.#data.encoder, port: port2 });
  }

  /** An encoder with another bound is terminated, and its jobs are refused. The next user that asks gets a new one. */
  set data(data: EncoderData) {
    if (data.keptLimitBytes === this.#data.keptLimitBytes) return;
    this.#data = data;
    const former = this.#worker;
    this.#worker = undefined;
    void former?.terminate();
  }

  /** The user has ended. */
  ended(user: EncoderUser): void {
    this.#waiting.delete(user);
  }

  /** Resolves when the encoder has ended, or does not end in time. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#restart.cancel();
    const worker = this.#worker;
    if (worker === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, END_TIMEOUT_MS);
    void worker.terminate().then(() => resolve());
    await promise;
    clearTimeout(timer);
  }

  #start(): Worker {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
    const worker = new Worker(this.#url, { workerData: this.#data, name: "heddle encoder", resourceLimits });
    this.#startedAt = performance.now();
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#workerEnded(cause);
    });
    // The encoder alone does not keep the process running.
    worker.unref();
    return worker;
  }

  #workerEnded(cause: unknown): void {
    this.#worker = undefined;
    if (this.#isClosed) return;
    this.#restart.wait(performance.now() - this.#startedAt, () => {
      for (const user of this.#waiting) this.connect(user);
      this.#waiting.clear();
    });
    this.#warn(`the encoder thread stopped: ${cause === undefined ? "it exited by itself" : describeError(cause)}`);
  }
}
