// The OpenSSL inside Node, by node:ffi: what the kernel transport needs to speak TLS on sockets of its own. A Node.js that
// is linked to an OpenSSL of the system may not export it; then this module throws when it is loaded.
//
// OpenSSL never sees a socket. It reads what was received from one memory, and writes what is to be sent into another: the
// two halves of a BIO pair (BIO_s_bio(3)).
import { ffi } from "./ffi.ts";
import { Pinned } from "./pinned.ts";
import { registers, registersToPointer } from "./signatures.ts";
import { AGAIN, ENDED, FAILED } from "./tls-outcome.ts";

/** Where V8 calls straight into C, no JavaScript may run inside the call. With seven arguments node:ffi takes the other way. */
const WITH_CALLBACKS = 7;

/** Kept: C holds callbacks of it for as long as the thread lives. */
const library = new ffi.DynamicLibrary(null);
const call = {
  ...ffi.dlopen(null, {
    TLS_server_method: registersToPointer(0),
    SSL_CTX_new: registersToPointer(1),
    SSL_CTX_free: registers(1),
    SSL_CTX_ctrl: registers(4),
    SSL_CTX_callback_ctrl: registers(3),
    SSL_CTX_set_options: registers(2),
    SSL_CTX_set_cipher_list: registers(2),
    SSL_CTX_set_ciphersuites: registers(2),
    SSL_CTX_set_alpn_select_cb: registers(3),
    SSL_CTX_set_keylog_callback: registers(2),
    SSL_CTX_set_session_id_context: registers(3),
    SSL_CTX_set_client_hello_cb: registers(3),
    SSL_client_hello_get0_ext: registers(4),
    SSL_set_session_id_context: registers(3),
    SSL_CTX_set_verify: registers(3),
    SSL_CTX_get_cert_store: registersToPointer(1),
    SSL_CTX_add_client_CA: registers(2),
    X509_STORE_add_cert: registers(2),
    SSL_CTX_use_certificate: registers(2),
    SSL_CTX_use_PrivateKey: registers(2),
    SSL_new: registersToPointer(1),
    SSL_free: registers(1),
    SSL_set_bio: registers(3),
    SSL_set_accept_state: registers(1),
    SSL_do_handshake: registers(WITH_CALLBACKS),
    SSL_read: registers(3),
    SSL_write: registers(3),
    SSL_shutdown: registers(1),
    SSL_get_error: registers(2),
    SSL_get_servername: registersToPointer(2),
    SSL_get0_alpn_selected: registers(3),
    SSL_get0_peer_certificate: registersToPointer(1),
    i2d_X509: registers(2),
    SSL_version: registers(1),
    SSL_get_current_cipher: registersToPointer(1),
    SSL_CIPHER_get_protocol_id: registers(1),
    SSL_get_session: registersToPointer(1),
    SSL_SESSION_get_max_fragment_length: registers(1),
    SSL_set_SSL_CTX: registersToPointer(2),
    BIO_new_mem_buf: registersToPointer(2),
    BIO_new_bio_pair: registers(4),
    BIO_read: registers(3),
    BIO_nread0: registers(2),
    BIO_nread: registers(3),
    BIO_write: registers(3),
    BIO_free: registers(1),
    PEM_read_bio_X509: registersToPointer(4),
    PEM_read_bio_PrivateKey: registersToPointer(4),
    X509_free: registers(1),
    EVP_PKEY_free: registers(1),
    ERR_clear_error: registers(0),
    ERR_peek_error: registersToPointer(0),
    ERR_reason_error_string: registersToPointer(1),
    memcpy: registers(3),
    strlen: registers(1),
  }).functions,
};

