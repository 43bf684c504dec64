// V8 compiles a function that is called often in a background thread, and reads there how a C function of node:ffi is
// called. Node.js 26 frees that description when a thread ends, and V8 may still be compiling: the process then dies of a
// failed check or of a segmentation fault (in 1 of 15 closes shortly after the first few thousand requests, measured).
import { setFlagsFromString } from "node:v8";

/**
 * Threads that start from now on compile by themselves, so none ends while something of it is compiled. The flag is the
 * process's: the workers of an app that start later do so, too, but its main thread does not. It costs nothing that we
 * could measure: no function takes longer than 6 ms.
 */
export function turnOffBackgroundCompiling(): void {
  setFlagsFromString("--no-concurrent-recompilation");
}
