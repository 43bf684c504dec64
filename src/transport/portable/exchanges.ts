// What the two halves of a connection are to each other: the pump, which knows the stream, and the exchanges, which know
// the protocol.
import type { Peer } from "../../http/message.ts";
import type { StreamWriter } from "./stream-writer.ts";

export interface StreamHalf extends Peer {
  readonly id: number;
  readonly isOpen: boolean;
  readonly writer: StreamWriter;
  /** Takes events and sends the output, after something has happened outside of the pump. */
  turn(): void;
  /** Tells the engine how much the peer has taken. */
  noteOutput(): void;
  /** The last reply is written: ends our half of the connection once it is sent. */
  finish(): void;
  /** Sends the output and closes the connection. */
  close(): void;
}
