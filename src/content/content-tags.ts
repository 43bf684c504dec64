// Entity tags of large files by their content, for trees whose modification times mean nothing: the same on every
// replica, whenever it was deployed. Hashing a gigabyte takes seconds, so it is done once for each version, one file
// at a time, in a thread of its own; until then the tag that comes from the stat is as good as none to others.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { EntityTag } from "../http/etag.ts";
import type { FileStat } from "../http/file.ts";
import type { OpenFile } from "../http/message.ts";

/** Versions whose tag is remembered; each costs about 200 bytes. */
const KEPT_COUNT = 10_000;
/** Files that may wait to be hashed; those beyond ask again with their next look. */
const WAITING_COUNT = 64;

const ENTRY = new URL(`./hash-thread${extname(import.meta.filename)}`, import.meta.url);

interface Waiting {
  readonly version: string;
  readonly file: OpenFile;
  readonly sizeBytes: number;
  readonly onTags: (() => void)[];
}

export class ContentTags {
  /** By version; null for one that could not be read. */
  readonly #tags = new Map<string, EntityTag | null>();
  /** In their order, the first being worked on. */
  readonly #waiting = new Map<string, Waiting>();
  #isHashing = false;

  /** The tag of this version, if it is known; otherwise it is going to be, and `onTag` is called then. */
  tagOf(file: OpenFile, stat: FileStat, onTag: () => void): EntityTag | undefined {
    const version = `${stat.dev} ${stat.ino} ${stat.sizeBytes} ${stat.mtimeNs} ${stat.ctimeNs}`;
    const known = this.#tags.get(version);
    if (known !== undefined) return known ?? undefined;
    const waiting = this.#waiting.get(version);
    if (waiting !== undefined) waiting.onTags.push(onTag);
    if (waiting !== undefined || this.#waiting.size >= WAITING_COUNT) return undefined;
    file.retain();
    this.#waiting.set(version, { version, file, sizeBytes: stat.sizeBytes, onTags: [onTag] });
    if (!this.#isHashing) void this.#hashAll();
    return undefined;
  }

  async #hashAll(): Promise<void> {
    this.#isHashing = true;
    // Those that come meanwhile are looped over, too.
    for (const { version, file, sizeBytes, onTags } of this.#waiting.values()) {
      const hash = await hashInThread(file.fd, sizeBytes).catch(() => undefined);
      file.release();
      this.#waiting.delete(version);
      this.#remember(version, hash === undefined ? null : { isWeak: false, opaque: `"${hash.slice(0, 20)}"` });
      if (hash !== undefined) for (const onTag of onTags) onTag();
    }
    this.#isHashing = false;
  }

  #remember(version: string, tag: EntityTag | null): void {
    const oldest = this.#tags.size < KEPT_COUNT ? undefined : this.#tags.keys().next().value;
    if (oldest !== undefined) this.#tags.delete(oldest);
    this.#tags.set(version, tag);
  }
}

function hashInThread(fd: number, sizeBytes: number): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const thread = new Worker(ENTRY, { workerData: { fd, sizeBytes } });
  thread.once("message", resolve);
  thread.once("error", reject);
  thread.once("exit", () => reject(new Error("the thread that hashes has ended")));
  // A server that stops does not wait for a tag.
  thread.unref();
  return promise;
}
