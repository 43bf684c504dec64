// Exercise 5: content whose length nobody knows yet. README.md has the task.

/** @returns the parts in the transfer coding "chunked", with its end */
export function chunked(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}
