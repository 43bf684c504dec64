// Exercise 7: send no faster than the client takes it. README.md has the task.
import type { Writable } from "node:stream";

/**
 * Sends all parts and ends the stream.
 * @throws when the stream is destroyed before it has taken all parts
 */
export async function send(parts: Iterable<Buffer>, to: Writable): Promise<void> {
  // A film of 4 GB for a client on a slow line: where do these bytes wait?
  for (const part of parts) to.write(part);
  to.end();
}
