// The `heddle` command as a process of its own: what it prints, where it answers, how it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

export interface CommandOptions {
  /** Only this, and PATH: the variables of who runs the tests stay out. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** For Node itself. */
  readonly nodeOptions?: readonly string[];
}

export class Command {
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** Starts `heddle` with these arguments; it is killed when the test is over. */
  constructor(context: TestContext, argv: readonly string[], options: CommandOptions = {}) {
    const { environment = {}, cwd, nodeOptions = [] } = options;
    const env = { PATH: process.env["PATH"], ...environment };
    this.child = spawn(process.execPath, [...nodeOptions, MAIN, ...argv], {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.child, "close");
    context.after(() => this.child.kill("SIGKILL"));
  }

  /** Waits until standard output matches; throws when the command ends before it does. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#wrote(this.child.stdout!, () => this.stdout, pattern);
  }

  /** The address in the line that it prints at the start. */
  async url(): Promise<string> {
    return (await this.printed(/ on (http:\S+) /))[1]!;
  }

  /** The same of standard error. */
  async complained(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#wrote(this.child.stderr!, () => this.stderr, pattern);
  }

  kill(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
    this.child.kill(signal);
  }

  /** Waits for the end: the exit status, or the name of the signal that ended it. */
  async ended(): Promise<number | string | null> {
    await this.#ended;
    return this.child.exitCode ?? this.child.signalCode;
  }

  async #wrote(output: Readable, text: () => string, pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended before it wrote ${pattern}: ${this.stderr}`);
      await Promise.race([once(output, "data"), this.#ended]);
    }
  }
}
