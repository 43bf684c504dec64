// What runs in the encoder thread: one queue for all threads that serve, each of which has a port to it. It is as polite
// as the system lets it be, so that encoding takes the time that serving leaves.
import { constants, setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { giveBack } from "../content/encode.ts";
import { PENDING_LIMIT_BYTES } from "../content/encoder.ts";
import { EncodingQueue } from "../content/encoding-queue.ts";
import type { EncoderReply, EncoderRequest } from "./encoder-client.ts";

/** Its `workerData`. Written once by the supervisor. */
export interface EncoderData {
  /** For results that other threads may ask for. */
  readonly keptLimitBytes: number;
}

/** What it is told by the supervisor: here is one more thread, by a port that is transferred. */
export interface ClientMessage {
  readonly port: MessagePort;
}

beNice();
const queue = new EncodingQueue(PENDING_LIMIT_BYTES, (workerData as EncoderData).keptLimitBytes);
parentPort!.on("message", ({ port }: ClientMessage) => serve(port));

function serve(port: MessagePort): void {
  port.on("message", async ({ id, job, source }: EncoderRequest) => {
    port.postMessage({ id, encoded: await queue.encode(job, source) } satisfies EncoderReply);
    if (source instanceof Uint8Array) giveBack(source);
  });
}

/** Linux has a priority for each thread. Elsewhere this would be that of the process, with the threads that serve. */
function beNice(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some sandboxes forbid even that.
  }
}
