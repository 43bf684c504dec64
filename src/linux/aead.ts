// Authenticated encryption by the OpenSSL inside Node, for records of TLS 1.3: EVP_EncryptInit(3). As openssl.ts, this
// module throws when it is loaded where that OpenSSL cannot be called.
import { ffi } from "./ffi.ts";
import { Pinned } from "./pinned.ts";
import { registers, registersToPointer } from "./signatures.ts";

const call = {
  ...ffi.dlopen(null, {
    EVP_CIPHER_fetch: registersToPointer(3),
    EVP_CIPHER_CTX_new: registersToPointer(0),
    EVP_CIPHER_CTX_free: registers(1),
    EVP_CipherInit_ex2: registers(6),
    EVP_CipherUpdate: registers(5),
    EVP_CipherFinal_ex: registers(3),
    EVP_CIPHER_CTX_ctrl: registers(4),
    ERR_clear_error: registers(0),
  }).functions,
};

const EVP_CTRL_AEAD_GET_TAG = 16n;
const EVP_CTRL_AEAD_SET_TAG = 17n;
const HEADER_BYTES = 5;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16n;
/** -1 in the lower half of a register: as it was set before. */
const UNCHANGED = 0xffff_ffffn;

// Each call is complete when it returns, so one of each serves a thread.
const nonce = new Pinned(NONCE_BYTES);
const key = new Pinned(KEY_BYTES);
const type = new Pinned(1);
const lengthOut = new Pinned(4);
const rest = new Pinned(32);

/** Never freed: fetching them costs more than a handshake's other work in here. */
const ciphers = new Map<string, bigint>();

/** @param name as OpenSSL has it: "AES-128-GCM", "ChaCha20-Poly1305" */
function cipherOf(name: string): bigint {
  const known = ciphers.get(name);
  if (known !== undefined) return known;
  const text = new Pinned(Buffer.byteLength(name) + 1);
  text.bytes.write(name);
  const cipher = call.EVP_CIPHER_fetch(0n, text.at(0, text.bytes.length), 0n);
  if (cipher === 0n) throw new Error(`OpenSSL has no ${name}`);
  ciphers.set(name, cipher);
  return cipher;
}

/** Seals or opens records with one key, as tls/record-layer.ts wants it. Sources are addresses. */
export class RecordAead {
  readonly nonce: Buffer = nonce.bytes;
  #context: bigint;

  constructor(name: string, keyBytes: Buffer, use: "seal" | "open") {
    this.#context = call.EVP_CIPHER_CTX_new();
    key.bytes.set(keyBytes);
    const isSet = call.EVP_CipherInit_ex2(
      this.#context,
      cipherOf(name),
      key.at(0, KEY_BYTES),
      0n,
      use === "seal" ? 1n : 0n,
      0n,
    );
    key.bytes.fill(0);
    if (isSet !== 1) throw new Error(`OpenSSL does not take a key for ${name}`);
  }

  seal(source: bigint, length: number, contentType: number, record: Pinned, at: number): void {
    const inside = at + HEADER_BYTES;
    type.bytes[0] = contentType;
    this.#begin(record, at);
    if (length > 0) this.#update(record.at(inside, length), source, BigInt(length));
    this.#update(record.at(inside + length, 1), type.at(0, 1), 1n);
    const isSealed = call.EVP_CipherFinal_ex(this.#context, rest.at(0, 32), lengthOut.at(0, 4));
    const tagAt = record.at(inside + length + 1, Number(TAG_BYTES));
    const hasTag = call.EVP_CIPHER_CTX_ctrl(this.#context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tagAt);
    // Never without the tag: what stands in the memory is of another record.
    if (isSealed !== 1 || hasTag !== 1) throw new Error("OpenSSL could not seal a record");
  }

  open(record: Pinned, at: number, length: number, content: Pinned, to: number): boolean {
    const inside = at + HEADER_BYTES;
    const size = length - Number(TAG_BYTES);
    this.#begin(record, at);
    const tagAt = record.at(inside + size, Number(TAG_BYTES));
    call.EVP_CIPHER_CTX_ctrl(this.#context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tagAt);
    this.#update(content.at(to, size), record.at(inside, size), BigInt(size));
    if (call.EVP_CipherFinal_ex(this.#context, rest.at(0, 32), lengthOut.at(0, 4)) === 1) return true;
    call.ERR_clear_error();
    return false;
  }

  free(): void {
    if (this.#context !== 0n) call.EVP_CIPHER_CTX_free(this.#context);
    this.#context = 0n;
  }

  /** The nonce is set, and the header is authenticated. */
  #begin(record: Pinned, at: number): void {
    call.EVP_CipherInit_ex2(this.#context, 0n, 0n, nonce.at(0, NONCE_BYTES), UNCHANGED, 0n);
    this.#update(0n, record.at(at, HEADER_BYTES), BigInt(HEADER_BYTES));
  }

  #update(to: bigint, from: bigint, length: bigint): void {
    call.EVP_CipherUpdate(this.#context, to, lengthOut.at(0, 4), from, length);
  }
}