// openssl/ssl.h and tls1.h
const SSL_CTRL_MODE = 33n;
const SSL_CTRL_SET_SESS_CACHE_MODE = 44n;
const SSL_CTRL_SET_TLSEXT_SERVERNAME_CB = 53n;
const SSL_CTRL_SET_TLSEXT_TICKET_KEYS = 59n;
const SSL_CTRL_CHAIN_CERT = 89n;
const SSL_CTRL_SET_GROUPS_LIST = 92n;
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123n;
const TLS1_2_VERSION = 0x0303n;
const TLS1_3_VERSION = 0x0304;
const SSL_OP_NO_COMPRESSION: bigint = 1n << 17n;
const SSL_OP_CIPHER_SERVER_PREFERENCE: bigint = 1n << 22n;
const SSL_OP_NO_RENEGOTIATION: bigint = 1n << 30n;
/** A write may take a part; the rest may come from other memory; an idle connection keeps no buffers. */
const MODE = 1n | 2n | 16n;
const SSL_VERIFY_PEER = 1n;
const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2n;
const SSL_TLSEXT_ERR_OK = 0;
const SSL_TLSEXT_ERR_ALERT_FATAL = 2;
const SSL_TLSEXT_ERR_NOACK = 3;
const SSL_CLIENT_HELLO_SUCCESS = 1;
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_WANT_WRITE = 3;
const SSL_ERROR_ZERO_RETURN = 6;
/**
 * Each half of the pair. A record of the largest size and one receive beside it have room in the half that is read, and
 * two records in the half that is sent. An idle connection has touched one page of each.
 */
const HALF_BYTES: number = 2 * 17 * 1024;

const cell = new Pinned(32);
const words = new BigUint64Array(cell.bytes.buffer, 0, 4);

function text(value: string): Pinned {
  const memory = new Pinned(Buffer.byteLength(value) + 1);
  memory.bytes.write(value);
  return memory;
}

function all(memory: Pinned): bigint {
  return memory.at(0, memory.bytes.length);
}

export interface ContextParameters {
  /** PEM of certificates with their chains, and PEM of their private keys; each key of another type. */
  readonly pairs: readonly { readonly cert: string; readonly key: string }[];
  /** Cipher suites of TLS 1.2 and of TLS 1.3, and groups of the key exchange, each in the order of preference. */
  readonly ciphers: string;
  readonly suites: string;
  readonly groups: string;
  /** 80 bytes, the same for all threads. */
  readonly ticketKeys: Uint8Array;
  /** Undefined where clients are not asked for a certificate. */
  readonly clients: ClientParameters | undefined;
  /** Made by `newHelloCallback`. */
  readonly onHello: bigint;
  /** Whether the connection is over after the handshake, whose certificate is an answer (RFC 8737). @default false */
  readonly isAnswer?: boolean;
  /** Whether clients that offer HTTP/2 get it. */
  readonly hasHttp2: boolean;
}

interface ClientParameters {
  /** PEM of one certificate each. */
  readonly authorities: readonly string[];
  readonly isRequired: boolean;
  /** At most 32 bytes: sessions with another one are not resumed. */
  readonly sessionContext: Uint8Array;
}

/** What is the same for all connections with one certificate: an `SSL_CTX`. */
export class Context {
  readonly pointer: bigint;
  readonly asksClients: boolean;

  /** @throws when OpenSSL does not take a parameter, which was checked before */
  constructor(parameters: ContextParameters) {
    const { pairs, ciphers, suites, groups, ticketKeys, clients, onHello, isAnswer, hasHttp2 } = parameters;
    this.pointer = call.SSL_CTX_new(call.TLS_server_method());
    this.asksClients = clients !== undefined;
    const control = (command: bigint, number: bigint, memory: bigint): void =>
      check(call.SSL_CTX_ctrl(this.pointer, command, number, memory), `SSL_CTX_ctrl ${command}`);
    control(SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, 0n);
    control(SSL_CTRL_MODE, MODE, 0n);
    // Sessions live in tickets: all threads take those of each other.
    call.SSL_CTX_ctrl(this.pointer, SSL_CTRL_SET_SESS_CACHE_MODE, 0n, 0n);
    call.SSL_CTX_set_options(
      this.pointer,
      SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION,
    );
    const [list, modern, curves] = [text(ciphers), text(suites), text(groups)];
    check(call.SSL_CTX_set_cipher_list(this.pointer, all(list)), "the cipher list");
    check(call.SSL_CTX_set_ciphersuites(this.pointer, all(modern)), "the cipher suites");
    control(SSL_CTRL_SET_GROUPS_LIST, 0n, all(curves));
    const keys = new Pinned(ticketKeys.length);
    keys.bytes.set(ticketKeys);
    control(SSL_CTRL_SET_TLSEXT_TICKET_KEYS, BigInt(ticketKeys.length), all(keys));
    keys.bytes.fill(0);
    for (const { cert, key } of pairs) {
      this.#useCertificate(text(cert));
      this.#useKey(text(key));
    }
    if (clients !== undefined) this.#askClients(clients);
    call.SSL_CTX_set_client_hello_cb(this.pointer, onHello, 0n);
    const onProtocols = isAnswer ? answerAlpnCallback : alpnCallback;
    call.SSL_CTX_set_alpn_select_cb(this.pointer, onProtocols, hasHttp2 ? 1n : 0n);
    call.SSL_CTX_set_keylog_callback(this.pointer, keyLogCallback);
    call.ERR_clear_error();
  }

