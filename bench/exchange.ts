// One request over one connection, read to the end of its reply: to see that a peer answers at all, and that it
// answers a case with the right status and length before it is measured.
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

/** Rejects when there is no whole reply within `timeoutMs`. */
export function exchange(port: number, request: string, timeoutMs: number, setup: Setup): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const socket = setup === "tls" ? connectSecurely({ port, rejectUnauthorized: false }) : connect(port, "127.0.0.1");
  socket.on(setup === "tls" ? "secureConnect" : "connect", () => socket.write(request, "latin1"));
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

/** The request of a case as bytes, `{etag}` filled in. */
function requestText(one: Case, port: number, etag: string | undefined): string {
  const lines = [`GET ${one.target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...filled(one.fields, etag)];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export function filled(fields: readonly string[], etag: string | undefined): readonly string[] {
  return fields.map((field) => field.replace("{etag}", etag ?? '"none"'));
}

/** Why this peer cannot do this case, or undefined when it can. */
export async function refusal(one: Case, port: number, etag: string | undefined): Promise<string | undefined> {
  if (one.fields.some((field) => field.includes("{etag}")) && etag === undefined) return "gives no entity tag";
  const answer = await exchange(port, requestText(one, port, etag), 2000, one.setup).catch((error: Error) => error);
  if (answer instanceof Error) return answer.message;
  if (answer.status !== one.status) return `status ${answer.status}`;
  if (one.contentLength !== undefined && answer.contentLength !== one.contentLength)
    return `${answer.contentLength} bytes`;
  return undefined;
}

export async function entityTag(target: string, port: number, setup: Setup): Promise<string | undefined> {
  const answer = await exchange(port, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, 2000, setup);
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
