// The first message of a handshake (RFC 8446 §4.1.2), as far as something is decided ahead of OpenSSL: the name that the
// client asks for, and the protocols that it offers. OpenSSL refuses what is malformed; here it only says nothing.
import { CONTENT_LIMIT_BYTES, HANDSHAKE } from "./record-layer.ts";

export interface ClientHello {
  /** As it was sent: with capitals, a dot at the end, or an address. */
  readonly serverName: string | undefined;
  /** By ALPN, in the order of the client; empty where it offers none. */
  readonly protocols: readonly string[];
}

/** Numbers of extensions: RFC 6066 §3, RFC 7301 §3.1. */
export const SERVER_NAME = 0;
export const ALPN = 16;

const CLIENT_HELLO = 1;
const HOST_NAME = 0;
/** Clients send less than 2 KiB, with keys of ML-KEM; OpenSSL takes 128 KiB. */
const HELLO_LIMIT_BYTES: number = 16 * 1024;
/** Nobody cuts a hello into more records, except to make work. */
const RECORD_LIMIT_COUNT = 8;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;

/**
 * @param bytes the first of a connection
 * @returns how many bytes have to be there before it is worth another try; undefined for what is no hello
 */
export function readClientHello(bytes: Buffer): ClientHello | number | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (parts.length < RECORD_LIMIT_COUNT) {
    if (bytes.length < at + RECORD_HEADER_BYTES) return at + RECORD_HEADER_BYTES;
    const end = at + RECORD_HEADER_BYTES + bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE || end - at > RECORD_HEADER_BYTES + CONTENT_LIMIT_BYTES) return undefined;
    if (bytes.length < end) return end;
    parts.push(bytes.subarray(at + RECORD_HEADER_BYTES, end));
    at = end;
    const message = Buffer.concat(parts);
    if (message.length < MESSAGE_HEADER_BYTES) continue;
    const length = message.readUIntBE(1, 3);
    if (message[0] !== CLIENT_HELLO || length > HELLO_LIMIT_BYTES) return undefined;
    if (message.length < MESSAGE_HEADER_BYTES + length) continue;
    return helloIn(message.subarray(MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES + length));
  }
  return undefined;
}

function helloIn(message: Buffer): ClientHello | undefined {
  try {
    const fields = new Fields(message);
    fields.take(2 + 32); // version and random
    fields.vector(1); // session identifier
    fields.vector(2); // cipher suites
    fields.vector(1); // compression methods
    const extensions = new Fields(fields.isAtEnd ? Buffer.alloc(0) : fields.vector(2));
    let serverName: string | undefined;
    let protocols: readonly string[] = [];
    while (!extensions.isAtEnd) {
      const type = extensions.take(2).readUInt16BE(0);
      const content = extensions.vector(2);
      if (type === SERVER_NAME) serverName = serverNameIn(content);
      if (type === ALPN) protocols = protocolsIn(content);
    }
    return { serverName, protocols };
  } catch {
    return undefined;
  }
}

/** The name in the content of SERVER_NAME; undefined for what is malformed. */
export function serverNameIn(content: Buffer): string | undefined {
  try {
    const names = new Fields(new Fields(content).vector(2));
    const [type] = names.take(1);
    const name = names.vector(2);
    return type === HOST_NAME ? name.toString("latin1") : undefined;
  } catch {
    return undefined;
  }
}

/** The names in the content of ALPN; none for what is malformed. */
export function protocolsIn(content: Buffer): readonly string[] {
  try {
    const names = new Fields(new Fields(content).vector(2));
    const protocols: string[] = [];
    while (!names.isAtEnd) protocols.push(names.vector(1).toString("latin1"));
    return protocols;
  } catch {
    return [];
  }
}

/** Fields one after the other (RFC 8446 §3.4). Throws where there are fewer bytes than wanted. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Buffer {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw new RangeError("a handshake message is cut off");
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }

  /** Bytes behind their length. */
  vector(lengthBytes: number): Buffer {
    return this.take(this.take(lengthBytes).readUIntBE(0, lengthBytes));
  }
}