  /** Asks which context to go on with, by the name that a client asks for. */
  onName(choose: (name: string) => Context): void {
    const callback = library.registerCallback({ return: "int32", arguments: ["uint64", "uint64", "uint64"] }, (ssl) => {
      const name = call.SSL_get_servername(ssl, 0n);
      if (name !== 0n) call.SSL_set_SSL_CTX(ssl, choose(ffi.toString(name) ?? "").pointer);
      return SSL_TLSEXT_ERR_OK;
    });
    call.SSL_CTX_callback_ctrl(this.pointer, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, callback);
  }

  /** Connections that are open keep what they need: OpenSSL counts its references. */
  free(): void {
    call.SSL_CTX_free(this.pointer);
  }

  #useCertificate(pem: Pinned): void {
    const source = call.BIO_new_mem_buf(all(pem), BigInt(pem.bytes.length - 1));
    const leaf = call.PEM_read_bio_X509(source, 0n, 0n, 0n);
    check(call.SSL_CTX_use_certificate(this.pointer, leaf), "the certificate");
    call.X509_free(leaf);
    for (;;) {
      const next = call.PEM_read_bio_X509(source, 0n, 0n, 0n);
      if (next === 0n) break;
      // To the certificate that was used last; it belongs to the context then.
      check(call.SSL_CTX_ctrl(this.pointer, SSL_CTRL_CHAIN_CERT, 0n, next), "the chain");
    }
    call.BIO_free(source);
  }

  /** OpenSSL checks what clients send, and answers with the alert that fits. */
  #askClients({ authorities, isRequired, sessionContext }: ClientParameters): void {
    const store = call.SSL_CTX_get_cert_store(this.pointer);
    for (const authority of authorities) {
      const pem = text(authority);
      const source = call.BIO_new_mem_buf(all(pem), BigInt(pem.bytes.length - 1));
      const certificate = call.PEM_read_bio_X509(source, 0n, 0n, 0n);
      check(call.X509_STORE_add_cert(store, certificate), "an authority of clients");
      // Its name goes to the client, which may have certificates of several authorities (RFC 8446 §4.2.4).
      check(call.SSL_CTX_add_client_CA(this.pointer, certificate), "the name of an authority of clients");
      call.X509_free(certificate);
      call.BIO_free(source);
    }
    const context = new Pinned(sessionContext.length);
    context.bytes.set(sessionContext);
    const length = BigInt(sessionContext.length);
    check(call.SSL_CTX_set_session_id_context(this.pointer, all(context), length), "the context of sessions");
    const mode = SSL_VERIFY_PEER | (isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0n);
    call.SSL_CTX_set_verify(this.pointer, mode, 0n);
  }

  #useKey(pem: Pinned): void {
    const source = call.BIO_new_mem_buf(all(pem), BigInt(pem.bytes.length - 1));
    const key = call.PEM_read_bio_PrivateKey(source, 0n, 0n, 0n);
    check(call.SSL_CTX_use_PrivateKey(this.pointer, key), "the private key");
    call.EVP_PKEY_free(key);
    call.BIO_free(source);
    pem.bytes.fill(0);
  }
}

function check(result: number, what: string): void {
  if (result === 1 || result > 1) return;
  call.ERR_clear_error();
  throw new Error(`OpenSSL does not take ${what}`);
}

