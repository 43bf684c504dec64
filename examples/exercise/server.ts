// The exercise: the smallest multithreaded web server. The main thread listens and accepts; each connection gets a
// thread of its own, which reads requests, answers with files, and prints both. Sockets are node:net's, HTTP is the
// engine of `heddle/http1`. It leaves out all that a server for others needs: use Heddle itself for that.
// Run it: HOST=localhost PORT=8080 node examples/exercise/server.ts
import { type AddressInfo, createServer, type Socket } from "node:net";
import { isMainThread, parentPort, threadId, Worker } from "node:worker_threads";
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
import { marked, page, replyTo } from "./files.ts";

const HOST = process.env["HOST"] ?? "localhost";
const PORT = Number(process.env["PORT"] ?? 8080);
/** A thread takes about 20 MiB and a client nothing: without a bound, clients could fill our memory. */
const MAX_THREADS = 64;

/** The main thread: accepts connections, and starts a thread for each. */
class Server {
  #threadCount = 0;

  run(): void {
    // A paused socket has read nothing yet, so the thread that gets it misses no byte.
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    server.listen(PORT, HOST, () => {
      const { address, port, family } = server.address() as AddressInfo;
      console.log(`listening on http://${family === "IPv6" ? `[${address}]` : address}:${port}/`);
    });
  }

  #accept(socket: Socket): void {
    if (this.#threadCount >= MAX_THREADS) return void socket.destroy();
    const thread = new Worker(new URL(import.meta.url));
    this.#threadCount++;
    thread.on("error", (error) => console.log("a thread failed:", error));
    thread.on("exit", () => this.#threadCount--);
    // The socket moves: from here on it belongs to that thread.
    thread.postMessage(socket, [socket as never]);
  }
}

/** A thread for one connection: `run` lasts as long as the connection does. */
class Threaded {
  readonly #socket: Socket;
  readonly #out = new OutputBuffer();
  readonly #writer = new HeadWriter();
  readonly #connection = new Connection({ limits, parser: new HeadParser(limits), writer: this.#writer }, now());
  #timer: NodeJS.Timeout | undefined;
  #writtenBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  run(): void {
    const [socket, connection] = [this.#socket, this.#connection];
    this.#print(`connection from ${socket.remoteAddress} port ${socket.remotePort}`);
    socket.allowHalfOpen = true; // A client may end its half and still wait for our reply.
    socket.on("data", (bytes) => this.#turn(() => connection.receive(bytes as Buffer, now())));
    socket.on("end", () => this.#turn(() => connection.receiveEnd(now())));
    socket.on("drain", () => this.#turn());
    socket.on("finish", () => this.#turn());
    socket.on("error", (error) => this.#print(error.message));
    socket.on("close", () => this.#end());
    this.#turn();
  }

  /** The four steps of a transport: bytes go in, events come out, bytes leave, the deadline is set. */
  #turn(feed?: () => void): void {
    const [socket, connection] = [this.#socket, this.#connection];
    feed?.();
    // A client that does not take its replies gets no further ones: what we hold for it stays bounded.
    while (!socket.writableNeedDrain) {
      const event = connection.next();
      if (event === undefined) break;
      this.#take(event);
    }
    connection.keepInput();
    connection.noteOutput(this.#writtenBytes - socket.writableLength, socket.writableLength > 0, now());
    if (socket.writableNeedDrain || !connection.wantsInput) socket.pause();
    else socket.resume();
    this.#setTimer();
  }

  #take(event: Http1Event): void {
    if (event.kind === "head") this.#answer(event.head);
    else if (event.kind === "rejected") this.#send(page(event.rejection.status), event.rejection.code);
    else if (event.kind === "finish") this.#socket.end();
    else if (event.kind === "closed") this.#socket.destroy();
  }

  #answer(head: RequestHead): void {
    this.#print(marked("<", head.bytes.subarray(head.start, head.end)));
    this.#connection.discardContent();
    this.#send(replyTo(head), "");
  }

  #send(reply: Reply, why: string): void {
    if (why !== "") this.#print(`refused: ${why}`);
    this.#writer.setTime(Date.now());
    this.#connection.sendHead(reply, this.#out, now());
    this.#print(marked(">", this.#out.view()));
    // The reply to HEAD has no content.
    if (this.#connection.wantsContent && reply.content?.kind === "content")
      for (const bytes of reply.content.segments) this.#connection.sendContent(bytes as Buffer, this.#out);
    const bytes = this.#out.take();
    this.#writtenBytes += bytes.length;
    this.#socket.write(bytes);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const { deadline } = this.#connection;
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#turn(() => this.#connection.expire(now())), Math.max(0, deadline - now()));
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#print("closed: this thread ends");
  }

  #print(text: string): void {
    console.log(text.replaceAll(/^/gm, `thread ${threadId} `));
  }
}

/** Monotonic: it never goes back when somebody sets the clock. */
function now(): number {
  return performance.now();
}

if (isMainThread) new Server().run();
else parentPort!.once("message", (socket: Socket) => new Threaded(socket).run());
