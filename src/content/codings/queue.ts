// The queue of encoding jobs of a process. Jobs for the same content run once, however many threads ask; quick jobs run
// before best ones, one at a time. Waiting content has a bound: a job beyond it is refused, its requests get the file
// as it is, and a later request asks again. Recent results are kept, because every thread asks for the same.
import { fstatSync, readSync } from "node:fs";
import { type FileStat, fileStatOf } from "../../files/opener.ts";
import { isSameVersion } from "../../files/version.ts";
import { Sieve, type SieveEntry } from "../sieve.ts";
import { opaqueOf } from "../validators.ts";
import { encode, encodeWithDictionary, giveBack, giveBackEncoded, sha256Of } from "./encode.ts";
import { type Effort, type Encoded, type Encoder, type EncodingJob, type EncodingSource, REFUSED } from "./encoder.ts";

const USELESS: Encoded = { kind: "useless" };

/** The cost of a result without its bytes: key, memory object, entry of the index. */
const KEPT_OVERHEAD_BYTES = 512;

type Work = (job: EncodingJob, source: EncodingSource, dictionary?: EncodingSource) => Encoded;

interface Waiting {
  readonly job: EncodingJob;
  readonly source: EncodingSource;
  readonly dictionary: EncodingSource | undefined;
  readonly settle: (encoded: Encoded) => void;
}

interface Kept {
  readonly name: string;
  readonly encoded: Encoded;
}

export class EncodingQueue implements Encoder {
  readonly #limitBytes: number;
  readonly #work: Work;
  readonly #waiting = { quick: new Set<Waiting>(), best: new Set<Waiting>() };
  readonly #pending = new Map<string, Promise<Encoded>>();
  readonly #kept: Sieve<Kept>;
  readonly #index = new Map<string, SieveEntry<Kept>>();
  #pendingBytes = 0;
  #isWorking = false;

  /**
   * @param limitBytes of content that may wait or be worked on
   * @param keptLimitBytes of results
   */
  constructor(limitBytes: number, keptLimitBytes: number, work: Work = encodeSource) {
    this.#limitBytes = limitBytes;
    this.#work = work;
    this.#kept = new Sieve(keptLimitBytes, ({ value }) => this.#index.delete(value.name));
  }

  /** To compare with the two bounds. */
  get usage(): { pendingBytes: number; keptBytes: number } {
    return { pendingBytes: this.#pendingBytes, keptBytes: this.#kept.cost };
  }

  encode(job: EncodingJob, source: EncodingSource, dictionary?: EncodingSource): Promise<Encoded> {
    const kept = this.#find(job, "best") ?? this.#find(job, job.effort);
    if (kept !== undefined) return Promise.resolve(kept);
    const name = nameOf(job, job.effort);
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending;
    if (this.#pendingBytes + job.sizeBytes > this.#limitBytes) return Promise.resolve(REFUSED);
    this.#pendingBytes += job.sizeBytes;
    const { promise, resolve } = Promise.withResolvers<Encoded>();
    this.#pending.set(name, promise);
    this.#waiting[job.effort].add({ job, source, dictionary, settle: resolve });
    this.#workSoon();
    return promise;
  }

  #find(job: EncodingJob, effort: Effort): Encoded | undefined {
    const entry = this.#index.get(nameOf(job, effort));
    if (entry !== undefined) entry.isVisited = true;
    return entry?.value.encoded;
  }

  /** Between two jobs others may arrive, and a quick one goes first. */
  #workSoon(): void {
    if (this.#isWorking) return;
    const { quick, best } = this.#waiting;
    const waiting = quick.size > 0 ? quick : best;
    if (waiting.size === 0) return;
    this.#isWorking = true;
    setImmediate(() => {
      const [next] = quick.size > 0 ? quick : best;
      this.#finish(next!);
      this.#isWorking = false;
      this.#workSoon();
    });
  }

  #finish(waiting: Waiting): void {
    const { job, source, dictionary, settle } = waiting;
    const name = nameOf(job, job.effort);
    const encoded = this.#try(job, source, dictionary);
    this.#waiting[job.effort].delete(waiting);
    this.#pending.delete(name);
    this.#pendingBytes -= job.sizeBytes;
    if (encoded.kind !== "refused") this.#keep(name, encoded);
    settle(encoded);
  }

  #try(...[job, source, dictionary]: Parameters<Work>): Encoded {
    try {
      return this.#work(job, source, dictionary);
    } catch {
      return REFUSED;
    }
  }

  #keep(name: string, encoded: Encoded): void {
    const sizeBytes = encoded.kind === "coded" ? encoded.bytes.byteLength : 0;
    const entry = this.#kept.add({ name, encoded }, sizeBytes + KEPT_OVERHEAD_BYTES);
    if (entry !== undefined) this.#index.set(name, entry);
  }
}

function nameOf({ key, coding, dictionary = "" }: EncodingJob, effort: Effort): string {
  return `${key} ${coding} ${effort} ${dictionary}`;
}

/** @throws when there is no memory */
function encodeSource(...[job, source, dictionary]: Parameters<Work>): Encoded {
  const content = bytesOf(source);
  if (content === undefined) return REFUSED;
  const sizeBytes = content.length;
  const encoded = encodeContent(job, content, dictionary);
  if (content !== source) giveBack(content);
  if (encoded === undefined) return REFUSED;
  if (encoded.length >= sizeBytes) return USELESS;
  const bytes = new SharedArrayBuffer(encoded.length);
  new Uint8Array(bytes).set(encoded);
  const opaque = opaqueOf(encoded);
  giveBackEncoded(encoded);
  return { kind: "coded", bytes, opaque, effort: job.effort };
}

/** Undefined where the dictionary is not the one that the job names: no client could decode the result. */
function encodeContent(
  { coding, effort, dictionary: hash }: EncodingJob,
  content: Uint8Array,
  source: EncodingSource | undefined,
): Buffer | undefined {
  if (coding !== "dcb" && coding !== "dcz") return encode(content, coding, effort);
  const dictionary = source && bytesOf(source);
  const isRight = dictionary !== undefined && sha256Of(dictionary) === hash;
  const encoded = isRight ? encodeWithDictionary(content, dictionary, coding, effort) : undefined;
  if (dictionary !== undefined && dictionary !== source) giveBack(dictionary);
  return encoded;
}

function bytesOf(source: EncodingSource): Uint8Array | undefined {
  return source instanceof Uint8Array ? source : readVersion(source.fd, source.stat);
}

/**
 * The bytes of that very version, or undefined. If the thread that sent the descriptor has died, its number may belong
 * to another file by now: then the stat differs.
 */
function readVersion(fd: number, stat: FileStat): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafeSlow(stat.sizeBytes);
  let end = 0;
  while (end < bytes.length) {
    const count = readSync(fd, bytes, end, bytes.length - end, end);
    if (count === 0) return undefined;
    end += count;
  }
  return isSameVersion(fileStatOf(fstatSync(fd, { bigint: true })), stat) ? bytes : undefined;
}
