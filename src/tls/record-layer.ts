// The record protocol of TLS 1.3 after the handshake (RFC 8446 §5), without input and output: protected bytes go in and
// content comes out, and the other way round. Who calls it reads and writes the socket.
//
// Records may arrive cut and joined in any way. What the peer sends besides content is answered here: alerts, updates of
// keys. A mistake of the peer ends the connection with the alert that the RFC names.
import { type CipherSuite, IV_BYTES, ivOf, keyOf, nextSecret } from "./key-schedule.ts";

/** Content types: RFC 8446 §5.1. */
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

/** Type, version and length. */
const HEADER_BYTES = 5;
/** The most content of one record. */
export const CONTENT_LIMIT_BYTES: number = 2 ** 14;
const TAG_BYTES = 16;
/** What a record has besides its content: the header, the content's type, the tag. */
export const OVERHEAD_BYTES: number = HEADER_BYTES + 1 + TAG_BYTES;
/** §5.2: for an AEAD that adds more than ours. What is inside of ours has a limit of its own. */
const PROTECTED_LIMIT_BYTES: number = CONTENT_LIMIT_BYTES + 256;
/** The largest record. */
export const RECORD_LIMIT_BYTES: number = HEADER_BYTES + PROTECTED_LIMIT_BYTES;

/** A handshake message begins with its type and, in three bytes, its length: §4. */
const MESSAGE_HEADER_BYTES = 4;
const KEY_UPDATE = 24;
const KEY_UPDATE_BYTES: number = MESSAGE_HEADER_BYTES + 1;

const WARNING = 1;
const FATAL = 2;
const CLOSE_NOTIFY = 0;
/** Announces a close_notify: §6.1. */
const USER_CANCELED = 90;

/** The alerts that we send for a peer's mistake: §6.2. */
const UNEXPECTED_MESSAGE = 10;
const BAD_RECORD_MAC = 20;
const RECORD_OVERFLOW = 22;
const ILLEGAL_PARAMETER = 47;
const DECODE_ERROR = 50;

/**
 * After so many records, a key is updated. AES-GCM is safe for 2^24.5 full records: §5.5.
 */
const KEY_RECORD_LIMIT_COUNT: number = 2 ** 24;
/** So many records in a row may bring no content: each costs us as much as one with content. As many as OpenSSL allows. */
const EMPTY_LIMIT_COUNT = 32;

/**
 * Authenticated encryption with one key: RFC 5116.
 * @typeParam Source what content lies in that is to be sealed
 * @typeParam Memory what protected bytes lie in, and opened content
 */
export interface Aead<Source, Memory> {
  /** The nonce of the next call, to be written here. All instances may share it. */
  readonly nonce: Buffer;
  /** Writes the whole record at `at`: the header that stands there is authenticated, content and type are encrypted. */
  seal(source: Source, length: number, type: number, record: Memory, at: number): void;
  /**
   * Opens the record at `at`, of `length` bytes behind its header, and writes what is inside to `to`.
   * @returns false for a record that was not sealed with this key and nonce; what was written then means nothing
   */
  open(record: Memory, at: number, length: number, content: Memory, to: number): boolean;
  /** Forgets the key. Nothing may be called afterwards. */
  free(): void;
}

export interface RecordContext<Source, Memory> {
  newAead(suite: CipherSuite, key: Buffer, use: "seal" | "open"): Aead<Source, Memory>;
  /** For what this file writes itself: at most 5 bytes. */
  sourceOf(bytes: Buffer): Source;
}

/** What the handshake leaves behind. The secrets are wiped when they are not needed any more. */
export interface HandshakeResult {
  readonly suite: CipherSuite;
  readonly readSecret: Buffer;
  readonly writeSecret: Buffer;
  /** How many records were sealed with `writeSecret` already: session tickets. */
  readonly writtenCount: number;
}

/** - open: content may come
 *  - ended: the peer has said that nothing follows (close_notify)
 *  - failed: the peer has made a mistake, or has said that it ends the connection */
export type RecordState = "open" | "ended" | "failed";

interface WithBytes {
  readonly bytes: Buffer;
}

export class RecordLayer<Source, Memory extends WithBytes> {
  readonly #context: RecordContext<Source, Memory>;
  readonly #reading: Direction<Source, Memory>;
  readonly #writing: Direction<Source, Memory>;
  readonly #recordLimitCount: number;
  state: RecordState = "open";
  /** The beginning of a record whose end has not come. */
  #partial: Buffer | undefined;
  /** The beginning of a handshake message whose end has not come. */
  #message: Buffer | undefined;
  #emptyCount = 0;
  /** Messages for the peer, to be sealed by `sealAnswer`: content types with their content. */
  #answers: [type: number, content: Buffer][] = [];
  /** Whether we have asked the peer to update its key, and it has not done so yet. */
  #hasAskedForUpdate = false;

