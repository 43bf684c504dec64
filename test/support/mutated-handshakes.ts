// Handshakes that went wrong on their way: hellos of real clients, and the last flight of a living one, with bytes, lengths
// and records changed. What a case is depends on its number only, so that each can be had again.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlainly, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { type ConnectionOptions, connect } from "node:tls";
import { CIPHER_SUITES } from "../../src/tls/key-schedule.ts";
import { ALERT, APPLICATION_DATA, HANDSHAKE } from "../../src/tls/record-layer.ts";
import { Random } from "./random.ts";
import { Tls13Peer } from "./tls13-peer.ts";

const CHANGE_CIPHER_SPEC = 20;
const RECORD_HEADER_BYTES = 5;
const PLAIN_ALERT_BYTES = 7;
const SEALED_ALERT_BYTES = 24;
/** From the start of a record: type and length of the message, version, random. The session identifier follows. */
const SESSION_ID_AT: number = RECORD_HEADER_BYTES + 4 + 2 + 32;

interface CapturedHello {
  /** The client, its version, and what is special. */
  readonly from: string;
  readonly bytes: string;
}

const captured = JSON.parse(
  readFileSync(new URL("../corpus/tls/client-hellos.json", import.meta.url), "utf8"),
) as CapturedHello[];
const HELLOS: readonly Buffer[] = captured.map(({ bytes }) => Buffer.from(bytes, "base64"));

/** How a server has met the bytes of a case. */
export interface MetHandshake {
  /** Of the server: "alert 50", "sealed alert 20", "flight", "nothing", "nothing, as it is not TLS", "400". */
  readonly outcome: string;
  /** What was sent, as far as the case decides it. */
  readonly sent: readonly Buffer[];
  readonly received: Buffer;
}

/** Sends the bytes of a case, and the end of our half. Resolves when the server has ended the connection. */
export async function meetHandshake(port: number, number: number): Promise<MetHandshake> {
  const random = new Random(number);
  const socket = connectPlainly({
    port,
    host: "127.0.0.1",
    localAddress: `127.0.0.${2 + (number % 250)}`,
    allowHalfOpen: true,
  });
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part)).on("error", () => {});
  await once(socket, "connect");
  try {
    const isLive = random.below(10) < 3;
    const { sent, peer } = isLive ? await sendLastFlight(socket, random) : await sendHello(socket, random);
    if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, "end"), once(socket, "close")]);
    const received = Buffer.concat(parts);
    return { outcome: outcomeOf(received, sent, peer), sent, received };
  } catch {
    // A reset: bytes that the server did not read any more.
    const received = Buffer.concat(parts);
    return { outcome: outcomeOf(received, [], undefined), sent: [], received };
  } finally {
    socket.destroy();
  }
}

interface Sent {
  readonly sent: readonly Buffer[];
  /** Opens what the server has sealed after the last flight. */
  readonly peer: Tls13Peer | undefined;
}

async function sendHello(socket: Socket, random: Random): Promise<Sent> {
  let bytes = random.pick(HELLOS);
  for (let count = 1 + random.below(3); count > 0; count--) bytes = random.pick(CHANGES)(bytes, random);
  const sent = random.cut(bytes, random.pick([1, 1, 2, 5]));
  for (const piece of sent) {
    socket.write(piece);
    await setImmediate();
  }
  socket.end();
  return { sent, peer: undefined };
}

/** With these, the server takes a second hello (of another group), a session, or neither. */
const WAYS: readonly ConnectionOptions[] = [
  { maxVersion: "TLSv1.2" },
  { minVersion: "TLSv1.3", ecdhCurve: "X25519", ciphers: "TLS_AES_128_GCM_SHA256" },
  { minVersion: "TLSv1.3", ecdhCurve: "P-521:P-384", ciphers: "TLS_AES_128_GCM_SHA256" },
];

/** A client of node:tls that is answered; its second write is changed, and nothing follows. */
async function sendLastFlight(socket: Socket, random: Random): Promise<Sent> {
  const [inner, outer] = duplexPair();
  const secrets = new Map<string, Buffer>();
  const secure = connect({ socket: inner, servername: "localhost", rejectUnauthorized: false, ...random.pick(WAYS) });
  secure
    .on("error", () => {})
    .on("keylog", (line: Buffer) => {
      const [label, , secret] = line.toString("latin1").trim().split(" ");
      secrets.set(label!, Buffer.from(secret!, "hex"));
    });
  socket.on("data", (part: Buffer) => outer.write(part));
  const flights: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.on("close", resolve).on("end", resolve);
    outer.on("data", (part: Buffer) => {
      flights.push(part);
      if (flights.length === 1) socket.write(part);
      else resolve();
    });
  });
  const changed = flights[1] === undefined ? undefined : random.pick(CHANGES)(flights[1], random);
  if (changed !== undefined && !socket.destroyed) socket.end(changed);
  const [write, read] = [secrets.get("CLIENT_TRAFFIC_SECRET_0"), secrets.get("SERVER_TRAFFIC_SECRET_0")];
  const peer = write && read && new Tls13Peer(CIPHER_SUITES.get(0x1301)!, write, read);
  return { sent: changed === undefined ? [] : [changed], peer };
}

