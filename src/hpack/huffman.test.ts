import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BAD_EOS, BAD_PADDING, decodeHuffman, huffmanLength, writeHuffman } from "./huffman.ts";

function encode(text: string): Buffer {
  const bytes = Buffer.alloc(huffmanLength(text));
  writeHuffman(text, bytes, 0);
  return bytes;
}

/** The text, or what is wrong. */
function decode(bytes: Uint8Array): string | number {
  const out = Buffer.alloc(bytes.length * 2);
  const end = decodeHuffman(bytes, 0, bytes.length, out, 0, out.length);
  return end < 0 ? end : out.toString("latin1", 0, end);
}

// RFC 7541 Appendix C.4 and C.6; the last rows have the longest codes of Appendix B.
const texts: [text: string, hex: string][] = [
  ["", ""],
  ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
  ["no-cache", "a8eb10649cbf"],
  ["custom-key", "25a849e95ba97d7f"],
  ["custom-value", "25a849e95bb8e8b4bf"],
  ["302", "6402"],
  ["private", "aec3771a4b"],
  ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
  ["https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"],
  [
    "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
  ],
  ["\n", "fffffff3"],
  ["\r\n", "fffffff7ffffffcf"],
  ["\x16\x00", "fffffffbff1f"],
  ["\\\xff", "fffe1fffff77"],
];
for (const [text, hex] of texts) {
  test(`writeHuffman() writes ${JSON.stringify(text)} as ${hex}, and decodeHuffman() reads it`, () => {
    assert.equal(encode(text).toString("hex"), hex);
    assert.equal(decode(Buffer.from(hex, "hex")), text);
  });
}

// RFC 7541 §5.2.
const mistakes: [what: string, hex: string, result: number][] = [
  ["8 bits of padding behind a code", "1fff", BAD_PADDING],
  ["nothing but 8 bits of padding", "ff", BAD_PADDING],
  ["15 bits of padding", "ffff", BAD_PADDING],
  ["padding of zeros", "18", BAD_PADDING],
  ["padding that is not all ones", "1e", BAD_PADDING],
  ["a code without its last bits", "fffffff0", BAD_PADDING],
  ["EOS", "fffffffc", BAD_EOS],
  ["EOS in full, padded by ones", "ffffffff", BAD_EOS],
  ["EOS between codes", "1fffffffe3", BAD_EOS],
];
for (const [what, hex, result] of mistakes) {
  test(`decodeHuffman() refuses ${what}: ${hex}`, () => {
    assert.equal(decode(Buffer.from(hex, "hex")), result);
  });
}

test("decodeHuffman() accepts up to 7 bits of padding", () => {
  // Codes of 5 to 8 bits: "0" 00000, "%" 010101, ":" 1011100, "&" 11111000; eight of them pad with every count.
  for (const char of "0%:&")
    for (let count = 1; count <= 8; count++) assert.equal(decode(encode(char.repeat(count))), char.repeat(count));
});

test("decodeHuffman() writes nothing from the limit on, and counts all", () => {
  const text = "custom-value";
  const bytes = encode(text);
  for (let limit = 0; limit <= text.length; limit++) {
    const out = Buffer.alloc(20, "*");
    assert.equal(decodeHuffman(bytes, 0, bytes.length, out, 3, 3 + limit), 3 + text.length);
    assert.equal(out.toString("latin1"), `***${text.slice(0, limit)}`.padEnd(20, "*"));
  }
});

test("writeHuffman() and decodeHuffman() are inverse for every text", () => {
  const anyText = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  fc.assert(
    fc.property(anyText, (text) => {
      assert.equal(decode(encode(text)), text);
    }),
    { numRuns: 500 },
  );
});

test("decodeHuffman() accepts a string only as writeHuffman() writes it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
      const text = decode(bytes);
      if (typeof text === "string") assert.deepEqual(encode(text), Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
});
