// The half of a connection that knows its protocol, as the pump sees it: requests come out of the engine, and replies
// with their content go to the socket.
import type { ProtocolHalf } from "../engine.ts";
import type { Carrier } from "../exchange.ts";
import type { SecureChannel } from "./secure-channel.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** The other half, which knows the socket. */
export interface SocketHalf extends Carrier {
  readonly fd: number;
  /** Undefined where bytes come and go as they are. */
  readonly channel: SecureChannel | undefined;
  readonly writer: SocketWriter;
  /** Tells the engine how much the peer has taken. */
  noteOutput(): void;
  /** The peer has begun with HTTP/2: other exchanges take over, with these bytes. */
  speakHttp2(first: Buffer): void;
}

export interface Exchanges extends ProtocolHalf {
  /** Whether the content has to come from elsewhere first, so that room in the socket would not help. */
  readonly isWaiting: boolean;
}
