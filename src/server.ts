// The public API, wiring only: options in, a server out that listens once, tells what happens and closes. How
// it serves is the business of threads/ and of what they load; nothing here sees a request.
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { type FixedOption, keepFixed } from "./config/fixed.ts";
import { checkFolders } from "./config/folders.ts";
import { missingPages } from "./config/named-pages.ts";
import { type WithSiteFiles, withSiteFiles } from "./config/site-files.ts";
import { watchSiteFiles } from "./config/watch-site-files.ts";
import { defineConfig, OptionError, type ResolvedOptions, resolveOptions, type ServerOptions } from "./options.ts";
import type { TransportChoice } from "./threads/choose-transport.ts";
import { PerConnection } from "./threads/per-connection.ts";
import { Pool } from "./threads/pool.ts";
import type { Started, Supervisor, ThreadEvent, ThreadSnapshot, ThreadsSnapshot } from "./threads/supervisor.ts";

export type { FixedOption } from "./config/fixed.ts";
export type { BasicAuthOptions } from "./features/basic-auth.ts";
export type { CorsOptions } from "./features/cors.ts";
export type { HeaderRule } from "./features/header-rules.ts";
export { hashPassword } from "./features/password.ts";
export type {
  MaintenanceOptions,
  RedirectRule,
  RewriteRule,
  SiteAuthOptions,
  SiteOptions,
} from "./features/site-options.ts";
export type { Http1Limits } from "./http1/limits.ts";
export type { OptionMistake } from "./options.ts";
export {
  defineConfig,
  OptionError,
  type ResolvedOptions,
  type ServerOptions,
  type ThreadSnapshot,
  type ThreadsSnapshot,
  type TransportChoice,
};

/**
 * What happens while the server runs, a union by `kind`: "trace" (only with the option `trace`), "thread-stopped"
 * (a thread died; `restartInMs` until its replacement starts) and "warning".
 */
export type ServerEvent = ThreadEvent;

/** How the program that embeds a server stays in touch with it. */
export interface ServerControls {
  /** Aborting it closes the server as `close()` does, and rejects a `listen()` that is under way with the signal's reason. */
  signal?: AbortSignal;
  /** Called on the main thread for each event; what it throws is not caught. */
  onEvent?: (event: ServerEvent) => void;
  /** What relative folders in the options are relative to. @default the working directory */
  folder?: string;
}

/** What came of a reload. */
export interface Reloaded {
  /**
   * Options that were to change and did not, because a running server cannot change them: host, port, socket, socketMode,
   * threads, maxThreads, transport, accept, connectionLimitCount, stallTimeoutMs, trace and limits.
   */
  readonly unchanged: readonly FixedOption[];
}

export interface Server extends AsyncDisposable {
  /**
   * Opens the address, starts the threads and resolves when they serve. Once per server.
   * Rejects with an `OptionError` when a folder to serve cannot be read, or the kernel transport was asked
   * for, or a Unix socket, and does not work here; with the system's error and its
   * `code` when the address cannot be opened (EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTFOUND, ENOTSOCK …); with what killed the
   * first thread when none can start; with the signal's reason when it is aborted; and with an `Error` when it was
   * called before or the server is closed.
   */
  listen(): Promise<void>;
  /**
   * Exchanges the options, all of them: what is not given has its default. Connections stay open, requests in flight are
   * answered by the old ones, every request that comes after it has resolved by the new ones. Reloads are done one
   * after the other, in their order.
   * Rejects with an `OptionError` for options that are not what they must be and for folders that cannot be read, with
   * an `Error` when a thread cannot use them, before `listen()` has resolved and after `close()`: then all stays as it was.
   */
  reload(options: ServerOptions): Promise<Reloaded>;
  /**
   * Where this machine reaches it, with the name that was asked for: "http://localhost:8080/", or the path of its Unix
   * socket: "unix:/run/heddle.sock". Throws while it does not listen.
   */
  readonly url: string;
  /** `url` first; a server that is open to the network adds one for each address of this machine. Throws like `url`. */
  readonly urls: readonly string[];
  /** The address that it listens on, numeric; the path of a Unix socket. Throws like `url`. */
  readonly host: string;
  /** The port that it listens on; 0 with a Unix socket. Throws like `url`. */
  readonly port: number;
  /** How bytes reach the sockets, and why not by the kernel transport. Throws like `url`. */
  readonly transport: TransportChoice;
  /** Every choice made, of the last reload, with what files of the site say; `port` and `transport` are what was asked for. */
  readonly options: ResolvedOptions;
  /** The threads and what they have counted, at this moment. */
  readonly threads: ThreadsSnapshot;
  /**
   * Stops accepting, closes idle connections, lets requests in flight finish for `graceMs` (the option by default,
   * in ms), closes the rest, ends the threads. Never rejects; every call returns the first one's promise. Before
   * `listen()` it only rules that out.
   */
  close(options?: { graceMs?: number }): Promise<void>;
  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws {OptionError} for an option that is not what it must be */
export function createServer(options: ServerOptions & ServerControls = {}): Server {
  const { signal, onEvent, folder, ...serverOptions } = options;
  return new ThreadedServer(resolveOptions(serverOptions, folder), folder, signal, onEvent ?? (() => {}));
}

class ThreadedServer implements Server {
  /** With what files of the site say. */
  #options: ResolvedOptions;
  /** Without. */
  #wanted: ResolvedOptions;
  readonly #folder: string | undefined;
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.close();
  #hasListened = false;
  #started: Started | undefined;
  #closed: Promise<void> | undefined;
  #endWatch: () => void = () => {};
  /** The last reload; never rejects. */
  #reloaded: Promise<unknown> = Promise.resolve();

