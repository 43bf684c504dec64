// How C functions are called through node:ffi: with whole registers.

type Pointers = "pointer"[];

/**
 * A signature of whole registers, as bigints. For any other type Node 26.10 wraps the call in JavaScript that checks
 * and converts (400 to 700 ns a call, measured). Only for these does optimised code jump straight to C. An `int` is
 * the lower half of its register on x86-64 and arm64. The result is an `int`, too.
 */
export function registers(count: number): { return: "int32"; arguments: Pointers } {
  return { return: "int32", arguments: new Array<"pointer">(count).fill("pointer") };
}

/** The same for a function whose result is an address. */
export function registersToPointer(count: number): { return: "pointer"; arguments: Pointers } {
  return { return: "pointer", arguments: new Array<"pointer">(count).fill("pointer") };
}
