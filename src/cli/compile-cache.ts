// Keeps what V8 has compiled for the next start, which then takes half as long to load the schema and the commands.
// Not where Node would put it, in the shared temporary folder: what lies there is run, and others can write there.
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where nothing can be written, nothing is kept, and nothing is said. */
export function keepCompiledCode(): void {
  try {
    enableCompileCache(join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "heddle"));
  } catch {
    // A user without a home.
  }
}
