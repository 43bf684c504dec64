// Gives memory that glibc's malloc holds free back to the system. The contents of files come from malloc, 8 to 400 KB each,
// and so does what encoding needs. Freed pieces of them lie between others, in a part of memory for each thread, and
// malloc gives back only the end of such a part by itself. malloc_trim(3) gives back every free page.
import { ffi } from "./ffi.ts";

/** Undefined with another libc: musl gives memory back by itself. */
const malloc = load();

/** A thread that allocates meanwhile waits: 3 ms, and half a millisecond for each MiB that is given back. */
export function trimMemory(): void {
  malloc?.functions.malloc_trim(0n);
}

function load() {
  try {
    return ffi.dlopen(null, { malloc_trim: { return: "int32", arguments: ["pointer"] } });
  } catch {
    return undefined;
  }
}
