// The test's end of nghttp2-process.ts.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Reading } from "./frame-readings.ts";

export class Nghttp2Child {
  readonly #process: ChildProcess = fork(join(import.meta.dirname, "nghttp2-process.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    serialization: "advanced",
  });

  /** One batch at a time. */
  async read(sequences: readonly Buffer[]): Promise<Reading[]> {
    const end = new AbortController();
    const { signal } = end;
    const exit = once(this.#process, "exit", { signal }).then(([code, killedBy]) => {
      throw new Error(`nghttp2 ended: ${code ?? killedBy}`);
    });
    exit.catch(() => {});
    this.#process.send(sequences);
    const answer = once(this.#process, "message", { signal }) as Promise<[Reading[]]>;
    const [readings] = await Promise.race([answer, exit]);
    end.abort();
    answer.catch(() => {});
    return readings;
  }

  close(): void {
    this.#process.kill();
  }
}
