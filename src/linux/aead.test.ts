// Records sealed and opened by OpenSSL through node:ffi, beside node:crypto.
import assert from "node:assert/strict";
import { createCipheriv, randomBytes } from "node:crypto";
import { test } from "node:test";

const KEY_BYTES = { "AES-128-GCM": 16, "AES-256-GCM": 32, "ChaCha20-Poly1305": 32 };
const TAG_BYTES = 16;
const HEADER_BYTES = 5;
const TYPE = 23;

if (process.platform === "linux") {
  const { RecordAead } = await import("./aead.ts");
  const { Pinned } = await import("./pinned.ts");

  for (const [name, keyBytes] of Object.entries(KEY_BYTES)) {
    const key = randomBytes(keyBytes);
    const nonce = randomBytes(12);
    const expected = (header: Buffer, content: Buffer): Buffer => {
      const cipher = createCipheriv(name.toLowerCase() as "aes-128-gcm", key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(header, { plaintextLength: content.length + 1 });
      return Buffer.concat([cipher.update(Buffer.from([...content, TYPE])), cipher.final(), cipher.getAuthTag()]);
    };

    for (const length of [0, 1, 15, 16, 17, 1000, 2 ** 14]) {
      test(`RecordAead seals and opens ${length} bytes as node:crypto does, by ${name}`, (t) => {
        const sealing = new RecordAead(name, key, "seal");
        const opening = new RecordAead(name, key, "open");
        t.after(() => [sealing, opening].map((aead) => aead.free()));
        const source = new Pinned(length + 1);
        source.bytes.set(randomBytes(length + 1));
        const content = source.bytes.subarray(0, length);
        const protectedLength = length + 1 + TAG_BYTES;
        const record = new Pinned(7 + HEADER_BYTES + protectedLength);
        record.bytes.set([TYPE, 3, 3, protectedLength >> 8, protectedLength], 7);

        sealing.nonce.set(nonce);
        sealing.seal(source.at(0, length), length, TYPE, record, 7);
        const [header, inside] = [record.bytes.subarray(7, 12), record.bytes.subarray(12)];
        assert.deepEqual(inside, expected(header, content));

        const opened = new Pinned(protectedLength);
        opening.nonce.set(nonce);
        assert.equal(opening.open(record, 7, protectedLength, opened, 0), true);
        assert.deepEqual(opened.bytes.subarray(0, length + 1), Buffer.concat([content, Buffer.from([TYPE])]));

        // A changed bit anywhere is noticed, and the next record is opened all the same.
        for (const index of [7, 11, 12, record.bytes.length - 1]) {
          record.bytes[index]! ^= 1;
          assert.equal(opening.open(record, 7, protectedLength, opened, 0), false);
          record.bytes[index]! ^= 1;
        }
        assert.equal(opening.open(record, 7, protectedLength, opened, 0), true);
      });
    }
  }

  test("RecordAead refuses a cipher that OpenSSL does not know", () => {
    assert.throws(() => new RecordAead("AES-1-GCM", randomBytes(16), "seal"), /OpenSSL has no AES-1-GCM/);
  });

  test("RecordAead writes nothing beyond the memory", (t) => {
    const aead = new RecordAead("AES-128-GCM", randomBytes(16), "seal");
    t.after(() => aead.free());
    const source = new Pinned(8);
    assert.throws(() => aead.seal(source.at(0, 8), 8, TYPE, new Pinned(HEADER_BYTES + 8 + 1), 0), RangeError);
  });

  // The memory of a module that nothing refers to is collected, and OpenSSL would write into what comes after it.
  test("RecordAead keeps its memory while others are made and collected", (t) => {
    const aead = new RecordAead("AES-128-GCM", randomBytes(16), "seal");
    t.after(() => aead.free());
    const source = new Pinned(64);
    const record = new Pinned(128);
    const others: Buffer[] = [];
    for (let count = 0; count < 20_000; count++) {
      aead.seal(source.at(0, 64), 64, TYPE, record, 0);
      others[count % 1000] = Buffer.alloc(32);
      others[(count * 7) % 1000] = Buffer.alloc(4);
    }
    assert.ok(others.every((bytes) => bytes.every((byte) => byte === 0)));
  });
}