  /** @param recordLimitCount how many records a key is used for; only tests give another */
  constructor(
    { suite, readSecret, writeSecret, writtenCount }: HandshakeResult,
    context: RecordContext<Source, Memory>,
    recordLimitCount: number = KEY_RECORD_LIMIT_COUNT,
  ) {
    this.#context = context;
    this.#reading = new Direction(context, suite, readSecret, "open");
    this.#writing = new Direction(context, suite, writeSecret, "seal");
    this.#writing.recordCount = writtenCount;
    this.#recordLimitCount = recordLimitCount;
  }

  /** Writes the beginning of a record that came before to the beginning of the memory. @returns its length */
  restore({ bytes }: Memory): number {
    const length = this.#partial?.copy(bytes) ?? 0;
    this.#partial = undefined;
    return length;
  }

  /**
   * Opens what was received: the first `length` bytes of `received`, where what `restore` has written comes first.
   * @param content gets what is inside, and one byte more; as large as `received`
   * @returns how many bytes of content there are. After a mistake of the peer: 0
   */
  open(received: Memory, length: number, content: Memory): number {
    const { bytes } = received;
    let at = 0;
    let contentLength = 0;
    while (this.state === "open" && length - at >= HEADER_BYTES) {
      const recordLength = bytes.readUInt16BE(at + 3);
      // Ahead of its end: nothing is kept of a record that would be refused.
      if (bytes[at] !== APPLICATION_DATA) this.#fail(UNEXPECTED_MESSAGE);
      else if (recordLength > PROTECTED_LIMIT_BYTES) this.#fail(RECORD_OVERFLOW);
      else if (recordLength < TAG_BYTES + 1) this.#fail(BAD_RECORD_MAC);
      else if (length - at < HEADER_BYTES + recordLength) break;
      else {
        contentLength += this.#openRecord(received, at, recordLength, content, contentLength);
        at += HEADER_BYTES + recordLength;
      }
    }
    if (this.state === "failed") return 0;
    if (this.state === "open" && at < length) this.#partial = Buffer.from(bytes.subarray(at, length));
    return contentLength;
  }

  /** Whether something other than content is to be sealed, before any content is. */
  get hasAnswer(): boolean {
    return this.#answers.length > 0;
  }

  /** Seals an answer at `at`. @returns the length of its record */
  sealAnswer(record: Memory, at: number): number {
    const [type, content] = this.#answers.shift()!;
    const length = this.#sealAs(type, this.#context.sourceOf(content), content.length, record, at);
    // §4.6.3: what follows a KeyUpdate is sealed with the new key.
    if (type === HANDSHAKE) this.#writing.update();
    return length;
  }

  /** Seals at most CONTENT_LIMIT_BYTES of content at `at`. @returns the length of the record, OVERHEAD_BYTES more */
  seal(source: Source, length: number, record: Memory, at: number): number {
    const recordLength = this.#sealAs(APPLICATION_DATA, source, length, record, at);
    if (this.#writing.recordCount >= this.#recordLimitCount) this.#answerUpdate(false);
    return recordLength;
  }

  /** Nothing follows: close_notify is the last answer. */
  end(): void {
    this.#answers.push([ALERT, Buffer.from([WARNING, CLOSE_NOTIFY])]);
  }

  /** Forgets the keys and the secrets. */
  free(): void {
    this.#reading.free();
    this.#writing.free();
  }

  #sealAs(type: number, source: Source, length: number, record: Memory, at: number): number {
    const protectedLength = length + 1 + TAG_BYTES;
    writeHeader(record.bytes, at, protectedLength);
    this.#writing.begin().seal(source, length, type, record, at);
    return HEADER_BYTES + protectedLength;
  }

