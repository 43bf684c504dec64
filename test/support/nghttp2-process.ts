// nghttp2, as node:http2 has it, in a process of its own: takes sequences of a client on standard input, each behind its length
// in four bytes, and gives what it sent for each in the same form. Every request is answered by 200 without content, when its
// head has come. A sequence is over when its last PING is answered, or when nghttp2 ends the connection.
import { createServer, type ServerHttp2Stream } from "node:http2";
import { type Duplex, duplexPair } from "node:stream";
import { LAST_PING } from "./frame-generator.ts";

const server = createServer({ maxSessionInvalidFrames: 1_000_000, maxSessionRejectedStreams: 1_000_000 });
server.on("stream", (stream: ServerHttp2Stream) => {
  stream.on("error", () => {});
  // It is told a turn late, and may be gone by then.
  if (stream.destroyed || stream.closed) return;
  stream.resume();
  stream.respond({ ":status": 200 }, { endStream: true });
});
server.on("sessionError", () => {});
server.on("session", (session) => session.on("error", () => {}));

const pong = Buffer.concat([Buffer.from([0, 0, 8, 6, 1, 0, 0, 0, 0]), LAST_PING]);

let waiting: Buffer = Buffer.alloc(0);
let isBusy = false;
process.stdin.on("data", (bytes: Buffer) => {
  waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
  if (!isBusy) void work();
});

async function work(): Promise<void> {
  isBusy = true;
  while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
    const length = waiting.readUInt32BE(0);
    const answer = await answerTo(waiting.subarray(4, 4 + length));
    waiting = waiting.subarray(4 + length);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(answer.length);
    process.stdout.write(Buffer.concat([head, answer]));
  }
  isBusy = false;
}

function answerTo(sequence: Buffer): Promise<Buffer> {
  const [ours, theirs] = duplexPair() as unknown as [Duplex, Duplex];
  const received: Buffer[] = [];
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      theirs.destroy();
      ours.destroy();
      resolve(Buffer.concat(received));
    };
    // nghttp2 may ignore everything, and say nothing.
    const timer = setTimeout(finish, 200);
    ours.on("data", (bytes: Buffer) => {
      received.push(bytes);
      if (Buffer.concat(received).includes(pong)) setImmediate(finish);
    });
    ours.on("end", finish);
    ours.on("error", finish);
    ours.on("close", finish);
    theirs.on("error", () => {});
    server.emit("connection", theirs);
    ours.write(sequence);
  });
}
