// `heddle hash-password`: reads a password from the terminal, unseen, or from standard input, and prints its hash.
// Takes no password as an argument: every user of the machine can read arguments, and the shell's history keeps them.
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { hashPassword } from "../../server.ts";
import type { Io } from "./io.ts";

/** The status that shells give to a process ended by Ctrl+C. */
const INTERRUPTED = 130;

export async function hashPasswordCommand(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length > 0) {
    io.stderr.write(
      "heddle: hash-password takes no arguments: it asks for the password or reads it from standard input\n",
    );
    return 2;
  }
  const typed = await (process.stdin.isTTY ? askTwice(io) : readOnce());
  if (typed === undefined) return INTERRUPTED;
  const [password, again] = typed;
  if (password === "" || password !== again) {
    io.stderr.write(`heddle: ${password === "" ? "found no password" : "the two passwords differ"}\n`);
    return 2;
  }
  io.stdout.write(`${await hashPassword(password)}\n`);
  return 0;
}

type TypedTwice = readonly [password: string, again: string];

/** @returns undefined after Ctrl+C */
async function askTwice(io: Io): Promise<TypedTwice | undefined> {
  const password = await ask("Password: ", io);
  if (password === undefined) return undefined;
  const again = password === "" ? "" : await ask("Again: ", io);
  return again === undefined ? undefined : [password, again];
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

/** The last line break belongs to the tool that wrote it (`echo`), not to the password. */
async function readOnce(): Promise<TypedTwice> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
  const password = text.replace(/\r?\n$/, "");
  return [password, password];
}
