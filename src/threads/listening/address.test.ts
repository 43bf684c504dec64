import assert from "node:assert/strict";
import { BoundSocket } from "node:net";
import { test } from "node:test";
import { bindAddresses, listenOn } from "./address.ts";
import { Binding } from "./binding.ts";

test("bindAddresses() resolves a name and takes any free port for 0", async () => {
  const [bound] = await bindAddresses({ host: "localhost", port: 0, isPortFixed: true });
  assert.match(bound.address().address, /^(127\.0\.0\.1|::1)$/);
  assert.ok(bound.address().port > 0);
  bound.close();
});

test("bindAddresses() refuses a fixed port that another server listens on", async (t) => {
  const server = await listenOn(new BoundSocket({ host: "127.0.0.1" }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await assert.rejects(bindAddresses({ host: "127.0.0.1", port, isPortFixed: true }), { code: "EADDRINUSE" });
});

test("bindAddresses() refuses a port that another server shares", async (t) => {
  const server = await listenOn(new BoundSocket({ host: "127.0.0.1", reusePort: true }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await assert.rejects(bindAddresses({ host: "127.0.0.1", port, isPortFixed: true }), { code: "EADDRINUSE" });
});

test("bindAddresses() moves on from a default port that is in use", async (t) => {
  const server = await listenOn(new BoundSocket({ host: "127.0.0.1" }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const [bound] = await bindAddresses({ host: "127.0.0.1", port, isPortFixed: false });
  assert.ok(bound.address().port > port);
  bound.close();
});

const both = async () => ["127.0.0.1", "::1", "127.0.0.1"].map((address) => ({ address }));

async function hasIPv6(): Promise<boolean> {
  try {
    new BoundSocket({ host: "::1" }).close();
    return true;
  } catch {
    return false;
  }
}

test("bindAddresses() takes both addresses of localhost, at one port", async (t) => {
  if (!(await hasIPv6())) return t.skip("no IPv6");
  for (const host of ["localhost", "app.LOCALHOST"]) {
    const bound = await bindAddresses({ host, port: 0, isPortFixed: true }, new Binding(), both);
    const found = bound.map((one) => one.address());
    for (const one of bound) one.close();
    assert.deepEqual(
      found.map(({ address }) => address),
      ["127.0.0.1", "::1"],
    );
    assert.equal(found[0]!.port, found[1]!.port);
  }
});

test("bindAddresses() takes one address of another name, and of localhost those that there are", async () => {
  for (const [host, addresses] of [
    ["name.example", ["127.0.0.1", "::1"]],
    ["localhost", ["127.0.0.1", "192.0.2.1"]],
    ["localhost", ["192.0.2.1", "127.0.0.1"]],
  ] as const) {
    const find = async () => addresses.map((address) => ({ address }));
    const bound = await bindAddresses({ host, port: 0, isPortFixed: true }, new Binding(), find);
    const found = bound.map((one) => one.address().address);
    for (const one of bound) one.close();
    assert.deepEqual(found, ["127.0.0.1"]);
  }
});

test("bindAddresses() refuses or leaves a port that is in use at the second address", async (t) => {
  if (!(await hasIPv6())) return t.skip("no IPv6");
  const server = await listenOn(new BoundSocket({ host: "::1" }), { pauseOnConnect: false });
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const wanted = { host: "localhost", port };
  await assert.rejects(bindAddresses({ ...wanted, isPortFixed: true }, new Binding(), both), { code: "EADDRINUSE" });
  const bound = await bindAddresses({ ...wanted, isPortFixed: false }, new Binding(), both);
  const ports = bound.map((one) => one.address().port);
  for (const one of bound) one.close();
  assert.ok(ports.length === 2 && ports[0]! > port && ports[0] === ports[1]);
});

test("bindAddresses() names the system's error for an address of another machine", async () => {
  const wanted = { host: "192.0.2.1", port: 0, isPortFixed: true };
  await assert.rejects(bindAddresses(wanted), { code: "EADDRNOTAVAIL" });
});

test("listenOn() throws the system's error when the port is taken between bind and listen", async (t) => {
  const first = new BoundSocket({ host: "127.0.0.1" });
  const second = new BoundSocket({ host: "127.0.0.1", port: first.address().port });
  const server = await listenOn(first, { pauseOnConnect: false });
  t.after(() => server.close());
  await assert.rejects(listenOn(second, { pauseOnConnect: false }), { code: "EADDRINUSE" });
});