/** What a client has sent first, while OpenSSL asks what to do with it. */
export class Hello {
  readonly #ssl: bigint;

  constructor(ssl: bigint) {
    this.#ssl = ssl;
  }

  /** The content of an extension, by its number; undefined where the client has not sent it. */
  extension(number: number): Buffer | undefined {
    if (call.SSL_client_hello_get0_ext(this.#ssl, BigInt(number), cell.at(0, 8), cell.at(8, 8)) !== 1) return undefined;
    return words[1] === 0n ? Buffer.alloc(0) : ffi.toBuffer(words[0]!, Number(words[1]));
  }

  /** Goes on with another certificate. */
  useContext({ pointer }: Context): void {
    call.SSL_set_SSL_CTX(this.#ssl, pointer);
  }

  /** Only sessions with the same context are resumed. @param context at most 32 bytes */
  useSessionContext(context: Uint8Array): void {
    cell.bytes.set(context);
    call.SSL_set_session_id_context(this.#ssl, cell.at(0, context.length), BigInt(context.length));
  }
}

/**
 * Called for each ClientHello, before OpenSSL looks for the session that the client wants to resume. C keeps the callback:
 * one serves all contexts of a thread.
 * @param act must not throw
 */
export function newHelloCallback(act: (hello: Hello) => void): bigint {
  return library.registerCallback({ return: "int32", arguments: ["uint64", "uint64", "uint64"] }, (ssl) => {
    act(new Hello(ssl));
    return SSL_CLIENT_HELLO_SUCCESS;
  });
}

/** The first error is the cause of those that follow it. */
function reasonOfError(): string {
  const at = call.ERR_reason_error_string(call.ERR_peek_error());
  return at === 0n ? "" : (ffi.toString(at) ?? "");
}

const HTTP_1_1 = text("http/1.1");
const HTTP_2 = text("h2");
const ANSWER_PROTOCOL_BYTES = 10;

/**
 * RFC 7301 §3.2: a client that offers protocols must offer one that we speak, and we choose. The peer's list has each name
 * behind a byte with its length. The last argument is that of SSL_CTX_set_alpn_select_cb.
 */
const alpnCallback = library.registerCallback(
  { return: "int32", arguments: ["uint64", "uint64", "uint64", "uint64", "uint64", "uint64"] },
  (_ssl, chosen, chosenLength, offered, offeredLength, hasHttp2) => {
    const length = Number(offeredLength & 0xffff_ffffn);
    if (length === 0) return SSL_TLSEXT_ERR_NOACK;
    const names = namesIn(ffi.toBuffer(offered, length));
    const isHttp2 = hasHttp2 === 1n && names.includes("h2");
    if (!isHttp2 && !names.includes("http/1.1")) return SSL_TLSEXT_ERR_ALERT_FATAL;
    if (atHand !== undefined) atHand.isHttp2 = isHttp2;
    const name = isHttp2 ? HTTP_2 : HTTP_1_1;
    cell.bytes[8] = name.bytes.length - 1;
    words[0] = name.at(0, cell.bytes[8]);
    call.memcpy(chosen, cell.at(0, 8), 8n);
    call.memcpy(chosenLength, cell.at(8, 1), 1n);
    return SSL_TLSEXT_ERR_OK;
  },
);

function namesIn(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length; at += 1 + list[at]!)
    names.push(list.toString("latin1", at + 1, at + 1 + list[at]!));
  return names;
}

const ACME_TLS_1 = text("acme-tls/1");

/** For clients that were found to offer this protocol, and no other. */
const answerAlpnCallback = library.registerCallback(
  { return: "int32", arguments: ["uint64", "uint64", "uint64", "uint64", "uint64", "uint64"] },
  (_ssl, chosen, chosenLength) => {
    words[0] = ACME_TLS_1.at(0, ANSWER_PROTOCOL_BYTES);
    cell.bytes[8] = ANSWER_PROTOCOL_BYTES;
    call.memcpy(chosen, cell.at(0, 8), 8n);
    call.memcpy(chosenLength, cell.at(8, 1), 1n);
    return SSL_TLSEXT_ERR_OK;
  },
);

/** What OpenSSL tells of a handshake by calling back. */
interface Told {
  /** Traffic secrets, which go to the key log before the handshake is complete. */
  read: Buffer | undefined;
  write: Buffer | undefined;
  /** Whether the client gets HTTP/2. */
  isHttp2: boolean;
}

/** Of the handshake that goes on right now: OpenSSL calls back inside of SSL_do_handshake, and nowhere else. */
let atHand: Told | undefined;

/** A line has a label, the client's random and a secret, in hexadecimal, with spaces between them: SSL_CTX_set_keylog_callback(3). */
const keyLogCallback = library.registerCallback({ return: "void", arguments: ["uint64", "uint64"] }, (_ssl, at) => {
  if (atHand === undefined) return;
  const line = ffi.toBuffer(at, call.strlen(at));
  const label = line.toString("latin1", 0, line.indexOf(" "));
  if (label === "CLIENT_TRAFFIC_SECRET_0") atHand.read = secretOf(line);
  if (label === "SERVER_TRAFFIC_SECRET_0") atHand.write = secretOf(line);
  line.fill(0);
});

/** Without a string, which could not be wiped. */
function secretOf(line: Buffer): Buffer {
  const start = line.lastIndexOf(" ") + 1;
  const secret = Buffer.alloc((line.length - start) / 2);
  for (let index = 0; index < secret.length; index++) {
    secret[index] = (digitOf(line[start + 2 * index]!) << 4) | digitOf(line[start + 2 * index + 1]!);
  }
  return secret;
}

function digitOf(character: number): number {
  return character <= 0x39 ? character - 0x30 : (character | 0x20) - 0x61 + 10;
}

/** What the record layer goes on with when the handshake is complete. */
export interface HandOver {
  /** The number of the cipher suite in the handshake: RFC 8446 §B.4. */
  readonly suite: number;
  readonly readSecret: Buffer;
  readonly writeSecret: Buffer;
  /** How many records were sealed with `writeSecret` already. */
  readonly writtenCount: number;
}

/** One connection: an `SSL`, and our half of its BIO pair. */
export class Session {
  readonly #ssl: bigint;
  readonly #near: bigint;
  readonly #far: bigint;
  readonly #told: Told = { read: undefined, write: undefined, isHttp2: false };
  readonly #asksClient: boolean;
  /** Why OpenSSL has failed, in its words: "no shared cipher". */
  failure = "";

  constructor(context: Context) {
    this.#ssl = call.SSL_new(context.pointer);
    this.#asksClient = context.asksClients;
    if (call.BIO_new_bio_pair(cell.at(0, 8), BigInt(HALF_BYTES), cell.at(8, 8), BigInt(HALF_BYTES)) !== 1)
      throw new Error("there is no memory for a TLS connection");
    this.#near = words[0]!;
    this.#far = words[1]!;
    call.SSL_set_bio(this.#ssl, this.#near, this.#near);
    call.SSL_set_accept_state(this.#ssl);
  }

  /** Takes bytes that were received, at most 16 KiB. @returns how many had room */
  feed(address: bigint, length: number): number {
    return call.BIO_write(this.#far, address, BigInt(length));
  }

  /** @returns 1 when the handshake is complete; AGAIN; or FAILED, with an alert to send */
  handshake(): number {
    atHand = this.#told;
    const result = call.SSL_do_handshake(this.#ssl, 0n, 0n, 0n, 0n, 0n, 0n);
    atHand = undefined;
    return result === 1 ? 1 : this.#failure(result);
  }

  /** After the handshake: the certificate in DER that the client has proved itself with, now or in the session that it resumes. */
  get clientCertificate(): Buffer | undefined {
    if (!this.#asksClient) return undefined;
    const certificate = call.SSL_get0_peer_certificate(this.#ssl);
    if (certificate === 0n) return undefined;
    const memory = new Pinned(call.i2d_X509(certificate, 0n));
    words[0] = all(memory);
    call.i2d_X509(certificate, cell.at(0, 8));
    return Buffer.from(memory.bytes);
  }

  /** After the handshake: whether its certificate was all that the client wanted. The name of the protocol tells. */
  get isAnswered(): boolean {
    call.SSL_get0_alpn_selected(this.#ssl, cell.at(0, 8), cell.at(8, 4));
    return cell.bytes.readUInt32LE(8) === ANSWER_PROTOCOL_BYTES;
  }

  /** Whether the client has asked for HTTP/2 and gets it; known when the handshake is complete. */
  get isHttp2(): boolean {
    return this.#told.isHttp2;
  }

  /**
   * Gives up what is needed to go on without OpenSSL. To be called once, right after `handshake` gave 1, while what it has
   * written is pending; nothing was pending before. Afterwards there are `pending`, `sent`, `unread` and `free` only.
   * @returns undefined where OpenSSL has to go on: with TLS 1.2, and for a client that takes short records only
   */
  handOver(): HandOver | undefined {
    const { read, write } = this.#told;
    if (call.SSL_version(this.#ssl) !== TLS1_3_VERSION || read === undefined || write === undefined) return undefined;
    if (this.#hasShortRecords) return undefined;
    const suite = call.SSL_CIPHER_get_protocol_id(call.SSL_get_current_cipher(this.#ssl)) & 0xffff;
    this.#told.read = this.#told.write = undefined;
    return { suite, readSecret: read, writeSecret: write, writtenCount: this.#countPending() };
  }

  /** Bytes that were fed and that OpenSSL has not read: they came right behind the handshake. @returns their count */
  unread(address: bigint, length: number): number {
    return Math.max(0, call.BIO_read(this.#near, address, BigInt(length)));
  }

  /** @returns how many bytes were opened; ENDED; AGAIN; or FAILED, with an alert to send */
  read(address: bigint, length: number): number {
    const count = call.SSL_read(this.#ssl, address, BigInt(length));
    return count > 0 ? count : this.#failure(count);
  }

  /** Seals bytes. @returns how many had room; AGAIN when what is sealed has to be sent first; FAILED */
  write(address: bigint, length: number): number {
    const count = call.SSL_write(this.#ssl, address, BigInt(length));
    return count > 0 ? count : this.#failure(count);
  }

  /** Seals close_notify: nothing follows. */
  end(): void {
    call.SSL_shutdown(this.#ssl);
    call.ERR_clear_error();
  }

  /** The bytes to send that lie in one piece. Their address is `pendingAddress`. @returns their count, 0 when there are none */
  pending(): number {
    const count = call.BIO_nread0(this.#far, cell.at(0, 8));
    return Math.max(count, 0);
  }

  /** Only after `pending`, and before anything else is called. */
  get pendingAddress(): bigint {
    return words[0]!;
  }

  /** So many of the pending bytes were sent. */
  sent(count: number): void {
    call.BIO_nread(this.#far, cell.at(0, 8), BigInt(count));
  }

  free(): void {
    call.SSL_free(this.#ssl);
    call.BIO_free(this.#far);
    this.#told.read?.fill(0);
    this.#told.write?.fill(0);
  }

  /** Whether the client has asked for less than 2^14 bytes in a record, and was promised it: RFC 6066 §4. */
  get #hasShortRecords(): boolean {
    return (call.SSL_SESSION_get_max_fragment_length(call.SSL_get_session(this.#ssl)) & 0xff) !== 0;
  }

  /** How many records are pending. They lie in one piece: the memory was empty before. */
  #countPending(): number {
    const length = this.pending();
    if (length === 0) return 0;
    const records = ffi.toBuffer(this.pendingAddress, length);
    let count = 0;
    for (let at = 0; at + 5 <= length; at += 5 + records.readUInt16BE(at + 3)) count++;
    return count;
  }

  #failure(result: number): number {
    const reason = call.SSL_get_error(this.#ssl, BigInt(result) & 0xffff_ffffn);
    if (reason === SSL_ERROR_WANT_READ || reason === SSL_ERROR_WANT_WRITE) return AGAIN;
    if (reason === SSL_ERROR_ZERO_RETURN) return ENDED;
    this.failure = reasonOfError();
    call.ERR_clear_error();
    return FAILED;
  }
}
