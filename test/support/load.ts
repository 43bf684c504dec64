// A load generator in a process of its own: it never waits for the server that it asks.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface LoadResult {
  readonly "2xx": number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
}

/** It asks until it has all its replies, so a server that is gone must not keep it for ever. */
const LIMIT_MS = 120_000;

/** Bounded in count; resolves with what it saw. */
export async function runLoad(port: number, load: { connections: number; requests: number }): Promise<LoadResult> {
  const program = fileURLToPath(import.meta.resolve("autocannon"));
  const bounds = ["-c", String(load.connections), "-a", String(load.requests), "--json"];
  const argv = [program, ...bounds, `http://127.0.0.1:${port}/`];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: LIMIT_MS });
  return JSON.parse(stdout) as LoadResult;
}
