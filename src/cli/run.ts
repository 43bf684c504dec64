// The command at the process: looks at the first word, and hands over to a command or to the server. Each is loaded
// when it is asked for, so that a command does not wait for the server's code. The first thread starts before the server
// is loaded: both take their time, on two cores at once.
import { startWorkerEarly } from "../threads/supervisor/worker-entry.ts";
import { isCommand, runCommand } from "./commands/commands.ts";
import type { Io } from "./commands/io.ts";
import { giveMemoryBack, keepHeapLean } from "./lean-memory.ts";
import { readVersion } from "./package.ts";
import { stopOnSignals } from "./signals.ts";

/** Resolves when a command is done, or when the server listens or cannot listen. */
export async function run(): Promise<void> {
  // A reader that went away (`heddle | head -1`) or a full disk stops the output, not the server.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  if (isFolderGone()) {
    process.stderr.write("heddle: the current folder does not exist any more. Change to another folder.\n");
    process.exitCode = 1;
    return;
  }
  const argv = process.argv.slice(2);
  const [name, ...words] = argv;
  if (isCommand(name)) {
    const stop = new AbortController();
    // The other commands end at the first Ctrl+C, as any process does.
    if (name === "precompress") stopOnSignals(stop);
    process.exitCode = await runCommand(name, words, createIo(stop.signal));
  } else {
    keepHeapLean();
    if (!argv.some(isQuestion)) startWorkerEarly();
    const { serve } = await import("./serve.ts");
    await serve(argv, readVersion());
    giveMemoryBack();
  }
}

/** Answered without a server. Other arguments may be wrong, too; then the worker ends with the process. */
function isQuestion(word: string): boolean {
  return /^(?:-h|-v|--help|--version)$/.test(word);
}

/** True after a deployment that removed the folder of a shell. */
function isFolderGone(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    return true;
  }
}

function createIo(signal: AbortSignal): Io {
  return {
    environment: process.env,
    cwd: process.cwd(),
    version: readVersion(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
  };
}
