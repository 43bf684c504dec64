// What is said when a new process takes the place of a running server: between the server and `heddle upgrade`, as lines
// of JSON behind the descriptors, and between `heddle upgrade` and the process that it starts.
import type { Socket } from "node:net";
import type { HandedSocket } from "../threads/listening/handed-over.ts";

/** Set for a process that is started to take the place of another; it removes the variable. */
export const UPGRADE_VARIABLE = "HEDDLE_UPGRADE";

/** In the abstract namespace; the kernel tells both sides who the other one is. */
export function nameOf(pid: number): string {
  return `heddle-upgrade-${pid}`;
}

/** Everything that another process needs to be the same server. */
export interface HandedServer {
  readonly version: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Their descriptors come before this, in the same order, behind those of the standard streams. */
  readonly sockets: readonly HandedSocket[];
  /** Of session tickets, in base64; undefined without HTTPS. */
  readonly ticketKeys: string | undefined;
}

/** What a running server says. */
export type FromServer =
  | ({ readonly kind: "server" } & HandedServer)
  | { readonly kind: "refused"; readonly reason: string }
  /** It accepts no more, and the process with the number that it was told is the server. */
  | { readonly kind: "released" };

/** What `heddle upgrade` answers to it. */
export type ToServer =
  | { readonly kind: "ready"; readonly pid: number }
  | { readonly kind: "failed"; readonly reason: string };

/** What `heddle upgrade` tells the new process. */
export type ToSuccessor =
  | {
      readonly kind: "sockets";
      readonly pid: number;
      readonly sockets: readonly HandedSocket[];
      readonly ticketKeys: string | undefined;
    }
  | { readonly kind: "go" };

export type FromSuccessor = { readonly kind: "ready" } | { readonly kind: "failed"; readonly text: string };

/** An environment and a command line are the most that is said. */
const LINE_LIMIT_LENGTH = 4 * 1024 * 1024;

export function sendLine(socket: Socket, message: FromServer | ToServer): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls back for each line. The peer is a process of the same user; what cannot be read ends the connection. */
export function readLines<Message>(socket: Socket, onMessage: (message: Message) => void): void {
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    const lines = text.split("\n");
    text = lines.pop()!;
    if (text.length > LINE_LIMIT_LENGTH) return void socket.destroy();
    try {
      for (const line of lines) onMessage(JSON.parse(line) as Message);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
}
