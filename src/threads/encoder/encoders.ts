// A serving thread's side of both encoders: a job that a request waits for goes to the one that does nothing else.

import type { MessagePort } from "node:worker_threads";
import type { Encoded, Encoder, EncoderKind, EncodingJob, EncodingSource } from "../../content/codings/encoder.ts";
import { EncoderClient } from "./encoder-client.ts";

export class Encoders implements Encoder {
  readonly #clients: Readonly<Record<EncoderKind, EncoderClient>>;

  /**
   * @param askForPort makes the supervisor call `connect` for that encoder, at once or later
   * @param limitBytes bound of the content in jobs of this thread, for each encoder
   * @param onEncoded told how each job has ended
   */
  constructor(
    askForPort: (encoder: EncoderKind) => void,
    limitBytes: number,
    onEncoded: (job: EncodingJob, encoded: Encoded) => void,
  ) {
    const clientOf = (encoder: EncoderKind): EncoderClient =>
      new EncoderClient(() => askForPort(encoder), limitBytes, onEncoded);
    this.#clients = { later: clientOf("later"), now: clientOf("now") };
  }

  encode(job: EncodingJob, source: EncodingSource, dictionary?: EncodingSource): Promise<Encoded> {
    const isWaitedFor = dictionary !== undefined && job.effort === "quick";
    return this.#clients[isWaitedFor ? "now" : "later"].encode(job, source, dictionary);
  }

  /** Somebody may soon wait for what is encoded. */
  prepare(): void {
    this.#clients.now.prepare();
  }

  connect(encoder: EncoderKind, port: MessagePort): void {
    this.#clients[encoder].connect(port);
  }

  /** Refuses all jobs, those under way and new ones. */
  close(): void {
    for (const client of Object.values(this.#clients)) client.close();
  }
}
