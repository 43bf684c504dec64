// The sockets of a learner's thread. Each method makes one group of calls, and notes them as a person would write them down.
// A connection comes to a port of this machine; on Linux also to a name that needs no network, which the client of
// the page uses: in the sandbox, this process may not connect by TCP.
import type { OpenFile } from "../../http/message.ts";
import type { Call } from "./step.ts";

export interface Wire {
  /** The calls since this was asked last. */
  takeCalls(): Call[];
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

/** What calls were made, and how they went. */
export class CallLog {
  #calls: Call[] = [];

  note(text: string, result: number | string): void {
    this.#calls.push({ text, result: `= ${result}` });
  }

  take(): Call[] {
    const calls = this.#calls;
    this.#calls = [];
    // A large file makes many calls of one kind.
    if (calls.length <= SHOWN_CALLS) return calls;
    const left = { text: `… ${calls.length - SHOWN_CALLS} calls more of this kind …`, result: "" };
    return [...calls.slice(0, SHOWN_CALLS - 1), left, calls.at(-1)!];
  }
}

const SHOWN_CALLS = 8;
