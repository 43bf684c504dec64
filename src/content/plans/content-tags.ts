// Entity tags of large files by their content, for trees whose modification times mean nothing: the same on every
// replica, whenever it was deployed. Hashing a gigabyte takes seconds, so each version is hashed once, one file at a
// time, in another thread. Until then the tag comes from the stat, and differs between replicas.
import type { FileStat } from "../../files/opener.ts";
import { versionOf } from "../../files/version.ts";
import type { EntityTag } from "../../http/etag.ts";
import type { OpenFile } from "../../http/message.ts";
import { JobThread } from "../../workers/job-thread.ts";
import type { HashJob } from "./hash-thread.ts";

/** Versions whose tag is remembered; each costs about 200 bytes. */
const KEPT_COUNT = 10_000;
/** Files that may wait to be hashed; further ones ask again at their next check. */
const WAITING_COUNT = 64;
/** The thread ends when there was nothing to hash for this long. */
const IDLE_LIMIT_MS = 1_000;

const ENTRY = new URL("./hash-thread.ts", import.meta.url);

interface Waiting {
  readonly version: string;
  readonly file: OpenFile;
  readonly sizeBytes: number;
  readonly onTags: (() => void)[];
}

export class ContentTags {
  /** By version; null for a version that could not be read. */
  readonly #tags = new Map<string, EntityTag | null>();
  /** In their order; the first is being hashed. */
  readonly #waiting = new Map<string, Waiting>();
  #isHashing = false;
  /** A server that stops does not wait for a tag. */
  readonly #thread = new JobThread<HashJob, string | undefined>({
    entry: ENTRY,
    idleLimitMs: IDLE_LIMIT_MS,
    holdsProcess: false,
  });

  /** The tag of this version, if it is known; otherwise `onTag` is called once it is. */
  tagOf(file: OpenFile, stat: FileStat, onTag: () => void): EntityTag | undefined {
    const version = versionOf(stat);
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
    // The loop also reaches files that are added meanwhile.
    for (const { version, file, sizeBytes, onTags } of this.#waiting.values()) {
      const hash = await this.#thread.run({ fd: file.fd, sizeBytes }).catch(() => undefined);
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
