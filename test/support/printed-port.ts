import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** The port in the first URL that a process prints: for a command that is not started as `Command` starts it. */
export async function printedPort({ stdout }: ChildProcess): Promise<number> {
  const ended = once(stdout!, "close").then(() => {
    throw new Error("the process ended without a URL");
  });
  for (let text = ""; ; ) {
    const [bytes] = await Promise.race([once(stdout!, "data"), ended]);
    text += bytes;
    const port = /http:\/\/[^:]+:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
}
