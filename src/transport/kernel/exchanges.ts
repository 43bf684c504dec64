// The half of a connection that knows its protocol, as the pump sees it: requests come out of the engine, and replies
// with their content go to the socket.
import type { Peer } from "../../http/message.ts";
import type { ProtocolHalf } from "../engine.ts";
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
  /** The peer has begun with HTTP/2: other exchanges take over, with these bytes. */
  speakHttp2(first: Buffer): void;
  /** The last reply is written: ends our half of the connection once it is sent. */
  finish(): void;
  /** Sends the output and closes the connection. */
  close(): void;
}

export interface Exchanges extends ProtocolHalf {
  /** Whether the content has to come from elsewhere first, so that room in the socket would not help. */
  readonly isWaiting: boolean;
}
