// The `heddle` command as a process: its output, its address, its end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";

const TIMES = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?=heddle)/gm;
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

export interface CommandOptions {
  /** The whole environment, except PATH: the tester's own variables stay out. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The file that is run. @default the source of the command */
  readonly main?: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Descriptors of the test that the command gets as its own, from 3 on. */
  readonly descriptors?: readonly number[];
  /** Whether it is told its own number, as systemd does for the sockets that it passes on. @default false */
  readonly hasListenPid?: boolean;
}

/** The shell knows the number that the command will have. */
const WITH_LISTEN_PID = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"] as const;

export class Command {
  /** As printed, without the time in front of a line. */
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** Starts `heddle` with these arguments; the end of the test kills it. */
  constructor(context: Pick<TestContext, "after">, argv: readonly string[], options: CommandOptions = {}) {
    const { environment = {}, cwd, main = MAIN, nodeOptions = [], descriptors = [], hasListenPid } = options;
    const env = { PATH: process.env["PATH"], ...environment };
    const words = [process.execPath, ...nodeOptions, main, ...argv];
    const [program, ...others] = hasListenPid ? [...WITH_LISTEN_PID, ...words] : words;
    this.child = spawn(program!, others, {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe", ...descriptors],
    });
    const printed = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      this.child[name]!.setEncoding("utf8").on("data", (text: string) => {
        printed[name] += text;
        this[name] = printed[name].replace(TIMES, "");
      });
    this.#ended = once(this.child, "close");
    context.after(() => this.child.kill("SIGKILL"));
  }

  /** Waits until standard output matches; throws when the command ends before it does. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#wrote(this.child.stdout!, () => this.stdout, pattern);
  }

  /** The address in the first line of output. */
  async url(): Promise<string> {
    return (await this.printed(/ on (https?:\S+) /))[1]!;
  }

  /** Waits until standard error matches. */
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
