// HPACK as nghttp2 has it: the copy inside Node, called through node:ffi. Linux only, as the rest that uses node:ffi.
import { ffi } from "../../src/linux/ffi.ts";
import { Pinned } from "../../src/linux/pinned.ts";
import { registers } from "../../src/linux/signatures.ts";

/** A field in Latin-1, which here may hold any byte. */
export type Field = readonly [name: string, value: string];

const { functions } = ffi.dlopen(null, {
  memcpy: registers(3),
  nghttp2_hd_deflate_new: registers(2),
  nghttp2_hd_deflate_del: registers(1),
  nghttp2_hd_deflate_change_table_size: registers(2),
  nghttp2_hd_deflate_hd: registers(5),
  nghttp2_hd_inflate_new: registers(1),
  nghttp2_hd_inflate_del: registers(1),
  nghttp2_hd_inflate_change_table_size: registers(2),
  nghttp2_hd_inflate_hd2: registers(6),
  nghttp2_hd_inflate_end_headers: registers(1),
});

/** nghttp2_nv: two pointers, two lengths, and flags. */
const FIELD_BYTES = 40;
const NEVER_INDEX = 1;
const INFLATE_FINAL = 1;
const INFLATE_EMIT = 2;

const input = new Pinned(1 << 20);
const output = new Pinned(1 << 20);
const vector = new Pinned(FIELD_BYTES * 256);
const flags = new Pinned(8);
const pointer = new Pinned(8);

export class Deflater {
  readonly #self: bigint;

  constructor(tableLimitBytes = 4096) {
    check(functions.nghttp2_hd_deflate_new(pointer.at(0, 8), BigInt(tableLimitBytes)));
    this.#self = pointer.bytes.readBigUInt64LE();
  }

  /** @param isSecret whether a field is never indexed */
  deflate(fields: readonly Field[], isSecret: (index: number) => boolean): Buffer {
    let end = 0;
    for (const [index, [name, value]] of fields.entries()) {
      const at = index * FIELD_BYTES;
      for (const [place, text] of [name, value].entries()) {
        const length = input.bytes.write(text, end, "latin1");
        vector.bytes.writeBigUInt64LE(input.at(end, length), at + place * 8);
        vector.bytes.writeBigUInt64LE(BigInt(length), at + 16 + place * 8);
        end += length;
      }
      vector.bytes[at + 32] = isSecret(index) ? NEVER_INDEX : 0;
    }
    const { length } = output.bytes;
    const [out, first] = [output.at(0, length), vector.at(0, fields.length * FIELD_BYTES)];
    const written = functions.nghttp2_hd_deflate_hd(this.#self, out, BigInt(length), first, BigInt(fields.length));
    return Buffer.from(output.bytes.subarray(0, check(written)));
  }

  changeTableSize(sizeBytes: number): void {
    check(functions.nghttp2_hd_deflate_change_table_size(this.#self, BigInt(sizeBytes)));
  }

  close(): void {
    functions.nghttp2_hd_deflate_del(this.#self);
  }
}

export class Inflater {
  readonly #self: bigint;

  constructor() {
    check(functions.nghttp2_hd_inflate_new(pointer.at(0, 8)));
    this.#self = pointer.bytes.readBigUInt64LE();
  }

  /** The fields of a whole block, or undefined for one that is refused. */
  inflate(block: Uint8Array): Field[] | undefined {
    input.bytes.set(block);
    const fields: Field[] = [];
    for (let offset = 0; ; ) {
      const rest = block.length - offset;
      const [field, flag, bytes] = [vector.at(0, FIELD_BYTES), flags.at(0, 4), input.at(offset, rest)];
      const read = functions.nghttp2_hd_inflate_hd2(this.#self, field, flag, bytes, BigInt(rest), 1n);
      if (read < 0) return undefined;
      offset += read;
      const found = flags.bytes.readInt32LE();
      if ((found & INFLATE_EMIT) !== 0) fields.push([textAt(0), textAt(8)]);
      if ((found & INFLATE_FINAL) !== 0) break;
      if ((found & INFLATE_EMIT) === 0 && offset === block.length) return undefined;
    }
    check(functions.nghttp2_hd_inflate_end_headers(this.#self));
    return fields;
  }

  changeTableSize(sizeBytes: number): void {
    check(functions.nghttp2_hd_inflate_change_table_size(this.#self, BigInt(sizeBytes)));
  }

  close(): void {
    functions.nghttp2_hd_inflate_del(this.#self);
  }
}

/** The text to which the pointer at this place of the field points. */
function textAt(place: number): string {
  const length = vector.bytes.readBigUInt64LE(16 + place);
  if (length === 0n) return "";
  functions.memcpy(output.at(0, Number(length)), vector.bytes.readBigUInt64LE(place), length);
  return output.bytes.toString("latin1", 0, Number(length));
}

function check(result: number): number {
  if (result < 0) throw new Error(`nghttp2 answered ${result}`);
  return result;
}
