// The public API, wiring only: options in; out comes a server that listens once, reports events and closes. The threads
// serve (threads/); nothing here sees a request.
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CertificateKeeper } from "./acme/keeper.ts";
import { challengeFolder } from "./acme/places.ts";
import type { AdminListener } from "./admin/admin-listener.ts";
import type { AdminView, Phase } from "./admin/view.ts";
import type { Console } from "./console/console.ts";
import type { LocalKeeper } from "./local-authority/keeper.ts";
import type { AdminPlace } from "./options/admin-place.ts";
import { optionsWithoutEffect } from "./options/check-effects.ts";
import { checkFolders, namedFolders } from "./options/check-folders.ts";
import { missingPages } from "./options/check-pages.ts";
import { addressName } from "./options/listen-options.ts";
import { OptionError } from "./options/mistakes.ts";
import { otherThan, resolveOptions } from "./options/resolve.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";
import { defineConfig, type ServerOptions } from "./options/server-options.ts";
import { type WithSiteFiles, withSiteFiles } from "./options/site-files/site-files.ts";
import { watchSiteFiles } from "./options/site-files/watch-site-files.ts";
import { Retry } from "./options/sources/retry.ts";
import { type FixedOption, keepFixed } from "./options/unchangeable.ts";
import { publish } from "./telemetry/channels.ts";
import type { TransportChoice } from "./threads/listening/choose-transport.ts";
import { isTakingOver } from "./threads/listening/handed-over.ts";
import type { ListenedAddress } from "./threads/listening/places.ts";
import { Certificates } from "./threads/supervisor/certificates.ts";
import type { ThreadEvent, ThreadSnapshot, ThreadsSnapshot } from "./threads/supervisor/events.ts";
import { PerConnection } from "./threads/supervisor/per-connection.ts";
import { removePidFile, writePidFile } from "./threads/supervisor/pid-file.ts";
import { Pool } from "./threads/supervisor/pool.ts";
import type { Started, Supervisor } from "./threads/supervisor/supervisor.ts";

export type { MaintenanceOptions, SiteAuthOptions } from "./features/access/access-options.ts";
export type { BasicAuthOptions } from "./features/access/basic-auth.ts";
export { hashPassword } from "./features/access/password.ts";
export type { CorsOptions } from "./features/fields/cors.ts";
export type { HeaderRule } from "./features/fields/header-rules.ts";
export type { HstsOptions } from "./features/fields/hsts.ts";
export type { RedirectRule, RewriteRule } from "./features/routes.ts";
export type { Http1Limits } from "./http1/limits.ts";
export type { Http2Limits } from "./http2/limits.ts";
export type { AcmeOptions, AcmeTls, ExternalAccount } from "./options/acme-options.ts";
export type { OptionMistake } from "./options/mistakes.ts";
export type { ResolvedHostSite, ResolvedSite } from "./options/resolved-options.ts";
export type { SiteOptions } from "./options/site-options.ts";
export type { TlsOptions } from "./options/tls-options.ts";
export type { FixedOption } from "./options/unchangeable.ts";
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
 * (a thread died; `restartInMs` until its replacement starts), "notice" and "warning".
 */
export type ServerEvent = ThreadEvent;

/** How the program that embeds a server stays in touch with it. */
export interface ServerControls {
  /** Aborting it closes the server as `close()` does, and rejects a `listen()` that is under way with the signal's reason. */
  signal?: AbortSignal;
  /** Called on the main thread for each event; an exception that it throws is not caught. */
  onEvent?: (event: ServerEvent) => void;
  /** Base of the relative folders in the options. @default the working directory */
  folder?: string;
}

/** The outcome of a reload. */
export interface Reloaded {
  /**
   * Options that differ, and that only a restart can change: listen, host, port, socket, socketMode, fd, tls, tlsRedirect,
   * tlsRedirectFd, threads, maxThreads, transport, accept, mptcp, connectionLimitCount, stallTimeoutMs, http2, h2c, admin, console,
   * pidFile, trace, log, logFile, logMask, logRotateBytes, logKeepCount and limits.
   */
  readonly unchanged: readonly FixedOption[];
}

