// What the tests of the exercises share: they load what the reader has written (or the reference solution), and talk to
// the engine without a socket.
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  Connection,
  HeadParser,
  HeadWriter,
  DEFAULT_LIMITS as limits,
  OutputBuffer,
  type Reply,
  type RequestHead,
} from "../../src/http1/index.ts";

/** The file under test: `start.ts` next to the test, or the reference solution where the project tests itself. */
export function fileOf(folder: string): string {
  if (process.env["HEDDLE_EXERCISES"] !== "solutions") return join(folder, "start.ts");
  return join(folder, "../solutions", `${basename(folder)}.ts`);
}

/** Imports that file. */
export async function attempt<Start>(folder: string): Promise<Start> {
  return import(pathToFileURL(fileOf(folder)).href);
}

/** A response, as a client reads it. */
export interface Response {
  readonly status: number;
  /** By name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Gives a request to the engine and reads the response that the exercise makes. */
export function ask(respond: (request: RequestHead) => Reply, method: string, target: string, fields = ""): Response {
  const writer = new HeadWriter();
  writer.setTime(0);
  const connection = new Connection({ limits, parser: new HeadParser(limits), writer }, 0);
  const out = new OutputBuffer();
  connection.receive(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: test\r\n${fields}\r\n`, "latin1"), 0);
  for (let event = connection.next(); event !== undefined; event = connection.next()) {
    if (event.kind === "rejected") throw new Error(`the engine refused the request: ${event.rejection.code}`);
    if (event.kind === "head") connection.sendReply(respond(event.head), out, 0);
  }
  return read(out.take().toString("latin1"));
}

/** One response, complete. Nothing may follow its content. */
export function read(text: string): Response {
  const [head = "", body = ""] = text.split(/\r\n\r\n(.*)/s);
  const [statusLine = "", ...lines] = head.split("\r\n");
  const fields = new Map(
    lines.map((line) => line.split(/: (.*)/) as [string, string]).map(([n, v]) => [n.toLowerCase(), v]),
  );
  if (fields.size !== lines.length) throw new Error(`a field is sent twice:\n${head}`);
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]), fields, body };
}
