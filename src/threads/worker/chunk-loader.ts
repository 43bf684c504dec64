// Loads the files of the package with what V8 has compiled of them in an earlier thread. A thread per connection runs some
// 500 functions once, and V8 compiles each when it is first called: with the compiled code of a thread that has served a
// connection, it compiles none of them. Node's own compile cache cannot do that: it has what was compiled before anything ran.
//
// The compiled code stays in the memory of the process, and goes to each new thread with its start data. So it always fits
// this Node.js, and nothing that others could write is run.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import type { CompiledCode } from "../messages.ts";

interface Module {
  readonly exports: object;
}

export class ChunkLoader {
  readonly #compiled: CompiledCode;
  readonly #modules = new Map<string, Module>();
  readonly #scripts = new Map<string, Script>();

  constructor(compiled: CompiledCode) {
    this.#compiled = compiled;
  }

  /** How many files V8 had to compile again. */
  get missCount(): number {
    return this.#scripts
      .values()
      .reduce((sum, { cachedDataRejected }) => (cachedDataRejected === false ? sum : sum + 1), 0);
  }

  /**
   * As `require` does. The file may require others of the package, by relative path.
   * @param file CommonJS in ASCII, as build/javascript.ts writes it
   */
  require(file: string): object {
    const known = this.#modules.get(file);
    if (known !== undefined) return known.exports;
    const module: Module = { exports: {} };
    this.#modules.set(file, module);
    const source = `(function(exports,require,__filename){${readFileSync(file, "latin1")}\n})`;
    const script = new Script(source, { filename: file, cachedData: this.#compiled.get(file) });
    this.#scripts.set(file, script);
    script.runInThisContext()(module.exports, (path: string) => this.require(join(file, "..", path)), file);
    return module.exports;
  }

  /** All that has been compiled by now, in memory that threads share. Takes about 5 ms. */
  collect(): CompiledCode {
    const compiled = new Map<string, Uint8Array>();
    for (const [file, script] of this.#scripts) {
      const data = script.createCachedData();
      const shared = new Uint8Array(new SharedArrayBuffer(data.length));
      shared.set(data);
      compiled.set(file, shared);
    }
    return compiled;
  }
}
