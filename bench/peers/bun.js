// Bun.serve at its best: small files are routes held in memory, large ones are sent from the disk.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const [root, port] = process.argv.slice(2);
const routes = {};
for (const name of readdirSync(root, { recursive: true })) {
  const path = join(root, name);
  if (!statSync(path).isFile()) continue;
  const file = Bun.file(path);
  routes[`/${name}`] = new Response(file.size <= 102_400 ? await file.bytes() : file, {
    headers: { "Content-Type": file.type, "Last-Modified": new Date(file.lastModified).toUTCString() },
  });
}

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes,
  fetch: () => new Response("not found", { status: 404 }),
});
