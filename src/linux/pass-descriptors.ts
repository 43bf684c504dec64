// Descriptors that go from one process to another, over a Unix socket with a name in the abstract namespace: SCM_RIGHTS of
// unix(7). Both sides ask the kernel who the other one is (SO_PEERCRED), because any user may connect to such a name, or
// take it first.
import { AF_UNIX, EPOLLIN, libc, SOCK_CLOEXEC, SOCK_STREAM, systemError } from "./libc.ts";
import { Pinned } from "./pinned.ts";
import { rareCall } from "./rare-calls.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const MSG_WAITALL = 0x100;
/** The kernel passes 253 at once (SCM_MAX_FD). */
const BATCH_COUNT = 200;
/** struct msghdr of 64 bits: name, its length, vectors, their count, control, its length, flags. */
const HEADER_BYTES = 56;
/** struct cmsghdr: length, level, type. */
const CONTROL_BYTES = 16;
/** How many follow, before the descriptors. */
const COUNT_BYTES = 4;
/** Listening sockets of a server: 512 threads with one each, and a few more. */
const DESCRIPTOR_LIMIT_COUNT = 4096;

interface Credentials {
  readonly pid: number;
  readonly uid: number;
}

/** @throws the system's error; EADDRINUSE when the name is taken */
export function listenAtName(name: string): number {
  const fd = newSocket();
  try {
    const address = addressOf(name);
    const { length } = address.bytes;
    if (libc.bind(fd, address.at(0, length), length) < 0) throw systemError("bind");
    if (libc.listen(fd, 1) < 0) throw systemError("listen");
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** @returns undefined when nobody listens at the name */
export function connectToName(name: string): number | undefined {
  const fd = newSocket();
  try {
    const address = addressOf(name);
    rareCall("connect", fd, address.at(0, address.bytes.length), address.bytes.length);
    return fd;
  } catch (error) {
    libc.close(fd);
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return undefined;
    throw error;
  }
}

/** Waits for a connection, or for `timeoutMs`. Blocks this thread. @returns undefined when none has come */
export function acceptWithin(fd: number, timeoutMs: number): number | undefined {
  const wanted = new Pinned(8);
  wanted.bytes.writeInt32LE(fd, 0);
  wanted.bytes.writeInt16LE(EPOLLIN, 4);
  if (rareCall("poll", wanted.at(0, 8), 1, timeoutMs) === 0) return undefined;
  const connection = libc.accept4(fd, 0n, 0n, SOCK_CLOEXEC);
  if (connection < 0) throw systemError("accept4");
  return connection;
}

export function peerCredentials(fd: number): Credentials {
  const value = new Pinned(12);
  const length = new Pinned(4);
  length.bytes.writeUInt32LE(12);
  rareCall("getsockopt", fd, SOL_SOCKET, SO_PEERCRED, value.at(0, 12), length.at(0, 4));
  return { pid: value.bytes.readInt32LE(0), uid: value.bytes.readUInt32LE(4) };
}

/** To be called before anything else is sent. Blocks until the peer has them. */
export function sendDescriptors(fd: number, descriptors: readonly number[]): void {
  const count = new Pinned(COUNT_BYTES);
  count.bytes.writeUInt32LE(descriptors.length);
  for (let start = 0; start === 0 || start < descriptors.length; start += BATCH_COUNT) {
    const batch = descriptors.slice(start, start + BATCH_COUNT);
    const control = new Pinned(CONTROL_BYTES + 4 * BATCH_COUNT);
    control.bytes.writeBigUInt64LE(BigInt(CONTROL_BYTES + 4 * batch.length), 0);
    control.bytes.writeInt32LE(SOL_SOCKET, 8);
    control.bytes.writeInt32LE(SCM_RIGHTS, 12);
    for (const [index, one] of batch.entries()) control.bytes.writeInt32LE(one, CONTROL_BYTES + 4 * index);
    const message = new Message(count, control, batch.length === 0 ? 0 : padded(CONTROL_BYTES + 4 * batch.length));
    rareCall("sendmsg", fd, message.address, MSG_NOSIGNAL);
  }
}

/** What `sendDescriptors` sends. Blocks until it has come. @throws an error when the peer ends before */
export function receiveDescriptors(fd: number): number[] {
  const received: number[] = [];
  let total = 0;
  do {
    const count = new Pinned(COUNT_BYTES);
    const control = new Pinned(CONTROL_BYTES + 4 * BATCH_COUNT);
    const message = new Message(count, control, control.bytes.length);
    const length = rareCall("recvmsg", fd, message.address, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    if (length < COUNT_BYTES) throw new Error("the server has closed the connection");
    total = Math.min(count.bytes.readUInt32LE(), DESCRIPTOR_LIMIT_COUNT);
    const batch = message.descriptors();
    received.push(...batch);
    if (batch.length === 0 && received.length < total) throw new Error("descriptors were lost: too many are open");
  } while (received.length < total);
  return received;
}

/** One sendmsg(2) or recvmsg(2). It keeps what its header points to. */
class Message {
  readonly #header = new Pinned(HEADER_BYTES);
  readonly #vector = new Pinned(16);
  readonly #content: Pinned;
  readonly #control: Pinned;

  constructor(content: Pinned, control: Pinned, controlLength: number) {
    this.#content = content;
    this.#control = control;
    const { length } = content.bytes;
    this.#vector.bytes.writeBigUInt64LE(this.#content.at(0, length), 0);
    this.#vector.bytes.writeBigUInt64LE(BigInt(length), 8);
    const { bytes } = this.#header;
    bytes.writeBigUInt64LE(this.#vector.at(0, 16), 16);
    bytes.writeBigUInt64LE(1n, 24);
    bytes.writeBigUInt64LE(controlLength === 0 ? 0n : this.#control.at(0, controlLength), 32);
    bytes.writeBigUInt64LE(BigInt(controlLength), 40);
  }

  get address(): bigint {
    return this.#header.at(0, HEADER_BYTES);
  }

  /** Those that came with it. */
  descriptors(): number[] {
    const hasControl = this.#header.bytes.readBigUInt64LE(40) >= CONTROL_BYTES;
    const { bytes } = this.#control;
    if (!hasControl || bytes.readInt32LE(8) !== SOL_SOCKET || bytes.readInt32LE(12) !== SCM_RIGHTS) return [];
    const count = (Number(bytes.readBigUInt64LE(0)) - CONTROL_BYTES) / 4;
    return Array.from({ length: count }, (_, index) => bytes.readInt32LE(CONTROL_BYTES + 4 * index));
  }
}

/** CMSG_SPACE: control messages are aligned to words. */
function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function newSocket(): number {
  const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError("socket");
  return fd;
}

/** struct sockaddr_un with a name in the abstract namespace: a NUL before it, and none behind it. */
function addressOf(name: string): Pinned {
  const address = new Pinned(3 + Buffer.byteLength(name));
  address.bytes.writeUInt16LE(AF_UNIX);
  address.bytes.write(name, 3);
  return address;
}
