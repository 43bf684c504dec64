// The exercise again, one floor lower: the same server without node:net. It makes the system calls itself: socket, bind,
// listen, accept, recv, send, close. They block, as in C or Python, and that is fine here: a thread that serves one
// connection has nothing else to do. Linux only. The package keeps its system calls to itself, so this file imports them
// from the source. Run it: HOST=localhost PORT=8080 node examples/exercise/sockets.ts

import { lookup } from "node:dns/promises";
import { EventEmitter, once } from "node:events";
import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { isMainThread, threadId, Worker, workerData } from "node:worker_threads";
import {
  Connection,
  HeadParser,
  HeadWriter,
  type Http1Event,
  DEFAULT_LIMITS as limits,
  OutputBuffer,
  type Reply,
  type RequestHead,
} from "../../src/http1/index.ts";
import { EAGAIN, errno, libc, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_STREAM, systemError } from "../../src/linux/libc.ts";
import { addressOf, Pinned } from "../../src/linux/pinned.ts";
import { rareCall } from "../../src/linux/rare-calls.ts";
import { marked, page, replyTo } from "./files.ts";

const HOST = process.env["HOST"] ?? "localhost";
const PORT = Number(process.env["PORT"] ?? 8080);
const MAX_THREADS = 64;

const AF_INET = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const BACKLOG_COUNT = 128;
const INPUT_BYTES = 64 * 1024;

/** The main thread: accepts connections, and starts a thread for each. */
class Server {
  #threadCount = 0;
  readonly #ends = new EventEmitter();

  async run(): Promise<void> {
    // Node 26 may crash when a thread ends while V8 compiles its system calls in the background.
    setFlagsFromString("--no-concurrent-recompilation");
    const listening = await this.#listen();
    for (;;) {
      // Only now does Node hear that threads have ended: accept(2) blocks this thread and all its events.
      await setImmediate();
      // Over the bound, nobody accepts: connections wait in the kernel's queue.
      while (this.#threadCount >= MAX_THREADS) await once(this.#ends, "thread");
      const fd = libc.accept4(listening, 0n, 0n, SOCK_CLOEXEC);
      if (fd >= 0) this.#start(fd);
      else print(systemError("accept4").message);
    }
  }

  async #listen(): Promise<number> {
    const fd = checked("socket", libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // The port may be used again at once after a restart, while old connections to it still time out.
    setOption(fd, SO_REUSEADDR, 1);
    const { address: host } = await lookup(HOST, 4);
    const address = addressInMemory(host, PORT);
    checked("bind", libc.bind(fd, address.at(0, 16), 16));
    checked("listen", libc.listen(fd, BACKLOG_COUNT));
    const length = new Pinned(4);
    length.bytes.writeInt32LE(16);
    rareCall("getsockname", fd, address.at(0, 16), length.at(0, 4)); // the port, where 0 asked for any free one
    print(`listening on http://${host}:${address.bytes.readUInt16BE(2)}/`);
    return fd;
  }

  /** A descriptor is a number that the whole process shares, so it is all that the thread needs. */
  #start(fd: number): void {
    const thread = new Worker(new URL(import.meta.url), { workerData: fd });
    this.#threadCount++;
    thread.on("error", (error) => print(`a thread failed: ${error}`));
    thread.on("exit", () => {
      this.#threadCount--;
      this.#ends.emit("thread");
    });
  }
}

/** A thread for one connection: `run` lasts as long as the connection does. */
class Threaded {
  readonly #fd: number;
  readonly #input = new Pinned(INPUT_BYTES);
  readonly #out = new OutputBuffer();
  readonly #writer = new HeadWriter();
  readonly #connection = new Connection({ limits, parser: new HeadParser(limits), writer: this.#writer }, now());

  constructor(fd: number) {
    this.#fd = fd;
  }

