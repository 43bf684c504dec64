// What the two halves of a connection are to each other: the pump, which knows the stream, and the exchanges, which know
// the protocol.
import type { Carrier } from "../exchange.ts";
import type { StreamWriter } from "./stream-writer.ts";

export interface StreamHalf extends Carrier {
  readonly writer: StreamWriter;
  /** Tells the engine how much the peer has taken. */
  noteOutput(): void;
}
