// A listening socket at a port that is about to close. close(2) resets what waits to be accepted, and a connection may
// come between the last accept(2) and it. So new ones are held off first: the kernel drops their SYN, and the client's
// kernel sends it again after a second, when most likely the next server listens. Handshakes under way are completed.
import { SOL_SOCKET } from "../../linux/inherited-socket.ts";
import { libc } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";

const SO_ATTACH_FILTER = 26;

/** A classic BPF program, struct sock_filter: code, jump if true, jump if false, operand. It sees the TCP header. */
const DROP_SYN: readonly (readonly [code: number, ifTrue: number, ifFalse: number, operand: number])[] = [
  [0x30, 0, 0, 13], // load the byte of flags
  [0x54, 0, 0, 0x12], // only SYN and ACK of it
  [0x15, 0, 1, 0x02], // SYN alone?
  [0x06, 0, 0, 0], // drop it
  [0x06, 0, 0, 0xffff_ffff], // take all of it
];
const INSTRUCTION_BYTES = 8;
/** struct sock_fprog: how many instructions, and behind padding their address. */
const PROGRAM_BYTES = 16;

/** Kept here: a filter whose address alone is left may be collected before the kernel reads it. */
const filter = new Pinned(DROP_SYN.length * INSTRUCTION_BYTES);
for (const [index, [code, ifTrue, ifFalse, operand]] of DROP_SYN.entries()) {
  const offset = index * INSTRUCTION_BYTES;
  filter.bytes.writeUInt16LE(code, offset);
  filter.bytes.writeUInt8(ifTrue, offset + 2);
  filter.bytes.writeUInt8(ifFalse, offset + 3);
  filter.bytes.writeUInt32LE(operand, offset + 4);
}

/** @returns whether it works: a sandbox may forbid it. Then a connection of the last moment can be lost */
export function holdOff(fd: number): boolean {
  const program = new Pinned(PROGRAM_BYTES);
  program.bytes.writeUInt16LE(DROP_SYN.length);
  program.bytes.writeBigUInt64LE(filter.at(0, filter.bytes.length), 8);
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program.at(0, PROGRAM_BYTES), PROGRAM_BYTES) === 0;
}
