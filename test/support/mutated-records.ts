// Records that are wrong, after a handshake that was right: sealed with the right keys around what must not be inside, or
// changed on their way. Each kind knows the alert that RFC 8446 names for it. What a case is depends on its number only.
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { ALERT, APPLICATION_DATA, CONTENT_LIMIT_BYTES, HANDSHAKE } from "../../src/tls/record-layer.ts";
import { Random } from "./random.ts";
import { type RawRecords, shakeHands, type Tls13Peer } from "./tls13-peer.ts";

const REQUEST: Buffer = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
const CHANGE_CIPHER_SPEC = 20;
const KEY_UPDATE = 24;

const UNEXPECTED_MESSAGE = 10;
const BAD_RECORD_MAC = 20;
const RECORD_OVERFLOW = 22;
const ILLEGAL_PARAMETER = 47;
const DECODE_ERROR = 50;

/** How the server ends the connection: by this fatal alert, by close_notify, or without a word after an alert of ours. */
export type Ending = number | "close" | "silence";

interface Mistake {
  readonly name: string;
  readonly ending: Ending;
  make(peer: Tls13Peer, random: Random): Buffer;
}

/** What a server has done with a case. */
export interface MetRecords {
  readonly mistake: string;
  readonly found: Ending | "reset";
  /** Why that is wrong, in words; undefined where it is right. */
  readonly complaint: string | undefined;
}

/** Opens a connection, asks some things rightly, and makes one mistake, or none. */
export async function meetRecords(
  port: number,
  number: number,
  transport: "kernel" | "portable",
  options: ConnectionOptions = {},
): Promise<MetRecords> {
  const random = new Random(number);
  const localAddress = `127.0.0.${2 + (number % 250)}`;
  const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true, allowHalfOpen: true });
  try {
    await once(socket, "connect");
    const records = await shakeHands(socket, { ciphers: random.pick(SUITES), ...options });
    const requestCount = random.below(4);
    const right = Array.from({ length: requestCount }, () => ask(records.peer, random));
    const mistake = random.pick(MISTAKES);
    const hasWaited = random.below(2) === 0;
    const reader = new Reader(records);
    if (hasWaited) {
      await send(records, Buffer.concat(right), random);
      await reader.until(requestCount);
      right.length = 0;
    }
    const pieceCount = await send(records, Buffer.concat([...right, mistake.make(records.peer, random)]), random);
    const allowed =
      transport === "kernel" ? [mistake.ending] : [mistake.ending, ...(OPENSSL_ENDINGS[mistake.name] ?? [])];
    // Where the server has to speak, it must do so while it could get more.
    if (allowed.every((ending) => typeof ending !== "number") || transport === "portable") socket.end();
    const found = await reader.end();
    const isAnswered =
      hasWaited || found === "close" ? reader.replyCount === requestCount : reader.replyCount <= requestCount;
    // An alert is lost where more arrives after it, as with every server that closes a socket then.
    const isRight = allowed.includes(found as Ending) || (found === "reset" && pieceCount > 1);
    const complaint = isRight
      ? isAnswered
        ? undefined
        : `${reader.replyCount} replies to ${requestCount} requests`
      : `${found}, and not ${allowed.join(" or ")}`;
    return { mistake: mistake.name, found, complaint };
  } finally {
    socket.destroy();
  }
}

const SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] as const;

/** What OpenSSL does instead of what the RFC names, or leaves undone: the portable transport has its record layer. */
const OPENSSL_ENDINGS: Readonly<Record<string, readonly Ending[]>> = {
  "a version of its own": [DECODE_ERROR],
  "more padding than fits": ["close"],
  "too many updates": ["close"],
  "KeyUpdate with another length": [ILLEGAL_PARAMETER],
  "an alert of one byte": [UNEXPECTED_MESSAGE],
  "two alerts in one record": [UNEXPECTED_MESSAGE],
};

