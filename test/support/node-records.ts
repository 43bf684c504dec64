// Records of TLS 1.3 sealed and opened by node:crypto, for a record layer that is tested without the kernel transport.
import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { CIPHER_SUITES, type CipherSuite } from "../../src/tls/key-schedule.ts";
import type { Aead, RecordContext } from "../../src/tls/record-layer.ts";
import { decrypt } from "./tls13-peer.ts";

export interface Memory {
  readonly bytes: Buffer;
}

export const AES_128: CipherSuite = CIPHER_SUITES.get(0x1301)!;

/** For AES_128 only. */
export const NODE_RECORDS: RecordContext<Buffer, Memory> = {
  newAead: (_suite, key) => new NodeAead(key),
  sourceOf: (bytes) => bytes,
};

class NodeAead implements Aead<Buffer, Memory> {
  readonly nonce = Buffer.alloc(12);
  readonly #key: Buffer;
  #isFreed = false;

  constructor(key: Buffer) {
    this.#key = Buffer.from(key);
  }

  seal(source: Buffer, length: number, type: number, record: Memory, at: number): void {
    assert.equal(this.#isFreed, false);
    const cipher = createCipheriv("aes-128-gcm", this.#key, this.nonce, { authTagLength: 16 });
    cipher.setAAD(record.bytes.subarray(at, at + 5), { plaintextLength: length + 1 });
    const inside = Buffer.concat([source.subarray(0, length), Buffer.from([type])]);
    Buffer.concat([cipher.update(inside), cipher.final(), cipher.getAuthTag()]).copy(record.bytes, at + 5);
  }

  open(record: Memory, at: number, length: number, content: Memory, to: number): boolean {
    assert.equal(this.#isFreed, false);
    const opened = decrypt(AES_128, this.#key, this.nonce, record.bytes.subarray(at, at + 5 + length));
    opened?.copy(content.bytes, to);
    return opened !== undefined;
  }

  free(): void {
    this.#isFreed = true;
  }
}
