// The main thread's part: starts the threads that serve, checks their heartbeats, reloads, replaces and stops them. It
// serves no request itself, and no thread that dies takes it down. The two kinds are pool.ts and per-connection.ts.
//
// What happens when a thread dies? thread.ts notices that the worker has exited, whether it threw, ran out of memory or
// was terminated because its heartbeat stopped. Then `#threadEnded` takes these steps:
//   1. The thread gets no more connections, and those that it left open are closed.
//   2. Its slot becomes free, and its counts are added to the totals.
//   3. Another thread takes its place: at once the first time, later each time it happens again soon (restart.ts).
//   4. The event "thread-stopped" names the thread, the cause and the wait.
import { clearExchanges, EXCHANGE_SITE_COUNT, newExchangeMemory } from "../../limits/exchanges.ts";
import { newLimitMemory } from "../../limits/memory.ts";
import type { ResolvedListener } from "../../options/listen-options.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { OncePerMinute } from "../../telemetry/once-per-minute.ts";
import type { TlsMaterial } from "../../tls/certificate.ts";
import { BACKLOG_COUNT } from "../../transport/kernel/backlog.ts";
import { type KernelMemory, newKernelMemory } from "../../transport/kernel/shared.ts";
import { siteRoomOf } from "../counter-layout.ts";
import { CounterTable } from "../counters.ts";
import { budgetOf, type DescriptorBudget, type Descriptors } from "../descriptors.ts";
import { ENCODER_URL } from "../encoder/encoder-host.ts";
import { EncoderHosts } from "../encoder/encoder-hosts.ts";
import { Binding } from "../listening/binding.ts";
import { chooseTransport, type TransportChoice } from "../listening/choose-transport.ts";
import { isTakingOver } from "../listening/handed-over.ts";
import type { Listening } from "../listening/listening.ts";
import type { ListenedAddress } from "../listening/places.ts";
import type { Listened } from "../listening/shared-listener.ts";
import { type CompiledCode, HEARTBEAT_MS, type Report, type ToThread } from "../messages.ts";
import type { Restart } from "../restart.ts";
import { clearSample, newSampleMemory, readSample, setWatched } from "../samples.ts";
import { SiteNumbers, type ThreadOptions } from "../site-numbers.ts";
import type { Samples, SupervisedMetrics, ThreadEvent, ThreadsSnapshot } from "./events.ts";
import { adoptAll, prepareAll } from "./reload.ts";
import type { SupervisedClients } from "./supervised-clients.ts";
import { SupervisedLog } from "./supervised-log.ts";
import { Thread, type ThreadMessage } from "./thread.ts";
import type { WorkerEntry } from "./worker-entry.ts";

/** How long threads may take that were told to close everything, in ms. */
const DESTROY_TIMEOUT_MS = 1_000;

/** Where the server listens, and how. */
export interface Started {
  /** In the order of the listeners; a listener at localhost has several, all at one port. */
  readonly addresses: readonly [ListenedAddress, ...ListenedAddress[]];
  readonly transport: TransportChoice;
  /** Why an address has no Multipath TCP that was wanted; undefined where all have it, or it was not wanted. */
  readonly mptcpObstacle: string | undefined;
}

/** Listening addresses, and how their connections get to the threads. */
export interface Opened {
  readonly addresses: Started["addresses"];
  readonly listening: Listening;
}

