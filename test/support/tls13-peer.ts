// A client of TLS 1.3 that does what it likes with its records after the handshake, which node:tls does for it.
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { once } from "node:events";
import { connect as connectPlainly, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import type { TestContext } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { CIPHER_SUITES, type CipherSuite, ivOf, keyOf, nextSecret } from "../../src/tls/key-schedule.ts";
import { APPLICATION_DATA, HANDSHAKE } from "../../src/tls/record-layer.ts";
import { AUTHORITIES } from "./certificates.ts";

/** The other side: it seals what it is told to, and opens what it gets, with keys of its own. */
export class Tls13Peer {
  readonly #suite: CipherSuite;
  #writeSecret: Buffer;
  #readSecret: Buffer;
  #writeNumber = 0;
  #readNumber = 0;

  constructor(suite: CipherSuite, writeSecret: Buffer, readSecret: Buffer) {
    this.#suite = suite;
    this.#writeSecret = writeSecret;
    this.#readSecret = readSecret;
  }

  seal(type: number, content: Buffer | number[], padding = 0): Buffer {
    const inside = Buffer.concat([Buffer.from(content), Buffer.from([type]), Buffer.alloc(padding)]);
    const header = Buffer.from([23, 3, 3, (inside.length + 16) >> 8, inside.length + 16]);
    const nonce = nonceOf(ivOf(this.#writeSecret, this.#suite), this.#writeNumber++);
    const cipher = createCipheriv(nameOf(this.#suite), keyOf(this.#writeSecret, this.#suite), nonce, {
      authTagLength: 16,
    });
    cipher.setAAD(header, { plaintextLength: inside.length });
    return Buffer.concat([header, cipher.update(inside), cipher.final(), cipher.getAuthTag()]);
  }

  open(record: Buffer): [type: number, content: Buffer] {
    const opened = this.tryToOpen(record);
    assert.ok(opened !== undefined, "a record that the peer cannot open");
    return opened;
  }

  /** @returns undefined for a record that is protected by another key, or is not the next one */
  tryToOpen(record: Buffer): [type: number, content: Buffer] | undefined {
    const nonce = nonceOf(ivOf(this.#readSecret, this.#suite), this.#readNumber);
    const opened = decrypt(this.#suite, keyOf(this.#readSecret, this.#suite), nonce, record);
    if (opened === undefined) return undefined;
    this.#readNumber++;
    return [opened.at(-1)!, opened.subarray(0, -1)];
  }

  /** @param request 0, or 1 to ask for an update of the other key */
  keyUpdate(request: number): Buffer {
    const record = this.seal(HANDSHAKE, [24, 0, 0, 1, request]);
    this.updateWriting();
    return record;
  }

  updateWriting(): void {
    this.#writeSecret = nextSecret(this.#writeSecret, this.#suite);
    this.#writeNumber = 0;
  }

  updateReading(): void {
    this.#readSecret = nextSecret(this.#readSecret, this.#suite);
    this.#readNumber = 0;
  }
}

function nonceOf(iv: Buffer, number: number): Buffer {
  const nonce = Buffer.from(iv);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ number) >>> 0, 8);
  return nonce;
}

/** @returns what a record has inside; undefined when it was not sealed with this key and nonce */
export function decrypt(suite: CipherSuite, key: Buffer, nonce: Buffer, record: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(nameOf(suite), key, nonce, { authTagLength: 16 });
  const end = record.length - 16;
  decipher.setAAD(record.subarray(0, 5), { plaintextLength: end - 5 }).setAuthTag(record.subarray(end));
  try {
    return Buffer.concat([decipher.update(record.subarray(5, end)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** As node:crypto has it. Its types know the options of one AEAD only by such a name. */
function nameOf({ aead }: CipherSuite): "aes-128-gcm" {
  return aead.toLowerCase() as "aes-128-gcm";
}

/** A connection whose records the tester seals and opens. */
export interface RawRecords {
  readonly peer: Tls13Peer;
  readonly socket: Socket;
  /** The next record that came after the handshake; undefined when the connection has ended. */
  next(): Promise<[type: number, content: Buffer] | undefined>;
}

const SUITES_BY_NAME: ReadonlyMap<string, CipherSuite> = new Map([
  ["TLS_AES_128_GCM_SHA256", CIPHER_SUITES.get(0x1301)!],
  ["TLS_AES_256_GCM_SHA384", CIPHER_SUITES.get(0x1302)!],
  ["TLS_CHACHA20_POLY1305_SHA256", CIPHER_SUITES.get(0x1303)!],
]);

/** @param suite as OpenSSL names it */
export async function openRecords(t: TestContext, port: number, suite = "TLS_AES_128_GCM_SHA256"): Promise<RawRecords> {
  const socket = connectPlainly({ port, host: "127.0.0.1", noDelay: true });
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return shakeHands(socket, { ciphers: suite });
}

/** Makes the handshake on a socket that is connected. @throws when the connection ends before it is complete */
export async function shakeHands(socket: Socket, options: ConnectionOptions): Promise<RawRecords> {
  socket.on("error", () => {});
  const [inner, outer] = duplexPair();
  const secrets = new Map<string, Buffer>();
  const secure = connect({
    socket: inner,
    servername: "localhost",
    ca: [...AUTHORITIES],
    minVersion: "TLSv1.3",
    ...options,
  });
  secure.on("error", () => {});
  secure.on("keylog", (line: Buffer) => {
    const [label, , secret] = line.toString("latin1").trim().split(" ");
    secrets.set(label!, Buffer.from(secret!, "hex"));
  });
  let bytes = Buffer.alloc(0);
  const forward = (part: Buffer): void => {
    bytes = Buffer.concat([bytes, part]);
    outer.write(part);
  };
  socket.on("data", forward);
  outer.on("data", (part: Buffer) => socket.write(part));
  socket.on("close", () => secure.destroy(new Error("the server has ended the handshake")));
  await once(secure, "secureConnect");
  socket.off("data", forward);
  socket.pause();

  const clientSecret = secrets.get("CLIENT_TRAFFIC_SECRET_0")!;
  const peer = new Tls13Peer(
    SUITES_BY_NAME.get(secure.getCipher().name)!,
    clientSecret,
    secrets.get("SERVER_TRAFFIC_SECRET_0")!,
  );
  const incoming = socket[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  let hasBegun = false;
  const next = async (): Promise<[number, Buffer] | undefined> => {
    for (;;) {
      while (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3)) {
        const { value, done } = await incoming.next().catch(() => ({ value: undefined, done: true }));
        if (done === true) return undefined;
        bytes = Buffer.concat([bytes, value!]);
      }
      const end = 5 + bytes.readUInt16BE(3);
      const record = bytes.subarray(0, end);
      bytes = bytes.subarray(end);
      // The handshake's own records are protected by other keys, or not at all.
      if (!hasBegun && record[0] !== APPLICATION_DATA) continue;
      const opened = hasBegun ? peer.open(record) : peer.tryToOpen(record);
      if (opened === undefined) continue;
      hasBegun = true;
      return opened;
    }
  };
  return { peer, socket, next };
}
