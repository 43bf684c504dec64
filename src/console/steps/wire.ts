// The sockets of a learner's thread. Each method makes one group of calls, and notes them in the log of the lesson.
// A connection comes to a port of this machine; on Linux also to a name that needs no network, which the client of
// the page uses: in the sandbox, this process may not connect by TCP.
import type { Opener } from "../../files/opener.ts";
import type { OpenFile } from "../../http/message.ts";
import type { Call } from "./step.ts";

export interface Wire {
  /** An opener for the files below a folder, which notes what it asks the kernel for in a log of its own. */
  newOpener(root: string, log: CallLog): Opener;
  /** @returns where it listens. @throws the system's error */
  listen(): Promise<{ readonly port: number; readonly path: string | undefined }>;
  /** Resolves when a client waits to be accepted. @throws {LessonEnded} */
  whenAwaited(): Promise<void>;
  accept(): void;
  /** Resolves when there is something to read, be it an end. @throws {LessonEnded} */
  whenReadable(): Promise<void>;
  /** @returns undefined when the peer has ended its half; "failed" when the connection is broken */
  receive(): Buffer | undefined | "failed";
  /** Whether the last `receive` has taken all that was there. */
  readonly isQueueEmpty: boolean;
  /** Resolves when the socket has taken all. @returns false when the connection is broken */
  send(bytes: Buffer): Promise<boolean>;
  /** @returns false when the connection is broken, or the file has become shorter */
  sendFile(file: OpenFile, start: number, end: number): Promise<boolean>;
  /** Ends our half. */
  endOutput(): void;
  closeConnection(): void;
  close(): void;
}

/** What calls were made, and how they went, as a person would write it down. */
export class CallLog {
  readonly #limitCount: number;
  #calls: Call[] = [];

  /** @param limitCount how many are told at once; a large file makes many of one kind */
  constructor(limitCount: number) {
    this.#limitCount = limitCount;
  }

  note(text: string, result: number | string): void {
    this.#calls.push({ text, result: `= ${result}` });
  }

  take(): Call[] {
    const calls = this.#calls;
    this.#calls = [];
    if (calls.length <= this.#limitCount) return calls;
    const leftCount = calls.length - this.#limitCount;
    return [...calls.slice(0, this.#limitCount - 1), { text: `… ${leftCount} more …`, result: "" }, calls.at(-1)!];
  }
}
