// A server under soak, in a process of its own: it does what its parent asks, and tells its counts.
import { BroadcastChannel } from "node:worker_threads";
import { createServer, type ServerEvent, type ServerOptions, type ThreadsSnapshot } from "../../src/server.ts";
import { FAULTS } from "./faults.ts";

export type Order =
  | { readonly kind: "snapshot" }
  | { readonly kind: "reload"; readonly options: ServerOptions }
  | { readonly kind: "kill"; readonly thread: number }
  | { readonly kind: "close" };

export interface Report {
  readonly port: number;
  readonly threads: ThreadsSnapshot;
  readonly events: readonly string[];
}

const options = JSON.parse(process.argv[2]!) as ServerOptions;
const events: string[] = [];
const server = createServer({ ...options, onEvent });
await server.listen();
const { port } = server;
const faults = new BroadcastChannel(FAULTS);
tell();

process.on("message", async (order: Order) => {
  if (order.kind === "reload") await server.reload(order.options);
  if (order.kind === "kill") faults.postMessage(order.thread);
  if (order.kind === "close") await server.close();
  tell();
  if (order.kind !== "close") return;
  faults.close();
  process.disconnect?.();
});

function tell(): void {
  const report: Report = { port, threads: server.threads, events: events.splice(0) };
  process.send!(report);
}

/** Bad traffic is refused on purpose, and counted elsewhere. */
function onEvent(event: ServerEvent): void {
  if (event.kind !== "refused") events.push(textOf(event));
}

function textOf(event: ServerEvent): string {
  return event.kind === "thread-stopped"
    ? `thread ${event.thread} stopped: ${event.reason}`
    : `${event.kind}: ${event.text}`;
}
