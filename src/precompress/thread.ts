// A thread that encodes one file after the other, as well as it can be done. It writes nothing: so it can be ended at any
// time, and leaves nothing behind.
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { Coding } from "../content/coding.ts";
import { encode, giveBack } from "../content/encode.ts";

/** What it is sent; it answers each with an `Outcome`, in order. */
export interface Order {
  readonly path: string;
  readonly coding: Coding;
}

export type Outcome =
  | { readonly kind: "encoded"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** It gets no smaller. */
  | { readonly kind: "useless" }
  | { readonly kind: "failed"; readonly error: unknown };

const port = parentPort!;
port.on("message", (order: Order) => {
  const outcome = work(order);
  port.postMessage(outcome, outcome.kind === "encoded" ? [outcome.bytes.buffer] : []);
});

function work({ path, coding }: Order): Outcome {
  try {
    const content = readFileSync(path);
    const sizeBytes = content.length;
    const encoded = encode(content, coding, "utmost");
    giveBack(content);
    if (encoded.length >= sizeBytes) return { kind: "useless" };
    const bytes = new Uint8Array(encoded);
    giveBack(encoded);
    return { kind: "encoded", bytes };
  } catch (error) {
    return { kind: "failed", error };
  }
}
