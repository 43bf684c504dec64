// Plain HTTP beside HTTPS: it answers the authority's questions about challenges (RFC 8555 §8.3), and sends everything else
// to HTTPS, with path and query. No site is served here, so node:http is engine enough. Strict-Transport-Security is never
// sent: RFC 6797 §7.2.
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import { join } from "node:path";
import { TOKEN } from "../../acme/places.ts";
import { bindAddresses } from "../listening/address.ts";
import { type Bound, DescriptorSocket } from "../listening/binding.ts";
import { handedTo } from "../listening/handed-over.ts";

export interface RedirectOptions {
  /** An address, or a socket that listens already. */
  readonly place: { readonly host: string; readonly port: number } | { readonly fd: number };
  /** Where HTTPS listens. */
  readonly securePort: number;
  /** Folder of the answers to challenges, by token; undefined without ACME. */
  readonly challenges: string | undefined;
}

const CHALLENGE_PATH = "/.well-known/acme-challenge/";
const HTTPS_PORT = 443;

/** A request has no content that matters, and its head is short. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTION_LIMIT_COUNT = 1_024;
const HEAD_LIMIT_BYTES = 16_384;

/**
 * Listens on the same addresses as HTTPS: of localhost, on 127.0.0.1 and ::1.
 * @returns closes it, with the connections that it has
 * @throws the system's error when the port cannot be opened
 */
export async function openRedirectListener(options: RedirectOptions): Promise<() => void> {
  const { place } = options;
  const places =
    "fd" in place
      ? [{ fd: handedTo(`fd:${place.fd}`)[0]?.fd ?? place.fd }]
      : await bindAddresses({ ...place, isPortFixed: true });
  const servers = await Promise.all(places.map((one) => openAt(one, options)));
  return () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
}

async function openAt(place: Bound | { readonly fd: number }, options: RedirectOptions): Promise<Server> {
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: HEAD_LIMIT_BYTES, keepAlive: false };
  const server = createServer(limits, (request, response) => {
    void answer(request, response, options).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTION_LIMIT_COUNT;
  await listening(server, place);
  return server;
}

function listening(server: Server, place: Bound | { readonly fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(place instanceof DescriptorSocket ? { fd: place.fd() } : place, () => {
      server.off("error", reject);
      // Too many open files: the client is refused, and the next may have more luck.
      server.on("error", () => {});
      resolve();
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: RedirectOptions): Promise<void> {
  // What a client sends after its head is never read.
  response.setHeader("Connection", "close");
  const proof = await proofFor(request, options.challenges);
  if (proof !== undefined) return send(response, 200, { "Content-Type": "application/octet-stream" }, proof);
  const location = secureUrl(request, options.securePort);
  if (location === undefined) return send(response, 400, {}, "This address cannot be redirected to HTTPS.\n");
  return send(response, 308, { Location: location }, `This site is at ${location}\n`);
}

function send(response: ServerResponse, status: number, fields: Record<string, string>, text: string): void {
  const about = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", ...fields };
  response.writeHead(status, { ...about, "Content-Length": Buffer.byteLength(text) }).end(text);
}

/** Undefined for a path that is no challenge of ours: the site may have a file there, for another client of ACME. */
async function proofFor({ url = "" }: IncomingMessage, folder: string | undefined): Promise<string | undefined> {
  if (folder === undefined || !url.startsWith(CHALLENGE_PATH)) return undefined;
  const token = url.slice(CHALLENGE_PATH.length);
  if (!TOKEN.test(token)) return undefined;
  return readFile(join(folder, token), "latin1").catch(() => undefined);
}

/** Undefined for a request that does not say whom it is for, or asks about no path. */
function secureUrl({ url = "", headers }: IncomingMessage, port: number): string | undefined {
  // RFC 9112 §3.2.2: an address in the request line counts, whatever the Host field says.
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  const host = hostOf(absolute === null ? headers.host : absolute[1]);
  const target = absolute === null ? url : absolute[2]!;
  const path = target === "" || target.startsWith("?") ? `/${target}` : target;
  if (host === undefined || !path.startsWith("/")) return undefined;
  return `https://${host}${port === HTTPS_PORT ? "" : `:${port}`}${path}`;
}

/** "Example.com:80" -> "Example.com". Undefined for what is no name and no address. */
function hostOf(authority = ""): string | undefined {
  const host = authority.replace(/:\d*$/, "");
  const isAddress = host.startsWith("[") && host.endsWith("]") && isIP(host.slice(1, -1)) === 6;
  return isAddress || /^[\w-]+(\.[\w-]+)*\.?$/.test(host) ? host : undefined;
}
