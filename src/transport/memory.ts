// A connection without a network: the client's end of a pair of streams whose other end the transport serves.
// Tests run the behavioural suite over it, and programs can ask a server something without opening a port.
import { type Duplex, duplexPair } from "node:stream";
import type { PortableTransport } from "./portable/transport.ts";

export function connectInMemory(transport: PortableTransport): Duplex {
  const [client, server] = duplexPair();
  // A pair passes on ends but not destruction; a socket's peer learns of both.
  client.once("close", () => server.destroy());
  server.once("close", () => {
    if (!server.writableFinished) client.push(null);
  });
  transport.serve(server);
  return client;
}
