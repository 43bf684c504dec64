// A server under soak, seen from its parent: what it is told, what it reports, and what the system knows of its process.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ServerOptions } from "../../src/server.ts";
import type { Order, Report } from "./server.ts";

/**
 * Connections may wait at the socket of a thread that has died. On a busy machine a handshake of TLS on the portable transport
 * was reset that began half a second after the death was known; how many may be lost is bounded all the same.
 */
const LEFT_BEHIND_MS = 3_000;

export interface Resources {
  readonly residentKib: number;
  readonly descriptorCount: number;
  readonly threadCount: number;
}

export class Subject {
  readonly name: string;
  readonly isSecure: boolean;
  /** Whether it counts a connection when it is accepted; otherwise when its handshake is complete. */
  readonly countsHandshakes: boolean;
  readonly port: number;
  /** When threads were killed, by performance.now(): from the order to the report of the death. */
  readonly kills: { readonly fromMs: number; untilMs: number }[] = [];
  /** Connections that the killed threads had. */
  heldCount = 0;
  /** What the server has told, except the deaths of threads that were killed. */
  readonly complaints: string[] = [];
  readonly #child: ChildProcess;
  readonly #options: ServerOptions;
  #generation = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(name: string, child: ChildProcess, options: ServerOptions, { port }: Report) {
    this.name = name;
    this.isSecure = options.tls !== undefined;
    this.countsHandshakes = options.transport === "kernel";
    this.port = port;
    this.#child = child;
    this.#options = options;
  }

  /** @param cache a folder for compiled code: the servers load the same */
  static async start(name: string, options: ServerOptions, cache: string): Promise<Subject> {
    const child = fork(join(import.meta.dirname, "server.ts"), [JSON.stringify(options)], {
      env: { ...process.env, NODE_COMPILE_CACHE: cache },
      execArgv: ["--import", join(import.meta.dirname, "faults.ts"), "--disable-warning=ExperimentalWarning"],
    });
    process.once("exit", () => child.kill("SIGKILL"));
    const [report] = await Promise.race([once(child, "message"), once(child, "exit")]);
    if (typeof report !== "object" || report === null) throw new Error(`${name}: the server did not start`);
    return new Subject(name, child, options, report as Report);
  }

  snapshot(): Promise<Report> {
    return this.#order({ kind: "snapshot" });
  }

  /** The same options, with one that differs each time. */
  async reload(): Promise<void> {
    const set = { "x-generation": String(++this.#generation) };
    await this.#order({ kind: "reload", options: { ...this.#options, headers: [{ for: "/*", set }] } });
  }

  /** Kills the thread with the most connections. */
  async killThread(): Promise<void> {
    const { threads } = (await this.snapshot()).threads;
    const ready = threads.filter(({ state }) => state === "ready");
    const victim = ready.toSorted((one, other) => other.connections - one.connections)[0];
    if (victim === undefined) return;
    const kill = { fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY };
    this.kills.push(kill);
    this.heldCount += victim.connections;
    await this.#order({ kind: "kill", thread: victim.thread });
    while ((await this.snapshot()).threads.deathCount < this.kills.length) await setTimeout(20);
    kill.untilMs = performance.now();
  }

  /** Whether a thread died during a visit that began then and ends now, or a moment before it. */
  isExcused(beganMs: number): boolean {
    return this.kills.some(({ untilMs }) => beganMs < untilMs + LEFT_BEHIND_MS);
  }

  resources(): Resources {
    const folder = `/proc/${this.#child.pid}`;
    const status = readFileSync(`${folder}/status`, "latin1");
    return {
      residentKib: Number(/^VmRSS:\s*(\d+)/m.exec(status)![1]),
      descriptorCount: readdirSync(`${folder}/fd`).length,
      threadCount: readdirSync(`${folder}/task`).length,
    };
  }

  /** @returns the last report, and the status of the process */
  async close(): Promise<{ report: Report; status: number | null }> {
    const exited = once(this.#child, "exit");
    const report = await this.#order({ kind: "close" });
    const [status] = await exited;
    return { report, status: status as number | null };
  }

  /** One order at a time: each is answered by one report. */
  #order(order: Order): Promise<Report> {
    const answer = this.#last.then(async () => {
      this.#child.send(order);
      const [report] = (await once(this.#child, "message")) as [Report];
      this.complaints.push(...report.events.filter((text) => !/^thread \d+ stopped: a fault on purpose$/.test(text)));
      return report;
    });
    this.#last = answer.catch(() => {});
    return answer;
  }
}
