// An open file that is shared: by the plan that opened it and by every reply that is being sent from it. The
// last one to let go closes the descriptor, so a plan can be evicted, or its file replaced, under a download.
import type { OpenFile } from "../http/message.ts";
import { closeDescriptor } from "./descriptors.ts";

export class SharedFile implements OpenFile {
  readonly fd: number;
  /** Whoever constructs it is the first user. Zero means closed, for good: the number may be another file's by now. */
  #userCount = 1;

  constructor(fd: number) {
    this.fd = fd;
  }

  retain(): void {
    if (this.#userCount === 0) throw new Error("retain() of a file that is closed already");
    this.#userCount++;
  }

  release(): void {
    if (this.#userCount === 0) throw new Error("release() of a file that is closed already");
    if (--this.#userCount === 0) closeDescriptor(this.fd);
  }
}
