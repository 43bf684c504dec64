// What an idle connection over TLS 1.3 costs a server in memory, after one request each: HTTP/1.1, and HTTP/2 where it
// has that.
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { residentBytes } from "./cpu.ts";
import type { Contestant } from "./measure.ts";
import { FILES } from "./site.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const PEERS = ["heddle", "heddle-before", "heddle-portable", "nginx", "h2o", "node-http2"];
const HTTP1_COUNT = 2000;
const HTTP2_COUNT = 1000;
/** So many are opened before those that count: the first ones pay for memory that all share. */
const FIRST_COUNT = 200;
const SETTLING_MS = 3000;
/** Handshakes that are under way at a time. */
const AT_ONCE = 20;

export const IDLE_SECURE: Scenario = {
  name: "idle-secure",
  title: "an idle connection over TLS 1.3",
  isLarge: false,
  run,
};

interface Connection {
  destroy(): void;
}

async function run(bench: Workbench): Promise<Findings> {
  const rows = new Map<string, number[]>();
  for (const [open, count] of [
    [openHttp1, HTTP1_COUNT],
    [openHttp2, HTTP2_COUNT],
  ] as const) {
    const start = { peers: peersNamed(bench, PEERS), root: bench.root, setup: "tls", core: "" } as const;
    await withContestants(bench, start, async (running) => {
      for (const contestant of running) {
        const kibibytes = await bytesEach(contestant, open, count).then(
          (bytes) => bytes / 1024,
          () => Number.NaN,
        );
        rows.set(contestant.peer.title, [...(rows.get(contestant.peer.title) ?? []), kibibytes]);
      }
    });
  }
  return {
    columns: [`HTTP/1.1, KiB (${HTTP1_COUNT} held)`, `HTTP/2, KiB (${HTTP2_COUNT} held)`],
    rows: [...rows].map(([title, values]) => ({ title, values: values.map((one) => (Number.isNaN(one) ? "-" : one)) })),
  };
}

async function bytesEach(
  { port, pids }: Contestant,
  open: (port: number) => Promise<Connection>,
  count: number,
): Promise<number> {
  const connections: Connection[] = [];
  const openMany = async (many: number): Promise<void> => {
    for (let opened = 0; opened < many; opened += AT_ONCE)
      connections.push(
        ...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, many - opened) }, () => open(port)))),
      );
    await sleep(SETTLING_MS);
  };
  try {
    await openMany(FIRST_COUNT);
    const before = residentBytes(pids);
    await openMany(count);
    return (residentBytes(pids) - before) / count;
  } finally {
    for (const connection of connections) connection.destroy();
  }
}

async function openHttp1(port: number): Promise<TLSSocket> {
  const socket = connect({ port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  await once(socket, "secureConnect");
  socket.on("error", () => {});
  socket.write(`GET ${FILES.small.target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, "data");
  return socket;
}

async function openHttp2(port: number): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on("error", () => {});
  const stream = session.request({ ":path": FILES.small.target });
  stream.resume();
  await once(stream, "response");
  if (!stream.closed) await once(stream, "close");
  return session;
}
