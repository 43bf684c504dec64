// The same over node:net, where the system or the options have no kernel transport. libuv makes the calls, so they are named
// as it makes them, without the numbers that Node does not tell.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { read } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import { createOpener } from "../../files/containment.ts";
import type { Opener } from "../../files/opener.ts";
import type { OpenFile } from "../../http/message.ts";
import type { Gate } from "./gate.ts";
import type { CallLog, Wire } from "./wire.ts";

const HOST = "127.0.0.1";
/** So often the thread looks whether it has to end, while it waits for a client. */
const LOOK_MS = 50;
/** As the portable transport reads a file. */
const PART_BYTES = 65_536;
const readAtOnce = promisify(read);

export class PortableWire implements Wire {
  readonly #gate: Gate;
  readonly #log: CallLog;
  readonly #servers: Server[] = [];
  /** Accepted by libuv, and not by us yet. */
  readonly #queue: Socket[] = [];
  #socket: Socket | undefined;
  #hasEnded = false;
  #isBroken = false;
  readonly isQueueEmpty = true;

  constructor(gate: Gate, log: CallLog) {
    this.#gate = gate;
    this.#log = log;
  }

  newOpener(root: string, log: CallLog): Opener {
    const opener = createOpener(root);
    return {
      ...opener,
      open: async (path) => {
        const opened = await opener.open(path);
        log.note(`open(${JSON.stringify(path)}, O_RDONLY)`, opened.kind === "file" ? opened.fd : opened.kind);
        return opened;
      },
    };
  }

  async listen(): Promise<{ readonly port: number; readonly path: string | undefined }> {
    const { port } = (await this.#listenAt({ host: HOST, port: 0 })).address() as { port: number };
    this.#log.note("socket(AF_INET, SOCK_STREAM)", "a descriptor");
    this.#log.note(`bind(descriptor, ${HOST} port 0)`, `0   (the kernel has chosen port ${port})`);
    this.#log.note("listen(descriptor, 511)", 0);
    if (process.platform !== "linux") return { port, path: undefined };
    const name = `heddle-steps-${randomBytes(12).toString("hex")}`;
    await this.#listenAt({ path: `\0${name}` });
    return { port, path: `@${name}` };
  }

  whenAwaited(): Promise<void> {
    return this.#until(() => this.#queue.length > 0);
  }

  accept(): void {
    const socket = this.#queue.shift()!;
    this.#socket = socket;
    this.#hasEnded = false;
    this.#isBroken = false;
    socket.setNoDelay(true);
    socket.on("end", () => (this.#hasEnded = true));
    // Only a reading that is wanted tells of the end.
    socket.on("readable", () => {});
    socket.on("error", () => (this.#isBroken = true));
    const who =
      socket.remotePort === undefined ? "a local socket" : `${socket.remoteAddress} port ${socket.remotePort}`;
    this.#log.note("accept(descriptor)", `a new descriptor   (${who})`);
  }

  whenReadable(): Promise<void> {
    const socket = this.#socket!;
    return this.#until(() => socket.readableLength > 0 || this.#hasEnded || this.#isBroken || socket.destroyed);
  }

  receive(): Buffer | undefined | "failed" {
    const bytes: Buffer | null = this.#socket!.read();
    const count = this.#isBroken ? -1 : (bytes?.length ?? 0);
    this.#log.note("read(descriptor, buffer, 65536)", count);
    if (this.#isBroken) return "failed";
    return bytes ?? undefined;
  }

  async send(bytes: Buffer): Promise<boolean> {
    const socket = this.#socket!;
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    this.#log.note(`write(descriptor, buffer, ${bytes.length})`, this.#isBroken ? -1 : bytes.length);
    return !this.#isBroken;
  }

  async sendFile({ fd }: OpenFile, start: number, end: number): Promise<boolean> {
    const part = Buffer.allocUnsafe(PART_BYTES);
    for (let offset = start; offset < end; ) {
      const count = await readAt(fd, part, offset, Math.min(PART_BYTES, end - offset));
      this.#log.note(`pread(${fd}, buffer, ${PART_BYTES}, ${offset})`, count);
      if (count === 0 || !(await this.send(part.subarray(0, count)))) return false;
      offset += count;
    }
    return true;
  }

  endOutput(): void {
    this.#socket!.end();
    this.#log.note("shutdown(descriptor, SHUT_WR)", 0);
  }

  closeConnection(): void {
    if (this.#socket === undefined) return;
    this.#socket.destroySoon();
    this.#socket = undefined;
    this.#log.note("close(descriptor)", 0);
  }

  close(): void {
    this.#socket?.destroy();
    for (const socket of this.#queue) socket.destroy();
    for (const server of this.#servers) server.close();
  }

  async #listenAt(
    place: { readonly host: string; readonly port: number } | { readonly path: string },
  ): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.on("connection", (socket) => this.#queue.push(socket));
    server.listen(place);
    this.#servers.push(server);
    await once(server, "listening");
    return server;
  }

  async #until(isReady: () => boolean): Promise<void> {
    this.#gate.check();
    while (!isReady()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      this.#gate.check();
    }
  }
}

/** 0 at the end of the file, and where it cannot be read: both end the content early. */
async function readAt(fd: number, part: Buffer, offset: number, length: number): Promise<number> {
  return (await readAtOnce(fd, part, 0, length, offset).catch(() => undefined))?.bytesRead ?? 0;
}
