// Connections of one thread share its parser, its output and, with system calls, the memory that they receive
// into. Here pipelines that answer late and yield meet short requests: whatever the order, each gets its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const ROUND_COUNT = 8;
const BURST_COUNT = 30;
/** More than `pipelineLimitCount` behind one whose answer has to wait for the file system. */
const PIPELINE_COUNT = 32;

interface Client {
  readonly socket: Socket;
  readonly wanted: number;
  received: string;
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;
}

function answered({ received }: Client): number {
  return received.split("HTTP/1.1 ").length - 1;
}

for (const transport of TRANSPORTS) {
  test(`no connection gets bytes of another of its thread, by ${transport}`, { timeout: 60_000 }, async (t) => {
    const root = makeSite(t, { "short.txt": "SHORT", "long.txt": "LONG" });
    const server = await startServer(t, { root, threads: 1, transport });

    const open = async (wanted: number): Promise<Client> => {
      const socket = connect(server.port, "127.0.0.1");
      await once(socket, "connect");
      const client: Client = { socket, wanted, received: "" };
      socket.setNoDelay(true).on("error", () => {});
      socket.on("data", (bytes) => {
        client.received += bytes.toString("latin1");
      });
      return client;
    };
    const finished = async (client: Client): Promise<void> => {
      const closed = once(client.socket, "close");
      while (answered(client) < client.wanted && !client.socket.closed) {
        await Promise.race([once(client.socket, "data"), closed]);
      }
      client.socket.destroy();
    };

    for (let round = 0; round < ROUND_COUNT; round++) {
      const long = await Promise.all(Array.from({ length: 6 }, () => open(BURST_COUNT * (PIPELINE_COUNT + 4))));
      const short = await Promise.all(Array.from({ length: 12 }, () => open(BURST_COUNT * 2)));
      for (let burst = 0; burst < BURST_COUNT; burst++) {
        for (const [index, { socket }] of long.entries()) {
          socket.write(get(`/missing-${round}-${burst}-${index}`) + get("/long.txt").repeat(PIPELINE_COUNT));
        }
        for (const { socket } of short) socket.write(get("/short.txt"));
        await new Promise(setImmediate);
        for (const { socket } of long) socket.write(get("/long.txt").repeat(3));
        for (const { socket } of short) socket.write(get("/short.txt"));
        await new Promise((resolve) => setTimeout(resolve, burst % 3));
      }
      await Promise.all([...long, ...short].map(finished));
      for (const client of [...long, ...short]) {
        assert.equal(answered(client), client.wanted);
        assert.equal(client.received.includes("400 Bad Request"), false);
      }
      for (const { received } of long) assert.equal(received.includes("SHORT"), false);
      for (const { received } of short) assert.equal(received.split("SHORT").length - 1, BURST_COUNT * 2);
    }
  });
}
