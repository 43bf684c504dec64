import assert from "node:assert/strict";
import { BoundSocket } from "node:net";
import { test } from "node:test";
import { bindAddress, listenOn } from "./address.ts";

test("bindAddress() resolves a name and takes any free port for 0", async () => {
  using bound = await bindAddress({ host: "localhost", port: 0, isPortFixed: true });
  assert.match(bound.address().address, /^(127\.0\.0\.1|::1)$/);
  assert.ok(bound.address().port > 0);
});

test("bindAddress() refuses a fixed port that another server listens on", async (t) => {
  const server = await listenOn(new BoundSocket({ host: "127.0.0.1" }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await assert.rejects(bindAddress({ host: "127.0.0.1", port, isPortFixed: true }), { code: "EADDRINUSE" });
});

test("bindAddress() refuses a port that another server shares", async (t) => {
  const server = await listenOn(new BoundSocket({ host: "127.0.0.1", reusePort: true }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await assert.rejects(bindAddress({ host: "127.0.0.1", port, isPortFixed: true }), { code: "EADDRINUSE" });
});

test("bindAddress() moves on from a default port that is in use", async (t) => {
  const server = await listenOn(new BoundSocket({ host: "127.0.0.1" }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  using bound = await bindAddress({ host: "127.0.0.1", port, isPortFixed: false });
  assert.ok(bound.address().port > port);
});

test("bindAddress() names the system's error for an address of another machine", async () => {
  const wanted = { host: "192.0.2.1", port: 0, isPortFixed: true };
  await assert.rejects(bindAddress(wanted), { code: "EADDRNOTAVAIL" });
});

test("listenOn() throws the system's error when the port is taken between bind and listen", async (t) => {
  const first = new BoundSocket({ host: "127.0.0.1" });
  const second = new BoundSocket({ host: "127.0.0.1", port: first.address().port });
  const server = await listenOn(first, { pauseOnConnect: false });
  t.after(() => server.close());
  await assert.rejects(listenOn(second, { pauseOnConnect: false }), { code: "EADDRINUSE" });
});
