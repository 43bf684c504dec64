// Which transport serves, and why: the one that was asked for, or for "auto" the kernel transport where it works. That
// needs Linux and node:ffi, which may be switched off, forbidden or broken; so it is tested before it is used.
import { isBuiltin } from "node:module";
import { OptionError } from "../../options/mistakes.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";

/** How bytes reach the sockets. */
export interface TransportChoice {
  readonly kind: "kernel" | "portable";
  /** Why "auto" chose the portable transport; undefined when it chose the kernel's, or when a transport was named. */
  readonly reason: string | undefined;
}

/** Architectures whose system call numbers and structures we know (linux/libc.ts, epoll.ts). */
const ARCHITECTURES: ReadonlySet<NodeJS.Architecture> = new Set(["x64", "arm64"]);

type Wishes = Pick<ResolvedOptions, "transport" | "isAcceptFixed" | "listen" | "tls">;

/** @throws {OptionError} when the kernel transport was asked for, or is needed, and does not work here */
export async function chooseTransport(options: Wishes): Promise<TransportChoice> {
  const choice = await choose(options);
  const socket = options.listen.find(({ kind }) => kind === "socket");
  if (choice.kind === "kernel" || socket?.kind !== "socket") return choice;
  const reason = choice.reason === undefined ? "" : ` (${choice.reason})`;
  throw new OptionError(
    socket.option,
    socket.path,
    `host and port, because a Unix socket needs the kernel transport${reason}`,
  );
}

async function choose(options: Wishes): Promise<TransportChoice> {
  if (options.transport === "portable") return { kind: "portable", reason: undefined };
  if (options.transport === "auto" && options.isAcceptFixed) return portable("the option accept requires it");
  const obstacle = (await findObstacle()) ?? (options.tls && (await findTlsObstacle()));
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
    return `the kernel transport needs Linux on ${[...ARCHITECTURES].join(" or ")}`;
  }
  // Under the permission model the module can be loaded, and throws when it is used.
  if (process.permission?.has("ffi") === false)
    return "node:ffi is not allowed: Node.js was started without --allow-ffi";
  if (!isBuiltin("node:ffi")) return `node:ffi is not available: ${whyMissing()}`;
  try {
    const { selfTest } = await import("../../transport/kernel/self-test.ts");
    selfTest();
    return undefined;
  } catch (error) {
    return `its self-test failed: ${(error as Error).message}`;
  }
}

/** @returns why the kernel transport cannot speak TLS here; undefined when it can */
async function findTlsObstacle(): Promise<string | undefined> {
  try {
    await Promise.all([import("../../linux/openssl.ts"), import("../../linux/aead.ts")]);
    return undefined;
  } catch (error) {
    return `the OpenSSL of this Node.js cannot be called: ${(error as Error).message}`;
  }
}

function whyMissing(): string {
  const flag = "--no-experimental-ffi";
  const words = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(" ")];
  return words.includes(flag) ? `Node.js was started with ${flag}` : "this Node.js was built without it";
}