  constructor(
    options: ResolvedOptions,
    folder: string | undefined,
    signal: AbortSignal | undefined,
    onEvent: (event: ServerEvent) => void,
  ) {
    const Kind = options.mode === "pool" ? Pool : PerConnection;
    this.#options = options;
    this.#wanted = options;
    this.#folder = folder;
    this.#onEvent = onEvent;
    this.#supervisor = new Kind(options, onEvent);
    this.#signal = signal;
  }

  async listen(): Promise<void> {
    if (this.#hasListened) throw new Error("listen() was called before: create another server");
    this.#hasListened = true;
    this.#refuseWhenClosed();
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    try {
      const prepared = await this.#prepare(this.#wanted);
      this.#refuseWhenClosed();
      const started = await this.#supervisor.start(prepared.options);
      this.#refuseWhenClosed();
      this.#follow(this.#wanted, prepared);
      this.#started = started;
    } catch (error) {
      await this.close({ graceMs: 0 });
      throw this.#signal?.aborted ? this.#signal.reason : error;
    }
  }

  async reload(options: ServerOptions): Promise<Reloaded> {
    this.#refuseWhenClosed();
    void this.#listening; // throws while it does not listen
    const wanted = resolveOptions(options, this.#folder);
    const reloaded = this.#reloaded.then(() => this.#goOver(wanted));
    this.#reloaded = reloaded.catch(() => {});
    return reloaded;
  }

  async #goOver(wanted: ResolvedOptions): Promise<Reloaded> {
    this.#refuseWhenClosed();
    const { options, unchanged } = keepFixed(wanted, this.#options);
    const prepared = await this.#prepare(options);
    this.#refuseWhenClosed();
    await this.#supervisor.reload(prepared.options);
    this.#follow(options, prepared);
    return { unchanged };
  }

  /** What threads are given for these options: the one place for what is read before they are used. */
  async #prepare(options: ResolvedOptions): Promise<WithSiteFiles> {
    await checkFolders(options);
    const prepared = await withSiteFiles(options);
    for (const text of [...prepared.notes, ...(await missingPages(prepared.options))])
      this.#onEvent({ kind: "warning", text });
    return prepared;
  }

  /** The threads answer by these. A deployment that brings other files is followed as a reload is. */
  #follow(wanted: ResolvedOptions, { options, lookedFor }: WithSiteFiles): void {
    this.#wanted = wanted;
    this.#options = options;
    this.#endWatch();
    if (this.#closed) return;
    this.#endWatch = watchSiteFiles(lookedFor, () => {
      this.#reloaded = this.#reloaded.then(() => this.#goOver(this.#wanted)).catch((error) => this.#warn(error));
    });
  }

  #warn(error: unknown): void {
    if (this.#closed) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onEvent({ kind: "warning", text: `files in a root have changed, and all goes on as before: ${reason}` });
  }

  get options(): ResolvedOptions {
    return this.#options;
  }

  get url(): string {
    return this.urls[0]!;
  }

  get urls(): readonly string[] {
    const { port, host } = this;
    if (this.options.socket !== undefined) return [`unix:${host}`];
    return namesOf(this.options.host).map((name) => `http://${isIPv6(name) ? `[${name}]` : name}:${port}/`);
  }

  get host(): string {
    return this.#listening.address;
  }

  get port(): number {
    return this.#listening.port;
  }

  get transport(): TransportChoice {
    return this.#listening.transport;
  }

  get threads(): ThreadsSnapshot {
    return this.#supervisor.snapshot();
  }

  close({ graceMs = this.options.graceMs }: { graceMs?: number } = {}): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#endWatch();
    this.#closed ??= this.#supervisor.close(graceMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #listening(): Started {
    if (this.#started === undefined || this.#closed)
      throw new Error("the server does not listen: await listen() first");
    return this.#started;
  }

  #refuseWhenClosed(): void {
    this.#signal?.throwIfAborted();
    if (this.#closed) throw new Error("the server is closed: create another");
  }
}

/** The names under which a server with this host is reached, the one for this machine first. */
function namesOf(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const isReached = ({ internal, family, address }: (typeof addresses)[number]): boolean =>
    !internal && (family === "IPv4" || (host === "::" && !address.startsWith("fe80:")));
  return ["localhost", ...addresses.filter(isReached).map(({ address }) => address)];
}
