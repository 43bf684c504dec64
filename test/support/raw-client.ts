// An HTTP client for tests that shares no code with the server. It writes bytes exactly as given, reads responses with a
// parser that is short enough to be checked by eye, and repairs nothing.
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. A repeated field is an error: Heddle sends no field twice. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export class RawClient {
  readonly stream: Duplex;
  #received: Buffer = Buffer.alloc(0);
  /** Bytes that arrived after `#received`. They are joined when they are read, not for each packet. */
  #arrived: Buffer[] = [];
  #arrivedLength = 0;
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on("data", (bytes: Buffer) => {
      this.#arrived.push(bytes);
      this.#arrivedLength += bytes.length;
      this.#wake();
    });
    const end = (): void => {
      this.#isEnded = true;
      this.#wake();
    };
    stream.on("end", end);
    stream.on("close", end);
    stream.on("error", end);
  }

  static async open(port: number, host = "127.0.0.1"): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  write(text: string | Buffer): void {
    this.stream.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
  }

  /** Sends a request with Host, and reads its response. `extra` are field lines, each ended by CRLF. */
  async request(method: string, target: string, extra = ""): Promise<RawResponse> {
    this.write(`${method} ${target} HTTP/1.1\r\nHost: test\r\n${extra}\r\n`);
    return this.response(method === "HEAD");
  }

  /** The next response, up to the end of its content. Throws when the connection ends before that. */
  async response(isHead = false): Promise<RawResponse> {
    const headEnd = await this.#find("\r\n\r\n");
    const [statusLine = "", ...lines] = this.#take(headEnd + 4)
      .toString("latin1")
      .trimEnd()
      .split("\r\n");
    const [, status, reason] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? [];
    if (status === undefined) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
    const fields = readFields(lines);
    const body = await this.#body(Number(status), fields, isHead);
    return { status: Number(status), reason: reason!, fields, body };
  }

  /** All bytes up to the end of the connection. */
  async rest(): Promise<Buffer> {
    while (!this.#isEnded) await this.#more();
    return this.#take(this.waiting);
  }

  /** The number of bytes that were received and are not read yet. */
  get waiting(): number {
    return this.#received.length + this.#arrivedLength;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Waits for more bytes, or for the end of the connection. */
  async more(): Promise<void> {
    await this.#more();
  }

  close(): void {
    this.stream.destroy();
  }

  async #body(status: number, fields: ReadonlyMap<string, string>, isHead: boolean): Promise<Buffer> {
    if (isHead || status === 204 || status === 304 || status < 200) return Buffer.alloc(0);
    if (fields.get("transfer-encoding") === "chunked") return this.#chunks();
    const length = fields.get("content-length");
    if (length === undefined) return this.rest();
    await this.#need(Number(length));
    return this.#take(Number(length));
  }

  async #chunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(this.#take((await this.#find("\r\n")) + 2).toString("latin1"), 16);
      await this.#need(size + 2);
      chunks.push(this.#take(size));
      if (this.#take(2).toString("latin1") !== "\r\n") throw new Error("a chunk does not end with CRLF");
      if (size === 0) return Buffer.concat(chunks);
    }
  }

  async #find(text: string): Promise<number> {
    for (;;) {
      const at = this.#join().indexOf(text, 0, "latin1");
      if (at >= 0) return at;
      await this.#orThrow(`before ${JSON.stringify(text)}`);
    }
  }

  async #need(count: number): Promise<void> {
    while (this.waiting < count) await this.#orThrow(`with ${this.waiting} of ${count} bytes`);
  }

  async #orThrow(where: string): Promise<void> {
    if (this.#isEnded) throw new Error(`the connection ended ${where}: ${this.#join().toString("latin1", 0, 200)}`);
    await this.#more();
  }

  #more(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #take(count: number): Buffer {
    const taken = this.#join().subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  #join(): Buffer {
    if (this.#arrivedLength > 0) this.#received = Buffer.concat([this.#received, ...this.#arrived]);
    this.#arrived = [];
    this.#arrivedLength = 0;
    return this.#received;
  }
}

function readFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon <= 0 || fields.has(name)) throw new Error(`a bad or repeated field line: ${JSON.stringify(line)}`);
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}
