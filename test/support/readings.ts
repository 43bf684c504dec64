// How two parsers read the same bytes: the engine, and the llhttp of Node in strict mode. Each gives the messages that it
// found and the reason why it stopped. The end of the bytes is the end of the peer's half of the connection.
import { METHODS } from "node:http";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import { Connection, type Http1Context } from "../../src/http1/connection.ts";
import { HeadParser } from "../../src/http1/head-parser.ts";
import { HeadWriter } from "../../src/http1/head-writer.ts";
import { DEFAULT_LIMITS } from "../../src/http1/limits.ts";
import { textReply } from "./http1.ts";

export interface Message {
  readonly method: string;
  /** As it was sent, not decoded. */
  readonly target: string;
  content: string;
  isComplete: boolean;
}

export interface Reading<M extends Message = Message> {
  readonly messages: M[];
  /** Why the rest was refused: the code of the engine, or the code and the reason of llhttp. */
  error: string | undefined;
}

export interface OurMessage extends Message {
  /** The offset of the head. */
  readonly start: number;
}

export interface OurReading extends Reading<OurMessage> {
  /** The offset of the last head: of the last message, or of the bytes that were refused. */
  lastStart: number;
}

const context: Http1Context = {
  limits: DEFAULT_LIMITS,
  parser: new HeadParser(DEFAULT_LIMITS),
  writer: new HeadWriter(),
};
const out = new OutputBuffer();
const REPLY = textReply(200, "");

export function readOurs(bytes: Buffer): OurReading {
  const reading: OurReading = { messages: [], error: undefined, lastStart: 0 };
  const connection = new Connection(context, 0);
  context.parser.head.start = 0;
  connection.receive(bytes, 0);
  takeEvents(connection, reading);
  connection.receiveEnd(0);
  takeEvents(connection, reading);
  // The bytes are in one piece, so the parser read them in place.
  reading.lastStart = context.parser.head.start;
  return reading;
}

function takeEvents(connection: Connection, reading: OurReading): void {
  for (let event = connection.next(); event !== undefined; event = connection.next()) {
    const message = reading.messages.at(-1);
    switch (event.kind) {
      case "head": {
        const { method, bytes, start, end } = event.head;
        const target = bytes.toString("latin1", start + method.length + 1, end).split(" ", 1)[0]!;
        reading.messages.push({ method, target, start, content: "", isComplete: false });
        break;
      }
      case "content":
        message!.content += event.bytes.toString("latin1");
        break;
      case "end":
        message!.isComplete = true;
        connection.sendHead(REPLY, out, 0);
        break;
      case "rejected":
        reading.error = event.rejection.code;
        connection.sendHead(REPLY, out, 0);
        break;
      case "mistake":
      case "http2":
      case "finish":
      case "closed":
        break;
      default:
        event satisfies never;
    }
  }
  out.clear();
}

export interface TheirMessage extends Message {
  /** Field lines of the head, names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly version: string;
  readonly isUpgrade: boolean;
}

/** The part of the internal binding of Node that is used here. */
interface Llhttp {
  [callback: number]: (...found: never[]) => unknown;
  initialize(type: number, resource: object, maxHeaderSizeBytes: number, lenientFlags: number): void;
  /** The number of bytes read, or an error with its code and reason. */
  execute(bytes: Buffer): number | (Error & { code: string; reason: string });
  finish(): undefined | (Error & { code: string; reason: string });
}

type Callback = "kOnHeaders" | "kOnHeadersComplete" | "kOnBody" | "kOnMessageComplete";
type LlhttpClass = { new (): Llhttp } & Record<Callback | "REQUEST" | "kLenientNone", number>;

const { HTTPParser } = process.getBuiltinModule("node:_http_common") as unknown as { HTTPParser: LlhttpClass };
const METHOD_NAMES = new Map<number, string>();
const llhttp = new HTTPParser();
let theirs: Reading<TheirMessage>;
/** Field lines that came in parts: of a head with many fields, or trailers. */
let parts: string[] = [];
let targetPart = "";

llhttp[HTTPParser.kOnHeaders] = (fields: string[], target: string) => {
  parts.push(...fields);
  targetPart += target;
};
llhttp[HTTPParser.kOnHeadersComplete] = (
  major: number,
  minor: number,
  fields: string[] | undefined,
  method: number,
  target: string | undefined,
  _status: unknown,
  _phrase: unknown,
  isUpgrade: boolean,
) => {
  theirs.messages.push({
    method: METHOD_NAMES.get(method) ?? String(method),
    target: target ?? targetPart,
    version: `${major}.${minor}`,
    fields: pairs(fields ?? parts),
    isUpgrade,
    content: "",
    isComplete: false,
  });
  parts = [];
  targetPart = "";
  return 0;
};
llhttp[HTTPParser.kOnBody] = (bytes: Buffer) => {
  theirs.messages.at(-1)!.content += bytes.toString("latin1");
};
llhttp[HTTPParser.kOnMessageComplete] = () => {
  theirs.messages.at(-1)!.isComplete = true;
  // The rest are trailers.
  parts = [];
  targetPart = "";
};

for (const method of METHODS) {
  const target = method === "CONNECT" ? "a:1" : "/";
  const [found] = readTheirs(Buffer.from(`${method} ${target} HTTP/1.1\r\n\r\n`)).messages;
  METHOD_NAMES.set(Number(found!.method), method);
}

export function readTheirs(bytes: Buffer): Reading<TheirMessage> {
  theirs = { messages: [], error: undefined };
  parts = [];
  targetPart = "";
  llhttp.initialize(HTTPParser.REQUEST, {}, 0, HTTPParser.kLenientNone);
  const outcome = llhttp.execute(bytes);
  const error = typeof outcome === "number" ? llhttp.finish() : outcome;
  if (error instanceof Error) theirs.error = `${error.code}: ${error.reason}`;
  return theirs;
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1]!] as const] : []));
}
