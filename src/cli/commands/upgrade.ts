// `heddle upgrade`: this version takes the place of a running server. It gets the listening sockets of that server, starts
// a server of its own with them, with the same arguments, and tells the former one when the new one serves. Nobody is
// refused meanwhile, because both accept from the same sockets.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import { printable } from "../../telemetry/printable.ts";
import {
  type FromServer,
  type FromSuccessor,
  type HandedServer,
  nameOf,
  readLines,
  sendLine,
  type ToSuccessor,
  UPGRADE_VARIABLE,
} from "../upgrade-messages.ts";
import type { Io } from "./io.ts";

/** How long a running server may take to send its sockets: it does so at once, unless its main thread is blocked. */
const OFFER_TIMEOUT_MS = 10_000;
/** How long the new server may take to start. With the first certificate of an authority, a start takes half of it. */
const START_TIMEOUT_MS = 60_000;
const STREAM_COUNT = 3;
/** Behind the standard streams and the channel to the new process. */
const FIRST_SOCKET = STREAM_COUNT + 1;

/** @returns the exit status: 0, 1 when the former server goes on, 2 for other arguments */
export async function upgrade(argv: readonly string[], io: Io): Promise<number> {
  const pid = pidOf(argv, io.environment);
  if (typeof pid === "string") return failed(io, pid, 2);
  const problem = problemOf(pid);
  if (problem !== undefined) return failed(io, problem);
  try {
    const { server, socket, descriptors } = await sigusr2(pid);
    return await replace(pid, server, socket, descriptors, io);
  } catch (error) {
    return failed(io, (error as Error).message);
  }
}

function failed({ stderr }: Io, reason: string, code = 1): number {
  stderr.write(`heddle: ${printable(reason)}\n`);
  return code;
}

const USAGE = "upgrade takes --pid <n>, the number of the running server, or --pid-file <path>";

/** @returns a sentence when there is none */
function pidOf(argv: readonly string[], { MAINPID }: Io["environment"]): number | string {
  const words = argv.length === 1 ? (/^(--[\w-]+)=(.*)$/s.exec(argv[0]!)?.slice(1) ?? argv) : argv;
  const [flag, value] = words.length === 0 ? ["--pid"] : words;
  if (words.length > 2) return USAGE;
  if (flag === "--pid-file") return value === undefined ? USAGE : pidIn(value);
  if (flag !== "--pid") return USAGE;
  const number = value ?? MAINPID;
  if (number === undefined)
    return "write --pid <n>, the number of the running server, or --pid-file <path>. In a unit of systemd, MAINPID is it";
  return readPid(number) ?? `--pid: found ${JSON.stringify(number)}, wanted the number of a process`;
}

function pidIn(path: string): number | string {
  let text: string;
  try {
    text = readFileSync(path, "latin1").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such file, so no server runs with it" : `it cannot be read (${code})`;
    return `--pid-file: ${JSON.stringify(path)}: ${reason}`;
  }
  return (
    readPid(text) ?? `--pid-file: found ${JSON.stringify(text.slice(0, 20))} in ${path}, wanted the number of a process`
  );
}

