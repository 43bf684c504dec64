// The new server's part in an upgrade: `heddle upgrade` has started this process, and passes on the sockets of the server
// whose place it takes. It serves on them as soon as it can, and says so; then it waits until the former one has let go,
// before it speaks to the service manager.
import { closeUnused, takeOver } from "../threads/listening/handed-over.ts";
import { inheritTicketKeys } from "../threads/supervisor/certificates.ts";
import type { FromSuccessor, ToSuccessor } from "./upgrade-messages.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Variables that hold the number of the process that they are meant for. */
const NUMBER_VARIABLES = ["LISTEN_PID", "WATCHDOG_PID"];

export class TakeOver {
  readonly #wentOn = Promise.withResolvers<void>();

  /** Waits for the sockets. Whatever the process opens next finds them. */
  static async begin(): Promise<TakeOver> {
    const message = await new Promise<ToSuccessor>((resolve) => process.once("message", resolve));
    if (message.kind !== "sockets") throw new Error(`found the message ${message.kind}, wanted sockets`);
    const one = new TakeOver();
    for (const { fd } of message.sockets) await closeInPrograms(fd);
    takeOver(message.sockets);
    if (message.ticketKeys !== undefined) inheritTicketKeys(Buffer.from(message.ticketKeys, "base64"));
    for (const name of NUMBER_VARIABLES)
      if (process.env[name] === String(message.pid)) process.env[name] = String(process.pid);
    return one;
  }

  private constructor() {
    process.once("message", () => this.#wentOn.resolve());
    // Without `heddle upgrade` nobody tells any more. The former server may have let go: somebody has to serve.
    process.once("disconnect", () => this.#wentOn.resolve());
  }

  /** This process serves. Resolves when the former server has let go. */
  async ready(): Promise<void> {
    closeUnused();
    tell({ kind: "ready" });
    await this.#wentOn.promise;
    if (process.connected) process.disconnect!();
  }

  /** This process cannot serve, and ends. @param text what it has printed */
  failed(text: string): void {
    tell({ kind: "failed", text });
    if (process.connected) process.disconnect!();
  }
}

function tell(message: FromSuccessor): void {
  if (process.connected) process.send!(message);
}

/** Programs that this process starts must not get it. Where there is no node:ffi, they do. */
async function closeInPrograms(fd: number): Promise<void> {
  const calls = await import("../linux/rare-calls.ts").catch(() => undefined);
  calls?.rareCall("fcntl", fd, F_SETFD, FD_CLOEXEC);
}
