// The SHA-256 of contents, each made once for a version: for entity tags of large files (`etag: "content"`), for the names of
// dictionaries (RFC 9842 §2.2) and for digest fields (RFC 9530). What is small and in memory is hashed at once. Hashing a
// gigabyte takes seconds, so files are hashed one at a time, in another thread, and nobody has to wait for it.
import { statDescriptor } from "../../files/descriptors.ts";
import type { FileStat } from "../../files/opener.ts";
import { isSameVersion, isYoung, versionOf } from "../../files/version.ts";
import type { OpenFile } from "../../http/message.ts";
import { JobThread } from "../../workers/job-thread.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../validators.ts";
import type { HashJob } from "./hash-thread.ts";

/** 32 bytes. */
export type Sha256 = Uint8Array;

/** What is hashed between two requests, at most: as much as where a small file is planned. */
export const HASH_AT_ONCE_LIMIT_BYTES: number = SMALL_FILE_LIMIT_BYTES;
/** Versions of files whose hash is remembered; each costs about 300 bytes. */
const KEPT_COUNT = 10_000;
/** Files that may wait to be hashed; further ones are asked for again. */
const WAITING_COUNT = 64;
/** The thread ends when there was nothing to hash for this long. */
const IDLE_LIMIT_MS = 1_000;

const ENTRY = new URL("./hash-thread.ts", import.meta.url);

interface Waiting extends PromiseWithResolvers<Sha256 | undefined> {
  readonly file: OpenFile;
  readonly stat: FileStat;
}

/** Promises of these never reject: they give undefined for what could not be read, or has changed meanwhile. */
export type FoundHash = Sha256 | undefined | Promise<Sha256 | undefined>;

export class Hashes {
  /** Of contents in memory, for as long as they are there. */
  readonly #ofBytes = new WeakMap<Buffer, Exclude<FoundHash, undefined>>();
  /** By version; undefined for a version that could not be read. */
  readonly #ofFiles = new Map<string, Sha256 | undefined>();
  /** By version, in their order; the first is being hashed. */
  readonly #waiting = new Map<string, Waiting>();
  #isHashing = false;
  /** A server that stops does not wait for a hash. */
  readonly #thread = new JobThread<HashJob, Sha256 | undefined>({
    entry: ENTRY,
    idleLimitMs: IDLE_LIMIT_MS,
    holdsProcess: false,
  });

  /**
   * The hash of what a plan has, if it is known or quickly made; otherwise a promise. Undefined where it cannot be had now: of a
   * file that may be changing, or when too many wait.
   * @param stat of the file; nobody asks for that of bytes
   * @param nowMs wall clock
   */
  of(source: Buffer | OpenFile, stat: FileStat | undefined, nowMs: number): FoundHash {
    if (Buffer.isBuffer(source)) return this.#find(source);
    if (stat === undefined || isYoung(stat, nowMs)) return undefined;
    const version = versionOf(stat);
    if (this.#ofFiles.has(version)) return this.#ofFiles.get(version);
    const waiting = this.#waiting.get(version);
    if (waiting !== undefined) return waiting.promise;
    if (this.#waiting.size >= WAITING_COUNT) return undefined;
    source.retain();
    const added = { file: source, stat, ...Promise.withResolvers<Sha256 | undefined>() };
    this.#waiting.set(version, added);
    if (!this.#isHashing) void this.#hashAll();
    return added.promise;
  }

  #find(bytes: Buffer): FoundHash {
    const known = this.#ofBytes.get(bytes);
    if (known !== undefined) return known;
    const hash = bytes.length <= HASH_AT_ONCE_LIMIT_BYTES ? sha256(bytes) : this.#hashInTime(bytes);
    this.#ofBytes.set(bytes, hash);
    return hash;
  }

  /** In libuv's pool. */
  async #hashInTime(bytes: Buffer): Promise<Sha256 | undefined> {
    const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>).catch(() => undefined);
    const hash = digest && new Uint8Array(digest);
    if (hash !== undefined) this.#ofBytes.set(bytes, hash);
    return hash;
  }

  async #hashAll(): Promise<void> {
    this.#isHashing = true;
    // The loop also reaches files that are added meanwhile.
    for (const [version, { file, stat, resolve }] of this.#waiting) {
      const hash = await this.#hashFile(file.fd, stat).catch(() => undefined);
      file.release();
      this.#waiting.delete(version);
      this.#remember(version, hash);
      resolve(hash);
    }
    this.#isHashing = false;
  }

  async #hashFile(fd: number, stat: FileStat): Promise<Sha256 | undefined> {
    const hash = await this.#thread.run({ fd, sizeBytes: stat.sizeBytes });
    return isSameVersion(await statDescriptor(fd), stat) ? hash : undefined;
  }

  #remember(version: string, hash: Sha256 | undefined): void {
    const oldest = this.#ofFiles.size < KEPT_COUNT ? undefined : this.#ofFiles.keys().next().value;
    if (oldest !== undefined) this.#ofFiles.delete(oldest);
    this.#ofFiles.set(version, hash);
  }
}

export function sha256(bytes: Uint8Array): Sha256 {
  return process.getBuiltinModule("node:crypto").hash("sha256", bytes, "buffer");
}
