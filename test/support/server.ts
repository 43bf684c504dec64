// Servers on loopback for one test, and connections to them. Both are closed when the test is over.
import type { TestContext } from "node:test";
import { createServer, type Server, type ServerControls, type ServerOptions } from "../../src/server.ts";
import { RawClient } from "./raw-client.ts";

/** Every transport that this platform has. */
export const TRANSPORTS: readonly ("kernel" | "portable")[] =
  process.platform === "linux" ? ["portable", "kernel"] : ["portable"];

/** How connections come to the threads of a pool. */
export const WAYS: readonly (readonly [way: string, options: ServerOptions])[] = [
  ["reuse-port", { transport: "portable", accept: "reuse-port" }],
  ["transfer", { transport: "portable", accept: "transfer" }],
  ...(process.platform === "linux" ? ([["the kernel transport", { transport: "kernel" }]] as const) : []),
];

/** Listens at 127.0.0.1 and a free port, unless the options say otherwise. */
export async function startServer(t: TestContext, options: ServerOptions & ServerControls): Promise<Server> {
  const server = createServer({ host: "127.0.0.1", port: 0, ...options });
  t.after(() => server.close({ graceMs: 0 }));
  await server.listen();
  return server;
}

export async function openClient(t: TestContext, { port }: Pick<Server, "port">): Promise<RawClient> {
  const client = await RawClient.open(port);
  t.after(() => client.close());
  return client;
}
