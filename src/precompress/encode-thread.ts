// A thread that encodes one file after the other, as small as possible. The thread writes no files, so it can be ended at
// any time and leaves nothing behind.
import { readFileSync } from "node:fs";
import type { Coding } from "../content/codings/coding.ts";
import { encode, encodeWithDictionary, giveBack, giveBackEncoded } from "../content/codings/encode.ts";
import { answerJobs } from "../workers/answer-jobs.ts";

/** A job, answered with an `Outcome`. */
export interface Order {
  readonly path: string;
  readonly coding: Coding | "dcb";
  /** The path of the dictionary, for a coding that needs one. */
  readonly dictionary: string | undefined;
}

export type Outcome =
  | { readonly kind: "encoded"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The encoded file would be no smaller. */
  | { readonly kind: "useless" }
  | { readonly kind: "failed"; readonly error: unknown };

answerJobs(work, (outcome) => (outcome.kind === "encoded" ? [outcome.bytes.buffer] : []));

function work({ path, coding, dictionary }: Order): Outcome {
  try {
    const content = readFileSync(path);
    const sizeBytes = content.length;
    const encoded =
      coding === "dcb"
        ? encodeWithDictionary(content, readFileSync(dictionary!), coding, "utmost")
        : encode(content, coding, "utmost");
    giveBack(content);
    if (encoded.length >= sizeBytes) return { kind: "useless" };
    const bytes = new Uint8Array(encoded);
    giveBackEncoded(encoded);
    return { kind: "encoded", bytes };
  } catch (error) {
    return { kind: "failed", error };
  }
}
