// Collects the garbage of the encoder's thread. V8 does not count shared memory, so it would keep results that nobody uses
// any more until the small objects that stand for them have filled its heap: tens of megabytes. A collection takes some
// milliseconds, for which the serving threads do not wait.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Results after which it is time. */
const LIMIT_BYTES: number = 4 * 1024 * 1024;

export class Collector {
  readonly #collect: () => void;
  #madeBytes = 0;

  constructor(collect: () => void = collectionOfThread()) {
    this.#collect = collect;
  }

  /** So many bytes of results have been made, which others hold from now on. */
  made(sizeBytes: number): void {
    this.#madeBytes += sizeBytes;
    if (this.#madeBytes < LIMIT_BYTES) return;
    this.#madeBytes = 0;
    this.#collect();
  }
}

/** V8 shows its collector only to contexts that begin while the flag is set. The flag is the whole process's. */
function collectionOfThread(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return collect;
}
