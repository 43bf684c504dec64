// A thread that serves: it builds a handler and a transport, and follows the supervisor's messages. It owns its
// connections from accept (or transfer) to close. It ends by itself when it is told to and the last one is closed.
import type { Server, Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { ENCODER_SHARE, ENCODING_LIMIT_BYTES, PENDING_LIMIT_BYTES } from "../../content/codings/encoder.ts";
import { OPEN_FILE_LIMIT_COUNT } from "../../content/plans/plan-cache.ts";
import { createOpener } from "../../files/containment.ts";
import type { Opener } from "../../files/opener.ts";
import type { Origin } from "../../proxies/clients.ts";
import { RefusalRecorder } from "../../refusals/recorder.ts";
import type { ClosableHandler } from "../../site/handler.ts";
import type { HealthPath } from "../../site/health.ts";
import { createHosts } from "../../site/hosts.ts";
import { Survivors } from "../../site/survivors.ts";
import { AccessLog } from "../../telemetry/access-log/access-log.ts";
import { describeError } from "../../telemetry/describe-error.ts";
import { OncePerMinute } from "../../telemetry/once-per-minute.ts";
import { rateLimited } from "../../telemetry/rate-limit.ts";
import { handshakeRefusalOf } from "../../tls/handshake-failure.ts";
import type { AcceptRefusal } from "../../transport/accept-refusals.ts";
import { Handshakes } from "../../transport/handshakes.ts";
import type { SecureContexts } from "../../transport/kernel/secure-contexts.ts";
import type { KernelTransport } from "../../transport/kernel/transport.ts";
import type { ProxyPreludes } from "../../transport/portable/proxy-preludes.ts";
import type { SecureServer } from "../../transport/portable/secure-server.ts";
import type { PortableTransport } from "../../transport/portable/transport.ts";
import type { TransportHooks, TransportListener } from "../../transport/transport.ts";
import { closeWhenTaken } from "../close-server.ts";
import { PeerThreads, ThreadCounters } from "../counters.ts";
import { Encoders } from "../encoder/encoders.ts";
import { type CompiledCode, type FromThread, HEARTBEAT_MS, type StartData, type ToThread } from "../messages.ts";
import { MetricCounters } from "../metric-counters.ts";
import { isWatched } from "../samples.ts";
import type { ThreadOptions } from "../site-numbers.ts";
import { ROUND_TRIP_MS } from "../until-taken.ts";
import { ExchangeableHandler } from "./exchangeable-handler.ts";
import { ReportQueue } from "./report-queue.ts";
import type { Sampler } from "./sampler.ts";
import { ThreadLimits } from "./thread-limits.ts";
import { ThreadProxies } from "./thread-proxies.ts";

/** The modules of the transport in use. */
type Modules =
  | {
      readonly portable: typeof import("../../transport/portable/transport.ts");
      readonly secure?: typeof import("../../transport/portable/secure-server.ts");
      readonly headers?: typeof import("../../transport/portable/proxy-preludes.ts");
      readonly http2?: typeof import("../../transport/portable/http2-exchanges.ts");
    }
  | {
      readonly kernel: typeof import("./kernel-modules.ts");
      readonly secure?: typeof import("../../transport/kernel/secure-contexts.ts");
      readonly headers?: typeof import("../../transport/kernel/proxy-headers.ts");
      readonly http2?: typeof import("../../transport/kernel/http2-exchanges.ts");
    };

/** How often what a thread has in memory is written for metrics, in ms. */
const GAUGES_MS = 1000;

export class ServingThread {
  /** Its options are those of the start. A reload changes only the handler's. */
  readonly #start: StartData;
  readonly #port: MessagePort;
  /** Called at the end, when everything that one connection needs has been compiled. */
  readonly #collectCode: () => CompiledCode | undefined;
  /** This thread's slice of the counters: we write it, the supervisor and our peers read it. */
  readonly #counters: ThreadCounters;
  /** Undefined where nobody can ask for metrics. */
  readonly #metrics: MetricCounters | undefined;
  /** The slices of all threads, which we only read. */
  readonly #peers: PeerThreads;
  readonly #reports: ReportQueue;
  readonly #refusals: RefusalRecorder;
  readonly #forbidden = new OncePerMinute();
  /** Without a limit, a root that is gone would fill the log: every request fails then. */
  readonly #warnOfError = rateLimited((text) => this.#report("warning", text));
  /** Their ports, and what is under way on them, end with the encoder threads; they themselves end with this thread. */
  readonly #encoders: Encoders;
  /** Made once, used by each handler: a reload keeps it. */
  readonly #survivors = new Survivors();
  /** Undefined on the portable transport. */
  readonly #openerFor: ((root: string) => Opener) | undefined;
  readonly #limits: ThreadLimits;
  readonly #proxies: ThreadProxies;
  /** How connections come, by listener. */
  readonly #listeners: readonly TransportListener[];
  readonly #handler: ExchangeableHandler;
  // One of the two, which moves the bytes: by system calls, or by node:net.
  readonly #kernel: KernelTransport | undefined;
  readonly #portable: PortableTransport | undefined;
  /** Certificates on the kernel transport; undefined without HTTPS. */
  readonly #secureContexts: SecureContexts | undefined;
  /** In front of the portable transport; undefined without HTTPS. */
  readonly #secure: SecureServer | undefined;
  /** In front of both; undefined where connections begin without a PROXY header. */
  readonly #preludes: ProxyPreludes | undefined;
  /** On the kernel transport, each turn of its loop is a heartbeat, and an idle thread needs no timer. */
  readonly #heartbeat: NodeJS.Timeout | undefined;
  /** The listening socket of this thread alone; undefined when threads share one, or none listens. */
  #server: Server | undefined;
  /** The supervisor has it, because this thread is full. */
  #hasGivenBack = false;
  #hasWarnedOfOpener: boolean;
  /** How long listening sockets may take to close; undefined while the server does not stop. */
  #lastCallMs: number | undefined;
  #answered: Promise<void> = Promise.resolve();
  #serversClosed: Promise<unknown> = Promise.resolve();
  #isFinished = false;
  /** Undefined until somebody looks at the live page. */
  #sampler: Sampler | undefined;
  /** Another process listens on the sockets from which this thread accepts. */
  #isReplaced = false;

  /** Loads one transport only: node:net is a tenth of the cost of a thread's start, and node:ffi may be missing. */
  static async start(
    start: StartData,
    port: MessagePort,
    collectCode: () => CompiledCode | undefined = () => undefined,
  ): Promise<ServingThread> {
    const { options } = start;
    const listeners = transportListeners(options);
    const speaksHttp2 = listeners.some(({ hasHttp2 }) => hasHttp2);
    const hasHeaders = listeners.some(({ hasProxyHeader }) => hasProxyHeader);
    const modules =
      start.kernel === undefined
        ? {
            portable: await import("../../transport/portable/transport.ts"),
            ...(start.tls && { secure: await import("../../transport/portable/secure-server.ts") }),
            ...(hasHeaders && { headers: await import("../../transport/portable/proxy-preludes.ts") }),
            ...(speaksHttp2 && { http2: await import("../../transport/portable/http2-exchanges.ts") }),
          }
        : {
            kernel: await ServingThread.loadKernel(),
            ...(start.tls && { secure: await import("../../transport/kernel/secure-contexts.ts") }),
            ...(hasHeaders && { headers: await import("../../transport/kernel/proxy-headers.ts") }),
            ...(speaksHttp2 && { http2: await import("../../transport/kernel/http2-exchanges.ts") }),
          };
    const proxies = await ThreadProxies.load(options);
    const limits = await ThreadLimits.load(start);
    return new ServingThread(start, port, modules, proxies, limits, collectCode);
  }

  /** May be called ahead. Rejects where there is no node:ffi. */
  static loadKernel(): Promise<typeof import("./kernel-modules.ts")> {
    return import("./kernel-modules.ts");
  }

  private constructor(
    start: StartData,
    port: MessagePort,
    modules: Modules,
    proxies: ThreadProxies,
    limits: ThreadLimits,
    collectCode: () => CompiledCode | undefined,
  ) {
    const { options, slot, counters, threadCount } = start;
    this.#start = start;
    this.#port = port;
    this.#collectCode = collectCode;
    this.#limits = limits;
    this.#proxies = proxies;
    this.#listeners = transportListeners(options);
    limits.begin({ now: () => this.#transport.monotonicMs, onWarning: (text) => this.#report("warning", text) });
    this.#counters = new ThreadCounters(counters, slot);
    this.#metrics = options.admin && new MetricCounters(counters, slot);
    this.#peers = new PeerThreads(counters, threadCount);
    this.#reports = new ReportQueue((reports) => this.#tell({ kind: "reports", reports }));
    this.#refusals = new RefusalRecorder({
      thread: start.number,
      listeners: this.#listeners.map(({ name }) => name),
      count: (index) => this.#counters.countRefusal(index),
      onTrace: options.trace ? (text) => this.#trace(text) : undefined,
      tracesSecrets: options.traceSecrets,
      onEvent: (event) => this.#reports.add(event),
    });
    // Room for at least one file of the largest size that is encoded, and its dictionary.
    const pendingLimitBytes = Math.max(PENDING_LIMIT_BYTES / threadCount, 2 * ENCODING_LIMIT_BYTES);
    this.#encoders = new Encoders(
      (encoder) => this.#tell({ kind: "encoder-wanted", encoder }),
      pendingLimitBytes,
      ({ coding }, { kind }) => this.#metrics?.countEncoding(coding, kind),
    );
    // All threads find the same reason, for every root: the first thread tells it, once.
    this.#hasWarnedOfOpener = slot !== 0;
    if ("kernel" in modules) modules.kernel.hashByOpenSsl();
    if ("kernel" in modules) this.#openerFor = (root) => this.#newKernelOpener(modules.kernel, root);
    this.#handler = new ExchangeableHandler((wanted) => this.#newHandler(wanted), options);
    if ("kernel" in modules) {
      if (modules.secure) this.#secureContexts = new modules.secure.SecureContexts(start.tls!, options.http2);
      this.#kernel = this.#newKernelTransport(modules);
    } else {
      this.#portable = new modules.portable.PortableTransport(
        this.#handler,
        {
          limits: options.limits,
          listeners: this.#listeners,
          proxies: proxies.clients,
          http2: modules.http2,
          clients: limits.clients,
          refusedOverCount: this.#refusesOver ? this.#connectionLimitCount : undefined,
        },
        this.#newHooks(),
      );
      if (modules.secure) this.#secure = this.#newSecureServer(modules.secure, this.#portable);
      if (modules.headers) this.#preludes = this.#newPreludes(modules.headers);
      this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    }
    this.#counters.beat();
    port.on("message", (message: ToThread) => this.#receive(message));
    this.#tell({ kind: "ready" });
    if (start.samples !== undefined && isWatched(start.samples)) void this.#beginSamples();
  }

  get #transport(): KernelTransport | PortableTransport {
    return (this.#kernel ?? this.#portable)!;
  }

  #newHandler(options: ThreadOptions): ClosableHandler {
    const { threadCount, budget } = this.#start;
    if (options.mode === "pool" && hasDictionaries(options)) this.#encoders.prepare();
    const shared = {
      site: options.site,
      // Whoever may come without TLS is looked at, request by request.
      isSecure: this.#listeners.every((listener) => listener.isSecure),
      openerFor: this.#openerFor,
      revalidateMs: options.revalidateMs,
      cacheLimitBytes: Math.floor(options.cacheLimitBytes / threadCount),
      encoder: this.#encoders,
      survivors: this.#survivors,
      encodedLimitBytes: Math.floor((options.encodedLimitBytes * (1 - ENCODER_SHARE)) / threadCount),
      openFileLimitCount: Math.ceil(Math.min(OPEN_FILE_LIMIT_COUNT, budget?.openFileCount ?? Infinity) / threadCount),
      // The kernel transport reads the clock once for all events of one wait.
      now: () => this.#kernel?.wallMs ?? Date.now(),
      onError: (error: unknown) => this.#onError(error),
      onForbidden: (error: Error) => this.#reportForbidden(error),
      limits: this.#limits.of(options),
      tally: this.#metrics,
      siteNumbers: options.siteNumbers,
      exchangeNumbers: options.exchangeNumbers,
      health: options.healthPath === undefined ? undefined : this.#healthAt(options.healthPath),
    };
    return createHosts(shared, options.sites);
  }

  #healthAt(path: string): HealthPath {
    return { path, isReady: () => !this.#counters.isStopping };
  }

  #newKernelOpener({ createKernelOpener }: typeof import("./kernel-modules.ts"), root: string): Opener {
    return createKernelOpener(root, createOpener(root), (reason) => {
      if (!this.#hasWarnedOfOpener) {
        this.#report("warning", `files are opened by a slower method, which is just as safe (${reason})`);
      }
      this.#hasWarnedOfOpener = true;
    });
  }

  #newKernelTransport({
    kernel: { KernelTransport },
    http2,
    headers,
  }: Extract<Modules, { kernel: unknown }>): KernelTransport {
    const { options, kernel, slot, threadCount } = this.#start;
    const contexts = this.#secureContexts;
    const secure = contexts && {
      newChannel: (fd: number) => contexts.newChannel(fd),
      handshakes: this.#newHandshakes(),
    };
    const load = (other: number): number => this.#peers.load(other);
    const shared = { ...kernel!, slot, slotCount: threadCount, load, heart: this.#newHeart() };
    return new KernelTransport(
      this.#handler,
      {
        limits: options.limits,
        proxies: this.#proxies.clients,
        proxyHeaders: headers,
        listeners: this.#listeners,
        http2,
        connectionLimitCount: this.#connectionLimitCount,
        makesRoom: this.#makesRoom,
        refusesOver: this.#refusesOver,
        clients: this.#limits.clients,
        secure,
      },
      this.#newHooks(),
      shared,
    );
  }

  /** Each turn of the loop beats. With metrics, one turn in a second has a little more to do. */
  #newHeart(): Pick<ThreadCounters, "beat" | "rest"> {
    const counters = this.#counters;
    if (this.#metrics === undefined) return counters;
    let nextMs = 0;
    return {
      beat: (nowMs) => {
        counters.beat(nowMs);
        if (nowMs! < nextMs) return;
        nextMs = nowMs! + GAUGES_MS;
        this.#setGauges();
      },
      rest: () => counters.rest(),
    };
  }

  #setGauges(): void {
    const metrics = this.#metrics;
    if (metrics === undefined) return;
    metrics.setGauges({ heapBytes: process.memoryUsage().heapUsed, ...this.#handler.usage });
    metrics.setBusy(this.#kernel?.busyMs ?? performance.eventLoopUtilization().active);
  }

  #newSecureServer(
    { SecureServer }: typeof import("../../transport/portable/secure-server.ts"),
    portable: PortableTransport,
  ): SecureServer {
    return new SecureServer(this.#start.tls!, {
      handshakes: this.#newHandshakes(),
      hasHttp2: this.#start.options.http2,
      onSecure: (socket, secured, listener) => portable.serve(socket, secured, listener),
      onPlain: (socket, listener, origin) => portable.refusePlain(socket, listener, origin),
      countPending: (change) => this.#counters.countPending(change),
    });
  }

  #newPreludes({ ProxyPreludes }: typeof import("../../transport/portable/proxy-preludes.ts")): ProxyPreludes {
    return new ProxyPreludes({
      isTrusted: (address) => this.#proxies.clients!.trust.has(address),
      timeoutMs: this.#start.options.limits.headTimeoutMs,
      schemeOf: (listener) => (this.#listeners[listener]!.isSecure ? "https" : "http"),
      onOrigin: (socket, listener, origin) => this.#serveWith(socket, listener, origin),
      onRefusal: (refusal, peer) => this.#refusals.record(refusal, peer),
      countPending: (change) => this.#counters.countPending(change),
    });
  }

  #newHandshakes(): Handshakes {
    return new Handshakes({
      connectionLimitCount: this.#connectionLimitCount,
      idleTimeoutMs: this.#start.options.limits.idleTimeoutMs,
      onFailure: (reason, peer) => {
        this.#counters.countHandshakeFailure(reason);
        const code = handshakeRefusalOf(reason);
        if (code !== undefined) this.#refusals.record({ by: "tls", code, status: undefined }, peer);
      },
    });
  }

  /** Takes over an accepted connection on the portable transport. */
  #serve(socket: Socket, listener: number): void {
    if (this.#listeners[listener]!.hasProxyHeader) this.#preludes!.take(socket, listener);
    else this.#serveWith(socket, listener, undefined);
  }

  /** @param origin what a PROXY header has said; undefined where none comes first */
  #serveWith(socket: Socket, listener: number, origin: Origin | undefined): void {
    if (this.#listeners[listener]!.isSecure) this.#secure!.take(socket, listener, origin);
    else this.#portable?.serve(socket, origin && { isHttp2: false, certificate: undefined, origin }, listener);
  }

  #newHooks(): TransportHooks {
    const { options, number, log: ring, lastConnection } = this.#start;
    const onTrace = (text: string): void => this.#trace(text);
    const masks = { query: options.logMask.includes("query"), address: options.logMask.includes("address") };
    return {
      counters: this.#counters,
      onTrace: options.trace ? onTrace : undefined,
      tracesSecrets: options.traceSecrets,
      newConnectionId: lastConnection && idsFrom(new Uint32Array(lastConnection)),
      durations: this.#metrics,
      accessLog: ring && new AccessLog({ format: options.log, masks, ring, thread: number }),
      onRefusal: (refusal, peer) => this.#refusals.record(refusal, peer),
      onError: (error) => this.#onError(error),
    };
  }

  #trace(text: string): void {
    this.#report("trace", text.replace(/^/gm, `thread ${this.#start.number} `));
  }

  #receive(message: ToThread): void {
    switch (message.kind) {
      case "listen":
        return this.#listen(message.server, message.listener);
      case "accept":
        return this.#accept(message.fds, message.listeners);
      case "connection":
        this.#counters.countTaken();
        if (this.#isFull && this.#makesRoom) this.#portable?.makeRoom();
        this.#serve(message.socket, message.listener);
        if (this.#start.options.mode === "per-connection") this.#finishWhenEmpty();
        return;
      case "last-call":
        this.#isReplaced = message.isReplaced;
        return this.#lastCall(message.graceMs);
      case "drain":
        this.#lastCall(0);
        return afterReading(() => {
          this.#transport.drain(this.#isReplaced);
          this.#finishWhenEmpty();
        });
      case "destroy":
        this.#preludes?.destroy();
        this.#secure?.destroy();
        return this.#transport.destroy();
      case "reports-received":
        return this.#reports.received();
      case "encoder":
        return this.#encoders.connect(message.encoder, message.port);
      case "prepare":
        return this.#answer(message.id, async () => {
          await this.#limits.load(message.options);
          await this.#proxies.prepare(message.options);
          this.#handler.prepare(message.options);
        });
      case "adopt":
        return this.#answer(message.id, () => {
          this.#handler.adopt();
          this.#transport.setClients(this.#proxies.adopt());
        });
      case "discard":
        this.#answered = this.#answered.then(() => this.#handler.discard());
        return;
      case "watched":
        return void this.#beginSamples();
      case "certificates":
        this.#secureContexts?.adopt(message.tls);
        return this.#secure?.adopt(message.tls);
      default:
        message satisfies never;
    }
  }

  /** Loaded when somebody looks at the live page for the first time. */
  async #beginSamples(): Promise<void> {
    const { samples, counters, slot } = this.#start;
    if (samples === undefined || this.#isFinished) return;
    const { newSampler } = await import("./sampler.ts");
    if (this.#isFinished) return;
    this.#sampler ??= newSampler({
      memory: samples,
      counters,
      slot,
      transport: this.#transport,
      handler: this.#handler,
    });
    this.#sampler.begin();
  }

  /** One question after the other: what a thread has to load first must not let "adopt" overtake "prepare". */
  #answer(id: number, act: () => void | Promise<void>): void {
    this.#answered = this.#answered.then(act).then(
      () => this.#tell({ kind: "answer", id, failure: undefined }),
      (error) => this.#tell({ kind: "answer", id, failure: describeError(error) }),
    );
  }

  #accept(fds: readonly number[], listeners: readonly number[]): void {
    if (this.#start.options.mode === "pool") return this.#kernel?.listen(fds, listeners);
    this.#kernel?.acceptOne(fds, listeners, () => {
      this.#tell({ kind: "accepted" });
      this.#finishWhenEmpty();
    });
  }

  /** What this thread may have at once. */
  get #connectionLimitCount(): number {
    const { options, budget, threadCount } = this.#start;
    const limitCount = Math.min(options.connectionLimitCount, budget?.connectionCount ?? Number.POSITIVE_INFINITY);
    return Math.ceil(limitCount / threadCount);
  }

  /** Whether descriptors end before the connections that the options allow: then idle connections make room. */
  get #makesRoom(): boolean {
    const { options, budget } = this.#start;
    return budget !== undefined && budget.connectionCount < options.connectionLimitCount;
  }

  get #refusesOver(): boolean {
    return this.#start.options.overLimit === "refuse";
  }

  get #connectionCount(): number {
    const pendingCount = (this.#preludes?.pendingCount ?? 0) + (this.#secure?.pendingCount ?? 0);
    return this.#transport.connectionCount + pendingCount;
  }

  get #isFull(): boolean {
    return this.#connectionCount >= this.#connectionLimitCount;
  }

  #beat(): void {
    this.#counters.beat();
    this.#setGauges();
    const canMakeRoom = this.#makesRoom && this.#portable!.canMakeRoom;
    // Nobody had waited long enough when the last ones came.
    if (canMakeRoom && this.#connectionCount > this.#connectionLimitCount) this.#portable!.makeRoom();
    this.#counters.noteRoom(canMakeRoom);
    if (!this.#hasGivenBack || (this.#isFull && !canMakeRoom)) return;
    this.#hasGivenBack = false;
    this.#tell({ kind: "room" });
  }

  #listen(server: Server, listener: number): void {
    const { number } = this.#start;
    this.#server = server;
    server.on("connection", (socket) => this.#takeOrGiveBack(socket, listener));
    // Most likely no descriptor is left: that costs the connection, not the thread.
    const warn = rateLimited((text) =>
      this.#report("warning", `thread ${number} could not accept a connection: ${text}`),
    );
    server.on("error", (error) => {
      warn(error.message);
      const code: AcceptRefusal = "ACCEPT_FAILED";
      this.#refusals.record({ by: "accept", code, status: undefined }, { address: "", listener });
      this.#portable?.makeRoom();
      this.#giveBack();
    });
    if (this.#lastCallMs !== undefined) this.#closeServer(server);
  }

  #lastCall(graceMs: number): void {
    this.#lastCallMs ??= graceMs;
    this.#preludes?.drain();
    this.#secure?.drain();
    this.#transport.lastCall();
    if (this.#server !== undefined) this.#closeServer(this.#server);
    // A request on a connection that is idle now has arrived by then.
    setTimeout(() => afterReading(() => this.#transport.closeIdle()), Math.min(ROUND_TRIP_MS, graceMs)).unref();
  }

  #closeServer(server: Server): void {
    this.#server = undefined;
    if (this.#isReplaced) return void server.close();
    const closed = closeWhenTaken(server, this.#lastCallMs!);
    this.#serversClosed = Promise.all([this.#serversClosed, closed]);
  }

  #takeOrGiveBack(socket: Socket, listener: number): void {
    // `maxConnections` of the server would not count those that the supervisor has handed over.
    const hasRoom = !this.#isFull || this.#refusesOver || (this.#makesRoom && this.#portable!.makeRoom());
    this.#serve(socket, listener);
    if (!hasRoom) this.#giveBack();
  }

  /** What waits at our listening socket goes to another thread, or waits until one has room. */
  #giveBack(): void {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#hasGivenBack = true;
    server.removeAllListeners();
    this.#port.postMessage({ kind: "full", server } satisfies FromThread, [server]);
  }

  #finishWhenEmpty(): void {
    // Nothing comes back from the handshakes to the listening sockets, nor from the transport to the handshakes.
    void this.#serversClosed
      .then(() => this.#preludes?.whenEmpty())
      .then(() => this.#secure?.whenEmpty())
      .then(() => this.#transport.whenEmpty())
      .then(() => this.#finish());
  }

  /** Closes everything that keeps the event loop running: the thread ends when the last of it is closed. */
  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    clearInterval(this.#heartbeat);
    this.#sampler?.end();
    this.#kernel?.stop();
    this.#handler.close();
    this.#encoders.close();
    this.#reports.flush();
    const code = this.#collectCode();
    if (code !== undefined) this.#tell({ kind: "compiled", code });
    this.#tell({ kind: "finished" });
    this.#port.close();
  }

  #onError(error: unknown): void {
    this.#warnOfError(`thread ${this.#start.number}: ${describeError(error)}`);
  }

  /** Each thread finds the same file: the supervisor tells it once, and this keeps the messages to it few. */
  #reportForbidden(error: Error): void {
    const text = describeError(error);
    if (this.#forbidden.mayTell(text)) this.#reports.add({ kind: "forbidden", text });
  }

  #report(kind: "trace" | "warning", text: string): void {
    this.#reports.add({ kind, text });
  }

  #tell(message: FromThread): void {
    this.#port.postMessage(message);
  }
}

/** Numbers that no other thread gives. */
function idsFrom(last: Uint32Array): () => number {
  return () => (Atomics.add(last, 0, 1) + 1) >>> 0;
}

function transportListeners({ listen, http2, h2c }: ThreadOptions): TransportListener[] {
  return listen.map(({ name, isSecure, hasProxyHeader }) => ({
    name,
    isSecure,
    hasHttp2: isSecure ? http2 : h2c,
    hasProxyHeader,
  }));
}

/** A thread that was too busy to read finds out first which connections are idle: immediates run when sockets were read. */
function afterReading(act: () => void): void {
  setImmediate(act);
}

/** Whether a request may wait for what is encoded with a dictionary. */
function hasDictionaries({ site, sites }: ThreadOptions): boolean {
  const all = [site, ...sites.map((one) => one.site)];
  return all.some(({ dictionaries, compress }) => dictionaries !== undefined && compress);
}