/** In pieces, each in a packet of its own where the kernel does not join them. @returns how many */
async function send({ socket }: RawRecords, bytes: Buffer, random: Random): Promise<number> {
  const pieces = bytes.length === 0 ? [] : random.cut(bytes, random.pick([1, 2, 6]));
  for (const piece of pieces) {
    socket.write(piece);
    if (random.below(2) === 0) await setImmediate();
  }
  return pieces.length;
}

/** Reads what the server sends, and counts its replies. */
class Reader {
  readonly #records: RawRecords;
  #text = "";
  #last: Ending | undefined;

  constructor(records: RawRecords) {
    this.#records = records;
  }

  get replyCount(): number {
    return this.#text.split("HTTP/1.1 200 OK\r\n").length - 1;
  }

  async until(count: number): Promise<void> {
    while (this.replyCount < count) if (!(await this.#more())) throw new Error("a reply is missing");
  }

  async end(): Promise<Ending | "reset"> {
    while (await this.#more());
    return this.#last ?? (this.#records.socket.readableEnded ? "silence" : "reset");
  }

  async #more(): Promise<boolean> {
    const record = await this.#records.next();
    if (record === undefined) return false;
    const [type, content] = record;
    if (this.#last !== undefined) throw new Error(`a record of type ${type} after an alert`);
    if (type === APPLICATION_DATA) this.#text += content.toString("latin1");
    else if (type === ALERT) this.#last = content[1] === 0 ? "close" : content[1]!;
    else if (type === HANDSHAKE && content[0] === KEY_UPDATE) this.#records.peer.updateReading();
    return true;
  }
}

/** A request in records that are right, however odd: cut, padded, with empty ones and updates of keys between its parts. */
function ask(peer: Tls13Peer, random: Random): Buffer {
  const records: Buffer[] = [];
  for (const part of random.cut(REQUEST, random.pick([1, 1, 4]))) {
    const kind = random.below(6);
    if (kind === 0) records.push(peer.keyUpdate(random.below(2)));
    if (kind === 1) records.push(peer.seal(APPLICATION_DATA, [], random.below(50)));
    if (kind === 2) {
      const request = random.below(2);
      for (const cut of random.cut(Buffer.from([KEY_UPDATE, 0, 0, 1, request]), 3))
        records.push(peer.seal(HANDSHAKE, cut));
      peer.updateWriting();
    }
    if (kind === 3) records.push(peer.seal(ALERT, [1, 90])); // user_canceled says nothing by itself
    records.push(peer.seal(APPLICATION_DATA, part, random.pick([0, 0, 1, random.below(2000)])));
  }
  return Buffer.concat(records);
}

function one(name: string, ending: Ending, make: Mistake["make"]): Mistake {
  return { name, ending, make };
}

function sealed(name: string, ending: Ending, type: number, content: (random: Random) => Buffer | number[]): Mistake {
  return one(name, ending, (peer, random) =>
    peer.seal(type, content(random), random.pick([0, 0, 3, random.below(300)])),
  );
}

/** A right record, changed by its number of bytes, in its header, or behind it. */
function changed(name: string, ending: Ending, change: (record: Buffer, random: Random) => Buffer): Mistake {
  return one(name, ending, (peer, random) => {
    const record = peer.seal(APPLICATION_DATA, random.bytes(1 + random.below(200)));
    return change(record, random);
  });
}

const MESSAGE_TYPES = [0, 1, 2, 3, 4, 5, 8, 11, 13, 15, 16, 20, 21, 22, 25, 67, 254, 255] as const;

export const MISTAKES: readonly Mistake[] = [
  // No mistake: our half just ends, with or without a word.
  one("none", "close", () => Buffer.alloc(0)),
  one("close_notify", "close", (peer) => peer.seal(ALERT, [1, 0])),
  one("close_notify, and more behind it", "close", (peer, random) =>
    Buffer.concat([peer.seal(ALERT, [1, 0]), random.bytes(1 + random.below(100))]),
  ),
  one("a record that is cut off", "close", (peer, random) => {
    const record = peer.seal(APPLICATION_DATA, random.bytes(100));
    return record.subarray(0, 1 + random.below(record.length - 1));
  }),

  // Changed on its way.
  changed("one bit", BAD_RECORD_MAC, (record, random) => {
    record[5 + random.below(record.length - 5)]! ^= 1 << random.below(8);
    return record;
  }),
  changed("garbage of the same length", BAD_RECORD_MAC, (record, random) => {
    random.bytes(record.length - 5).copy(record, 5);
    return record;
  }),
  changed("a version of its own", BAD_RECORD_MAC, (record, random) => {
    record.writeUInt16BE(random.pick([0, 0x0300, 0x0301, 0x0304, 0xffff]), 1);
    return record;
  }),
  changed("a shorter length", BAD_RECORD_MAC, (record, random) => {
    record.writeUInt16BE(random.below(record.length - 5), 3);
    return record;
  }),
  changed("a longer length", BAD_RECORD_MAC, (record, random) => {
    const more = 1 + random.below(1000);
    record.writeUInt16BE(record.length - 5 + more, 3);
    return Buffer.concat([record, random.bytes(more)]);
  }),
  changed("a length beyond the limit", RECORD_OVERFLOW, (record, random) => {
    record.writeUInt16BE(16641 + random.below(65536 - 16641), 3);
    return record;
  }),
  changed("garbage of the largest size", BAD_RECORD_MAC, () =>
    Buffer.concat([Buffer.from([23, 3, 3, 0x41, 0x00]), Buffer.alloc(16640, 7)]),
  ),
  changed("another outer type", UNEXPECTED_MESSAGE, (record, random) => {
    record[0] = random.pick([0, 20, 21, 22, 24, 25, 71, 80, 128, 255]);
    return record;
  }),
  one("the same twice", BAD_RECORD_MAC, (peer) => {
    const record = peer.seal(APPLICATION_DATA, REQUEST.subarray(0, 20));
    return Buffer.concat([record, record]);
  }),
  one("an empty record that is not sealed", BAD_RECORD_MAC, (_peer, random) =>
    Buffer.concat([Buffer.from([23, 3, 3, 0, random.below(17)]), Buffer.alloc(20)]),
  ),
  one("two in the wrong order", BAD_RECORD_MAC, (peer, random) => {
    const first = peer.seal(APPLICATION_DATA, random.bytes(20));
    return Buffer.concat([peer.seal(APPLICATION_DATA, random.bytes(20)), first]);
  }),
  one("one that is missing", BAD_RECORD_MAC, (peer) => {
    peer.seal(APPLICATION_DATA, [1]);
    return peer.seal(APPLICATION_DATA, [2]);
  }),
  one("the key of before an update", BAD_RECORD_MAC, (peer) =>
    Buffer.concat([peer.seal(HANDSHAKE, [KEY_UPDATE, 0, 0, 1, 0]), peer.seal(APPLICATION_DATA, [1])]),
  ),
  one("an update that was not sent", BAD_RECORD_MAC, (peer) => {
    peer.updateWriting();
    return peer.seal(APPLICATION_DATA, [1]);
  }),
  one("garbage", UNEXPECTED_MESSAGE, (_peer, random) =>
    Buffer.concat([Buffer.of(random.pick([0, 1, 22, 24, 71, 99, 255])), random.bytes(4 + random.below(300))]),
  ),

  // What is not protected, and must be.
  one("ChangeCipherSpec", UNEXPECTED_MESSAGE, () => Buffer.from([20, 3, 3, 0, 1, 1])),
  one("an alert that is not protected", UNEXPECTED_MESSAGE, () => Buffer.from([21, 3, 3, 0, 2, 2, 40])),
  one("a hello that is not protected", UNEXPECTED_MESSAGE, (_peer, random) =>
    Buffer.concat([Buffer.from([22, 3, 3, 0, 44, 1, 0, 0, 40, 3, 3]), random.bytes(38)]),
  ),

  // Sealed rightly, and wrong inside.
  sealed("an unknown type", UNEXPECTED_MESSAGE, 0, (random) => [
    ...random.bytes(random.below(20)),
    random.pick([1, 2, 19, 24, 25, 26, 128, 255]),
  ]),
  sealed("zeros only", UNEXPECTED_MESSAGE, 0, (random) => Buffer.alloc(random.below(200))),
  one("zeros only, of the largest size", UNEXPECTED_MESSAGE, (peer) => peer.seal(0, Buffer.alloc(CONTENT_LIMIT_BYTES))),
  sealed("ChangeCipherSpec inside", UNEXPECTED_MESSAGE, CHANGE_CIPHER_SPEC, () => [1]),
  one("more content than fits", RECORD_OVERFLOW, (peer, random) =>
    peer.seal(APPLICATION_DATA, Buffer.alloc(CONTENT_LIMIT_BYTES + 1 + random.below(238), 65)),
  ),
  one("more padding than fits", RECORD_OVERFLOW, (peer, random) =>
    peer.seal(APPLICATION_DATA, [65], CONTENT_LIMIT_BYTES + random.below(238)),
  ),
  one("too many empty records", UNEXPECTED_MESSAGE, (peer) =>
    Buffer.concat(Array.from({ length: 34 }, () => peer.seal(APPLICATION_DATA, []))),
  ),
  one("too many updates", UNEXPECTED_MESSAGE, (peer, random) =>
    Buffer.concat(Array.from({ length: 34 }, () => peer.keyUpdate(random.below(2)))),
  ),

  // Messages.
  sealed("another message", UNEXPECTED_MESSAGE, HANDSHAKE, (random) => {
    const content = random.bytes(random.below(60));
    return [random.pick(MESSAGE_TYPES), 0, 0, content.length, ...content];
  }),
  sealed("an empty message", UNEXPECTED_MESSAGE, HANDSHAKE, () => []),
  sealed("KeyUpdate with another value", ILLEGAL_PARAMETER, HANDSHAKE, (random) => [
    KEY_UPDATE,
    0,
    0,
    1,
    2 + random.below(254),
  ]),
  sealed("KeyUpdate with another length", DECODE_ERROR, HANDSHAKE, (random) => {
    const length = random.pick([0, 2, 3, 255]);
    return [KEY_UPDATE, random.pick([0, 0, 1, 255]), 0, length, ...new Array<number>(length).fill(0)];
  }),
  sealed("KeyUpdate, and more in the same record", UNEXPECTED_MESSAGE, HANDSHAKE, (random) => [
    ...[KEY_UPDATE, 0, 0, 1, 0],
    ...random.bytes(1 + random.below(9)),
  ]),
  one("content inside of a message", UNEXPECTED_MESSAGE, (peer, random) =>
    Buffer.concat([
      peer.seal(HANDSHAKE, [KEY_UPDATE, 0, 0].slice(0, 1 + random.below(3))),
      peer.seal(APPLICATION_DATA, [65]),
    ]),
  ),
  one("an alert inside of a message", UNEXPECTED_MESSAGE, (peer) =>
    Buffer.concat([peer.seal(HANDSHAKE, [KEY_UPDATE, 0]), peer.seal(ALERT, [1, 90])]),
  ),

  // Alerts.
  sealed("an empty alert", UNEXPECTED_MESSAGE, ALERT, () => []),
  sealed("an alert of one byte", DECODE_ERROR, ALERT, (random) => [random.below(256)]),
  sealed("two alerts in one record", DECODE_ERROR, ALERT, () => [1, 90, 1, 0]),
  sealed("a fatal alert", "silence", ALERT, (random) => [2, random.pick([10, 20, 40, 42, 47, 48, 51, 80, 120, 255])]),
  sealed("a warning that is fatal with TLS 1.3", "silence", ALERT, (random) => [1, random.pick([41, 100, 110, 255])]),
];
