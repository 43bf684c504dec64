// What answers in a thread, and how it is exchanged while connections are open. The transport is given one object for
// its whole life; what is behind that changes between two requests. A request that is being answered goes on with the
// handler that it began with, and costs nothing for that: it holds what it needs.
import type { Handler } from "../http/message.ts";
import type { ResolvedOptions } from "../options.ts";

export interface ClosableHandler extends Handler {
  /** Lets go of what it keeps for later; replies that are being made, or sent, are not disturbed. */
  close(): void;
}

export class ThreadHandler implements Handler {
  // Fields, not methods: a call from the transport goes right to the handler in use.
  handle: Handler["handle"];
  refuse: Handler["refuse"];
  readonly #make: (options: ResolvedOptions) => ClosableHandler;
  #inUse: ClosableHandler;
  #next: ClosableHandler | undefined;

  /** @throws what `make` throws for options that it cannot use */
  constructor(make: (options: ResolvedOptions) => ClosableHandler, options: ResolvedOptions) {
    this.#make = make;
    this.#inUse = make(options);
    this.handle = this.#inUse.handle;
    this.refuse = this.#inUse.refuse;
  }

  /**
   * Makes a handler for other options, beside the one in use.
   * @throws what `make` throws
   */
  prepare(options: ResolvedOptions): void {
    this.discard();
    this.#next = this.#make(options);
  }

  /** The handler that was prepared answers from now on. */
  adopt(): void {
    if (this.#next === undefined) return;
    const former = this.#inUse;
    this.#inUse = this.#next;
    this.#next = undefined;
    this.handle = this.#inUse.handle;
    this.refuse = this.#inUse.refuse;
    former.close();
  }

  /** Another thread could not prepare one: everything stays as it is. */
  discard(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  close(): void {
    this.discard();
    this.#inUse.close();
  }
}