function readPid(text: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** SIGUSR2 would end a process that does not expect it. */
function problemOf(pid: number): string | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return process.platform === "linux" ? `there is no process ${pid}` : "an upgrade needs Linux";
  }
  const caught = BigInt(`0x${/^SigCgt:\s*([\da-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  if ((caught & (1n << BigInt(constants.signals.SIGUSR2 - 1))) === 0n)
    return `process ${pid} is no server that can be upgraded`;
  const uid = Number(/^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1]);
  if (uid === process.geteuid!()) return undefined;
  return `process ${pid} belongs to user ${uid}: run this as that user, for the new server would belong to you`;
}

interface Offer {
  readonly server: HandedServer;
  readonly socket: Socket;
  readonly descriptors: readonly number[];
}

/** Asks the running server for its sockets. */
async function sigusr2(pid: number): Promise<Offer> {
  const calls = await import("../../linux/pass-descriptors.ts").catch((error: Error) => {
    throw new Error(`an upgrade needs node:ffi: ${error.message}`);
  });
  let listener: number;
  try {
    listener = calls.listenAtName(nameOf(pid));
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw isTaken ? new Error(`another upgrade of process ${pid} is under way`) : error;
  }
  const closing = new Socket({ fd: listener, readable: false, writable: false });
  process.kill(pid, "SIGUSR2");
  const fd = calls.acceptWithin(listener, OFFER_TIMEOUT_MS);
  closing.destroy();
  if (fd === undefined) throw new Error(`process ${pid} did not answer within ${OFFER_TIMEOUT_MS / 1000} s`);
  // Anybody may connect to the name.
  if (calls.peerCredentials(fd).pid !== pid) throw new Error(`another process than ${pid} has answered`);
  const descriptors = calls.receiveDescriptors(fd);
  const socket = new Socket({ fd });
  const server = await new Promise<HandedServer>((resolve, reject) => {
    socket.on("close", () => reject(new Error(`process ${pid} has ended meanwhile`)));
    socket.on("error", () => {}); // "close" follows
    readLines<FromServer>(socket, (message) => {
      if (message.kind === "server") resolve(message);
      else if (message.kind === "refused") reject(new Error(message.reason));
      else socket.emit("released");
    });
  });
  return { server, socket, descriptors };
}

async function replace(
  pid: number,
  server: HandedServer,
  socket: Socket,
  descriptors: readonly number[],
  io: Io,
): Promise<number> {
  const child = start(server, descriptors);
  const { sockets, ticketKeys } = server;
  const numbered = sockets.map((one, index) => ({ ...one, fd: FIRST_SOCKET + index }));
  child.send({ kind: "sockets", pid, sockets: numbered, ticketKeys } satisfies ToSuccessor, () => {});
  // Before the wait: the former server may end meanwhile.
  const released = new Promise<boolean>((resolve) => {
    socket.once("released", () => resolve(true));
    socket.once("close", () => resolve(false));
  });
  const problem = await readiness(child);
  if (problem !== undefined) {
    sendLine(socket, { kind: "failed", reason: problem });
    socket.end();
    child.kill("SIGKILL");
    return failed(io, `the new server did not start, and process ${pid} goes on: ${problem}`);
  }
  sendLine(socket, { kind: "ready", pid: child.pid! });
  const isReleased = await released;
  socket.destroy();
  child.send({ kind: "go" } satisfies ToSuccessor, () => {});
  child.disconnect();
  child.unref();
  const former = isReleased ? "finishes its requests and stops" : "has ended";
  io.stdout.write(
    `heddle ${io.version} serves as process ${child.pid}; ${server.version}, process ${pid}, ${former}\n`,
  );
  return 0;
}

/** A process with the streams, the folder and the variables of the former server, and in no session of a terminal. */
function start({ argv, execArgv, cwd, environment }: HandedServer, descriptors: readonly number[]): ChildProcess {
  const streams = descriptors.slice(0, STREAM_COUNT);
  const sockets = descriptors.slice(STREAM_COUNT);
  return spawn(process.execPath, [...execArgv, process.argv[1]!, ...argv], {
    cwd,
    env: { ...environment, [UPGRADE_VARIABLE]: "1" },
    detached: true,
    stdio: [...streams, "ipc", ...sockets],
  });
}

/** @returns why the new server cannot serve; undefined when it does */
async function readiness(child: ChildProcess): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let text = "";
  const timer = setTimeout(() => resolve(`it was not ready within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
  child.on("message", (message: FromSuccessor) => {
    if (message.kind === "ready") resolve(undefined);
    else text = message.text.replace(/^heddle: /gm, "").trim();
  });
  child.on("error", (error) => resolve(error.message));
  child.on("exit", (code, signal) => resolve(text || `it ended with ${signal ?? `status ${code}`}`));
  const outcome = await promise;
  clearTimeout(timer);
  return outcome;
}
