// The public API, wiring only: options in, a server out that listens once, tells what happens and closes. How
// it serves is the business of threads/ and of what they load; nothing here sees a request.
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { checkFolders } from "./config/folders.ts";
import { defineConfig, OptionError, type ResolvedOptions, resolveOptions, type ServerOptions } from "./options.ts";
import type { TransportChoice } from "./threads/choose-transport.ts";
import { PerConnection } from "./threads/per-connection.ts";
import { Pool } from "./threads/pool.ts";
import type { Started, Supervisor, ThreadEvent, ThreadSnapshot, ThreadsSnapshot } from "./threads/supervisor.ts";

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
  /** Every choice made; `port` and `transport` are what was asked for. */
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
  return new ThreadedServer(resolveOptions(serverOptions, folder), signal, onEvent ?? (() => {}));
}

class ThreadedServer implements Server {
  readonly options: ResolvedOptions;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.close();
  #hasListened = false;
  #started: Started | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedOptions, signal: AbortSignal | undefined, onEvent: (event: ServerEvent) => void) {
    const Kind = options.mode === "pool" ? Pool : PerConnection;
    this.options = options;
    this.#supervisor = new Kind(options, onEvent);
    this.#signal = signal;
  }

  async listen(): Promise<void> {
    if (this.#hasListened) throw new Error("listen() was called before: create another server");
    this.#hasListened = true;
    this.#refuseWhenClosed();
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    try {
      await checkFolders(this.options);
      this.#refuseWhenClosed();
      const started = await this.#supervisor.start();
      this.#refuseWhenClosed();
      this.#started = started;
    } catch (error) {
      await this.close({ graceMs: 0 });
      throw this.#signal?.aborted ? this.#signal.reason : error;
    }
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
