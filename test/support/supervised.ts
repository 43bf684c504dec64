// Supervisors used directly, with threads that fail when a test wants it: the fixtures of test/fixtures/threads/.
import type { TestContext } from "node:test";
import { BroadcastChannel } from "node:worker_threads";
import { resolveOptions } from "../../src/options/resolve.ts";
import type { ServerOptions } from "../../src/options/server-options.ts";
import type { ServerEvent } from "../../src/server.ts";
import { Certificates } from "../../src/threads/supervisor/certificates.ts";
import { PerConnection } from "../../src/threads/supervisor/per-connection.ts";
import { Pool } from "../../src/threads/supervisor/pool.ts";
import type { Supervisor } from "../../src/threads/supervisor/supervisor.ts";
import type { WorkerEntry } from "../../src/threads/supervisor/worker-entry.ts";
import type { Fault } from "../fixtures/threads/faulty-worker.ts";

export interface Supervised {
  readonly supervisor: Supervisor;
  readonly port: number;
  readonly events: readonly ServerEvent[];
}

/** @param fixture the file of the worker, in test/fixtures/threads/ */
export function workerFixture(fixture: string, resourceLimits?: WorkerEntry["resourceLimits"]): WorkerEntry {
  const url = new URL(`../fixtures/threads/${fixture}`, import.meta.url);
  return resourceLimits === undefined ? { url } : { url, resourceLimits };
}

/** Starts the supervisor that the options ask for, with workers of `entry`. */
export async function supervise(t: TestContext, options: ServerOptions, entry: WorkerEntry): Promise<Supervised> {
  const events: ServerEvent[] = [];
  const Kind = options.threads === "per-connection" ? PerConnection : Pool;
  const resolved = resolveOptions({ host: "127.0.0.1", port: 0, ...options });
  const supervisor = new Kind(resolved, (event) => events.push(event), entry);
  t.after(() => supervisor.close(0));
  const tls =
    resolved.tls && (await new Certificates(resolved.tls, undefined, async () => undefined, "tls").readFirst());
  const { addresses } = await supervisor.start(resolved, tls);
  const { port } = addresses[0];
  return { supervisor, port, events };
}

/** Makes a thread of faulty-worker.ts fail. */
export function causeFault(fault: Fault): void {
  const channel = new BroadcastChannel("faults of threads");
  channel.postMessage(fault);
  channel.close();
}
