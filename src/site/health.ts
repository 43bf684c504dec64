// The health path of the server on the sites' own port: one target, answered before every rule of every site, so that a
// balancer needs no password and gets no maintenance page. Where there is none, no request passes here.
import { type Handler, hashTarget, type Reply, type Request } from "../http/message.ts";
import type { Steps } from "./steps.ts";

export interface HealthPath {
  /** Begins with a slash. A target with a query is another. */
  readonly path: string;
  /** Whether new requests are wanted: false once the server stops. */
  readonly isReady: () => boolean;
}

const FIELDS =
  "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
const READY = reply(200, "ok\n");
const STOPPING = reply(503, "stopping\n");

/** Answers every request as the path is answered. */
export function healthHandler({ isReady }: HealthPath, steps: Steps | undefined): Handler["handle"] {
  return () => {
    steps?.health();
    return isReady() ? READY : STOPPING;
  };
}

/** @returns a handler that leaves requests for the path to `health`, and all others to `handle` */
export function withHealth(
  handle: Handler["handle"],
  health: Handler["handle"],
  { path }: HealthPath,
): Handler["handle"] {
  const bytes = Buffer.from(path, "latin1");
  const hash = hashTarget(bytes, 0, bytes.length);
  return (request, peer) => {
    return request.targetHash === hash && isAsked(request, bytes) ? health(request, peer) : handle(request, peer);
  };
}

function isAsked({ method, memory, targetStart, targetEnd }: Request, path: Buffer): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  return path.compare(memory, targetStart, targetEnd) === 0;
}

function reply(status: number, text: string): Reply {
  const bytes = Buffer.from(text);
  return {
    status,
    fields: FIELDS,
    content: { kind: "content", length: bytes.length, segments: [bytes], file: undefined },
  };
}
