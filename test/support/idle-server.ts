// A server as a process of its own, for connections that are only held: more of them, and for longer, than the
// command line lets through. Started by fork() with the folder; it tells its port, and ends with whoever started it.
import { createServer } from "../../src/server.ts";

const server = createServer({
  root: process.argv[2]!,
  host: "127.0.0.1",
  port: 0,
  threads: 2,
  transport: "kernel",
  connectionLimitCount: 100_000,
  limits: { idleTimeoutMs: 600_000 },
});
await server.listen();
process.on("disconnect", () => process.exit());
process.send!(server.port);
