// The queue of a listening socket, as the kernel counts it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";

test("countWaiting() counts connections that nobody has accepted", {
  skip: process.platform !== "linux",
}, async (t) => {
  const { countWaiting } = await import("./listen-queue.ts");
  const { listenBound } = await import("../transport/kernel/listener.ts");
  const { bindAddresses } = await import("../threads/listening/address.ts");
  const [bound] = await bindAddresses({ host: "127.0.0.1", port: 0, isPortFixed: true });
  const listener = listenBound(bound);
  t.after(() => listener.close());
  assert.equal(countWaiting(listener.fd), 0);
  const clients = [connect(listener.port, "127.0.0.1"), connect(listener.port, "127.0.0.1")];
  t.after(() => clients.map((client) => client.destroy()));
  await Promise.all(clients.map((client) => once(client, "connect")));
  assert.equal(countWaiting(listener.fd), 2);
});
