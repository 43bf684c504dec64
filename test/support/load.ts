// A load generator in a separate process, so that the server cannot slow it down.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface LoadResult {
  readonly "2xx": number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
}

/** The generator runs until it has all replies. This limit ends it when the server is gone. */
const LIMIT_MS = 120_000;

/** Sends this number of requests, and resolves with the counts of replies and errors. */
export async function runLoad(port: number, load: { connections: number; requests: number }): Promise<LoadResult> {
  const program = fileURLToPath(import.meta.resolve("autocannon"));
  const bounds = ["-c", String(load.connections), "-a", String(load.requests), "--json"];
  const argv = [program, ...bounds, `http://127.0.0.1:${port}/`];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: LIMIT_MS });
  return JSON.parse(stdout) as LoadResult;
}
