// One request over one connection, read to the end of its reply: to see that a peer answers at all, and that it
// answers a case with the right status and length before it is measured.
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { Case } from "./cases.ts";
import type { Setup } from "./place.ts";

export interface Answer {
  readonly status: number;
  /** The head as text, without the empty line. */
  readonly head: string;
  /** Bytes of content that arrived. */
  readonly contentLength: number;
}

export interface Question {
  readonly port: number;
  readonly target: string;
  /** Where it is not the address of the server. */
  readonly host?: string;
  /** Field lines without line ends. */
  readonly fields?: readonly string[];
  readonly setup: Setup;
  /** @default "http/1.1", but for a setup that has HTTP/2 alone */
  readonly protocol?: Case["protocol"];
}

/** Rejects when there is no whole reply within `timeoutMs`. */
export function exchange(question: Question, timeoutMs: number): Promise<Answer> {
  const { protocol = question.setup === "h2c" ? "h2" : "http/1.1" } = question;
  return protocol === "h2" ? exchangeHttp2(question, timeoutMs) : exchangeHttp1(question, timeoutMs);
}

async function exchangeHttp2({ port, target, fields = [], setup }: Question, timeoutMs: number): Promise<Answer> {
  const scheme = setup === "tls" ? "https" : "http";
  const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on("error", () => {});
  const timer = setTimeout(() => session.destroy(new Error("no reply in time")), timeoutMs);
  try {
    const pairs = fields.map((field) => field.split(/: (.*)/s, 2) as [string, string]);
    const stream = session.request({ ":path": target, ...Object.fromEntries(pairs) });
    let contentLength = 0;
    stream.on("data", (bytes: Buffer) => (contentLength += bytes.length));
    const [head] = await once(stream, "response");
    if (!stream.readableEnded) await once(stream, "end");
    const lines = Object.entries(head as Record<string, unknown>).map(([name, value]) => `${name}: ${value}`);
    return { status: Number(head[":status"]), head: lines.join("\r\n"), contentLength };
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

function exchangeHttp1(question: Question, timeoutMs: number): Promise<Answer> {
  const { port, setup } = question;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const socket = setup === "tls" ? connectSecurely({ port, rejectUnauthorized: false }) : connect(port, "127.0.0.1");
  socket.on(setup === "tls" ? "secureConnect" : "connect", () => socket.write(requestText(question), "latin1"));
  const received: Buffer[] = [];
  let bytes = 0;
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no reply in time")));
  socket.on("data", (chunk: Buffer) => {
    received.push(chunk);
    bytes += chunk.length;
    const head = headOf(received[0] ?? chunk);
    if (head !== undefined && bytes >= head.length + 4 + announced(head)) socket.destroy();
  });
  socket.on("error", reject);
  socket.on("close", () => {
    const head = headOf(Buffer.concat(received));
    if (head === undefined) reject(new Error("no reply"));
    else resolve({ status: Number(head.slice(9, 12)), head, contentLength: bytes - head.length - 4 });
  });
  return promise;
}

function requestText({ port, target, host = `127.0.0.1:${port}`, fields = [] }: Question): string {
  const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...fields];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export function filled(fields: readonly string[], etag: string | undefined): readonly string[] {
  return fields.map((field) => field.replace("{etag}", etag ?? '"none"'));
}

/** Why this peer cannot do this case, or undefined when it can. */
export async function refusal(one: Case, port: number, etag: string | undefined): Promise<string | undefined> {
  if (one.fields.some((field) => field.includes("{etag}")) && etag === undefined) return "gives no entity tag";
  const { target, setup, protocol } = one;
  const question = { port, target, fields: filled(one.fields, etag), setup, protocol };
  const answer = await exchange(question, 2000).catch((error: Error) => error);
  if (answer instanceof Error) return answer.message;
  if (answer.status !== one.status) return `status ${answer.status}`;
  if (one.contentLength !== undefined && answer.contentLength !== one.contentLength)
    return `${answer.contentLength} bytes`;
  return undefined;
}

export async function entityTag(target: string, port: number, setup: Setup): Promise<string | undefined> {
  const answer = await exchange({ port, target, setup }, 2000);
  return /^etag: (.*)$/im.exec(answer.head)?.[1]?.trim();
}

function headOf(bytes: Buffer): string | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  return end < 0 ? undefined : bytes.toString("latin1", 0, end);
}

/** Content that a head announces; a chunked reply lasts until the peer's silence, which no case here needs. */
function announced(head: string): number {
  if (head.startsWith("HTTP/1.1 304")) return 0;
  return Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
}