export abstract class Supervisor {
  /** The options of the start. A reload changes those of the threads only. */
  protected readonly options: ResolvedOptions;
  protected readonly onEvent: (event: ThreadEvent) => void;
  /** Delays the replacements: one for each slot of a pool, one for all threads per connection. */
  protected abstract readonly restarts: readonly Restart[];
  readonly #entry: WorkerEntry;
  readonly #slotCount: number;
  /** What the descriptors of the process allow. */
  readonly #budget: DescriptorBudget;
  /** The next thread starts with these. */
  #threadOptions: ThreadOptions;
  /** The next thread starts with these; undefined without HTTPS. */
  #tls: TlsMaterial | undefined;
  /** Each thread writes its slice, and we read it; a slice outlives its thread. */
  readonly #counters: CounterTable;
  readonly #siteNumbers: SiteNumbers;
  /** Threads write their places while somebody looks; undefined without a live page. */
  readonly #samples: SharedArrayBuffer | undefined;
  /** Shared by all threads on the kernel transport, as long as the supervisor; undefined on the portable one. */
  #kernel: KernelMemory | undefined;
  readonly #lastConnection = new SharedArrayBuffer(Uint32Array.BYTES_PER_ELEMENT);
  /** Each thread counts in it by atomic operations. What it holds is true whichever thread has ended. */
  readonly #limits: SharedArrayBuffer = newLimitMemory();
  /** Each thread counts in its row; what a dead one has left there is taken back. */
  readonly #exchanges: SharedArrayBuffer;
  readonly #exchangeNumbers = new SiteNumbers(EXCHANGE_SITE_COUNT);
  #clients: SupervisedClients | undefined;
  /** By slot. */
  readonly #threads: (Thread | undefined)[];
  readonly #encoders: EncoderHosts;
  readonly #log: SupervisedLog | undefined;
  /** For threads that start later; undefined where a thread lives too long to need it. */
  protected code: CompiledCode | undefined;
  #listening: Listening | undefined;
  /**
   * - draining: new connections are held off, and those that wait are still accepted
   * - stopping: none is accepted, and threads end
   */
  #state: "starting" | "serving" | "draining" | "stopping" = "starting";
  #graceEndsAt = 0;
  #isReplaced = false;
  /** Threads that died before it was known whether any thread can start. */
  readonly #earlyDeaths: [Thread, Error][] = [];
  #deathCount = 0;
  readonly #forbidden = new OncePerMinute();
  protected startedCount = 0;
  #heartbeatCheck: NodeJS.Timeout | undefined;
  #checkedAt = 0;

