// The process of tls-server.ts, as its tester sees it.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Counted } from "./tls-server.ts";

const SERVER: string = fileURLToPath(new URL("tls-server.ts", import.meta.url));

export class TlsProcess {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(root: string, transport: "kernel" | "portable", threads = 1): Promise<TlsProcess> {
    const child = fork(SERVER, [root, transport, String(threads)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    const [{ port }] = (await once(child, "message")) as [Counted];
    return new TlsProcess(child, port);
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async counted(): Promise<Counted> {
    if (this.hasExited) throw new Error(`the server has exited: ${this.#child.exitCode ?? this.#child.signalCode}`);
    this.#child.send("count");
    const [counted] = (await once(this.#child, "message")) as [Counted];
    return counted;
  }

  get descriptorCount(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  get residentBytes(): number {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8"))![1]) * 1024;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
