// A serving thread's side of the encoder, which all threads of the process share. The first job asks for a port to it.
// When the encoder dies, its jobs are refused, and the next job asks again. Content is sent as a copy of its bytes, or as
// a descriptor, which is valid in the whole process; results come back in shared memory. Jobs wait on this side, where
// the cache holds their content anyway: it is copied when the encoder is about to need it.
import type { MessagePort } from "node:worker_threads";
import {
  type Encoded,
  type Encoder,
  type EncodingJob,
  type EncodingSource,
  REFUSED,
} from "../../content/codings/encoder.ts";

/** A client sends it to the encoder, which answers with an `EncoderReply` of the same id. */
export interface EncoderRequest {
  readonly id: number;
  readonly job: EncodingJob;
  readonly source: EncodingSource;
  readonly dictionary: EncodingSource | undefined;
}

export interface EncoderReply {
  readonly id: number;
  readonly encoded: Encoded;
}

interface Pending extends EncoderRequest {
  readonly settle: (encoded: Encoded) => void;
}

/**
 * How many jobs of a thread the encoder has at a time. Two quick jobs: when one is done, the next is there. One best job:
 * it takes so long that the wait for the next does not matter, and a quick job waits for at most one of each thread.
 */
const SENT_COUNT = { quick: 2, best: 1 } as const;

/** The share of the bound that best jobs may fill. They improve files that are encoded already; new files need room. */
const BEST_SHARE = 0.5;

export class EncoderClient implements Encoder {
  readonly #askForPort: () => void;
  readonly #limitBytes: number;
  readonly #onEncoded: (job: EncodingJob, encoded: Encoded) => void;
  /** Jobs that are not sent yet, oldest first. */
  readonly #waiting = { quick: new Set<Pending>(), best: new Set<Pending>() };
  /** Jobs that the encoder has, by id. */
  readonly #sent = new Map<number, Pending>();
  readonly #sentCount = { quick: 0, best: 0 };
  #pendingBytes = 0;
  #lastId = 0;
  #port: MessagePort | undefined;
  #isAsked = false;
  #isClosed = false;

  /**
   * @param askForPort makes the supervisor call `connect`, at once or later
   * @param limitBytes bound of the content in jobs of this thread
   * @param onEncoded told how each job has ended
   */
  constructor(
    askForPort: () => void,
    limitBytes: number,
    onEncoded: (job: EncodingJob, encoded: Encoded) => void = () => {},
  ) {
    this.#askForPort = askForPort;
    this.#limitBytes = limitBytes;
    this.#onEncoded = onEncoded;
  }

  encode(job: EncodingJob, source: EncodingSource, dictionary?: EncodingSource): Promise<Encoded> {
    if (this.#isClosed || !this.#hasRoomFor(job)) {
      this.#onEncoded(job, REFUSED);
      return Promise.resolve(REFUSED);
    }
    const { promise, resolve } = Promise.withResolvers<Encoded>();
    this.#waiting[job.effort].add({ id: ++this.#lastId, job, source, dictionary, settle: resolve });
    this.#pendingBytes += job.sizeBytes;
    if (this.#port !== undefined) this.#sendSome();
    else this.prepare();
    return promise;
  }

  /** Has the encoder started: it takes longer to start than for a job. */
  prepare(): void {
    if (this.#isClosed || this.#isAsked || this.#port !== undefined) return;
    this.#isAsked = true;
    this.#askForPort();
  }

  connect(port: MessagePort): void {
    if (this.#isClosed) return port.close();
    this.#isAsked = false;
    this.#port = port;
    port.on("message", ({ id, encoded }: EncoderReply) => this.#settle(id, encoded));
    // The encoder has ended, and its jobs with it.
    port.on("close", () => this.#portClosed(port));
    port.unref();
    this.#sendSome();
  }

  /** Refuses all jobs, those under way and new ones. */
  close(): void {
    this.#isClosed = true;
    this.#port?.close();
    this.#refuseAll();
  }

  #hasRoomFor({ effort, sizeBytes }: EncodingJob): boolean {
    if (effort === "best" && this.#pendingBytes >= this.#limitBytes * BEST_SHARE) return false;
    return this.#pendingBytes + sizeBytes <= this.#limitBytes;
  }

  #sendSome(): void {
    for (const effort of ["quick", "best"] as const) {
      for (const pending of this.#waiting[effort]) {
        if (this.#sentCount[effort] >= SENT_COUNT[effort]) break;
        this.#waiting[effort].delete(pending);
        this.#sent.set(pending.id, pending);
        this.#sentCount[effort]++;
        this.#send(this.#port!, pending);
      }
    }
  }

  #send(port: MessagePort, { id, job, source, dictionary }: Pending): void {
    const request: EncoderRequest = {
      id,
      job,
      source: sendable(source),
      dictionary: dictionary && sendable(dictionary),
    };
    const copies = [request.source, request.dictionary].filter((one) => one instanceof Uint8Array);
    port.postMessage(
      request,
      copies.map(({ buffer }) => buffer as ArrayBuffer),
    );
  }

  #settle(id: number, encoded: Encoded): void {
    const pending = this.#sent.get(id);
    if (pending === undefined) return;
    this.#sent.delete(id);
    this.#sentCount[pending.job.effort]--;
    this.#finish(pending, encoded);
    this.#sendSome();
  }

  #finish({ job, settle }: Pending, encoded: Encoded): void {
    this.#pendingBytes -= job.sizeBytes;
    this.#onEncoded(job, encoded);
    settle(encoded);
  }

  #portClosed(port: MessagePort): void {
    if (this.#port !== port) return;
    this.#port = undefined;
    this.#refuseAll();
  }

  #refuseAll(): void {
    const { quick, best } = this.#waiting;
    const all = [...this.#sent.values(), ...quick, ...best];
    this.#sent.clear();
    this.#sentCount.quick = 0;
    this.#sentCount.best = 0;
    quick.clear();
    best.clear();
    for (const pending of all) this.#finish(pending, REFUSED);
  }
}

/** Bytes are copied, and the copy transferred: they may be a part of a larger buffer. */
function sendable(source: EncodingSource): EncodingSource {
  return source instanceof Uint8Array ? new Uint8Array(source) : source;
}
