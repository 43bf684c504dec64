// An HTTP/2 client for tests, over node:http2, with the answers of raw-client.ts: so the rows about content are the same for
// both protocols. The session is a connection of its own.
import { once } from "node:events";
import { STATUS_CODES } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { AUTHORITIES } from "./certificates.ts";
import type { RawResponse } from "./raw-client.ts";

export class Http2Client {
  readonly session: ClientHttp2Session;

  constructor(session: ClientHttp2Session) {
    this.session = session;
    session.on("error", () => {}); // the requests fail
  }

  /** @param scheme https over TLS, http by prior knowledge */
  static async open(port: number, scheme: "http" | "https", options: object = {}): Promise<Http2Client> {
    const secure = scheme === "https" ? { ca: [...AUTHORITIES], servername: "localhost" } : {};
    const session = connect(`${scheme}://127.0.0.1:${port}`, { ...secure, ...options });
    await once(session, "connect");
    return new Http2Client(session);
  }

  /** Begins a request. `extra` are field lines, each ended by CRLF; an absolute target names its authority. */
  begin(method: string, target: string, extra = ""): ClientHttp2Stream {
    const absolute = /^\w+:\/\/([^/]+)(.*)$/.exec(target);
    const headers: OutgoingHttpHeaders = {
      ":method": method,
      ":path": absolute === null ? target : absolute[2] || "/",
      ":authority": absolute?.[1] ?? "test",
    };
    for (const line of extra.split("\r\n").filter(Boolean)) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    return this.session.request(headers, { endStream: true });
  }

  async request(method: string, target: string, extra = ""): Promise<RawResponse> {
    return responseOf(this.begin(method, target, extra));
  }

  close(): void {
    this.session.destroy();
  }
}

/** Rejects where the stream is reset or closed, and where less content comes than was announced. */
export async function responseOf(stream: ClientHttp2Stream): Promise<RawResponse> {
  const [headers] = (await orClosed(stream, "response")) as [Record<string, string | number>];
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  const status = Number(headers[":status"]);
  const names = Object.keys(headers).filter((name) => !name.startsWith(":"));
  return {
    status,
    reason: STATUS_CODES[status] ?? "",
    fields: new Map(names.map((name) => [name, String(headers[name])])),
    body: Buffer.concat(parts),
  };
}

/** The event, or a rejection where the stream closes first: it does so without an error when its connection ends. */
export function orClosed(stream: ClientHttp2Stream, event: "response" | "data"): Promise<unknown[]> {
  const closed = once(stream, "close").then(() => {
    throw new Error(`the stream closed before "${event}"`);
  });
  return Promise.race([once(stream, event), closed]);
}
