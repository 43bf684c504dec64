// Whatever does not end with CRLF yet is kept for the next piece. The kept part never has a CRLF in it, so only the place
// where old and new bytes meet, and the new bytes, have to be searched.

export const LINE_LIMIT_BYTES = 1000;

export class LineReader {
  #rest: Buffer = Buffer.alloc(0);

  feed(bytes: Buffer): string[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const lines: string[] = [];
    let start = 0;
    // One byte back: the CR may have come with the piece before.
    let end = all.indexOf("\r\n", Math.max(0, this.#rest.length - 1), "latin1");
    for (; end >= 0; end = all.indexOf("\r\n", start, "latin1")) {
      checkLength(end - start);
      lines.push(all.toString("latin1", start, end));
      start = end + 2;
    }
    this.#rest = all.subarray(start);
    // A CR at the end may belong to the CRLF.
    checkLength(this.#rest.at(-1) === 0x0d ? this.#rest.length - 1 : this.#rest.length);
    return lines;
  }
}

function checkLength(length: number): void {
  if (length > LINE_LIMIT_BYTES) throw new RangeError(`a line of more than ${LINE_LIMIT_BYTES} bytes`);
}
