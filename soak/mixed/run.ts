// The mixed soak: good and bad visitors at several servers at once, for a bounded time, while files change, options are read
// again and threads are killed. In the end the counters, the logs and the clients must tell the same, and nothing may be left.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ServerOptions } from "../../src/server.ts";
import { LOCALHOST } from "../../test/support/certificates.ts";
import { TRANSPORTS } from "../../test/support/server.ts";
import { makeSite } from "../../test/support/site.ts";
import { Site } from "./site.ts";
import { type Resources, Subject } from "./subject.ts";
import { Tally } from "./tally.ts";
import { BAD_VISITS } from "./troubles.ts";
import { chance, GOOD_VISITS, type Visit } from "./visits.ts";
import { type Sample, slopeKibPerMinute } from "./watch.ts";

export interface Plan {
  readonly seconds: number;
  /** How often a thread is killed in each server, at most once in this time. */
  readonly killEverySeconds: number;
}

export interface Result {
  readonly name: string;
  readonly tally: Tally;
  readonly idle: { readonly before: Resources; readonly after: Resources };
  readonly slope: number;
  readonly deathCount: number;
  /** Each bound that is broken. */
  readonly broken: readonly string[];
}

/** After a run without load, descriptors and threads may be a few more: those of files that are still cached. */
const SPARE_DESCRIPTOR_COUNT = 8;
const SPARE_THREAD_COUNT = 2;
/** What the heaps of a server that is used for so long may grow by, all together. V8 collects when it likes. */
const GROWTH_LIMIT_KIB = 96 * 1024;
const PAUSE_MS = 30;

export async function soak(t: Parameters<typeof makeSite>[0], plan: Plan): Promise<Result[]> {
  const site = new Site(makeSite(t));
  const logs = makeSite(t);
  const cache = makeSite(t);
  const runs: Run[] = [];
  // One after the other: each thread of them loads the server from its source.
  for (const transport of TRANSPORTS) {
    for (const isSecure of [false, true]) {
      const name = `${transport} ${isSecure ? "tls" : "plain"}`;
      const logFile = join(logs, name.replace(" ", "-"));
      const options: ServerOptions = {
        ...{ root: site.root, host: "127.0.0.1", port: 0, transport, threads: 2, revalidateMs: 200 },
        ...{ cacheLimitBytes: 4 * 1024 * 1024, log: "{status}", logFile },
        ...(isSecure ? { tls: LOCALHOST } : { h2c: true }),
      };
      runs.push(new Run(await Subject.start(name, options, cache), site, logFile));
    }
  }
  const end = new AbortController();
  void changeFiles(site, end.signal);
  return Promise.all(runs.map((run) => run.run(plan))).finally(() => end.abort());
}

async function changeFiles(site: Site, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await setTimeout(700);
    site.change();
    site.release();
  }
}

class Run {
  readonly #subject: Subject;
  readonly #site: Site;
  readonly #logFile: string;
  readonly #tally = new Tally();
  readonly #samples: Sample[] = [];

  constructor(subject: Subject, site: Site, logFile: string) {
    this.#subject = subject;
    this.#site = site;
    this.#logFile = logFile;
  }

