// A server over HTTPS in a process, whose memory and descriptors another process measures. fork() starts it with the folder,
// the transport and the number of threads. It sends its port, then, whenever it is asked, what it has counted; it ends with the
// process that started it.
import { createServer, type ServerEvent } from "../../src/server.ts";
import { LOCALHOST } from "./certificates.ts";

const [root, transport, threads] = process.argv.slice(2);
const warnings: string[] = [];
const server = createServer({
  root: root!,
  host: "0.0.0.0",
  port: 0,
  threads: Number(threads),
  transport: transport as "kernel" | "portable",
  tls: LOCALHOST,
  onEvent: (event: ServerEvent) => event.kind === "warning" && warnings.push(event.text),
});

/** What the server has counted since its start. */
export interface Counted {
  readonly port: number;
  readonly accepted: number;
  readonly connections: number;
  readonly requests: number;
  readonly deathCount: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

function tell(): void {
  const { accepted, connections, requests, deathCount, handshakeFailures: failures } = server.threads;
  process.send!({
    port: server.port,
    accepted,
    connections,
    requests,
    deathCount,
    failures,
    warnings,
  } satisfies Counted);
}

await server.listen();
process.on("message", tell).on("disconnect", () => process.exit());
tell();