  run(): void {
    print(`connection on descriptor ${this.#fd}`);
    setOption(this.#fd, SO_SNDTIMEO, ...timeOf(limits.writeTimeoutMs));
    try {
      while (!this.#connection.isOver) {
        this.#receive();
        for (let event = this.#connection.next(); event !== undefined; event = this.#connection.next())
          this.#take(event);
      }
    } finally {
      libc.close(this.#fd);
      print("closed: this thread ends");
    }
  }

  /** Waits for bytes, but no longer than the engine allows the client to take. */
  #receive(): void {
    const connection = this.#connection;
    setOption(this.#fd, SO_RCVTIMEO, ...timeOf(connection.deadline - now()));
    const count = libc.recv(this.#fd, this.#input.at(0, INPUT_BYTES), INPUT_BYTES, 0);
    if (count > 0) connection.receive(this.#input.bytes, now(), count);
    else if (count === 0) connection.receiveEnd(now());
    else if (errno() === EAGAIN) connection.expire(now());
    else connection.abort();
  }

  #take(event: Http1Event): void {
    if (event.kind === "head") this.#answer(event.head);
    else if (event.kind === "rejected") this.#send(page(event.rejection.status), event.rejection.code);
    else if (event.kind === "finish") this.#finish();
  }

  #answer(head: RequestHead): void {
    print(marked("<", head.bytes.subarray(head.start, head.end)));
    this.#connection.discardContent();
    this.#send(replyTo(head), "");
  }

  #send(reply: Reply, why: string): void {
    if (why !== "") print(`refused: ${why}`);
    this.#writer.setTime(Date.now());
    this.#connection.sendHead(reply, this.#out, now());
    print(marked(">", this.#out.view()));
    if (this.#connection.wantsContent && reply.content?.kind === "content")
      for (const bytes of reply.content.segments) this.#connection.sendContent(bytes as Buffer, this.#out);
    this.#sendAll(this.#out.take());
  }

  /** send(2) may take a part. It blocks until the client has made room: so we never hold more than one reply. */
  #sendAll(bytes: Buffer): void {
    for (let sent = 0; sent < bytes.length; ) {
      const rest = bytes.length - sent;
      const count = libc.send(this.#fd, addressOf(bytes, sent, rest), rest, MSG_NOSIGNAL);
      if (count < 0) return this.#connection.abort();
      sent += count;
    }
    this.#connection.noteOutput(0, false, now());
  }

  /** Our half ends; the client's is read on until it ends too, so that no reset destroys the last reply. */
  #finish(): void {
    libc.shutdown(this.#fd, 1);
    this.#connection.noteOutput(0, false, now());
  }
}

/** struct sockaddr_in of ip(7). Numbers on the network have their highest byte first. */
function addressInMemory(host: string, port: number): Pinned {
  const address = new Pinned(16);
  address.bytes.writeUInt16LE(AF_INET);
  address.bytes.writeUInt16BE(port, 2);
  for (const [index, part] of host.split(".").entries()) address.bytes[4 + index] = Number(part);
  return address;
}

function setOption(fd: number, name: number, ...words: number[]): void {
  const value = new Pinned(words.length === 1 ? 4 : 16);
  if (words.length === 1) value.bytes.writeInt32LE(words[0]!);
  else for (const [index, word] of words.entries()) value.bytes.writeBigInt64LE(BigInt(word), index * 8);
  checked("setsockopt", libc.setsockopt(fd, SOL_SOCKET, name, value.at(0, value.bytes.length), value.bytes.length));
}

/** struct timeval: seconds and microseconds. Zero would mean without end. */
function timeOf(ms: number): [seconds: number, microseconds: number] {
  const micros = Math.ceil(Math.min(Math.max(ms, 1), 2 ** 31) * 1000);
  return [Math.floor(micros / 1e6), micros % 1e6];
}

function checked(call: string, returned: number): number {
  if (returned < 0) throw systemError(call);
  return returned;
}

function now(): number {
  return performance.now();
}

/** Straight to the descriptor: console.log of a thread waits for the main thread, which waits in accept(2). */
function print(text: string): void {
  writeSync(1, `${isMainThread ? text : text.replaceAll(/^/gm, `thread ${threadId} `)}\n`);
}

if (isMainThread) await new Server().run();
else new Threaded(workerData as number).run();
