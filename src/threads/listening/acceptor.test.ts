import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { type AddressInfo, BoundSocket, connect, type Socket } from "node:net";
import { devNull } from "node:os";
import { type TestContext, test } from "node:test";
import { Acceptor } from "./acceptor.ts";
import { listenOn } from "./address.ts";
import { Binding } from "./binding.ts";

interface Accepting {
  readonly acceptor: Acceptor;
  readonly port: number;
  readonly accepted: Socket[];
}

async function start(
  t: TestContext,
  onAccepted: (accepting: Accepting) => void = () => {},
  binding = new Binding(),
): Promise<Accepting> {
  const server = await listenOn(binding.bind({ host: "127.0.0.1", port: 0 }), { pauseOnConnect: true });
  const { port } = server.address() as AddressInfo;
  const accepted: Socket[] = [];
  const acceptor = new Acceptor(server, {
    onConnection: (socket) => {
      accepted.push(socket);
      onAccepted({ acceptor, port, accepted });
    },
    onWarning: (text) => assert.fail(text),
    isInherited: false,
    binding,
  });
  t.after(() => {
    acceptor.close();
    for (const socket of accepted) socket.destroy();
  });
  return { acceptor, port, accepted };
}

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** A round trip over loopback: the event loop has then done all that was due before. */
async function turn(t: TestContext): Promise<void> {
  const other = await start(t);
  await open(t, other.port);
  while (other.accepted.length === 0) await new Promise(setImmediate);
}

test("Acceptor accepts no connection while it is paused, and the waiting ones when it resumes", async (t) => {
  const { acceptor, port, accepted } = await start(t);
  acceptor.pause();
  await open(t, port);
  await open(t, port);
  await turn(t);
  assert.equal(accepted.length, 0);
  acceptor.resume();
  while (accepted.length < 2) await new Promise(setImmediate);
});

test("Acceptor that pauses in the middle of a burst accepts no further connection, and loses none", async (t) => {
  const { acceptor, port, accepted } = await start(t, (self) => self.acceptor.pause());
  const clients = await Promise.all(Array.from({ length: 20 }, () => open(t, port)));
  const ports = clients.map((client) => client.localPort);
  for (let count = 1; count <= 20; count++) {
    while (accepted.length < count) await new Promise(setImmediate);
    await turn(t);
    assert.equal(accepted.length, count);
    acceptor.resume();
  }
  assert.deepEqual(new Set(accepted.map((socket) => socket.remotePort)), new Set(ports));
});

test("Acceptor that is closed while paused refuses waiting connections and frees its port", async (t) => {
  const { acceptor, port } = await start(t);
  acceptor.pause();
  const client = await open(t, port);
  acceptor.close();
  const [error] = await once(client.resume(), "error");
  assert.equal(error.code, "ECONNRESET");
  new BoundSocket({ host: "127.0.0.1", port }).close();
});

test("Acceptor that finishes takes what waits, also when it resumes while finish() looks whether somebody waits", async (t) => {
  const { acceptor, port, accepted } = await start(t);
  acceptor.pause();
  await open(t, port);
  // finish() looks for two turns: this resumes in the last moment of them.
  const wait = setImmediate;
  let turnCount = 0;
  const mocked = t.mock.method(globalThis, "setImmediate", ((callback: () => void) =>
    wait(() => {
      if (++turnCount === 2) acceptor.resume();
      callback();
    })) as typeof setImmediate);
  await acceptor.finish(10_000);
  mocked.mock.restore();
  assert.equal(accepted.length, 1);
});

for (const mptcp of ["off", "auto"] as const) {
  test(`Acceptor that is closed after it has finished leaves the descriptors of others open, mptcp "${mptcp}"`, async (t) => {
    const { acceptor } = await start(t, undefined, await Binding.choose({ mptcp }));
    await acceptor.finish(10_000);
    // They get the numbers that have become free.
    const others = Array.from({ length: 16 }, () => openSync(devNull, "r"));
    acceptor.close();
    for (const other of others) {
      fstatSync(other);
      closeSync(other);
    }
  });
}
