// Bad traffic of the bounded kind: malformed requests, floods, and clients that leave in the middle. What the server must do
// about each is known, and it must stay with that client.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { PREFACE } from "../../src/http2/frames.ts";
import { ping, settings } from "../../test/support/http2.ts";
import { RawClient } from "../../test/support/raw-client.ts";
import { LARGE } from "./site.ts";
import { chance, open, type Visit } from "./visits.ts";

/** What is refused, and how. The head is not counted as a request. */
const MALFORMED: readonly (readonly [bytes: string, status: number])[] = [
  ["GET / HTTP/1.1\nHost: a\n\n", 400],
  ["GET / HTTP/1.1\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  ["GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ["GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505],
  [`GET /${"x".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 431],
];
const FLOODS: readonly Buffer[] = [
  Buffer.concat(Array.from({ length: 3000 }, () => ping())),
  Buffer.concat(Array.from({ length: 3000 }, () => settings())),
];

const sendsNonsense: Visit = async (visitor) => {
  const client = await open(visitor);
  try {
    const [bytes, status] = MALFORMED[chance(MALFORMED.length)]!;
    client.write(bytes);
    const reply = await client.response();
    visitor.tally.replyCount++;
    if (reply.status !== status) throw new Error(`${reply.status} for ${JSON.stringify(bytes.slice(0, 60))}`);
    await client.rest();
  } finally {
    client.close();
  }
};

/** Half a head, and then nothing, an end, or a reset. */
const sendsHalf: Visit = async (visitor) => {
  const client = await open(visitor);
  client.write("GET / HTTP/1.1\r\nHost: te");
  await setTimeout(chance(300));
  if (chance(2) === 0) client.close();
  else {
    client.stream.end();
    const text = (await client.rest()).toString("latin1");
    if (!text.startsWith("HTTP/1.1 400 ")) throw new Error(`half a head: ${JSON.stringify(text.slice(0, 60))}`);
    visitor.tally.replyCount++;
    client.close();
  }
};

/** Begins a download and leaves. */
const leaves: Visit = async (visitor) => {
  const client = await open(visitor);
  client.write(`GET /${LARGE} HTTP/1.1\r\nHost: test\r\n\r\n`);
  while (client.waiting === 0 && !client.isEnded) await client.more();
  if (client.isEnded) throw new Error("the connection ended");
  visitor.tally.answered();
  client.close();
};

const saysNothing: Visit = async (visitor) => {
  const client = await open(visitor);
  await setTimeout(chance(500));
  client.close();
};

/** HTTP/2 frames without end: without TLS, where they need no client for it. */
const floods: Visit = async ({ subject, tally }) => {
  if (subject.isSecure) return;
  const socket = connect(subject.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  tally.connectionCount++;
  socket.resume();
  socket.end(Buffer.concat([PREFACE, settings(), FLOODS[chance(FLOODS.length)]!]));
  await once(socket, "close");
};

/** TLS: no hello, half a hello, or one that is left. */
const breaksHandshake: Visit = async ({ subject, tally }) => {
  if (!subject.isSecure) return;
  const socket = connect(subject.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  if (subject.countsHandshakes) tally.connectionCount++;
  const client = new RawClient(socket);
  client.write(Buffer.from(["", "16030100", "160301004001"][chance(3)]!, "hex"));
  await setTimeout(chance(100));
  client.close();
};

export const BAD_VISITS: Readonly<Record<string, Visit>> = {
  sendsNonsense,
  sendsHalf,
  leaves,
  saysNothing,
  floods,
  breaksHandshake,
};
