import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { CODINGS } from "./coding.ts";
import { encode, giveBackEncoded } from "./encode.ts";

const decoders = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
const text = Buffer.from("Every connection passes through a thread. ".repeat(100));
const large = Buffer.alloc(1_500_000, "0123456789abcdefghijklmnopqrstuvwxyz\n");

for (const coding of CODINGS) {
  for (const effort of ["quick", "best", "utmost"] as const) {
    test(`encode() to ${coding}, ${effort}, is what a decoder gives back`, () => {
      for (const bytes of [text, large, Buffer.alloc(0)]) {
        const encoded = encode(bytes, coding, effort);
        assert.ok(decoders[coding](encoded).equals(bytes));
        if (bytes.length > 0) assert.ok(encoded.length < bytes.length / 4);
      }
    });
  }
}

for (const coding of CODINGS) {
  test(`giveBackEncoded() frees what encode() to ${coding} gave, and nothing else`, () => {
    for (const bytes of [text, large, Buffer.alloc(0), randomBytes(200_000)]) {
      const [encoded, other] = [encode(bytes, coding, "quick"), encode(bytes, coding, "quick")];
      giveBackEncoded(encoded);
      assert.equal(encoded.length, 0);
      assert.ok(decoders[coding](other).equals(bytes));
    }
  });
}

for (const effort of ["best", "utmost"] as const) {
  test(`encode() to zstd, ${effort}, keeps the window within what browsers take: 8 MiB`, () => {
    const bytes = Buffer.alloc(9 * 1024 * 1024, "all the same ");
    const encoded = encode(bytes, "zstd", effort);
    // RFC 8878 §3.1.1.1.2: the window descriptor follows the frame header descriptor when bit 5 of that is not set.
    const isSingleSegment = (encoded[4]! & 0x20) !== 0;
    const exponent = encoded[5]! >> 3;
    assert.ok(!isSingleSegment && 10 + exponent <= 23);
  });
}
