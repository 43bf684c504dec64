// Which reply a request gets: the half of the exercise that knows files and no sockets. Both servers of this folder use
// it. A reply is plain data; the engine adds what belongs to the connection (Date, Content-Length, Connection).
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
// In a project of yours the import is `from "heddle/http1"`.
import type { Reply, RequestHead } from "../../src/http1/index.ts";

const FOLDER = join(import.meta.dirname, "site");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".jpeg": "image/jpeg",
};

/** One name without a slash: so no request leads out of the folder. */
const NAME = /^[a-z0-9-]+\.[a-z]+$/;

export function replyTo({ method, target }: RequestHead): Reply {
  // RFC 9110 §15.5.6: the refusal says which methods there are.
  if (method !== "GET" && method !== "HEAD") return page(405, "Allow: GET, HEAD\r\n");
  const name = target === "/" ? "index.html" : target.replace(/\?.*/, "").slice(1);
  const type = TYPES[extname(name)];
  if (type === undefined || !NAME.test(name)) return page(404);
  try {
    return reply(200, `Content-Type: ${type}\r\n`, readFileSync(join(FOLDER, name)));
  } catch {
    return page(404);
  }
}

/** A page that says no more than the status. */
export function page(status: number, fields = ""): Reply {
  const text = Buffer.from(`<!doctype html><title>${status}</title><h1>${status}</h1>\n`);
  return reply(status, `${fields}Content-Type: text/html; charset=utf-8\r\n`, text);
}

function reply(status: number, fields: string, bytes: Buffer): Reply {
  return { status, fields, content: { kind: "content", length: bytes.length, segments: [bytes], file: undefined } };
}

/** The lines of a head, marked for the debug output: "<" came from the client, ">" goes to it. */
export function marked(mark: "<" | ">", head: Buffer): string {
  return head.toString("latin1").trimEnd().replaceAll("\r", "").replaceAll(/^/gm, `${mark} `);
}
