// Good traffic: what each visit asks for, and what its replies must be. Each is bounded, and throws at the first mistake.
import { once } from "node:events";
import { connect as connectPlainly, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { connect as connectSecurely } from "node:tls";
import { AUTHORITIES } from "../../test/support/certificates.ts";
import { decode } from "../../test/support/decode.ts";
import { Http2Client, orClosed } from "../../test/support/http2-client.ts";
import { RawClient, type RawResponse } from "../../test/support/raw-client.ts";
import { CHANGING, contentOf, LARGE, LARGE_BYTES, RELEASED, type Site, STABLE, versionOf } from "./site.ts";
import type { Subject } from "./subject.ts";
import type { Tally } from "./tally.ts";

export interface Visitor {
  readonly subject: Subject;
  readonly site: Site;
  readonly tally: Tally;
}

export type Visit = (visitor: Visitor) => Promise<void>;

/** A served file is looked at again after this time; a busy machine adds to it. */
const STALE_MS = 3_000;
/** The default of headTimeoutMs. */
const HEAD_TIMEOUT_MS = 10_000;
const NAMES = [...STABLE.keys()];

export const chance = (count: number): number => Math.floor(Math.random() * count);
const pick = <T>(from: readonly T[]): T => from[chance(from.length)]!;

/** Many requests of all kinds over one connection. */
const keepsAlive: Visit = async (visitor) => {
  const client = await open(visitor);
  try {
    for (let count = chance(40); count >= 0; count--) await pick(QUESTIONS)(client, visitor);
  } finally {
    client.close();
  }
};

const asksOnce: Visit = async (visitor) => {
  const client = await open(visitor);
  try {
    const name = pick(NAMES);
    const reply = await client.request("GET", `/${name}`, "Connection: close\r\n");
    expectContent(visitor, name, reply, performance.now());
    if ((await client.rest()).length > 0) throw new Error("bytes behind the last reply");
  } finally {
    client.close();
  }
};

/** On a busy machine the bytes may take longer than a head may: then 408 is right. */
const sendsByteByByte: Visit = async (visitor) => {
  const client = await open(visitor);
  const began = performance.now();
  try {
    for (const byte of `GET /style.css HTTP/1.1\r\nHost: test\r\n\r\n`) {
      client.write(byte);
      await setTimeout(1);
    }
    const reply = await client.response();
    if (reply.status === 408 && performance.now() - began > HEAD_TIMEOUT_MS) visitor.tally.replyCount++;
    else expectContent(visitor, "style.css", reply, began);
  } finally {
    client.close();
  }
};

const pipelines: Visit = async (visitor) => {
  const client = await open(visitor);
  try {
    const names = Array.from({ length: 30 }, () => pick(NAMES));
    client.write(names.map((name) => `GET /${name} HTTP/1.1\r\nHost: test\r\n\r\n`).join(""));
    for (const name of names) expectContent(visitor, name, await client.response(), performance.now());
  } finally {
    client.close();
  }
};

/** Takes a large file in small parts, and pauses. */
const readsSlowly: Visit = async (visitor) => {
  const client = await open(visitor);
  try {
    client.write(`GET /${LARGE} HTTP/1.1\r\nHost: test\r\n\r\n`);
    for (let count = 0; count < 40 && client.waiting < LARGE_BYTES / 2 && !client.isEnded; count++) {
      client.stream.pause();
      await setTimeout(20);
      client.stream.resume();
      await client.more();
    }
    expectContent(visitor, LARGE, await client.response(), performance.now());
  } finally {
    client.close();
  }
};

/** HTTP/2: several streams at once, and some that the client gives up. */
const multiplexes: Visit = async (visitor) => {
  const { subject, tally } = visitor;
  const client = await Http2Client.open(subject.port, subject.isSecure ? "https" : "http");
  tally.connectionCount++;
  try {
    for (let round = chance(5); round >= 0; round--) {
      const names = Array.from({ length: 6 }, () => pick(NAMES));
      const asked = performance.now();
      const replies = await Promise.all(names.map((name) => client.request("GET", `/${name}`)));
      for (const [index, reply] of replies.entries()) expectContent(visitor, names[index]!, reply, asked);
    }
    await giveUp(client, tally);
  } finally {
    client.close();
  }
};

export const GOOD_VISITS: Readonly<Record<string, Visit>> = {
  keepsAlive,
  asksOnce,
  sendsByteByByte,
  pipelines,
  readsSlowly,
  multiplexes,
};

/** A large reply is reset when its first part has come. */
async function giveUp(client: Http2Client, tally: Tally): Promise<void> {
  const stream = client.begin("GET", `/${LARGE}`);
  stream.on("error", () => {});
  await orClosed(stream, "data");
  tally.answered();
  stream.close(8);
}

type Question = (client: RawClient, visitor: Visitor) => Promise<void>;

const asksFor =
  (names: readonly string[]): Question =>
  async (client, visitor) => {
    const name = pick(names);
    const asked = performance.now();
    expectContent(visitor, name, await client.request("GET", `/${name}`), asked);
  };

const QUESTIONS: readonly Question[] = [
  asksFor(NAMES),
  asksFor(NAMES),
  asksFor([CHANGING]),
  asksFor([RELEASED]),
  async function head(client, visitor) {
    const { status, fields } = await client.request("HEAD", "/photo.bin");
    expect(status === 200 && fields.get("content-length") === "300000", `HEAD: ${status}`);
    visitor.tally.answered();
  },
  async function conditional(client, visitor) {
    const { fields } = await client.request("HEAD", "/page.txt");
    visitor.tally.answered();
    const { status } = await client.request("GET", "/page.txt", `If-None-Match: ${fields.get("etag")}\r\n`);
    expect(status === 304, `If-None-Match: ${status}`);
    visitor.tally.answered();
  },
  async function range(client, visitor) {
    const [from, length] = [chance(290_000), 1 + chance(10_000)];
    const { status, body } = await client.request("GET", "/photo.bin", `Range: bytes=${from}-${from + length - 1}\r\n`);
    const wanted = contentOf("photo.bin", 0, 300_000).subarray(from, from + length);
    expect(status === 206 && body.equals(wanted), `Range: ${status}, ${body.length} bytes`);
    visitor.tally.answered(true);
  },
  async function coded(client, visitor) {
    const name = pick(["style.css", "page.txt"]);
    const reply = await client.request("GET", `/${name}`, `Accept-Encoding: ${pick(["br", "gzip", "zstd"])}\r\n`);
    const body = decode(reply.body, reply.fields.get("content-encoding"));
    expectContent(visitor, name, { ...reply, body }, performance.now());
  },
  async function missing(client, visitor) {
    const { status } = await client.request("GET", `/none/${chance(1e9)}`);
    expect(status === 404, `a missing file: ${status}`);
    visitor.tally.answered();
  },
  async function wrongMethod(client, visitor) {
    const { status } = await client.request("DELETE", "/");
    expect(status === 405, `DELETE: ${status}`);
    visitor.tally.answered();
  },
];

export async function open({ subject, tally }: Visitor): Promise<RawClient> {
  const options = { port: subject.port, host: "127.0.0.1", allowHalfOpen: true };
  const socket: Socket = subject.isSecure
    ? connectSecurely({ ...options, servername: "localhost", ca: [...AUTHORITIES] })
    : connectPlainly(options);
  await once(socket, subject.isSecure ? "secureConnect" : "connect");
  tally.connectionCount++;
  return new RawClient(socket);
}

function expectContent({ site, tally }: Visitor, name: string, reply: RawResponse, askedMs: number): void {
  expect(reply.status === 200, `${name}: ${reply.status}`);
  const version = versionOf(name, reply.body);
  const oldest = site.oldestAt(name, askedMs - STALE_MS);
  expect(version >= oldest, `${name}: version ${version}, and ${oldest} was there long before`);
  tally.answered(true);
}

function expect(isSo: boolean, found: string): void {
  if (!isSo) throw new Error(`found ${found}`);
}
