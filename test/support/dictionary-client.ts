// A client with dictionaries (RFC 9842), as a browser is one: what it offers, and how it decodes what it gets; and scripts of
// which versions differ a little.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type BrotliOptions, brotliDecompressSync, zstdDecompressSync } from "node:zlib";

/** A script of 20 KB, of which versions differ a little. */
export function script(version: string, sizeBytes = 20_000): Buffer {
  let text = `export const version = ${JSON.stringify(version)};\n`;
  for (let line = 1; text.length < sizeBytes; line++) {
    text += `export function f${line}(x) { return x * ${(line * 7919) % 1000} + ${Math.imul(line, 2_654_435_761) >>> 8}; }\n`;
  }
  return Buffer.from(text);
}

export const hashOf = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** What Chromium sends that has `dictionary` under `id`. */
export function offer(dictionary: Buffer, id: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    "Accept-Encoding": "gzip, deflate, br, zstd, dcb, dcz",
    "Available-Dictionary": `:${hashOf(dictionary).toString("base64")}:`,
    "Dictionary-ID": JSON.stringify(id),
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "no-cors",
    ...more,
  };
}

/** As they are sent, without line ends. */
export function linesOf(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
}

/** As a client decodes it that has this dictionary. @param coding the value of Content-Encoding */
export function decodeWith(dictionary: Buffer, bytes: Buffer, coding: string | undefined): Buffer {
  const hash = hashOf(dictionary);
  if (coding === "dcb") {
    assert.deepEqual(bytes.subarray(0, 36), Buffer.concat([Buffer.from("ff444342", "hex"), hash]));
    const options: BrotliOptions & { dictionary: Buffer } = { dictionary };
    return brotliDecompressSync(bytes.subarray(36), options);
  }
  assert.equal(coding, "dcz");
  assert.deepEqual(bytes.subarray(0, 40), Buffer.concat([Buffer.from("5e2a4d1820000000", "hex"), hash]));
  return zstdDecompressSync(bytes, { dictionary });
}
