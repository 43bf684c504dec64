// Which transport serves, and why: what was asked for, or for "auto" what works in this process. The kernel's needs
// Linux and node:ffi, which may be switched off, forbidden or broken; so it is tried before it is relied on.
import { isBuiltin } from "node:module";
import { OptionError, type ResolvedOptions } from "../options.ts";

/** How bytes reach the sockets. */
export interface TransportChoice {
  readonly kind: "kernel" | "portable";
  /** Why the transport "auto" did not become the kernel's; undefined when it did, or when one was asked for by name. */
  readonly reason: string | undefined;
}

/** Those whose numbers and structures it knows (transport/kernel/libc.ts, epoll.ts). */
const ARCHITECTURES: ReadonlySet<NodeJS.Architecture> = new Set(["x64", "arm64"]);

/** Whether "auto" takes the kernel transport where it works. */
const AUTO_PREFERS_KERNEL = true;

type Wishes = Pick<ResolvedOptions, "transport" | "isAcceptFixed" | "socket">;

/** @throws {OptionError} when the kernel transport was asked for, or is needed, and does not work here */
export async function chooseTransport(options: Wishes): Promise<TransportChoice> {
  const choice = await choose(options);
  if (choice.kind === "kernel" || options.socket === undefined) return choice;
  const reason = choice.reason === undefined ? "" : ` (${choice.reason})`;
  throw new OptionError("socket", options.socket, `host and port, because it needs the kernel transport${reason}`);
}

async function choose(options: Wishes): Promise<TransportChoice> {
  if (options.transport === "portable") return { kind: "portable", reason: undefined };
  if (options.transport === "auto" && options.isAcceptFixed) return portable("only it has the option accept");
  if (options.transport === "auto" && !AUTO_PREFERS_KERNEL) return portable("the kernel transport must be asked for");
  const obstacle = await findObstacle();
  if (obstacle === undefined) return { kind: "kernel", reason: undefined };
  if (options.transport === "auto") return portable(obstacle);
  throw new OptionError("transport", "kernel", `"auto" or "portable", because ${obstacle}`);
}

function portable(reason: string): TransportChoice {
  return { kind: "portable", reason };
}

/** @returns why the kernel transport cannot be used here; undefined when it can */
async function findObstacle(): Promise<string | undefined> {
  if (process.platform !== "linux" || !ARCHITECTURES.has(process.arch)) {
    return `the kernel transport is for Linux on ${[...ARCHITECTURES].join(" and ")}`;
  }
  // Under the permission model the module is there, and refuses when it is used.
  if (process.permission?.has("ffi") === false) return "node:ffi is not allowed: started without --allow-ffi";
  if (!isBuiltin("node:ffi")) return `node:ffi is not available: ${whyMissing()}`;
  try {
    const { selfTest } = await import("../transport/kernel/self-test.ts");
    selfTest();
    return undefined;
  } catch (error) {
    return `its self-test failed: ${(error as Error).message}`;
  }
}

function whyMissing(): string {
  const flag = "--no-experimental-ffi";
  const words = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(" ")];
  return words.includes(flag) ? `started with ${flag}` : "this Node.js was built without it";
}