/** What the server has said, in words. */
function outcomeOf(received: Buffer, sent: readonly Buffer[], peer: Tls13Peer | undefined): string {
  // OpenSSL sends no alert to a hello whose version is not of the form 3.x.
  if (received.length === 0) return Buffer.concat(sent)[1] === 3 ? "nothing" : "nothing, as it is not TLS";
  if (received.toString("latin1").startsWith("HTTP/1.1 400 ")) return "400";
  let outcome = "flight";
  for (let at = 0; at < received.length; ) {
    const end = at + RECORD_HEADER_BYTES + (at + 5 <= received.length ? received.readUInt16BE(at + 3) : 0);
    if (end > received.length) return "a record that is cut off";
    const record = received.subarray(at, end);
    const type = record[0]!;
    if (type === ALERT) outcome = record.length === PLAIN_ALERT_BYTES ? `alert ${record[6]}` : "sealed alert";
    else if (type === APPLICATION_DATA) outcome = sealedOutcome(record, peer) ?? outcome;
    else if (![CHANGE_CIPHER_SPEC, HANDSHAKE].includes(type)) return `a record of type ${type}`;
    at = end;
  }
  return outcome;
}

/** No other record of a server is as short as an alert. */
function sealedOutcome(record: Buffer, peer: Tls13Peer | undefined): string | undefined {
  const opened = peer?.tryToOpen(record);
  if (opened?.[0] === ALERT) return opened[1][1] === 0 ? "close" : `sealed alert ${opened[1][1]}`;
  return opened === undefined && record.length === SEALED_ALERT_BYTES ? "sealed alert" : undefined;
}

type Change = (bytes: Buffer, random: Random) => Buffer;

const CHANGES: readonly Change[] = [
  // Bytes.
  (bytes, random) => replace(bytes, random.below(bytes.length), (byte) => byte ^ (1 << random.below(8))),
  (bytes, random) => replace(bytes, random.below(bytes.length), () => random.pick([0, 1, 255, random.below(256)])),
  (bytes, random) => replace(bytes, random.below(Math.min(bytes.length, 80)), () => random.below(256)),
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), 0, random.bytes(1 + random.below(40))),
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), 1 + random.below(40)),
  // Truncation.
  (bytes, random) => bytes.subarray(0, 1 + random.below(bytes.length)),
  (bytes, random) => bytes.subarray(0, Math.max(1, bytes.length - 1 - random.below(8))),
  // Lengths: of the record, of the message, of the session identifier and what follows it, of an extension.
  (bytes, random) => changeLength(bytes, 3, random),
  (bytes, random) => changeLength(bytes, 7, random),
  (bytes, random) => changeLength(bytes, afterSessionId(bytes), random),
  (bytes, random) => changeLength(bytes, SESSION_ID_AT - 1, random),
  (bytes, random) => changeLength(bytes, random.pick(extensionsOf(bytes))?.[0] ?? 3, random, 2),
  // Order.
  (bytes, random) => changeExtensions(bytes, random),
  (bytes, random) => {
    const [first, second] = [random.below(bytes.length), random.below(bytes.length)].sort((a, b) => a - b);
    return Buffer.concat([bytes.subarray(second), bytes.subarray(first, second), bytes.subarray(0, first)]);
  },
  // Records: other types and versions, one cut into many, others in between, twice the same, and what does not belong here.
  (bytes, random) => replace(bytes, 0, () => random.pick([0, 20, 21, 23, 24, 71, 128, 255])),
  (bytes, random) => replace(bytes, 1 + random.below(2), () => random.below(256)),
  (bytes, random) => cutRecord(bytes, random, []),
  (bytes, random) => cutRecord(bytes, random, random.pick(STRAY_RECORDS)),
  (bytes, random) => Buffer.concat([Buffer.from(random.pick(STRAY_RECORDS)), bytes]),
  (bytes, random) => Buffer.concat([bytes, Buffer.from(random.pick(STRAY_RECORDS))]),
  (bytes, random) => Buffer.concat([bytes, random.pick([bytes, random.pick(HELLOS), random.bytes(60)])]),
  (_bytes, random) => random.bytes(1 + random.below(600)),
  (_bytes, random) => Buffer.concat([Buffer.from([22, 3, 1]), random.bytes(1 + random.below(600))]),
];

