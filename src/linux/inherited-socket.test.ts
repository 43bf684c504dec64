// What can be told of a socket by its descriptor, and messages to a Unix socket of datagrams.
import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NotifySocket } from "../../test/support/notify-socket.ts";
import { isSocketAddress, sendDatagram } from "./datagram.ts";
import { adoptListeningSocket, parseSocketAddress } from "./inherited-socket.ts";

const fdOf = (server: Server): number => (server as unknown as { _handle: { fd: number } })._handle.fd;

const places: { name: string; bytes: string; place: { address: string; port: number } }[] = [
  { name: "IPv4", bytes: "0200 1f90 7f000001", place: { address: "127.0.0.1", port: 8080 } },
  { name: "IPv6", bytes: `0a00 0050 00000000 ${"00".repeat(15)}01 00000000`, place: { address: "::1", port: 80 } },
  { name: "a path", bytes: "0100 2f61 00", place: { address: "/a", port: 0 } },
  { name: "a path without its NUL", bytes: "0100 2f61", place: { address: "/a", port: 0 } },
  { name: "an abstract name", bytes: "0100 00 61", place: { address: "@a", port: 0 } },
  { name: "no name", bytes: "0100", place: { address: "(unnamed)", port: 0 } },
];

for (const { name, bytes, place } of places) {
  test(`parseSocketAddress() reads ${name}`, () => {
    assert.deepEqual(parseSocketAddress(Buffer.from(bytes.replaceAll(" ", ""), "hex")), place);
  });
}

test("parseSocketAddress() refuses another family", () => {
  assert.throws(() => parseSocketAddress(Buffer.from("1100", "hex")), /family 17/);
});

test("adoptListeningSocket() tells the address of a server", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  assert.deepEqual(adoptListeningSocket(fdOf(server)), { address: "127.0.0.1", port });
});

test("adoptListeningSocket() refuses a descriptor that is no listening socket", (t) => {
  const file = openSync(devNull, "r");
  t.after(() => closeSync(file));
  const datagrams = new NotifySocket(t, "@heddle-test-refused");
  assert.throws(() => adoptListeningSocket(file), { code: "ENOTSOCK" });
  assert.throws(() => adoptListeningSocket(1_000_000), { code: "EBADF" });
  assert.throws(() => adoptListeningSocket(datagrams.fd), /no stream socket/);
});

for (const address of [join(tmpdir(), `heddle-datagram-${process.pid}`), `@heddle-datagram-${process.pid}`]) {
  test(`sendDatagram() reaches ${address.startsWith("@") ? "an abstract name" : "a path"}`, async (t) => {
    const receiver = new NotifySocket(t, address);
    sendDatagram(address, "READY=1\nSTATUS=ü");
    assert.equal(await receiver.next(), "READY=1\nSTATUS=ü");
    sendDatagram(address, "");
    sendDatagram(address, "two");
    assert.equal(await receiver.next(), "");
    assert.equal(await receiver.next(), "two");
  });
}

test("sendDatagram() throws the system's error when nobody listens", () => {
  assert.throws(() => sendDatagram(`@heddle-nobody-${process.pid}`, "x"), { code: "ECONNREFUSED" });
});

test("isSocketAddress() knows paths and abstract names of the length that the kernel takes", () => {
  const all = [
    "/run/systemd/notify",
    "@a",
    "/".padEnd(107, "a"),
    "/".padEnd(108, "a"),
    "vsock:2:1",
    "",
    "@",
    "relative",
  ];
  assert.deepEqual(all.map(isSocketAddress), [true, true, true, false, false, false, false, false]);
});
