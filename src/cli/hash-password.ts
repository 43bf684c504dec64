// `heddle hash-password`: a password from the terminal, unseen, or from standard input; its hash on standard output.
// Never from an argument: those can be read by everybody on the machine, and stay in the shell's history.
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { hashPassword } from "../server.ts";
import type { Io } from "./commands.ts";

/** The status that shells give to a process ended by Ctrl+C. */
const INTERRUPTED = 130;

export async function hashPasswordCommand(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length > 0) {
    io.stderr.write(
      "heddle: hash-password takes no arguments: it asks for the password, or reads it from standard input\n",
    );
    return 2;
  }
  const password = await (process.stdin.isTTY ? askTwice(io) : readLine());
  if (password === undefined) return INTERRUPTED;
  if (password === "") {
    io.stderr.write("heddle: found no password, or two that differ\n");
    return 2;
  }
  io.stdout.write(`${await hashPassword(password)}\n`);
  return 0;
}

/** @returns undefined when it was interrupted, and "" when the two differ */
async function askTwice(io: Io): Promise<string | undefined> {
  const first = await ask("Password: ", io);
  if (first === undefined || first === "") return first;
  const second = await ask("Again: ", io);
  return second === undefined || second === first ? second : "";
}

async function ask(prompt: string, io: Io): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const closed = new Promise<undefined>((resolve) => line.once("close", () => resolve(undefined)));
  io.stderr.write(prompt);
  const answer = await Promise.race([line.question(""), closed]);
  line.close();
  io.stderr.write("\n");
  return answer;
}

/** One line end belongs to the tool that wrote it (`echo`), not to the password. */
async function readLine(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
  return text.replace(/\r?\n$/, "");
}
