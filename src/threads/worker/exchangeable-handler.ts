// The handler of a thread, which a reload exchanges while connections are open. The transport has one object for its
// whole life; the handler behind it changes between two requests. A request in flight is answered by the handler that it
// began with: it holds all that it needs, so the exchange costs it nothing.
import type { Handler } from "../../http/message.ts";
import type { ClosableHandler } from "../../site/handler.ts";
import type { SiteUsage } from "../../site/site.ts";
import type { ThreadOptions } from "../site-numbers.ts";

export class ExchangeableHandler implements Handler {
  // Fields, not methods: the transport calls the handler in use directly.
  handle: Handler["handle"];
  refuse: Handler["refuse"];
  readonly #make: (options: ThreadOptions) => ClosableHandler;
  #inUse: ClosableHandler;
  #next: ClosableHandler | undefined;
  #around: ((handler: Handler) => Handler) | undefined;

  /** @throws the error of `make`, for options that cannot be used */
  constructor(make: (options: ThreadOptions) => ClosableHandler, options: ThreadOptions) {
    this.#make = make;
    this.#inUse = make(options);
    this.handle = this.#inUse.handle;
    this.refuse = this.#inUse.refuse;
  }

  /** Answers through another handler around the one in use, also after a reload; undefined ends that. */
  tap(around: ((handler: Handler) => Handler) | undefined): void {
    this.#around = around;
    this.#expose();
  }

  get usage(): SiteUsage {
    return this.#inUse.usage;
  }

  /**
   * Makes a handler for other options; the one in use stays.
   * @throws the error of `make`
   */
  prepare(options: ThreadOptions): void {
    this.discard();
    this.#next = this.#make(options);
  }

  /** From now on, the prepared handler answers. */
  adopt(): void {
    if (this.#next === undefined) return;
    const former = this.#inUse;
    this.#inUse = this.#next;
    this.#next = undefined;
    this.#expose();
    former.close();
  }

  #expose(): void {
    const { handle, refuse } = this.#around?.(this.#inUse) ?? this.#inUse;
    this.handle = handle;
    this.refuse = refuse;
  }

  /** Drops the prepared handler: another thread could not prepare one. */
  discard(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  close(): void {
    this.discard();
    this.#inUse.close();
  }
}
