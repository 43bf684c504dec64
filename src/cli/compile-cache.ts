// Keeps what V8 has compiled for the next start, which then takes half as long to load the schema and the commands.
// Not where Node would put it, in the shared temporary folder: what lies there is run, and others can write there.
import module from "node:module"; // by its default: Node 20 has no enableCompileCache, and must be able to read this
import { homedir } from "node:os";
import { join } from "node:path";

/** Where nothing can be written, nothing is kept, and nothing is said. */
export function keepCompiledCode(): void {
  try {
    module.enableCompileCache(join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "heddle"));
  } catch {
    // A user without a home.
  }
}
