// An open file that the plan that opened it shares with every reply that is being sent from it. The last user closes
// the descriptor. So a plan can be evicted, or its file replaced, during a download.
import { closeDescriptor } from "./descriptors.ts";

export class SharedFile {
  readonly fd: number;
  /** The caller of the constructor is the first user. Zero means closed for good: another file may have the number. */
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
