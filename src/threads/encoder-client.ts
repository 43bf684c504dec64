// A thread's way to the encoder, which all threads of the process share. The first job asks for it; when it dies, what
// it had is refused, and the next job asks again. Content crosses as a copy of its bytes, or as a descriptor, which is
// valid in the whole process; what is made of it comes back in memory that all share.
import type { MessagePort } from "node:worker_threads";
import {
  type Encoded,
  type Encoder,
  type EncodingJob,
  type EncodingSource,
  REFUSED,
} from "../content/encoding-queue.ts";

/** What a client sends to the encoder; it answers with an `EncoderReply` for each. */
export interface EncoderRequest {
  readonly id: number;
  readonly job: EncodingJob;
  readonly source: EncodingSource;
}

export interface EncoderReply {
  readonly id: number;
  readonly encoded: Encoded;
}

interface Pending {
  readonly job: EncodingJob;
  readonly source: EncodingSource;
  readonly settle: (encoded: Encoded) => void;
}

export class EncoderClient implements Encoder {
  readonly #askForPort: () => void;
  readonly #limitBytes: number;
  /** In the order in which they came. */
  readonly #pending = new Map<number, Pending>();
  #pendingBytes = 0;
  #lastId = 0;
  #port: MessagePort | undefined;
  #isAsked = false;
  #isClosed = false;

  /**
   * @param askForPort has `connect` called, sooner or later
   * @param limitBytes of content that may be under way from this thread
   */
  constructor(askForPort: () => void, limitBytes: number) {
    this.#askForPort = askForPort;
    this.#limitBytes = limitBytes;
  }

  encode(job: EncodingJob, source: EncodingSource): Promise<Encoded> {
    if (this.#isClosed || this.#pendingBytes + job.sizeBytes > this.#limitBytes) return Promise.resolve(REFUSED);
    const { promise, resolve } = Promise.withResolvers<Encoded>();
    const id = ++this.#lastId;
    this.#pending.set(id, { job, source, settle: resolve });
    this.#pendingBytes += job.sizeBytes;
    if (this.#port !== undefined) this.#send(this.#port, id);
    else if (!this.#isAsked) {
      this.#isAsked = true;
      this.#askForPort();
    }
    return promise;
  }

  connect(port: MessagePort): void {
    if (this.#isClosed) return port.close();
    this.#isAsked = false;
    this.#port = port;
    port.on("message", ({ id, encoded }: EncoderReply) => this.#settle(id, encoded));
    // The encoder is gone, and with it what it was asked for.
    port.on("close", () => this.#lose(port));
    port.unref();
    for (const id of this.#pending.keys()) this.#send(port, id);
  }

  /** What is under way is refused, and everything from now on. */
  close(): void {
    this.#isClosed = true;
    this.#port?.close();
    this.#refuseAll();
  }

  #send(port: MessagePort, id: number): void {
    const { job, source } = this.#pending.get(id)!;
    if (!(source instanceof Uint8Array)) return port.postMessage({ id, job, source } satisfies EncoderRequest);
    // One copy, which moves: the bytes may be a view of more memory than they are.
    const copy = new Uint8Array(source);
    port.postMessage({ id, job, source: copy } satisfies EncoderRequest, [copy.buffer]);
  }

  #settle(id: number, encoded: Encoded): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#pendingBytes -= pending.job.sizeBytes;
    pending.settle(encoded);
  }

  #lose(port: MessagePort): void {
    if (this.#port !== port) return;
    this.#port = undefined;
    this.#refuseAll();
  }

  #refuseAll(): void {
    for (const id of this.#pending.keys()) this.#settle(id, REFUSED);
  }
}
