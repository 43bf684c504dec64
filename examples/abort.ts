// Stop a server with an AbortSignal, and watch what it does through its events.
// In a project of yours the import is `from "heddle"`. Run it: node examples/abort.ts
import { join } from "node:path";
import { createServer } from "../src/server.ts";

const controller = new AbortController();
const server = createServer({
  root: join(import.meta.dirname, "../public"),
  port: 0,
  threads: 1,
  trace: true,
  signal: controller.signal,
  onEvent: (event) => console.log(event.kind === "trace" ? event.text : event),
});
await server.listen();
await fetch(server.url, { method: "HEAD" });

controller.abort();
await server.close(); // It is closing already: this waits for the end.
console.log("closed");
