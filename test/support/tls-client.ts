// Clients that speak TLS, with what a test wants to choose or to know.
import { once } from "node:events";
import { connect as connectPlainly } from "node:net";
import type { TestContext } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { Server } from "../../src/server.ts";
import { AUTHORITIES } from "./certificates.ts";
import { RawClient } from "./raw-client.ts";

/** Trusts the certificates of the tests. Resolves after the handshake, and rejects when it fails. */
export async function openTls(
  t: TestContext,
  { port }: Pick<Server, "port">,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: [...AUTHORITIES], ...options });
  t.after(() => socket.destroy());
  await once(socket, "secureConnect");
  socket.on("error", () => {}); // The server closes what is open when the test ends.
  return socket;
}

/** The status and the content of a reply over TLS. */
export async function askOverTls(
  t: TestContext,
  server: Pick<Server, "port">,
  options: ConnectionOptions = {},
): Promise<string> {
  const client = new RawClient(await openTls(t, server, options));
  const { status, body } = await client.request("GET", "/");
  return `${status} ${body}`;
}

/** The session that a client may resume later. With TLS 1.3 it comes after the handshake. */
export async function sessionOf(t: TestContext, server: Pick<Server, "port">): Promise<Buffer> {
  const socket = connect({ port: server.port, host: "127.0.0.1", servername: "localhost", ca: [...AUTHORITIES] });
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  const [session] = (await once(socket, "session")) as [Buffer];
  return session;
}

/** All bytes that the server answers to these on a connection without TLS. */
export async function answerTo(
  t: TestContext,
  { port }: Pick<Server, "port">,
  bytes: Buffer | string,
): Promise<Buffer> {
  const socket = connectPlainly({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => socket.destroy());
  await once(socket, "connect");
  const client = new RawClient(socket);
  client.write(bytes);
  return client.rest();
}