  /** @returns how many bytes of content were written to `to` */
  #openRecord(received: Memory, at: number, length: number, content: Memory, to: number): number {
    if (!this.#reading.begin().open(received, at, length, content, to)) {
      this.#fail(BAD_RECORD_MAC);
      return 0;
    }
    const { bytes } = content;
    let end = to + length - TAG_BYTES - 1;
    // §5.4: the limit is that of content, type and padding together.
    if (end - to > CONTENT_LIMIT_BYTES) return this.#fail(RECORD_OVERFLOW);
    // Zeros behind the type are padding.
    while (end >= to && bytes[end] === 0) end--;
    if (end < to) this.#fail(UNEXPECTED_MESSAGE);
    else return this.#take(bytes[end]!, bytes.subarray(to, end));
    return 0;
  }

  /** @returns how much of it is content for the application */
  #take(type: number, content: Buffer): number {
    if (this.#reading.recordCount >= this.#recordLimitCount && !this.#hasAskedForUpdate) this.#answerUpdate(true);
    // §5.1: nothing may stand between the parts of a message.
    if (this.#message !== undefined && type !== HANDSHAKE) return this.#fail(UNEXPECTED_MESSAGE);
    this.#emptyCount = type === APPLICATION_DATA && content.length > 0 ? 0 : this.#emptyCount + 1;
    if (this.#emptyCount > EMPTY_LIMIT_COUNT) return this.#fail(UNEXPECTED_MESSAGE);
    if (type === APPLICATION_DATA) return content.length;
    if (type === HANDSHAKE) return this.#takeMessage(content);
    if (type === ALERT) return this.#takeAlert(content);
    return this.#fail(UNEXPECTED_MESSAGE);
  }

  #takeAlert(content: Buffer): 0 {
    // §5.4: only content may be empty.
    if (content.length === 0) return this.#fail(UNEXPECTED_MESSAGE);
    if (content.length !== 2) return this.#fail(DECODE_ERROR);
    const description = content[1]!;
    if (description === CLOSE_NOTIFY) this.state = "ended";
    // §6: every other alert is an error, whatever level it gives itself. An alert gets no answer.
    else if (description !== USER_CANCELED) this.state = "failed";
    return 0;
  }

  /** The only message that a client may send after the handshake is KeyUpdate: we ask for no certificate then. */
  #takeMessage(part: Buffer): 0 {
    // §5.4: only content may be empty.
    if (part.length === 0) return this.#fail(UNEXPECTED_MESSAGE);
    const message = this.#message === undefined ? part : Buffer.concat([this.#message, part]);
    if (message[0] !== KEY_UPDATE) return this.#fail(UNEXPECTED_MESSAGE);
    if (message.length >= MESSAGE_HEADER_BYTES && message.readUIntBE(1, 3) !== 1) return this.#fail(DECODE_ERROR);
    if (message.length < KEY_UPDATE_BYTES) {
      this.#message = Buffer.from(message);
      return 0;
    }
    // §5.1: what follows it is protected by another key, so nothing may follow in the same record.
    if (message.length > KEY_UPDATE_BYTES) return this.#fail(UNEXPECTED_MESSAGE);
    this.#message = undefined;
    return this.#updateReading(message[MESSAGE_HEADER_BYTES]!);
  }

  /** @param request whether the peer wants us to update our key, too: §4.6.3 */
  #updateReading(request: number): 0 {
    if (request > 1) return this.#fail(ILLEGAL_PARAMETER);
    this.#reading.update();
    this.#hasAskedForUpdate = false;
    if (request === 1) this.#answerUpdate(false);
    return 0;
  }

  /** However many requests and reasons there are, one update is enough. @param isRequest whether the peer is to update, too */
  #answerUpdate(isRequest: boolean): void {
    if (this.#answers.some(([type]) => type === HANDSHAKE)) return;
    this.#hasAskedForUpdate ||= isRequest;
    this.#answers.push([HANDSHAKE, Buffer.from([KEY_UPDATE, 0, 0, 1, isRequest ? 1 : 0])]);
  }

  #fail(alert: number): 0 {
    this.state = "failed";
    this.#answers = [[ALERT, Buffer.from([FATAL, alert])]];
    return 0;
  }
}

/** One direction of a connection: its secret, the key from it, and how many records were protected with that key. */
class Direction<Source, Memory> {
  readonly #context: RecordContext<Source, Memory>;
  readonly #suite: CipherSuite;
  readonly #use: "seal" | "open";
  #secret: Buffer;
  #iv!: Buffer;
  #aead!: Aead<Source, Memory>;
  recordCount = 0;

  constructor(context: RecordContext<Source, Memory>, suite: CipherSuite, secret: Buffer, use: "seal" | "open") {
    this.#context = context;
    this.#suite = suite;
    this.#use = use;
    this.#secret = secret;
    this.#useSecret();
  }

  /** The cipher for the next record. Its nonce is the IV with the record's number in it: §5.3. */
  begin(): Aead<Source, Memory> {
    const number = this.recordCount++;
    const { nonce } = this.#aead;
    nonce.set(this.#iv);
    writeUInt32(nonce, IV_BYTES - 8, Math.floor(number / 2 ** 32) ^ this.#iv.readUInt32BE(IV_BYTES - 8));
    writeUInt32(nonce, IV_BYTES - 4, number ^ this.#iv.readUInt32BE(IV_BYTES - 4));
    return this.#aead;
  }

  update(): void {
    const former = this.#secret;
    this.#secret = nextSecret(former, this.#suite);
    former.fill(0);
    this.#aead.free();
    this.#iv.fill(0);
    this.#useSecret();
    this.recordCount = 0;
  }

  free(): void {
    this.#secret.fill(0);
    this.#iv.fill(0);
    this.#aead.free();
  }

  #useSecret(): void {
    const key = keyOf(this.#secret, this.#suite);
    this.#iv = ivOf(this.#secret, this.#suite);
    this.#aead = this.#context.newAead(this.#suite, key, this.#use);
    key.fill(0);
  }
}

/** §5.2: every protected record says that it is application data of TLS 1.2. */
function writeHeader(bytes: Buffer, at: number, length: number): void {
  bytes[at] = APPLICATION_DATA;
  bytes[at + 1] = 3;
  bytes[at + 2] = 3;
  bytes[at + 3] = length >> 8;
  bytes[at + 4] = length;
}

function writeUInt32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
