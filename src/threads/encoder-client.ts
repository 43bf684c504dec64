// A thread's way to the encoder, which all threads of the process share. The first job asks for it; when it dies, what
// it had is refused, and the next job asks again. Content crosses as a copy of its bytes, or as a descriptor, which is
// valid in the whole process; what is made of it comes back in memory that all share. Jobs wait on this side, where
// their content is that of the cache: a copy is made when the encoder is about to need it.
import type { MessagePort } from "node:worker_threads";
import { type Encoded, type Encoder, type EncodingJob, type EncodingSource, REFUSED } from "../content/encoder.ts";

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
  readonly id: number;
  readonly job: EncodingJob;
  readonly source: EncodingSource;
  readonly settle: (encoded: Encoded) => void;
}

/**
 * How many are with the encoder at a time. It has the next quick one there when it is done with one; best ones take so
 * long that its wait for the next is nothing beside, and a quick one never waits for more than one of each thread.
 */
const SENT_COUNT = { quick: 2, best: 1 } as const;

/** Of the bound. When so much waits, nothing is encoded better that is encoded already: new files must find room. */
const BEST_SHARE = 0.5;

export class EncoderClient implements Encoder {
  readonly #askForPort: () => void;
  readonly #limitBytes: number;
  /** Not sent yet, in the order in which they came. */
  readonly #waiting = { quick: new Set<Pending>(), best: new Set<Pending>() };
  /** With the encoder, by id. */
  readonly #sent = new Map<number, Pending>();
  readonly #sentCount = { quick: 0, best: 0 };
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
    if (this.#isClosed || !this.#hasRoomFor(job)) return Promise.resolve(REFUSED);
    const { promise, resolve } = Promise.withResolvers<Encoded>();
    this.#waiting[job.effort].add({ id: ++this.#lastId, job, source, settle: resolve });
    this.#pendingBytes += job.sizeBytes;
    if (this.#port !== undefined) this.#sendSome();
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
    this.#sendSome();
  }

  /** What is under way is refused, and everything from now on. */
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

  #send(port: MessagePort, { id, job, source }: Pending): void {
    if (!(source instanceof Uint8Array)) return port.postMessage({ id, job, source } satisfies EncoderRequest);
    // One copy, which moves: the bytes may be a view of more memory than they are.
    const copy = new Uint8Array(source);
    port.postMessage({ id, job, source: copy } satisfies EncoderRequest, [copy.buffer]);
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
    settle(encoded);
  }

  #lose(port: MessagePort): void {
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
