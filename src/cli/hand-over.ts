// The running server's part in an upgrade: SIGUSR2 asks for it. `heddle upgrade` waits at a name in the abstract namespace,
// gets the listening sockets, starts the new server with them, and says how that went. Until it says that the new one
// serves, nothing changes here. In a sandbox no program can be started, and what it started would be in the same sandbox:
// so the new server comes from outside (docs/decisions/0016).
import { spawn } from "node:child_process";
import { Socket } from "node:net";
import { listeningSockets } from "../linux/listening-sockets.ts";
import { connectToName, peerCredentials, sendDescriptors } from "../linux/pass-descriptors.ts";
import type { Server } from "../server.ts";
import type { HandedSocket } from "../threads/listening/handed-over.ts";
import { type FromServer, nameOf, readLines, sendLine, type ToServer } from "./upgrade-messages.ts";

const STREAMS = [0, 1, 2];
const ROOT_UID = 0;
/** The signals of a container's first process end the container. */
const FIRST_PID = 1;

export interface HandOverHooks {
  readonly version: string;
  /** Whether the process can start no others. */
  readonly isSandboxed: boolean;
  readonly onWarning: (text: string) => void;
  /** The process with this number serves from now on. Resolves when the service manager knows it: only then it may speak. */
  readonly onReplaced: (pid: number) => Promise<void>;
}

export class HandOver {
  readonly #server: Server;
  readonly #hooks: HandOverHooks;
  #isUnderWay = false;
  #isReplaced = false;

  constructor(server: Server, hooks: HandOverHooks) {
    this.#server = server;
    this.#hooks = hooks;
  }

  /** SIGUSR2 has come. */
  request(): void {
    const { onWarning } = this.#hooks;
    if (this.#isReplaced) return onWarning("SIGUSR2: another process has taken over already, and this one stops");
    if (this.#isUnderWay) return onWarning("SIGUSR2: an upgrade is under way already");
    try {
      const fd = connectToName(nameOf(process.pid));
      if (fd === undefined) this.#startUpgrade();
      else this.#offer(fd);
    } catch (error) {
      onWarning(`an upgrade is not possible: ${(error as Error).message}`);
    }
  }

  /** Nobody waits for the sockets: whoever sent the signal wants this process to see to it. */
  #startUpgrade(): void {
    const { onWarning, isSandboxed } = this.#hooks;
    const command = `heddle upgrade --pid ${process.pid}`;
    if (isSandboxed) return onWarning(`SIGUSR2: the sandbox lets this process start no other. Run ${command} instead`);
    const { execPath, argv } = process;
    const child = spawn(execPath, [argv[1]!, "upgrade", "--pid", String(process.pid)], {
      detached: true,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("error", (error) => onWarning(`SIGUSR2: ${command} cannot be started: ${error.message}`));
    child.unref();
  }

  #offer(fd: number): void {
    const { uid } = peerCredentials(fd);
    const socket = new Socket({ fd });
    socket.on("error", () => {}); // "close" follows
    if (uid !== process.geteuid!() && uid !== ROOT_UID) {
      socket.destroy();
      return this.#hooks.onWarning(`refused an upgrade by user ${uid}: this server belongs to another one`);
    }
    this.#isUnderWay = true;
    let outcome = "heddle upgrade has ended before the new server was ready";
    readLines<ToServer>(socket, (message) => {
      if (message.kind === "failed") outcome = message.reason;
      else void this.#release(socket, message.pid);
    });
    socket.on("close", () => {
      this.#isUnderWay = false;
      if (this.#isReplaced) return;
      this.#hooks.onWarning(`the upgrade failed, and this server goes on: ${outcome}`);
    });
    if (process.pid === FIRST_PID) {
      outcome = "the container ends with this process: start another container instead";
      sendDescriptors(fd, []);
      return void socket.end(`${JSON.stringify({ kind: "refused", reason: outcome } satisfies FromServer)}\n`);
    }
    const sockets = this.#sockets();
    sendDescriptors(fd, [...STREAMS, ...sockets.map((one) => one.fd)]);
    sendLine(socket, { kind: "server", ...this.#describe(sockets) });
  }

  #describe(sockets: readonly HandedSocket[]): Omit<FromServer & { kind: "server" }, "kind"> {
    const { ticketKeys } = this.#server;
    return {
      version: this.#hooks.version,
      argv: process.argv.slice(2),
      execArgv: process.execArgv,
      cwd: process.cwd(),
      environment: process.env,
      sockets,
      ticketKeys: ticketKeys && Buffer.from(ticketKeys).toString("base64"),
    };
  }

  /** Every listening socket of this process, by the name of its listener; those for other ports have none. */
  #sockets(): HandedSocket[] {
    const { addresses, options } = this.#server;
    return listeningSockets().map((socket) => {
      const at = addresses.find(({ address, port }) => address === socket.address && port === socket.port);
      const isRedirect = at === undefined && socket.fd === options.tlsRedirectFd;
      return {
        ...socket,
        name: at === undefined ? (isRedirect ? `fd:${socket.fd}` : undefined) : options.listen[at.listener]!.name,
      };
    });
  }

  async #release(socket: Socket, pid: number): Promise<void> {
    this.#isReplaced = true;
    await this.#hooks.onReplaced(pid);
    sendLine(socket, { kind: "released" });
    socket.end();
  }
}
