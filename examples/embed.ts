// Serve a folder from inside a program, on any free port; the server closes by itself when the block ends.
// In a project of yours the import is `from "heddle"`. Run it: node examples/embed.ts
import { join } from "node:path";
import { createServer } from "../src/server.ts";

const root = join(import.meta.dirname, "../public");

{
  await using server = createServer({ root, port: 0, threads: 2 });
  await server.listen();

  const response = await fetch(server.url);
  const page = await response.text();
  console.log(`${server.url} answers ${response.status} with ${response.headers.get("content-type")}`);
  console.log(`its title is ${/<title>(.*?)<\/title>/s.exec(page)?.[1]}`);
}

console.log("closed");