  /** @param slotCount the most threads at once; they share the bounds of the process */
  constructor(
    options: ResolvedOptions,
    onEvent: (event: ThreadEvent) => void,
    entry: WorkerEntry,
    slotCount: number,
    descriptors: Descriptors,
  ) {
    this.#budget = budgetOf(descriptors, slotCount);
    this.options = options;
    this.onEvent = onEvent;
    this.#entry = entry;
    this.#slotCount = slotCount;
    const siteRoom = options.admin === undefined ? 0 : siteRoomOf(options.sites.length + 1, slotCount);
    this.#exchanges = newExchangeMemory(slotCount);
    this.#siteNumbers = new SiteNumbers(Math.max(siteRoom, 1));
    this.#threadOptions = options;
    this.#counters = new CounterTable(slotCount, siteRoom);
    this.#samples = options.console ? newSampleMemory(slotCount) : undefined;
    this.#threads = new Array(slotCount).fill(undefined);
    this.#log = SupervisedLog.of(options, (text) => onEvent({ kind: "warning", text }));
    this.#encoders = new EncoderHosts(entry.encoderUrl ?? ENCODER_URL, options.encodedLimitBytes, (text) =>
      onEvent({ kind: "warning", text }),
    );
  }

  /**
   * Opens the address, and resolves when each of the first threads is ready or has failed. Rejects when the address
   * cannot be opened, when all threads failed (with the cause of the first), and when `close` was called meanwhile.
   * @param options for the threads, when more is known than when the supervisor was made
   * @param tls the certificates that the options name
   */
  async start(options: ResolvedOptions = this.options, tls?: TlsMaterial): Promise<Started> {
    this.#threadOptions = this.#numbered(options);
    this.#tls = tls;
    await this.#log?.open();
    this.#clients = await this.#newClients();
    const transport = await chooseTransport(this.options);
    const binding = await Binding.choose(this.options, (text) => this.onEvent({ kind: "warning", text }));
    const opened = await (transport.kind === "kernel" ? this.#openKernel(binding) : this.openPortable(binding));
    this.#listening = opened.listening;
    // Node makes these sockets, and keeps their descriptors.
    if (transport.kind === "portable")
      for (const one of opened.addresses)
        this.trace(`node:net listens at ${placeOf(one)}${one.isMultipath ? ", for Multipath TCP" : ""}`);
    try {
      this.#throwIfStopping();
      await this.#startFirst();
      this.#throwIfStopping();
    } catch (error) {
      await this.close(0, isTakingOver());
      throw error;
    }
    this.#state = "serving";
    for (const [thread, cause] of this.#earlyDeaths.splice(0)) this.#replace(thread, cause);
    this.startMissing();
    return { addresses: opened.addresses, transport, mptcpObstacle: this.#obstacleOf(binding, opened) };
  }

  /**
   * Resolves when all threads answer by other options. One reload at a time; options that a running server cannot change
   * must be the same. Rejects when a thread cannot use them, when no thread is there to try them, and when `close` was
   * called meanwhile: then all threads keep the options that they have.
   */
  async reload(resolved: ResolvedOptions): Promise<void> {
    const options = this.#numbered(resolved);
    const asked = new Set(this.threads);
    const failure = await prepareAll(asked, options);
    if (this.#state === "stopping") throw new Error("the server was closed during the reload");
    if (failure !== undefined) throw new Error(failure);
    this.#threadOptions = options;
    this.#encoders.encodedLimitBytes = options.encodedLimitBytes;
    await adoptAll(this.threads, asked, options);
  }

  #obstacleOf({ obstacle }: Binding, { addresses }: Opened): string | undefined {
    const plain = addresses.find(({ port, isMultipath }) => port !== 0 && !isMultipath);
    if (this.options.mptcp === "off" || plain === undefined) return undefined;
    return obstacle ?? foreignObstacle(this.options.listen[plain.listener]!);
  }

  #numbered(options: ResolvedOptions): ThreadOptions {
    const { sites } = options;
    return { ...options, siteNumbers: this.#siteNumbers.of(sites), exchangeNumbers: this.#exchangeNumbers.of(sites) };
  }

  /** All threads shake hands with other certificates from now on. */
  exchangeCertificates(tls: TlsMaterial): void {
    this.#tls = tls;
    for (const thread of this.threads) thread.post({ kind: "certificates", tls });
  }

  /** Says that the server stops, at the health path of its sites. Everything is served until `close`. */
  announceStop(): void {
    this.#counters.noteStop();
  }

  /**
   * Accepts no more, lets requests in flight finish for `graceMs`, then closes the rest. Resolves when all threads have
   * ended.
   * @param isReplaced another process listens on the same sockets: they stay as they are
   */
  async close(graceMs: number, isReplaced = false): Promise<void> {
    this.#isReplaced ||= isReplaced;
    if (this.#isReplaced) {
      this.#listening?.share();
      this.#log?.share();
    }
    this.#state = this.#state === "serving" ? "draining" : "stopping";
    clearInterval(this.#heartbeatCheck);
    await Promise.all([this.#endThreads(graceMs), this.#encoders.close()]);
    this.#listening?.close?.();
    await this.#log?.close();
  }

  /** Another program has renamed the file of the access log: a new one of the old name begins. */
  reopenLog(): void {
    this.#log?.reopen();
  }

  snapshot(): ThreadsSnapshot {
    const threads = this.threads.map(({ number, slot, state, silentMs }) => ({
      thread: number,
      state,
      silentMs,
      ...this.#counters.values(slot),
    }));
    const droppedLines = this.#log?.droppedCount ?? 0;
    return {
      mode: this.options.mode,
      threads,
      deathCount: this.#deathCount,
      droppedLines,
      ...this.#counters.totals(),
    };
  }

  /** Somebody looks at the live page, or nobody does any more. Threads that start later see it in the memory. */
  setWatched(isOn: boolean): void {
    if (this.#samples === undefined) return;
    setWatched(this.#samples, isOn);
    for (const { slot } of isOn ? [] : this.threads) clearSample(this.#samples, slot);
    // It wakes those that wait for something to do, too.
    if (isOn) for (const thread of this.threads) thread.post({ kind: "watched" });
  }

  /** What threads have shown last, by their numbers; and how many connections wait to be accepted, where that is known. */
  samples(): Samples {
    const memory = this.#samples;
    const threads = memory === undefined ? [] : this.threads;
    return {
      threads: new Map(threads.map(({ number, slot }) => [number, readSample(memory!, slot)])),
      waitingCount: this.#listening?.waitingCount?.(),
    };
  }

  /** Only where the trace is wanted. */
  protected trace(text: string): void {
    if (this.options.trace) this.onEvent({ kind: "trace", text });
  }

  /** What metrics say besides `snapshot`: sums over all threads, and of each thread. */
  metrics(): SupervisedMetrics {
    return {
      totals: this.#counters.metricTotals(this.#siteNumbers.names),
      threads: this.threads.map(({ number, slot, silentMs }) => ({
        thread: number,
        silentMs,
        values: this.#counters.metrics(slot),
      })),
      startedCount: this.startedCount,
      connectionLimitCount: this.connectionLimitCount,
    };
  }

  /** Opens the address on the portable transport. */
  protected abstract openPortable(binding: Binding): Promise<Opened>;

  /** Starts the threads that are missing, unless their restart waits. @returns the started threads */
  protected abstract startMissing(): Thread[];

  /** @returns how long the replacement has to wait, in ms */
  protected abstract delayReplacement(thread: Thread): number;

  /** A thread has accepted the only connection that it serves. */
  protected accepted?(thread: Thread): void;

  /** A thread can take connections. */
  protected ready(thread: Thread): void {
    this.#listening!.ready(thread);
  }

  /** A thread has ended, for whatever reason. */
  protected ended(thread: Thread): void {
    this.#listening!.ended(thread);
  }

  /** Open connections that the options and the descriptors of the process allow. */
  protected get connectionLimitCount(): number {
    return Math.min(this.options.connectionLimitCount, this.#budget.connectionCount);
  }

  protected get threads(): readonly Thread[] {
    return this.#threads.filter((thread) => thread !== undefined);
  }

  /** Slots without a thread. */
  protected get freeSlots(): readonly number[] {
    return [...this.#threads.keys()].filter((slot) => this.#threads[slot] === undefined);
  }

  protected startThread(slot: number, number: number): Thread {
    const start = {
      options: this.#threadOptions,
      number,
      slot,
      counters: this.#counters.memory,
      kernel: this.#kernel,
      tls: this.#tls,
      threadCount: this.#slotCount,
      budget: this.#budget,
      limits: this.#limits,
      exchanges: this.#exchanges,
      clients: this.#clients?.memory,
      log: this.#log?.ringOf(slot),
      samples: this.#samples,
      lastConnection: this.#lastConnection,
      ...(this.code && { code: this.code }),
    };
    const thread = new Thread(this.#entry, start, this.#counters, {
      onMessage: (sender, message) => this.#receive(sender, message),
      onEnded: (ended, cause) => this.#threadEnded(ended, cause),
    });
    this.#threads[slot] = thread;
    this.startedCount++;
    if (this.#state === "draining") thread.post(this.#lastCall());
    return thread;
  }

  /** Undefined where one client may have all connections. */
  async #newClients(): Promise<SupervisedClients | undefined> {
    if (this.options.clientConnectionLimitCount === undefined) return undefined;
    const { SupervisedClients } = await import("./supervised-clients.ts");
    return new SupervisedClients(this.#slotCount, this.connectionLimitCount);
  }

  async #openKernel(binding: Binding): Promise<Opened> {
    // Imported only where it is used: it needs node:ffi.
    const { addressesOf, openListeners, SharedListener } = await import("../listening/shared-listener.ts");
    const listened = await openListeners(this.options, binding);
    for (const one of listened) this.trace(callsOf(one));
    this.#kernel = newKernelMemory(this.#slotCount);
    return { listening: new SharedListener(listened, this.#kernel), addresses: addressesOf(listened) };
  }

  async #startFirst(): Promise<void> {
    this.#checkedAt = performance.now();
    this.#heartbeatCheck = setInterval(() => this.#checkHeartbeats(), HEARTBEAT_MS);
    const outcomes = await Promise.allSettled(this.startMissing().map((thread) => thread.ready));
    const failures = outcomes.filter((outcome) => outcome.status === "rejected");
    if (failures.length === outcomes.length) throw failures[0]!.reason;
  }

  #throwIfStopping(): void {
    if (this.#state === "stopping") throw new Error("the server was closed before it listened");
  }

  #checkHeartbeats(): void {
    const now = performance.now();
    for (const thread of this.threads) thread.checkHeartbeat(now - this.#checkedAt);
    this.#checkedAt = now;
  }

  #receive(thread: Thread, message: ThreadMessage): void {
    switch (message.kind) {
      case "ready":
        if (this.#state !== "stopping") this.ready(thread);
        return;
      case "accepted":
        if (this.#state !== "stopping") this.accepted?.(thread);
        return;
      case "full":
        return this.#listening!.lend?.(thread, message.server);
      case "room":
        return this.#listening!.reclaim?.(thread);
      case "reports":
        for (const report of message.reports) this.#tell(report);
        return thread.post({ kind: "reports-received" });
      case "compiled":
        this.code = message.code;
        return;
      case "encoder-wanted":
        return this.#encoders.connect(thread, message.encoder);
      default:
        message satisfies never;
    }
  }

  #tell(report: Report): void {
    const { kind, text } = report;
    if (kind === "refused") this.onEvent(report);
    else if (kind !== "forbidden") this.onEvent({ kind, text });
    else if (this.#forbidden.mayTell(text)) this.onEvent({ kind: "warning", text: `403 for a file: ${text}` });
  }

  /** Numbered as at the top of this file. `cause` is undefined when the thread ended as it should. */
  #threadEnded(thread: Thread, cause: Error | undefined): void {
    // 1. No more connections, and the open ones are closed.
    this.ended(thread);
    this.#encoders.ended(thread);
    this.#clients?.ended(thread.slot);
    clearExchanges(this.#exchanges, thread.slot);
    // 2. The slot is free, and the counts are kept.
    this.#threads[thread.slot] = undefined;
    this.#counters.ended(thread.slot);
    if (this.#samples !== undefined) clearSample(this.#samples, thread.slot);
    if (cause !== undefined) this.#deathCount++;
    // 3. and 4. A replacement, unless there is nothing to replace it for, or it is not yet known whether threads can start.
    if (this.#state === "serving" || this.#state === "draining") this.#replace(thread, cause);
    else if (this.#state === "starting" && cause !== undefined) this.#earlyDeaths.push([thread, cause]);
  }

  #replace(thread: Thread, error: Error | undefined): void {
    if (error === undefined) {
      // The thread has freed what the next ones may have been waiting for.
      for (const restart of this.restarts) restart.cancel();
      this.startMissing();
      return;
    }
    // 3. At once, or later when threads die again and again.
    const restartInMs = this.delayReplacement(thread);
    this.startMissing();
    // 4. Told to the program.
    this.onEvent({ kind: "thread-stopped", thread: thread.number, reason: error.message, error, restartInMs });
  }

  /** Threads drain for `graceMs`, then close what is left, and are terminated when they do not. */
  async #endThreads(graceMs: number): Promise<void> {
    this.#graceEndsAt = performance.now() + graceMs;
    const destroy = setTimeout(() => {
      for (const thread of this.threads) thread.post({ kind: "destroy" });
    }, graceMs);
    const terminate = setTimeout(() => {
      for (const thread of this.threads) thread.terminate();
    }, graceMs + DESTROY_TIMEOUT_MS);
    await this.#takeWaiting(graceMs);
    this.#state = "stopping";
    for (const restart of this.restarts) restart.cancel();
    const { threads } = this;
    for (const thread of threads) thread.post({ kind: "drain" });
    await Promise.all(threads.map((thread) => thread.ended));
    clearTimeout(destroy);
    clearTimeout(terminate);
  }

  /**
   * Connections that the kernel has completed, and nobody has accepted, are served too. During the start no thread
   * accepts, and none will: then nothing is waited for.
   */
  async #takeWaiting(graceMs: number): Promise<void> {
    for (const thread of this.threads) thread.post(this.#lastCall());
    await this.#listening?.stopAccepting(this.#state === "draining" ? graceMs : 0);
  }

  #lastCall(): ToThread {
    return {
      kind: "last-call",
      graceMs: Math.max(0, this.#graceEndsAt - performance.now()),
      isReplaced: this.#isReplaced,
    };
  }
}

/** Another process has made the socket of a listener, for plain TCP, and it stays that: what to do. */
function foreignObstacle({ kind }: ResolvedListener): string {
  return kind === "fd"
    ? "the socket that the server was started with is for plain TCP: make it for Multipath TCP, in a socket unit of systemd by SocketProtocol=mptcp"
    : "heddle upgrade kept a socket of the former server, which is for plain TCP: restart the server instead of upgrading it";
}

/** How a listening socket of the kernel transport was made. One that was taken over listened before. */
function callsOf({ socket: { fd, address, port }, isMultipath, isTakenOver }: Listened): string {
  const place = placeOf({ address, port });
  const protocol = isMultipath ? ", for Multipath TCP" : "";
  if (isTakenOver) return `socket ${fd} at ${place} was inherited${protocol}`;
  return `${isMultipath ? `socket(…, IPPROTO_MPTCP) = ${fd}\n` : ""}bind(${fd}, ${place}) = 0\nlisten(${fd}, ${BACKLOG_COUNT}) = 0`;
}

function placeOf({ address, port }: Pick<ListenedAddress, "address" | "port">): string {
  return port === 0 ? address : `${address} port ${port}`;
}