/** A server, from `createServer`. It serves from `listen()` to `close()`. */
export interface Server extends AsyncDisposable {
  /**
   * Opens the address, starts the threads and resolves when they serve. Can be called once.
   * Rejects with an `OptionError` when a folder cannot be read, when a file of `tls` cannot be read or used (the error names
   * the option, such as `tls.cert`), and when the kernel transport or a Unix socket is wanted but does not work on this
   * machine; with the system's error and its `code` when the address cannot be opened (EADDRINUSE, EACCES, EADDRNOTAVAIL,
   * ENOTFOUND, ENOTSOCK …); with the error of the first thread when no thread can start; with the signal's reason when the
   * signal is aborted; and with an `Error` when it was called before or the server is closed.
   */
  listen(): Promise<void>;
  /**
   * Replaces all options; an option that is not given gets its default. Connections stay open. The old options answer the
   * requests in flight; the new ones answer every request that arrives after the promise has resolved. Reloads run one
   * after the other, in the order of the calls.
   * Rejects with an `OptionError` for invalid options and unreadable folders, and with an `Error` when a thread cannot use
   * the options, before `listen()` has resolved, and after `close()`. The old options stay in use then.
   */
  reload(options: ServerOptions): Promise<Reloaded>;
  /**
   * The address for this machine, with the host name of the options: "http://localhost:8080/", or the path of the Unix
   * socket: "unix:/run/heddle.sock". Throws while the server does not listen.
   */
  readonly url: string;
  /**
   * Those of all listeners, in the order of the options; for one that is open to the network, one URL for each address of
   * this machine. Throws like `url`.
   */
  readonly urls: readonly string[];
  /** The numeric address of the first listener, or the path of its Unix socket. Throws like `url`. */
  readonly host: string;
  /** The port of the first listener; 0 with a Unix socket. Throws like `url`. */
  readonly port: number;
  /** Where the admin listener is, like `url`; undefined without the option `admin`, and before `listen()` has resolved. */
  readonly adminUrl: string | undefined;
  /**
   * The address of the live page, with the token that it wants where others can connect; undefined without the option
   * `console`, on a Unix socket, and before `listen()` has resolved.
   */
  readonly consoleUrl: string | undefined;
  /** The transport in use, and why it is not the kernel transport. Throws like `url`. */
  readonly transport: TransportChoice;
  /**
   * Why an address has no Multipath TCP, with the option `mptcp`; undefined where all have it, or it was not wanted. Throws
   * like `url`.
   */
  readonly mptcpObstacle: string | undefined;
  /**
   * The options in use since the last reload, with the rules from `_redirects`, `_headers` and `serve.json` applied. `port`
   * and `transport` are as they were given.
   */
  readonly options: ResolvedOptions;
  /** The threads and their counters at this moment. */
  readonly threads: ThreadsSnapshot;
  /** After another program has renamed the file of the access log (`logFile`): a new file of the old name begins. */
  reopenLog(): void;
  /**
   * Says that the server is not ready, and serves on for `drainDelayMs`. Then stops accepting, closes idle connections, lets
   * requests in flight finish for `graceMs` (both in ms; the options by default), closes the other connections and ends the
   * threads. Never rejects; every call returns the promise of the first one, and one with a `drainDelayMs` of 0 ends that
   * delay. `listen()` rejects after it. With `isReplaced`, another process listens on the same sockets already: they stay as
   * they are, so that nobody is refused, and there is no delay.
   */
  close(options?: { graceMs?: number; drainDelayMs?: number; isReplaced?: boolean }): Promise<void>;
  /**
   * The keys of session tickets: a server that takes the place of this one resumes the sessions of its clients with them.
   * Undefined without HTTPS.
   */
  readonly ticketKeys: Uint8Array | undefined;
  /** The addresses that it listens at, each with the index of its listener in `options.listen`. Throws like `url`. */
  readonly addresses: readonly ListenedAddress[];
  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server for these options. It does nothing before `listen()`. @throws {OptionError} for an invalid option */
export function createServer(options: ServerOptions & ServerControls = {}): Server {
  // As createServer() of node:http takes one.
  if (typeof options === "function") {
    throw new OptionError("", options, "an object of options: heddle serves files, and handlers do not exist yet");
  }
  const { signal, onEvent, folder, ...serverOptions } = options;
  return new ThreadedServer(resolveOptions(serverOptions, folder), folder, signal, onEvent ?? (() => {}));
}

/** Why the second port cannot be opened, in words. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  EADDRINUSE: "it is in use",
  EACCES: "this user may not open it",
  EPERM: "this user may not open it",
};

class ThreadedServer implements Server {
  /** In use now, with the rules from files in the roots. */
  #options: ResolvedOptions;
  /** As given, without those rules: a change of the files starts from here. */
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
  #endRedirects: () => void = () => {};
  #phase: Phase = "starting";
  readonly #reloads: { succeeded: number; failed: number; lastSuccessMs: number } = {
    succeeded: 0,
    failed: 0,
    lastSuccessMs: Date.now(),
  };
  #admin: AdminListener | undefined;
  #console: Console | undefined;
  #consoleUrl: string | undefined;
  readonly #drainDelayEnd = new AbortController();
  /** A change of files in the roots that was refused: a root may be gone for the moment. */
  readonly #retry = new Retry(() => this.#rereadFiles());
  readonly #certificates: Certificates | undefined;
  /** The default root, once it was ./public: when a build has just removed that, the folder around it is not served. */
  #publicRoot: string | undefined;
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
    this.#publicRoot = publicRootOf(options, folder);
    this.#onEvent = (event) => {
      this.#console?.note(event);
      publish(event.kind, event);
      onEvent(event);
    };
    this.#supervisor = new Kind(options, this.#onEvent);
    this.#signal = signal;
    const keeperOption = options.acme === undefined ? "tls" : "tls.acme.keyFolder";
    const challenges = options.acme && challengeFolder(options.acme.keyFolder);
    this.#certificates =
      options.tls && new Certificates(options.tls, challenges, () => keeperOf(options, this.#onEvent), keeperOption);
  }

  async listen(): Promise<void> {
    if (this.#hasListened) throw new Error("listen() was called before: create another server");
    this.#hasListened = true;
    this.#refuseWhenClosed();
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    try {
      const prepared = await this.#prepare(this.#wanted);
      this.#refuseWhenClosed();
      await this.#warnAbout(prepared);
      this.#refuseWhenClosed();
      await this.#openAdmin();
      this.#refuseWhenClosed();
      const tls = await this.#certificates?.readFirst();
      this.#refuseWhenClosed();
      const started = await this.#supervisor.start(prepared.options, tls);
      this.#refuseWhenClosed();
      const hasRedirects = await this.#openRedirects(this.#securePortOf(started));
      this.#refuseWhenClosed();
      this.#follow(this.#wanted, prepared);
      this.#followCertificates(hasRedirects);
      if (this.#wanted.pidFile !== undefined) writePidFile(this.#wanted.pidFile);
      this.#started = started;
      this.#phase = "serving";
      publish("listen", { urls: this.urls, adminUrl: this.adminUrl });
    } catch (error) {
      await this.close({ graceMs: 0 });
      throw this.#signal?.aborted ? this.#signal.reason : error;
    }
  }

  async reload(options: ServerOptions): Promise<Reloaded> {
    this.#refuseWhenClosed();
    void this.#listening; // throws while it does not listen
    const root = options.root ?? this.#publicRoot;
    const wanted = resolveOptions(root === undefined ? options : { ...options, root }, this.#folder);
    const reloaded = this.#reloaded.then(() => this.#goOver(wanted));
    this.#reloaded = reloaded.catch(() => {});
    return reloaded;
  }

  async #goOver(wanted: ResolvedOptions): Promise<Reloaded> {
    this.#refuseWhenClosed();
    try {
      const reloaded = await this.#change(wanted);
      this.#reloads.succeeded++;
      this.#reloads.lastSuccessMs = Date.now();
      this.#console?.mark("reload", "the options were read again, and are in use");
      publish("reload", reloaded);
      return reloaded;
    } catch (error) {
      this.#reloads.failed++;
      this.#console?.mark("reload-failed", `other options could not be used: ${String(error)}`);
      publish("reload", { error });
      throw error;
    }
  }

  async #change(wanted: ResolvedOptions): Promise<Reloaded> {
    const { options, unchanged } = keepFixed(wanted, this.#options);
    const prepared = await this.#prepare(options);
    this.#refuseWhenClosed();
    this.#refuseToServeAround(prepared.absent);
    await this.#supervisor.reload(prepared.options);
    this.#follow(options, prepared);
    // Told of what is in use: a reload that is refused may be tried many times.
    await this.#warnAbout(prepared);
    return { unchanged };
  }

  /** Checks the folders and reads the rules in their files: everything that has to be read before threads get the options. */
  async #prepare(options: ResolvedOptions): Promise<WithSiteFiles> {
    await checkFolders(options);
    return withSiteFiles(options);
  }

  async #warnAbout({ options, notes }: WithSiteFiles): Promise<void> {
    const missing = await missingPages(options);
    for (const text of [...notes, ...optionsWithoutEffect(options), ...missing])
      this.#onEvent({ kind: "warning", text });
  }

  /** A build removes the folder that serve.json names: what lies around it, sources for instance, is not served instead. */
  #refuseToServeAround(absent: readonly string[]): void {
    const { site, sites } = this.#options;
    const served = absent.find((folder) => [site, ...sites.map((one) => one.site)].some(({ root }) => root === folder));
    if (served !== undefined) throw new OptionError("public", served, "a folder that can be read");
  }

  /** Records the options now in use, and watches the roots: a deployment with other rule files starts a reload. */
  #follow(wanted: ResolvedOptions, { options, lookedFor }: WithSiteFiles): void {
    this.#wanted = wanted;
    this.#options = options;
    this.#publicRoot ??= publicRootOf(wanted, this.#folder);
    this.#endWatch();
    this.#retry.succeeded();
    if (this.#closed) return;
    this.#endWatch = watchSiteFiles(lookedFor, () => this.#rereadFiles());
  }

  #rereadFiles(): void {
    this.#reloaded = this.#reloaded.then(() => this.#goOver(this.#wanted)).catch((error) => this.#refuse(error));
  }

  /** Certificates are renewed while the server runs: all threads take the new ones, and no connection is closed. */
  #followCertificates(isPlainHttpOpen: boolean): void {
    this.#certificates?.watch(
      (tls) => this.#supervisor.exchangeCertificates(tls),
      (text) => this.#onEvent({ kind: "warning", text }),
      isPlainHttpOpen,
    );
  }

  /** Before the threads start, so that it can be seen that they do. */
  async #openAdmin(): Promise<void> {
    const { admin } = this.#wanted;
    if (admin === undefined) return;
    const onWarning = (error: unknown): void => this.#onEvent({ kind: "warning", text: `admin: ${String(error)}` });
    try {
      // Loaded only where it is used.
      const { openAdminListener } = await import("./admin/admin-listener.ts");
      const view = this.#adminView();
      const opened = this.#wanted.console ? await this.#newConsole(admin, view) : undefined;
      this.#admin = await openAdminListener(admin, view, onWarning, opened?.routes);
      this.#consoleUrl = opened && consoleUrlAt(this.#admin.url, opened.token);
      if (this.#closed) await this.#admin.close(isTakingOver());
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const place = admin.kind === "socket" ? admin.path : addressName(admin.host, admin.port);
      throw new OptionError("admin", place, `a place that can be opened (${REASONS[code] ?? code})`);
    }
  }

  async #newConsole(
    place: AdminPlace,
    view: AdminView,
  ): Promise<{ readonly routes: Console["routes"]; readonly token: string | undefined }> {
    const { Console, tokenFor } = await import("./console/console.ts");
    const token = tokenFor(place);
    this.#console = new Console(view, token, (isWatched) => this.#supervisor.setWatched(isWatched));
    return { routes: this.#console.routes, token };
  }

  #adminView(): AdminView {
    const server = this;
    return {
      get phase() {
        return server.#phase;
      },
      get threads() {
        return server.#supervisor.snapshot();
      },
      get metrics() {
        return server.#supervisor.metrics();
      },
      get samples() {
        return server.#supervisor.samples();
      },
      get certificates() {
        return server.#certificates?.inUse ?? [];
      },
      get options() {
        return server.#options;
      },
      get transport() {
        return server.#started?.transport.kind;
      },
      get mptcpAddressCount() {
        return server.#started?.addresses.filter(({ isMultipath }) => isMultipath).length ?? 0;
      },
      reloads: this.#reloads,
    };
  }

  /** Where HTTPS is, if it is at a port; 0 otherwise. */
  #securePortOf({ addresses }: Started): number {
    const { listen } = this.#wanted;
    return addresses.find(({ port, listener }) => port > 0 && listen[listener]!.isSecure)?.port ?? 0;
  }

  /**
   * Opens the port for plain HTTP. Without its default, which another server may hold, this one starts all the same.
   * @returns whether it is open
   */
  async #openRedirects(securePort: number): Promise<boolean> {
    const { tls, acme, tlsRedirect: port, tlsRedirectFd: fd, isTlsRedirectFixed, host } = this.#wanted;
    if (tls === undefined || (port === undefined && fd === undefined)) return false;
    if (port === securePort) throw new OptionError("tlsRedirect", port, otherThan(port));
    const challenges = acme && challengeFolder(acme.keyFolder);
    try {
      // Loaded only where it is used, as it needs node:http.
      const { openRedirectListener } = await import("./threads/supervisor/redirect-listener.ts");
      const place = fd === undefined ? { host, port: port! } : { fd };
      this.#endRedirects = await openRedirectListener({ place, securePort: securePort || 443, challenges });
      if (this.#closed) this.#endRedirects();
      return true;
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      const reason = REASONS[code] ?? code;
      if (fd !== undefined)
        throw new OptionError("tlsRedirectFd", fd, `the descriptor of a listening socket (${reason})`);
      if (isTlsRedirectFixed)
        throw new OptionError("tlsRedirect", port, `a port that can be opened on ${host} (${reason})`);
      const who = `the authority has to be answered ${acme?.challenge === "http-01" ? "there by another program" : "on the port of HTTPS"}`;
      const text = `tlsRedirect: port ${port} cannot be opened on ${host} (${reason}), so that ${who}`;
      this.#onEvent({ kind: "warning", text });
      return false;
    }
  }

  /** Says why the old rules stay in use, once, and tries again: nothing may change any more when the reason has gone. */
  #refuse(error: unknown): void {
    if (this.#closed) return;
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll("\n", "; ");
    const { site, sites } = this.#options;
    // Those that are served, too: serve.json may have named them.
    const folders = [...namedFolders(this.#wanted), ...namedFolders({ site, sites })];
    if (!this.#retry.refused(reason, folders)) return;
    this.#onEvent({ kind: "warning", text: `files in a root have changed, but the old rules stay in use: ${reason}` });
  }

  get options(): ResolvedOptions {
    return this.#options;
  }

  get url(): string {
    return this.urls[0]!;
  }

  get urls(): readonly string[] {
    return [...new Set(this.#listening.addresses.flatMap((one) => this.#urlsAt(one)))];
  }

  #urlsAt({ address, port, listener }: ListenedAddress): string[] {
    if (port === 0) return [`unix:${address}`];
    const place = this.options.listen[listener]!;
    // As the options name it: clients may know the address by a name.
    const host = place.kind === "address" ? place.host : address;
    const scheme = place.isSecure ? "https" : "http";
    return namesOf(host).map((name) => `${scheme}://${isIPv6(name) ? `[${name}]` : name}:${port}/`);
  }

  get host(): string {
    return this.#listening.addresses[0].address;
  }

  get port(): number {
    return this.#listening.addresses[0].port;
  }

  get transport(): TransportChoice {
    return this.#listening.transport;
  }

  get mptcpObstacle(): string | undefined {
    return this.#listening.mptcpObstacle;
  }

  get threads(): ThreadsSnapshot {
    return this.#supervisor.snapshot();
  }

  reopenLog(): void {
    this.#supervisor.reopenLog();
  }

  get addresses(): readonly ListenedAddress[] {
    return this.#listening.addresses;
  }

  get ticketKeys(): Uint8Array | undefined {
    return this.#certificates?.ticketKeys;
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  get consoleUrl(): string | undefined {
    return this.#consoleUrl;
  }

  close(options: { graceMs?: number; drainDelayMs?: number; isReplaced?: boolean } = {}): Promise<void> {
    const { graceMs, drainDelayMs, isReplaced = isTakingOver() } = options;
    if (drainDelayMs === 0) this.#drainDelayEnd.abort();
    const delayMs = isReplaced ? 0 : (drainDelayMs ?? this.options.drainDelayMs);
    this.#closed ??= this.#end(graceMs ?? this.options.graceMs, delayMs, isReplaced);
    return this.#closed;
  }

  async #end(graceMs: number, drainDelayMs: number, isReplaced: boolean): Promise<void> {
    this.#phase = "stopping";
    if (!isReplaced) this.#supervisor.announceStop();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#endWatch();
    this.#retry.end();
    const kept = this.#certificates?.endWatch();
    // Who has not begun to serve has nobody who could leave.
    if (this.#started !== undefined && drainDelayMs > 0) {
      await delay(drainDelayMs, undefined, { signal: this.#drainDelayEnd.signal }).catch(() => {});
    }
    this.#endRedirects();
    this.#console?.close();
    // The admin listener of the other process answers from now on, for the server that serves.
    if (isReplaced) await this.#admin?.close(isReplaced);
    await Promise.all([this.#supervisor.close(graceMs, isReplaced), kept]);
    if (!isReplaced) await this.#admin?.close(isReplaced);
    if (this.options.pidFile !== undefined) removePidFile(this.options.pidFile);
    publish("close", {});
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

/** Keeps the certificate that an authority gives; undefined where files are given. */
async function keeperOf(
  { acme, localAuthority }: ResolvedOptions,
  onEvent: (event: ServerEvent) => void,
): Promise<CertificateKeeper | LocalKeeper | undefined> {
  const events = {
    onNotice: (text: string) => onEvent({ kind: "notice", text }),
    onWarning: (text: string) => onEvent({ kind: "warning", text }),
  };
  if (localAuthority !== undefined) {
    const { LocalKeeper } = await import("./local-authority/keeper.ts");
    return new LocalKeeper(localAuthority, events);
  }
  if (acme === undefined) return undefined;
  const { CertificateKeeper } = await import("./acme/keeper.ts");
  return new CertificateKeeper(acme, events);
}

/** The folder ./public, when it was chosen because it exists. */
function publicRootOf({ given, root }: ResolvedOptions, folder = process.cwd()): string | undefined {
  return given.includes("root") || root === resolve(folder) ? undefined : root;
}

/** The names under which clients reach a server with this host; first the name for this machine. */
function namesOf(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const isReached = ({ internal, family, address }: (typeof addresses)[number]): boolean =>
    !internal && (family === "IPv4" || (host === "::" && !address.startsWith("fe80:")));
  return ["localhost", ...addresses.filter(isReached).map(({ address }) => address)];
}

/** Browsers cannot open a Unix socket. */
function consoleUrlAt(adminUrl: string, token: string | undefined): string | undefined {
  if (adminUrl.startsWith("unix:")) return undefined;
  return `${adminUrl}console${token === undefined ? "" : `?token=${token}`}`;
}
