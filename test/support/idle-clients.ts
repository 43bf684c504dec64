// A process that holds connections. It uses plain sockets and waits for one reply after the other, because thousands of
// sockets of node:net would keep the machine busy. fork() starts it with the port of the server and the address of the
// clients. It answers each order when it is done, and ends when a reply is wrong.
import { ffi } from "../../src/linux/ffi.ts";
import { libc, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_STREAM, systemError } from "../../src/linux/libc.ts";
import { Pinned } from "../../src/linux/pinned.ts";

export interface Order {
  readonly what: "open" | "ask" | "close";
  /** "open": the number of connections. "ask": every n-th of the open connections sends a request. */
  readonly count: number;
}

const AF_INET = 2;
const ADDRESS_BYTES = 16;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const IPPROTO_IP = 0;
/** connect(2) chooses the port, and may choose one that is in use to another peer: ip(7). */
const IP_BIND_ADDRESS_NO_PORT = 24;
/** Connections that are opened at once: fewer than a listen queue holds. */
const BATCH_COUNT = 100;
/** Every tenth connection closes in order. The others close with a reset: the kernel remembers the rest for a minute. */
const ORDERLY_STEP = 10;

const { functions } = ffi.dlopen(null, {
  connect: { return: "int32", arguments: ["int32", "pointer", "uint32"] },
});
const [port, from] = process.argv.slice(2);
const peer = address("127.0.0.1", Number(port));
const self = address(from!, 0);
const request = pinned("GET /idle.txt HTTP/1.1\r\nHost: test\r\n\r\n");
const reply = new Pinned(4096);
const yes = pinned("\x01\0\0\0");
const resets = pinned("\x01\0\0\0\0\0\0\0");
const held: number[] = [];

process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  if (order.what === "open") open(order.count);
  if (order.what === "ask") ask(held.filter((_, index) => index % order.count === 0));
  if (order.what === "close") held.splice(0).forEach(close);
  process.send!("done");
});

function open(count: number): void {
  for (let left = count; left > 0; left -= BATCH_COUNT) {
    const fds = Array.from({ length: Math.min(left, BATCH_COUNT) }, connect);
    held.push(...fds);
    ask(fds);
  }
}

function connect(): number {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError("socket");
  libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, yes.at(0, 4), 4);
  if (libc.bind(fd, self.at(0, ADDRESS_BYTES), ADDRESS_BYTES) < 0) throw systemError("bind");
  if (functions.connect(fd, peer.at(0, ADDRESS_BYTES), ADDRESS_BYTES) < 0) throw systemError("connect");
  return fd;
}

function ask(fds: readonly number[]): void {
  const { length } = request.bytes;
  for (const fd of fds) {
    if (libc.send(fd, request.at(0, length), length, MSG_NOSIGNAL) !== length) throw systemError("send");
  }
  for (const fd of fds) {
    // The reply is short, so it arrives in one piece.
    const count = libc.recv(fd, reply.at(0, 4096), 4096, 0);
    const text = reply.bytes.toString("latin1", 0, Math.max(0, count));
    if (!/^HTTP\/1\.1 200 .*\r\n\r\nheld$/s.test(text)) throw new Error(`${count}: ${text}`);
  }
}

function close(fd: number, index: number): void {
  if (index % ORDERLY_STEP !== 0) libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, resets.at(0, 8), 8);
  libc.close(fd);
}

function address(host: string, port: number): Pinned {
  const memory = new Pinned(ADDRESS_BYTES);
  memory.bytes.writeUInt16LE(AF_INET);
  memory.bytes.writeUInt16BE(port, 2);
  memory.bytes.set(host.split(".").map(Number), 4);
  return memory;
}

function pinned(text: string): Pinned {
  const memory = new Pinned(text.length);
  memory.bytes.write(text, "latin1");
  return memory;
}
