// A listening socket at a port that is about to close. close(2) resets what waits to be accepted, and a connection may
// come between the last accept(2) and it. So new ones are held off first: the kernel drops their SYN, and the client's
// kernel sends it again after a second, when most likely the next server listens. Handshakes under way are completed.
import { optionOf, SOL_SOCKET } from "../../linux/inherited-socket.ts";
import { IPPROTO_TCP, libc } from "../../linux/libc.ts";
import { bindBeside, isMultipath, SO_REUSEPORT, setOption } from "../../linux/mptcp.ts";
import { Pinned } from "../../linux/pinned.ts";

const SO_ATTACH_FILTER = 26;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const INSTRUCTION_BYTES = 8;
/** struct sock_fprog: how many instructions, and behind padding their address. */
const PROGRAM_BYTES = 16;

/** A program of classic BPF sees the TCP header. */
const DROP_SYN = assemble([
  [0x30, 0, 0, 13], // load the byte of flags
  [0x54, 0, 0, 0x12], // only SYN and ACK of it
  [0x15, 0, 1, 0x02], // SYN alone?
  [0x06, 0, 0, 0], // drop it
  [0x06, 0, 0, 0xffff_ffff], // take all of it
]);
/** Of the sockets that share a port, in the order in which they came to it. */
const CHOOSE_SECOND = assemble([[0x06, 0, 0, 1]]);

/**
 * @returns what ends it, to be called when the socket is closed (again is harmless); undefined where it does not work, because a sandbox forbids it:
 *   then a connection of the last moment can be lost
 */
export function holdOff(fd: number): (() => void) | undefined {
  if (attach(fd, SO_ATTACH_FILTER, DROP_SYN)) return () => {};
  try {
    return isMultipath(fd) ? standIn(fd) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The kernel takes no filter for a socket of Multipath TCP. But sockets of one port can share it, and a program chooses which of
 * them gets a new connection. So another socket, of plain TCP, gets them all, and its filter drops them.
 */
function standIn(fd: number): (() => void) | undefined {
  // The sockets of reuse-port.ts: which number another one would have among them is not known.
  if (optionOf(fd, SO_REUSEPORT) !== 0) return undefined;
  setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  const other = bindBeside(fd, IPPROTO_TCP);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) libc.close(other);
    isOpen = false;
  };
  if (
    attach(other, SO_ATTACH_FILTER, DROP_SYN) &&
    libc.listen(other, 1) === 0 &&
    attach(other, SO_ATTACH_REUSEPORT_CBPF, CHOOSE_SECOND)
  )
    return close;
  close();
  return undefined;
}

/** @returns whether the kernel takes the program */
function attach(fd: number, option: number, instructions: Pinned): boolean {
  const program = new Pinned(PROGRAM_BYTES);
  const { length } = instructions.bytes;
  program.bytes.writeUInt16LE(length / INSTRUCTION_BYTES);
  program.bytes.writeBigUInt64LE(instructions.at(0, length), 8);
  return libc.setsockopt(fd, SOL_SOCKET, option, program.at(0, PROGRAM_BYTES), PROGRAM_BYTES) === 0;
}

/**
 * Each is a struct sock_filter: code, jump if true, jump if false, operand. The result stays referenced: memory whose address
 * alone is left may be collected before the kernel reads it.
 */
function assemble(
  instructions: readonly (readonly [code: number, ifTrue: number, ifFalse: number, operand: number])[],
): Pinned {
  const program = new Pinned(instructions.length * INSTRUCTION_BYTES);
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    const offset = index * INSTRUCTION_BYTES;
    program.bytes.writeUInt16LE(code, offset);
    program.bytes.writeUInt8(ifTrue, offset + 2);
    program.bytes.writeUInt8(ifFalse, offset + 3);
    program.bytes.writeUInt32LE(operand, offset + 4);
  }
  return program;
}
