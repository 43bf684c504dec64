// The half of a connection that knows its protocol, as the pump sees it: requests come out of the engine, and replies
// with their content go to the socket.
import type { Peer } from "../../http/message.ts";
import type { Engine } from "../engine.ts";
import type { SecureChannel } from "./secure-channel.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** The other half, which knows the socket. */
export interface SocketHalf extends Peer {
  readonly fd: number;
  readonly id: number;
  readonly isOpen: boolean;
  /** Undefined where bytes come and go as they are. */
  readonly channel: SecureChannel | undefined;
  readonly writer: SocketWriter;
  /** Takes events and sends the output, after something has happened outside of the pump. */
  turn(): void;
  /** Tells the engine how much the peer has taken. */
  noteOutput(): void;
  /** The last reply is written: ends our half of the connection once it is sent. */
  finish(): void;
  /** Sends the output and closes the connection. */
  close(): void;
}

export interface Exchanges {
  readonly connection: Engine;
  /** How many requests have begun. */
  readonly requestCount: number;
  /** Whether content waits to be sent. */
  readonly isSending: boolean;
  /** Whether that content has to come from elsewhere first, so that room in the socket would not help. */
  readonly isWaiting: boolean;
  /** Whether the peer does not take its replies: it gets no further ones. So the output that we hold for it stays bounded. */
  readonly isCongested: boolean;
  /** Takes an event of the engine and acts on it. @returns whether there was one */
  takeEvent(): boolean;
  /**
   * Sends the output, and behind it as much of the content as the socket takes and is fair to others.
   * @param isLast whether our half of the connection ends when this is sent
   * @returns whether content has ended, so that the engine may go on
   */
  send(isLast: boolean): boolean;
  /** Releases content that was not sent: the connection is closed. */
  drop(): void;
}