  /** A fifth of the time warms up. Before and after the rest, without a connection, it is seen what is left. */
  async run({ seconds, killEverySeconds }: Plan): Promise<Result> {
    const subject = this.#subject;
    await this.#load((seconds * 1000) / 5, killEverySeconds);
    const before = await this.#settle();
    await this.#load((seconds * 1000 * 4) / 5, killEverySeconds);
    const after = await this.#settle();
    const deathCount = (await subject.snapshot()).threads.deathCount;
    const broken = [...this.#compare(before, after), ...(await this.#end())];
    const slope = slopeKibPerMinute(this.#samples);
    return { name: subject.name, tally: this.#tally, idle: { before, after }, slope, deathCount, broken };
  }

  async #load(durationMs: number, killEverySeconds: number): Promise<void> {
    const endsAt = performance.now() + durationMs;
    this.#samples.length = 0;
    const visits = [...Object.entries(GOOD_VISITS), ...Object.entries(BAD_VISITS)];
    await Promise.all([
      ...visits.map(([kind, visit]) => this.#repeat(kind, visit, endsAt)),
      this.#every(1000, endsAt, async () => void this.#samples.push(this.#sample())),
      this.#every(2500, endsAt, () => this.#subject.reload()),
      this.#every(killEverySeconds * 1000, endsAt, () => this.#subject.killThread()),
    ]);
  }

  async #repeat(kind: string, visit: Visit, endsAt: number): Promise<void> {
    const visitor = { subject: this.#subject, site: this.#site, tally: this.#tally };
    while (performance.now() < endsAt) {
      await this.#tally.visit(kind, this.#subject, () => visit(visitor));
      await setTimeout(chance(2 * PAUSE_MS));
    }
  }

  async #every(intervalMs: number, endsAt: number, act: () => Promise<void>): Promise<void> {
    while (performance.now() + intervalMs < endsAt) {
      await setTimeout(intervalMs);
      await act();
    }
  }

  #sample(): Sample {
    return { ...this.#subject.resources(), atMs: performance.now() };
  }

  /** Waits until no connection is open; a thread that was killed has its successor by then. */
  async #settle(): Promise<Resources> {
    for (let count = 0; count < 150; count++) {
      const { threads } = await this.#subject.snapshot();
      if (threads.connections === 0 && threads.threads.filter(({ state }) => state === "ready").length === 2) break;
      await setTimeout(100);
    }
    await setTimeout(500);
    return this.#subject.resources();
  }

  #compare(before: Resources, after: Resources): string[] {
    const broken: string[] = [];
    const descriptors = after.descriptorCount - before.descriptorCount;
    const threads = after.threadCount - before.threadCount;
    const grown = after.residentKib - before.residentKib;
    if (descriptors > SPARE_DESCRIPTOR_COUNT) broken.push(`${descriptors} descriptors more`);
    if (threads > SPARE_THREAD_COUNT) broken.push(`${threads} threads more`);
    if (grown > GROWTH_LIMIT_KIB) broken.push(`${grown} KiB of memory more`);
    return broken;
  }

  async #end(): Promise<string[]> {
    const tally = this.#tally;
    const { report, status } = await this.#subject.close();
    const { accepted, connections, requests, deathCount, droppedLines } = report.threads;
    const broken = [...this.#subject.complaints, ...tally.failures];
    const lines = readFileSync(this.#logFile, "latin1").split("\n").length - 1 + droppedLines;
    const { excusedCount, connectionCount, requestCount, replyCount } = tally;
    // What a dying thread has lost may be on either side of its counts: at most every request of its connections.
    const spare = excusedCount * 40;
    const differ = (what: string, found: number, wanted: number): void => {
      if (Math.abs(found - wanted) > spare)
        broken.push(`${what}: ${found}, and the clients say ${wanted} (± ${spare})`);
    };
    differ("connections accepted", accepted, connectionCount);
    differ("requests counted", requests, requestCount);
    differ("replies logged", lines, replyCount);
    if (connections !== 0) broken.push(`${connections} connections are counted as open`);
    if (deathCount !== this.#subject.kills.length)
      broken.push(`${deathCount} threads died, and ${this.#subject.kills.length} were killed`);
    // Those that a thread was about to take; and with TLS, handshakes that are no connections for the counters yet.
    const uncounted = (this.#subject.isSecure ? 15 : 5) * deathCount;
    if (excusedCount > this.#subject.heldCount + uncounted)
      broken.push(`${excusedCount} visits were lost with threads that had ${this.#subject.heldCount} connections`);
    if (status !== 0) broken.push(`the process ended with ${status}`);
    return broken;
  }
}
