// A message to a Unix socket of datagrams, unix(7), which Node has none of: service managers listen at one. Sent or
// refused at once; nobody answers.
import { AF_UNIX, libc, SOCK_CLOEXEC, SOCK_NONBLOCK } from "./libc.ts";
import { Pinned } from "./pinned.ts";
import { rareCall } from "./rare-calls.ts";

const SOCK_DGRAM = 2;
const MSG_NOSIGNAL = 0x4000;
/** The path in a `struct sockaddr_un` stands behind its family. */
const PATH_OFFSET = 2;
const PATH_LIMIT_BYTES = 108;

/**
 * @param address an absolute path, or "@" and a name in the abstract namespace, as systemd writes it
 * @throws the system's error, with its `code`; EAGAIN when the receiver's queue is full
 */
export function sendDatagram(address: string, text: string): void {
  const to = socketAddress(address);
  const content = pinned(Buffer.from(text));
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw new Error("no socket can be opened");
  try {
    const { length } = content.bytes;
    rareCall("sendto", fd, content.at(0, length), length, MSG_NOSIGNAL, to.at(0, to.bytes.length), to.bytes.length);
  } finally {
    libc.close(fd);
  }
}

/** Whether this is an address that `sendDatagram` knows: systemd also has "vsock:…", for virtual machines. */
export function isSocketAddress(address: string): boolean {
  return /^[/@]./.test(address) && Buffer.byteLength(address) < PATH_LIMIT_BYTES;
}

/** An abstract name begins with NUL and ends where the length says: any byte more would be another name. */
function socketAddress(address: string): Pinned {
  const path = Buffer.from(address);
  if (address.startsWith("@")) path[0] = 0;
  const whole = pinned(Buffer.concat([Buffer.alloc(PATH_OFFSET), path]));
  whole.bytes.writeUInt16LE(AF_UNIX);
  return whole;
}

function pinned(bytes: Buffer): Pinned {
  const memory = new Pinned(bytes.length);
  bytes.copy(memory.bytes);
  return memory;
}
