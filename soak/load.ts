// Clients that share a number of requests and go on until all of these are answered or lost. They try again when nobody
// listens (ECONNREFUSED), and never otherwise: every other request without its reply is a failure.
import { once } from "node:events";
import { constants } from "node:http2";
import { connect as connectPlainly, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { connect as connectSecurely } from "node:tls";
import { AUTHORITIES } from "../test/support/certificates.ts";
import { Http2Client, responseOf } from "../test/support/http2-client.ts";
import { RawClient, type RawResponse } from "../test/support/raw-client.ts";
import type { Case } from "./cases.ts";

const REFUSED_PAUSE_MS = 5;
/**
 * The client of Node.js refuses a stream itself by this code when GOAWAY has come before it wrote the stream's head, whatever
 * that GOAWAY promises. The access log of the server shows that no such request has reached it: the caller compares.
 */
const REFUSED_STREAM = constants.NGHTTP2_REFUSED_STREAM;
/** Streams of an HTTP/2 connection at once. */
const STREAM_COUNT = 8;
/** A failure that comes again and again needs no more examples. */
const FAILURE_LIMIT_COUNT = 1000;

export interface Tally {
  /** Requests that no client has begun yet. */
  leftCount: number;
  answeredCount: number;
  connectionCount: number;
  refusedCount: number;
  /** Requests that the client's own library did not send, because GOAWAY had come in the same moment. They are asked again. */
  unsentCount: number;
  /** Each request that got no right reply, with the reason. */
  readonly failures: string[];
}

/** What is wrong with a reply; undefined when nothing is. */
export type Check = (reply: RawResponse) => string | undefined;

export interface Load {
  readonly port: number;
  readonly requestCount: number;
  /** For each client, how many requests it sends over a connection at most. */
  readonly perConnection: readonly number[];
  /** Called for each connection; what it returns is called for each request before it is sent. */
  readonly expect: () => () => Check;
}

/** Connections for one request each, for some, and for as many as a connection carries. */
export const USUAL_CLIENTS: readonly number[] = [1, 1, 20, 20, 200, 200, 5000, 5000];
/** A thread for each connection: few of these are short. */
export const PER_CONNECTION_CLIENTS: readonly number[] = [50, 500, 500, 5000, 5000, 5000, 5000, 5000];

/** @returns the tally, which changes until `done` resolves */
export function beginLoad({ protocol, isSecure }: Case, load: Load): { tally: Tally; done: Promise<unknown> } {
  const { requestCount, perConnection } = load;
  const tally: Tally = {
    leftCount: requestCount,
    answeredCount: 0,
    connectionCount: 0,
    refusedCount: 0,
    unsentCount: 0,
    failures: [],
  };
  const serve = protocol === "http1" ? askOneByOne : askManyAtOnce;
  const clients = perConnection.map(async (count) => {
    while (tally.leftCount > 0 && tally.failures.length < FAILURE_LIMIT_COUNT)
      await serve(isSecure, load, count, tally);
  });
  return { tally, done: Promise.all(clients) };
}

/** A connection of HTTP/1.1, for `count` requests at most. */
async function askOneByOne(isSecure: boolean, { port, expect }: Load, count: number, tally: Tally): Promise<void> {
  const socket = await open(tally, () => openSocket(port, isSecure));
  if (socket === undefined) return;
  const client = new RawClient(socket);
  const expectNext = expect();
  for (let index = 0; index < count && tally.leftCount > 0 && !client.isEnded; index++) {
    tally.leftCount--;
    const check = expectNext();
    try {
      const reply = await client.request("GET", "/");
      note(tally, check(reply));
      if (reply.fields.get("connection") === "close") break;
    } catch (error) {
      note(tally, `request ${index + 1} of a connection: ${(error as Error).message}`);
      break;
    }
  }
  client.close();
}

/** A connection of HTTP/2, for `count` requests at most, several at once. After GOAWAY it begins no more of them. */
async function askManyAtOnce(isSecure: boolean, { port, expect }: Load, count: number, tally: Tally): Promise<void> {
  const client = await open(tally, () => Http2Client.open(port, isSecure ? "https" : "http"));
  if (client === undefined) return;
  const { session } = client;
  const expectNext = expect();
  let [leftCount, lastStream] = [count, Number.NaN];
  session.on("goaway", (_code, last) => {
    lastStream = last;
  });
  const ask = async (): Promise<void> => {
    while (leftCount > 0 && tally.leftCount > 0 && Number.isNaN(lastStream) && !session.closed) {
      leftCount--;
      tally.leftCount--;
      const check = expectNext();
      const stream = client.begin("GET", "/");
      try {
        note(tally, check(await responseOf(stream)));
      } catch (error) {
        if (stream.rstCode === REFUSED_STREAM && stream.id! <= lastStream) {
          tally.unsentCount++;
          tally.leftCount++;
          return;
        }
        note(tally, `request ${count - leftCount} of a session: ${(error as Error).message}`);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(STREAM_COUNT, count) }, ask));
  session.close();
}

function note(tally: Tally, failure: string | undefined): void {
  if (failure === undefined) tally.answeredCount++;
  else tally.failures.push(failure);
}

/** A connection; undefined where nobody listens, after a pause, and where connecting fails in another way. */
async function open<T>(tally: Tally, connect: () => Promise<T>): Promise<T | undefined> {
  try {
    const connection = await connect();
    tally.connectionCount++;
    return connection;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") tally.refusedCount++;
    else tally.failures.push(`connecting: ${(error as Error).message}`);
    await setTimeout(REFUSED_PAUSE_MS);
    return undefined;
  }
}

async function openSocket(port: number, isSecure: boolean): Promise<Socket> {
  const options = { port, host: "127.0.0.1", allowHalfOpen: true };
  const socket = isSecure
    ? connectSecurely({ ...options, servername: "localhost", ca: [...AUTHORITIES] })
    : connectPlainly(options);
  await once(socket, isSecure ? "secureConnect" : "connect");
  return socket;
}
