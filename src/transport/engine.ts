// The engine of one connection, as its pump drives it whichever protocol it speaks: bytes and the time go in, the next
// deadline comes out. Events and replies differ by protocol, and so does who takes them.

export interface Engine {
  /** The time at which `expire` must be called; Infinity for never. */
  readonly deadline: number;
  /** Whether closing the connection would lose nothing. */
  readonly isIdle: boolean;
  /** Whether no request has begun yet. */
  readonly isFresh: boolean;
  /** Whether a head has begun and is not complete, and nothing else goes on. */
  readonly isInHead: boolean;
  /** Whether output waits to be taken by the peer, as `noteOutput` was told last. */
  readonly isOutputPending: boolean;
  /** Whether nothing more goes in or out. */
  readonly isOver: boolean;
  /** Whether nothing may follow from the peer, so that the connection can be closed without lingering. */
  readonly isPeerDone: boolean;
  readonly wantsInput: boolean;
  /** Takes bytes that arrived. The memory must not change until there are no more events, or `keepInput` is called. */
  receive(bytes: Buffer, now: number, length?: number): void;
  receiveEnd(now: number): void;
  keepInput(): void;
  noteOutput(flushedBytes: number, isPending: boolean, now: number): void;
  expire(now: number): void;
  lastCall(): void;
  drain(withinMs: number): void;
  abort(): void;
}

/** The half of a connection that knows its protocol, as its pump sees it. The other half moves the bytes. */
export interface ProtocolHalf {
  readonly connection: Engine;
  /** How many requests have begun. */
  readonly requestCount: number;
  /** Whether content could be sent now, or as soon as the peer's side has room. */
  readonly isSending: boolean;
  /** Whether the peer does not take its replies: it gets no further ones. So the output that we hold for it stays bounded. */
  readonly isCongested: boolean;
  /** Takes an event of the engine and acts on it. @returns whether there was one */
  takeEvent(): boolean;
  /**
   * Sends the output, and behind it as much of the content as the peer's side takes and is fair to others.
   * @param isLast whether our half of the connection ends when this is sent
   * @returns whether content has ended, so that the engine may go on
   */
  send(isLast: boolean): boolean;
  /** Releases what was not sent: the connection is closed. */
  drop(): void;
}
