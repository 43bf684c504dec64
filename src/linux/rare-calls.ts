// System calls that a process makes a few times in its life: for sockets that it was started with or hands over, for
// messages to the service manager, and for the sandbox. The calls of every request are in libc.ts, where they are quick; these are short
// to write, and throw.
import { getSystemErrorName } from "node:util";
import { ffi } from "./ffi.ts";
import { registers, registersToPointer } from "./signatures.ts";

/** How many words each takes. */
const COUNTS = {
  connect: 3,
  fcntl: 3,
  getsockname: 3,
  getsockopt: 5,
  poll: 3,
  recvmsg: 3,
  sendmsg: 3,
  sendto: 6,
  prctl: 5,
  syscall: 5,
} as const;

type Name = keyof typeof COUNTS;

const signatures = Object.entries(COUNTS).map(([name, count]) => [name, registers(count)]);
/** Stays referenced as long as its functions are called. */
const { functions } = ffi.dlopen(null, Object.fromEntries(signatures) as Record<Name, ReturnType<typeof registers>>);
const { __errno_location: locate } = ffi.dlopen(null, { __errno_location: registersToPointer(0) }).functions;
/** errno has one address for the whole life of a thread. */
const errnoCell: Int32Array = new Int32Array(ffi.toArrayBuffer(locate(), 4, false));

/**
 * @param words numbers, and addresses from pinned.ts; those that are left out are zero
 * @returns what its manual page says
 * @throws the system's error, with its `code`
 */
export function rareCall(name: Name, ...words: (number | bigint)[]): number {
  const given = Array.from({ length: COUNTS[name] }, (_, index) => BigInt.asUintN(64, BigInt(words[index] ?? 0)));
  const call = functions[name] as (...given: bigint[]) => number;
  const returned = call(...given);
  const errno = errnoCell[0]!;
  if (returned >= 0) return returned;
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${name}: ${code}`), { code, errno: -errno, syscall: name });
}
