// Entry point of an encoder thread: one queue for all serving threads, each with a port to it. What may come later is encoded
// at the lowest priority that the system allows, so that it uses only the time that serving leaves.
import { constants, setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { giveBack } from "../../content/codings/encode.ts";
import { type EncoderKind, PENDING_LIMIT_BYTES } from "../../content/codings/encoder.ts";
import { EncodingQueue } from "../../content/codings/queue.ts";
import { Collector } from "./collector.ts";
import type { EncoderReply, EncoderRequest } from "./encoder-client.ts";

/** The `workerData` of the encoder. The supervisor writes it once. */
export interface EncoderData {
  readonly encoder: EncoderKind;
  /** Bound of the results that are kept for other threads. */
  readonly keptLimitBytes: number;
}

/** From the supervisor: the port of one more serving thread, transferred. */
export interface ClientMessage {
  readonly port: MessagePort;
}

const { encoder, keptLimitBytes } = workerData as EncoderData;
if (encoder === "later") beNice();
const queue = new EncodingQueue(PENDING_LIMIT_BYTES, keptLimitBytes);
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
