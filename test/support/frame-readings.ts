// How two servers read the same frames of a client: the engine, and nghttp2 in a process of its own. Each gives what became of
// the connection and of each stream.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import { DEFAULT_LIMITS as HTTP1_LIMITS } from "../../src/http1/limits.ts";
import { Http2Connection } from "../../src/http2/connection.ts";
import { Http2Context } from "../../src/http2/context.ts";
import { DEFAULT_HTTP2_LIMITS } from "../../src/http2/limits.ts";
import { FRAME } from "./frame-generator.ts";
import { textReply } from "./http1.ts";

export interface FrameReading {
  /** "open", "closed" without a reason, or the name of the error in GOAWAY. */
  connection: string;
  /** What each stream got: "answered", the name of the error in RST_STREAM, or both. */
  readonly streams: Map<number, string>;
}

const ERROR_NAMES = [
  ...["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED"],
  ...["FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"],
  ...["INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"],
];
const ANSWERED = "answered";

const out = new OutputBuffer();
const context = new Http2Context({ ...HTTP1_LIMITS, ...DEFAULT_HTTP2_LIMITS }, "none");
const REPLY = textReply(200, "");

/** What the engine makes of all that a client sends. Each request is answered as soon as its head has come. */
export function readOurs(bytes: Buffer): FrameReading {
  const connection = new Http2Connection(context, 0);
  out.clear();
  let hasEnded = false;
  connection.receive(bytes, 0);
  for (let event = connection.next(out); event !== undefined; event = connection.next(out)) {
    if (event.kind === "head") connection.sendReply(event.stream, REPLY, out, 0);
    else if (event.kind === "rejected")
      connection.sendReply(event.stream, textReply(event.rejection.status, ""), out, 0);
    else if (event.kind === "finish" || event.kind === "closed") hasEnded = true;
    if (event.kind === "closed") break;
  }
  const reading = readFrames(out.take());
  if (hasEnded && reading.connection === "open") reading.connection = "closed";
  return reading;
}

/** What a server sent, frame by frame. */
function readFrames(bytes: Buffer): FrameReading {
  const reading: FrameReading = { connection: "open", streams: new Map() };
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const [type, stream] = [bytes[at + 3], bytes.readUInt32BE(at + 5)];
    if (type === FRAME.headers) note(reading, stream, ANSWERED);
    else if (type === FRAME.rstStream) note(reading, stream, nameOf(bytes.readUInt32BE(at + 9)));
    else if (type === FRAME.goaway && reading.connection === "open")
      reading.connection = nameOf(bytes.readUInt32BE(at + 13));
  }
  return reading;
}

function note({ streams }: FrameReading, stream: number, what: string): void {
  const before = streams.get(stream);
  // A request whose content is not wanted may be ended with NO_ERROR behind its answer: RFC 9113 §8.1.
  if (before === undefined) streams.set(stream, what);
  else if (what !== "NO_ERROR") streams.set(stream, `${before}, ${what}`);
}

function nameOf(code: number): string {
  return ERROR_NAMES[code] ?? String(code);
}

/** nghttp2's readings, many at a time. */
export class Nghttp2 {
  readonly #child: ChildProcess;
  #received: Buffer = Buffer.alloc(0);
  readonly #waiting: ((reading: FrameReading) => void)[] = [];

  constructor() {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, "nghttp2-process.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout!.on("data", (bytes: Buffer) => this.#take(bytes));
    this.#child.once("exit", () => {
      // A reading that is missing makes the comparison fail.
      for (const resolve of this.#waiting.splice(0))
        resolve({ connection: "the process has ended", streams: new Map() });
    });
  }

  read(bytes: Buffer): Promise<FrameReading> {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(bytes.length);
    this.#child.stdin!.write(Buffer.concat([head, bytes]));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#child.kill();
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE(0)) {
      const end = 4 + this.#received.readUInt32BE(0);
      const reading = readFrames(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
      this.#waiting.shift()!(reading);
    }
  }
}
