// A server in a separate process, for more idle connections, and for a longer time, than the options of the command allow.
// fork() starts it with the folder. It sends its port, and ends with the process that started it.
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