const STRAY_RECORDS: readonly (readonly number[])[] = [
  [20, 3, 3, 0, 1, 1],
  [20, 3, 3, 0, 1, 2],
  [21, 3, 3, 0, 2, 1, 0],
  [21, 3, 3, 0, 2, 2, 40],
  [21, 3, 3, 0, 0],
  [22, 3, 3, 0, 0],
  [22, 3, 3, 0, 4, 0, 0, 0, 0],
  [22, 3, 3, 0, 4, 20, 0, 0, 0],
  [22, 3, 3, 0, 5, 24, 0, 0, 1, 0],
  [23, 3, 3, 0, 0],
  [23, 3, 3, 0, 1, 0],
  [23, 3, 3, 64, 0],
  [24, 3, 3, 0, 3, 1, 64, 0],
];

function replace(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = change(copy[at]!);
  return copy;
}

function splice(bytes: Buffer, at: number, length: number, inserted: Buffer = Buffer.alloc(0)): Buffer {
  const left = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + length)]);
  return left.length > 0 ? left : Buffer.of(22);
}

/** Two bytes, taken as a length, are changed a little or beyond all bounds. */
function changeLength(bytes: Buffer, at: number, random: Random, offset = 0): Buffer {
  const copy = Buffer.from(bytes);
  if (at + offset + 2 > copy.length) return copy;
  const former = copy.readUInt16BE(at + offset);
  const other = random.pick([0, 1, former - 1, former + 1, former + random.below(300), 16384, 16385, 18432, 65535]);
  copy.writeUInt16BE(other & 0xffff, at + offset);
  return copy;
}

/** Where the cipher suites begin, with their length. */
function afterSessionId(hello: Buffer): number {
  return SESSION_ID_AT + 1 + (hello[SESSION_ID_AT] ?? 0);
}

/** The extensions of a hello, from their start to their end. Empty for other bytes. */
function extensionsOf(hello: Buffer): [start: number, end: number][] {
  const suites = afterSessionId(hello);
  const methods = suites + 2 + (suites + 2 <= hello.length ? hello.readUInt16BE(suites) : 0);
  const found: [number, number][] = [];
  for (let at = methods + 1 + (hello[methods] ?? 0) + 2; at + 4 <= hello.length; ) {
    const end = at + 4 + hello.readUInt16BE(at + 2);
    if (end > hello.length) break;
    found.push([at, end]);
    at = end;
  }
  return found;
}

/** One is left out, comes twice, changes places with another, or gets another type. All lengths around them still fit. */
function changeExtensions(hello: Buffer, random: Random): Buffer {
  const places = extensionsOf(hello);
  if (places.length < 2) return hello;
  const list = places.map(([start, end]) => Buffer.from(hello.subarray(start, end)));
  const [one, other] = [random.below(list.length), random.below(list.length)];
  const kind = random.below(4);
  if (kind === 0) list.splice(one, 1);
  else if (kind === 1) list.splice(other, 0, list[one]!);
  else if (kind === 2) [list[one], list[other]] = [list[other]!, list[one]!];
  else list[one]!.writeUInt16BE(random.pick([0, 1, 5, 10, 13, 16, 23, 35, 41, 42, 43, 44, 45, 51, 65281]), 0);
  const start = places[0]![0];
  const extensions = Buffer.concat(list);
  const whole = Buffer.concat([hello.subarray(0, start), extensions, hello.subarray(places.at(-1)![1])]);
  whole.writeUInt16BE(extensions.length, start - 2);
  whole.writeUIntBE(whole.length - 9, 6, 3);
  whole.writeUInt16BE(whole.length - 5, 3);
  return whole;
}

/** The first record becomes several with the same content: RFC 8446 §5.1. @param stray stands between two of them */
function cutRecord(bytes: Buffer, random: Random, stray: readonly number[]): Buffer {
  if (bytes.length < RECORD_HEADER_BYTES + 2) return bytes;
  const end = Math.min(bytes.length, RECORD_HEADER_BYTES + bytes.readUInt16BE(3));
  const parts = random.cut(bytes.subarray(RECORD_HEADER_BYTES, end), 20);
  const records = parts.flatMap((part) => [
    Buffer.from([bytes[0]!, bytes[1]!, bytes[2]!, part.length >> 8, part.length & 0xff]),
    part,
  ]);
  return Buffer.concat([...records.slice(0, 2), Buffer.from(stray), ...records.slice(2), bytes.subarray(end)]);
}
