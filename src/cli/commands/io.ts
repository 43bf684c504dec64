// The parts of the process that a command uses, so that a test can run a command without a process.

export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl+C, for commands that take long. */
  readonly signal: AbortSignal;
}

/** The part of a stream that commands use. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
