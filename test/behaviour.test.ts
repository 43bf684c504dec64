// The behavioural suite over every carrier: a pair of streams in memory, and sockets with one and with three
// threads, shared by the kernel and handed on by the main thread, at ports and at a path, and a thread for every
// connection.
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";
import { connect as connectSecurely } from "node:tls";
import { LIMIT_DEFAULTS } from "../src/options/limits.ts";
import type { ServerOptions } from "../src/options/server-options.ts";
import { createServer } from "../src/server.ts";
import { createHandler } from "../src/site/handler.ts";
import { connectInMemory } from "../src/transport/memory.ts";
import { PortableTransport } from "../src/transport/portable/transport.ts";
import { describeHttp2Server, describeServer, type StartCarrier, type StartHttp2Carrier } from "./support/behaviour.ts";
import { AUTHORITIES, LOCALHOST } from "./support/certificates.ts";
import { siteContext } from "./support/handler.ts";
import { Http2Client } from "./support/http2-client.ts";
import { connectMultipath } from "./support/multipath.ts";

const inMemory: StartCarrier = async (root, limits) => {
  const onError = (error: unknown): void => {
    throw error;
  };
  const handler = createHandler(siteContext({ root }, { cacheLimitBytes: 2 ** 26, onError }));
  const counters = { countConnection: () => {}, countRequest: () => {}, countSent: () => {} };
  const transport = new PortableTransport(handler, { limits: { ...LIMIT_DEFAULTS, ...limits } }, { counters, onError });
  return {
    connect: async () => connectInMemory(transport),
    stop: async () => {
      transport.destroy();
      await transport.whenEmpty();
      handler.close();
    },
  };
};

function overSockets(options: ServerOptions): StartCarrier {
  return async (root, limits) => {
    const where = options.socket === undefined ? { port: 0, host: "127.0.0.1" } : {};
    const server = createServer({ ...options, ...where, root, limits });
    await server.listen();
    const { host, port } = server;
    return {
      isThreadPerConnection: options.threads === "per-connection",
      connect: async () => {
        if (options.mptcp === "auto") return connectMultipath(port);
        const socket = connect({ ...(port === 0 ? { path: host } : { host, port }), allowHalfOpen: true });
        await once(socket, "connect");
        return socket;
      },
      stop: () => server.close({ graceMs: 0 }),
    };
  };
}

function overTls(options: ServerOptions, version: "TLSv1.2" | "TLSv1.3"): StartCarrier {
  return async (root, limits) => {
    const server = createServer({ ...options, tls: LOCALHOST, port: 0, host: "127.0.0.1", root, limits });
    await server.listen();
    const { port } = server;
    const range = { minVersion: version, maxVersion: version };
    return {
      connect: async () => {
        const isMultipath = options.mptcp === "auto";
        const plain = isMultipath ? connectMultipath(port) : connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        const socket = connectSecurely({ socket: plain, servername: "localhost", ca: [...AUTHORITIES], ...range });
        await once(socket, "secureConnect");
        return socket;
      },
      stop: () => server.close({ graceMs: 0 }),
    };
  };
}

function overHttp2(options: ServerOptions, scheme: "http" | "https"): StartHttp2Carrier {
  return async (root, limits) => {
    const how = scheme === "https" ? { tls: LOCALHOST } : { h2c: true };
    const server = createServer({ ...options, ...how, port: 0, host: "127.0.0.1", root, limits });
    await server.listen();
    return {
      connect: () => Http2Client.open(server.port, scheme),
      stop: () => server.close({ graceMs: 0 }),
    };
  };
}

describeServer("in memory", inMemory);
for (const threads of [1, 3]) {
  for (const accept of ["reuse-port", "transfer"] as const) {
    describeServer(`${threads} threads, ${accept}`, overSockets({ threads, accept }));
  }
}
for (const threads of [1, 3])
  describeServer(`${threads} threads, kernel`, overSockets({ threads, transport: "kernel" }));
describeServer("2 threads, a Unix socket", overSockets({ threads: 2, socket: join(tmpdir(), `heddle-${pid}.sock`) }));
for (const transport of ["portable", "kernel"] as const)
  describeServer(`a thread per connection, ${transport}`, overSockets({ threads: "per-connection", transport }));
for (const transport of ["portable", "kernel"] as const)
  describeServer(`Multipath TCP, 2 threads, ${transport}`, overSockets({ threads: 2, transport, mptcp: "auto" }));
const secureMultipath = overTls({ threads: 2, transport: "kernel", mptcp: "auto" }, "TLSv1.3");
describeServer("TLS 1.3 over Multipath TCP, 2 threads, kernel", secureMultipath, "https");
for (const version of ["TLSv1.2", "TLSv1.3"] as const)
  describeServer(`${version}, 2 threads, kernel`, overTls({ threads: 2, transport: "kernel" }, version), "https");
for (const accept of ["reuse-port", "transfer"] as const)
  describeServer(`TLS 1.3, 2 threads, ${accept}`, overTls({ threads: 2, accept }, "TLSv1.3"), "https");
describeServer("TLS 1.2, 2 threads", overTls({ threads: 2, transport: "portable" }, "TLSv1.2"), "https");
for (const transport of ["kernel", "portable"] as const) {
  const rows = transport === "kernel" ? "all" : "streams";
  describeHttp2Server(
    `HTTP/2 over TLS, 2 threads, ${transport}`,
    overHttp2({ threads: 2, transport }, "https"),
    "https",
    rows,
  );
  describeHttp2Server(
    `HTTP/2 in clear, 2 threads, ${transport}`,
    overHttp2({ threads: 2, transport }, "http"),
    "http",
    "streams",
  );
}
