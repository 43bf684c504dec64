// A connection without a network: a pair of streams, of which the transport serves one end and the client has the
// other. Tests run the behavioural suite over it, and programs can ask a server something without opening a port.
import { type Duplex, duplexPair } from "node:stream";
import type { PortableTransport } from "./portable/transport.ts";

export function connectInMemory(transport: PortableTransport): Duplex {
  const [client, server] = duplexPair();
  // A pair passes on an end, but not a destruction. The peer of a socket learns of both.
  client.once("close", () => server.destroy());
  server.once("close", () => {
    if (!server.writableFinished) client.push(null);
  });
  transport.serve(server);
  return client;
}
