// Entry point of the encoder thread: one queue for all serving threads, each with a port to it. It runs at the lowest
// priority that the system allows, so that encoding uses only the time that serving leaves.
import { constants, setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { giveBack } from "../../content/codings/encode.ts";
import { PENDING_LIMIT_BYTES } from "../../content/codings/encoder.ts";
import { EncodingQueue } from "../../content/codings/queue.ts";
import { Collector } from "./collector.ts";
import type { EncoderReply, EncoderRequest } from "./encoder-client.ts";

/** The `workerData` of the encoder. The supervisor writes it once. */
export interface EncoderData {
  /** Bound of the results that are kept for other threads. */
  readonly keptLimitBytes: number;
}

/** From the supervisor: the port of one more serving thread, transferred. */
export interface ClientMessage {
  readonly port: MessagePort;
}

beNice();
const queue = new EncodingQueue(PENDING_LIMIT_BYTES, (workerData as EncoderData).keptLimitBytes);
const collector = new Collector();
parentPort!.on("message", ({ port }: ClientMessage) => serve(port));

function serve(port: MessagePort): void {
  port.on("message", async ({ id, job, source, dictionary }: EncoderRequest) => {
    const encoded = await queue.encode(job, source, dictionary);
    port.postMessage({ id, encoded } satisfies EncoderReply);
    for (const given of [source, dictionary]) if (given instanceof Uint8Array) giveBack(given);
    if (encoded.kind === "coded") collector.made(encoded.bytes.byteLength);
  });
}

/** Linux has a priority for each thread. Elsewhere it would slow down the whole process. */
function beNice(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some sandboxes forbid even a lower priority.
  }
}
